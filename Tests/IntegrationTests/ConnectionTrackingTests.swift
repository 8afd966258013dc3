import Support
import Testing

/// Runs the suite below under the stock kernel: user-mode Linux's has no connection tracking zones.
@Suite("Connection tracking, under the stock kernel", .enabled(if: !UserModeLinux.isGuest, "this is a guest"))
struct StockKernelTests {
    @Test("the suites that need it pass", arguments: ["ConnectionTrackingTests"])
    func guest(suite: String) async throws {
        let run = try await StockKernel.runTests(filter: "IntegrationTests\\.\(suite)/")
        #expect(run.succeeded, "\(run.output)")
        // A filter that selects nothing succeeds too.
        #expect(run.output.contains("passed after") && !run.output.contains("with 0 tests"), "\(run.output)")
    }
}

@Suite(
    "Connection tracking in the kernel", .serialized,
    .enabled(if: StockKernel.isGuest, "StockKernelTests runs it in the guest"))
struct ConnectionTrackingTests {
    @Test("a firewall lets connections out and their answers in, and nothing else")
    func firewall() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            for flow in [
                "table=0,priority=1,arp,actions=flood", "table=0,priority=10,ip,actions=ct(table=1,zone=7)",
                "table=1,in_port=1,ip,ct_state=+trk+new,"
                    + "actions=ct(commit,zone=7,exec(load:0x5->NXM_NX_CT_MARK[])),output:2",
                "table=1,in_port=1,ip,ct_state=+trk+est,ct_zone=7,ct_mark=5,actions=output:2",
                "table=1,in_port=2,ip,ct_state=+trk+est,ct_zone=7,ct_mark=5,actions=output:1",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try !lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            let trace = try lab.run(
                [
                    Repository.sluice, "trace", "br0", "in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2", "--ct-next",
                    "trk,est", "--run-dir", "\(lab.folder)/run",
                ], in: lab.switchNamespace)
            #expect(trace.output.contains("the connection tracker says est,trk"), "\(trace.output)")
            let flows = try dut.flows(.openFlow13, "table=1")
            for state in ["ct_state=+new+trk", "ct_state=+est+trk"] {
                #expect(flows.contains { $0.has(state) && ($0.number("n_packets") ?? 0) > 0 }, "\(state): \(flows)")
            }
        }
    }

    @Test("source addresses are translated on the way out and back on the way in")
    func translation() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            for flow in [
                "priority=1,arp,actions=flood",
                "priority=10,in_port=1,ip,actions=ct(commit,zone=3,nat(src=10.0.0.77),table=1)",
                "priority=10,in_port=2,ip,actions=ct(zone=3,nat,table=2)",
                "table=1,ip,nw_src=10.0.0.77,actions=output:2",
                "table=2,ip,nw_dst=10.0.0.1,ct_state=+est+rpl,actions=output:1",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            let (inside, outside) = (lab.hosts[0], lab.hosts[1])
            try Command.require(
                [
                    "ip", "-n", outside.namespace.name, "neigh", "add", "10.0.0.77", "lladdr", inside.hardwareAddress,
                    "dev", "eth0",
                ])
            #expect(try lab.ping(from: inside, to: outside))
            let flows = try dut.flows(.openFlow13, "table=2")
            #expect(flows.contains { ($0.number("n_packets") ?? 0) > 0 }, "\(flows)")
        }
    }

    @Test("connections are forgotten by zone and by tuple, and others are kept")
    func flush() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            for flow in [
                "priority=1,arp,actions=flood", "priority=10,in_port=1,ip,actions=ct(commit,zone=7),output:2",
                "priority=10,in_port=2,ip,actions=ct(table=1,zone=7)", "table=1,ip,ct_state=+trk+est,actions=output:1",
                "priority=20,in_port=2,icmp,icmp_type=8,actions=ct(commit,zone=8),output:1",
                "priority=20,in_port=1,icmp,icmp_type=0,actions=output:2",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            func zones() throws -> Set<String> {
                let text = try lab.run(["ovs-dpctl", "dump-conntrack"], in: lab.switchNamespace).output
                return Set([7, 8].map { "zone=\($0)" }.filter { text.contains($0) })
            }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            #expect(try zones() == ["zone=7", "zone=8"])
            try dut.requireOfctl(.openFlow13, "ct-flush-zone", "7")
            #expect(try zones() == ["zone=8"])
            // What is not meant stays.
            try dut.requireOfctl(.openFlow13, "ct-flush", "zone=8", "ct_nw_src=10.0.0.9,ct_nw_proto=1")
            #expect(try zones() == ["zone=8"])
            try dut.requireOfctl(.openFlow13, "ct-flush", "zone=8", "ct_nw_src=10.0.0.2,ct_nw_proto=1")
            #expect(try zones() == [])
        }
    }
}
