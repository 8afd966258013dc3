import Support
import Testing

@Suite("VLAN modes of ports")
struct VLANModeTests {
    @Test(
        "access ports of one VLAN reach each other over a trunk between bridges, others do not",
        arguments: LabDatapath.here)
    func access(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            _ = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1,tag=10", "--port", "p0=9,peer=p1,trunks=10;20",
                "--bridge", "br1", "--datapath", datapath.rawValue, "--fail-mode", "standalone",
                "--port", "eth2=2,tag=10", "--port", "eth3=3,tag=20", "--port", "p1,peer=p0", ports: false)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            #expect(try !lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            #expect(try !lab.ping(from: lab.hosts[1], to: lab.hosts[2]))
        }
    }
}
