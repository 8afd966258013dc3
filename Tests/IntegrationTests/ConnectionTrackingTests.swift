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
    /// Asks the running agent by `sluice ct`.
    @discardableResult
    private static func ct(_ lab: Lab, _ words: String...) throws(LabError) -> String {
        let line = [Repository.sluice, "ct"] + words + ["--run-dir", "\(lab.folder)/run"]
        return try Command.require(lab.switchNamespace.command(line))
    }

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

    @Test("streams go out through a firewall that translates their addresses, whole, and none comes in")
    func streams() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            let (inside, outside) = (lab.hosts[0], lab.hosts[1])
            for flow in [
                "priority=1,arp,actions=flood",
                "priority=10,in_port=1,ip,actions=ct(commit,zone=3,nat(src=10.0.0.77),table=1)",
                "priority=10,in_port=2,ip,actions=ct(zone=3,nat,table=2)",
                "table=1,ip,nw_src=10.0.0.77,actions=output:2",
                "table=2,ip,nw_dst=10.0.0.1,ct_state=+est+rpl,actions=output:1",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            try Command.require(
                [
                    "ip", "-n", outside.namespace.name, "neigh", "add", "10.0.0.77", "lladdr", inside.hardwareAddress,
                    "dev", "eth0",
                ])
            let streams = try LabStreams(lab, from: inside, to: outside, count: 2, bytes: 512 << 10)
            let bytes = try streams.finish()
            #expect(bytes.values.allSatisfy { $0 >= 1 << 20 }, "\(bytes)")
            #expect(streams.sources == ["10.0.0.77"])
            let listen =
                "import socket; s = socket.create_server((\"\", 5001)); print(\"listening\", flush=True); s.accept()"
            let listening = try lab.start(["python3", "-c", listen], in: inside.namespace)
            try listening.waitForOutput(containing: "listening")
            let connect = "import socket; socket.create_connection((\"10.0.0.1\", 5001), timeout=3)"
            let refused = try lab.run(["python3", "-c", connect], in: outside.namespace)
            #expect(!refused.succeeded && refused.output.contains("timed out"), "\(refused.output)")
            #expect(listening.status == nil)
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

    /// Has what the first host sends tracked in zone 7; what comes back goes by.
    private static func trackOneWay(_ dut: LabSwitch) throws {
        for flow in [
            "priority=1,arp,actions=flood", "priority=10,in_port=1,ip,actions=ct(commit,zone=7),output:2",
            "priority=10,in_port=2,ip,actions=output:1",
        ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
    }

    @Test("a zone holds no more connections than its limit, and says how many it holds")
    func limits() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            try Self.trackOneWay(dut)
            // However slow the machine is, the first connection is still there when it is counted.
            try Self.ct(lab, "set-timeouts", "zone=7", "icmp-first=5000")
            try Self.ct(lab, "set-limits", "default=100", "zone=7,limit=1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            // Another echo is another connection.
            #expect(try !lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let limits = try Self.ct(lab, "get-limits")
            #expect(limits == "default limit=100\nzone=7 limit=1 count=1\n")
            try Self.ct(lab, "del-limits", "zone=7")
            #expect(try Self.ct(lab, "get-limits", "zone=7") == "zone=7 limit=100 count=1\n")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        }
    }

    @Test("connections of a zone live as long as its time-outs say, and as the kernel's where they are removed")
    func timeouts() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            try Self.trackOneWay(dut)
            func secondsLeft() throws -> Int {
                let text = try lab.run(["ovs-dpctl", "-s", "dump-conntrack"], in: lab.switchNamespace).output
                let line = try #require(text.split(separator: "\n").first { $0.contains("zone=7") }, "\(text)")
                let part = try #require(line.split(separator: ",").first { $0.hasPrefix("timeout=") }, "\(line)")
                return try #require(Int(part.dropFirst("timeout=".count)))
            }
            try Self.ct(lab, "set-timeouts", "zone=7", "icmp-first=5000", "udp-single=77")
            #expect(try Self.ct(lab, "get-timeouts") == "zone=7 udp-single=77 icmp-first=5000\n")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try secondsLeft() > 4000)
            try Self.ct(lab, "del-timeouts", "zone=7")
            #expect(try Self.ct(lab, "get-timeouts").isEmpty)
            try dut.requireOfctl(.openFlow13, "ct-flush-zone", "7")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try secondsLeft() < 100)
            #expect(throws: LabError.self) { try Self.ct(lab, "set-timeouts", "zone=7", "nonsense=1") }
        }
    }

    @Test("the helper for FTP lets the data connection through that the control connection speaks of, and no other")
    func related() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            for flow in [
                "table=0,priority=1,arp,actions=flood", "table=0,priority=10,tcp,actions=ct(table=1,zone=7)",
                "table=1,priority=10,in_port=1,tcp,tp_dst=21,ct_state=+trk+new,"
                    + "actions=ct(commit,zone=7,alg=ftp),output:2",
                "table=1,priority=20,in_port=1,tcp,ct_state=+trk+new+rel,actions=ct(commit,zone=7),output:2",
                "table=1,priority=5,in_port=1,tcp,ct_state=+trk+est,actions=output:2",
                "table=1,priority=5,in_port=2,tcp,ct_state=+trk+est,actions=output:1",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            let server = """
                import socket
                control = socket.create_server(("", 21)); data = socket.create_server(("", 5001))
                print("listening", flush=True)
                peer = control.accept()[0]; peer.sendall(b"220 ready\\r\\n"); peer.recv(100)
                peer.sendall(b"227 Entering Passive Mode (10,0,0,2,19,137).\\r\\n")
                other = data.accept()[0]; other.sendall(b"contents"); other.close(); peer.recv(100)
                """
            let client = """
                import socket
                control = socket.create_connection(("10.0.0.2", 21), timeout=60); control.recv(100)
                control.sendall(b"PASV\\r\\n"); control.recv(100)
                print(socket.create_connection(("10.0.0.2", 5001), timeout=60).recv(100).decode())
                """
            let serving = try lab.start(["python3", "-c", server], in: lab.hosts[1].namespace)
            try serving.waitForOutput(containing: "listening")
            // Unasked, the same connection is refused.
            let early = "import socket; socket.create_connection((\"10.0.0.2\", 5001), timeout=3)"
            #expect(try !lab.run(["python3", "-c", early], in: lab.hosts[0].namespace).succeeded)
            let got = try lab.run(["python3", "-c", client], in: lab.hosts[0].namespace)
            #expect(got.output.contains("contents"), "\(got.output)")
            let flows = try dut.flows(.openFlow13, "table=1")
            #expect(flows.contains { $0.has("ct_state=+new+rel+trk") && ($0.number("n_packets") ?? 0) > 0 }, "\(flows)")
        }
    }
}
