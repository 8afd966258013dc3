import Support
import Testing

@Suite("Patch ports between bridges")
struct PatchPortTests {
    @Test("hosts on two bridges joined by patch ports reach each other", arguments: LabDatapath.here)
    func joined(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch(
                "--fail-mode", "standalone", "--port", "eth1=1", "--port", "p0=3,peer=p1",
                "--bridge", "br1", "--datapath", datapath.rawValue, "--fail-mode", "standalone",
                "--port", "eth2=2", "--port", "p1,peer=p0", ports: false)
            let ports = try dut.requireOfctl(.openFlow13, "dump-ports-desc")
            #expect(ports.contains("3(p0)") && ports.contains("LIVE"), "\(ports)")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            let counted = try dut.requireOfctl(.openFlow13, "dump-ports", "3")
            #expect(!counted.contains("pkts=0,"), "\(counted)")
            // One megaflow for each direction, which names the other bridge's rules too.
            let flows = try lab.run(
                [Repository.sluice, "dump-datapath-flows", "--run-dir", "\(lab.folder)/run"], in: lab.switchNamespace
            ).output
            #expect(!flows.contains("recirc("), "\(flows)")
            #expect(flows.contains("actions=eth2") && flows.contains("on in bridge br1:"), "\(flows)")
        }
    }
}
