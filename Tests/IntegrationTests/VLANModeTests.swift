import Support
import Testing

@Suite("VLAN modes of ports")
struct VLANModeTests {
    @Test("access ports of one VLAN reach each other, others do not; a trunk carries tags", arguments: LabDatapath.here)
    func access(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            _ = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1,tag=10", "--port", "eth2=2,tag=10",
                "--port", "eth3=3,trunks=10;20", ports: false)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            // The third host's untagged packets have no VLAN on a trunk of 10 and 20.
            #expect(try !lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
            let trunk = lab.hosts[2].namespace.name
            try Command.require(
                ["ip", "-n", trunk, "link", "add", "link", "eth0", "name", "eth0.10", "type", "vlan", "id", "10"])
            try Command.require(["ip", "-n", trunk, "address", "flush", "dev", "eth0"])
            try Command.require(["ip", "-n", trunk, "address", "add", "10.0.0.3/24", "dev", "eth0.10"])
            try Command.require(["ip", "-n", trunk, "link", "set", "eth0.10", "up"])
            _ = try Command.run(["ip", "-n", lab.hosts[0].namespace.name, "neigh", "flush", "all"])
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[2]))
        }
    }
}
