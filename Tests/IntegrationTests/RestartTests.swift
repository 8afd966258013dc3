import Support
import Testing

@Suite(
    "An agent that was killed and comes back", .enabled(if: UserModeLinux.isGuest, "KernelDatapathTests runs it"))
struct RestartTests {
    @Test("the kernel goes on forwarding while it is away and while its tables are filled again; then they count")
    func restore() async throws {
        try await Lab.with(.kernel) { lab in
            let first = try lab.startSwitch()
            for flow in ["in_port=1,actions=output:2", "in_port=2,actions=output:1"] {
                try first.requireOfctl(.openFlow13, "add-flow", flow)
            }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            first.process.send(signal: 9)
            _ = try first.process.waitForExit()
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let second = try lab.startSwitch("--flow-restore-wait", "600s")
            // Nothing is in its tables, and it is no learning switch.
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            func dump() throws -> String {
                try lab.run(
                    [Repository.sluice, "dump-datapath-flows", "--run-dir", "\(lab.folder)/run"],
                    in: lab.switchNamespace
                ).output
            }
            #expect(try dump().contains(": 0 datapath flows"))
            for flow in ["in_port=1,arp,actions=output:2", "in_port=2,arp,actions=output:1"] {
                try second.requireOfctl(.openFlow13, "add-flow", flow)
            }
            let end = try lab.run(
                [Repository.sluice, "restore-complete", "--run-dir", "\(lab.folder)/run"], in: lab.switchNamespace)
            #expect(end.succeeded, "\(end.output)")
            // What the tables do not say is forwarded no longer.
            try eventually("the flows of the first agent are gone") {
                try lab.run(
                    ["ping", "-n", "-q", "-c", "1", "-W", "1", lab.hosts[1].address], in: lab.hosts[0].namespace
                ).output.contains(" 0 received") ? true : nil
            }
            for flow in ["in_port=1,actions=output:2", "in_port=2,actions=output:1"] {
                try second.requireOfctl(.openFlow13, "add-flow", flow)
            }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        }
    }

    @Test("killed and started again under traffic without a wait, it forwards as its new tables say")
    func restart() async throws {
        try await Lab.with(.kernel) { lab in
            var dut = try lab.startSwitch("--fail-mode", "standalone")
            let stream = try lab.start(
                ["ping", "-n", "-q", "-i", "0.05", lab.hosts[1].address], in: lab.hosts[0].namespace)
            for _ in 0..<3 {
                #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
                dut.process.send(signal: 9)
                _ = try dut.process.waitForExit()
                dut = try lab.startSwitch("--fail-mode", "standalone")
            }
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            #expect(stream.status == nil)
        }
    }

    @Test("a stream goes on while the agent is away, and ends whole after it was killed and started again three times")
    func stream() async throws {
        try await Lab.with(.kernel) { lab in
            var dut = try lab.startSwitch("--fail-mode", "standalone")
            let streams = try LabStreams(lab, from: lab.hosts[0], to: lab.hosts[1], untilFinished: true)
            try streams.waitForProgress(512 << 10)
            for _ in 0..<3 {
                dut.process.send(signal: 9)
                _ = try dut.process.waitForExit()
                try streams.waitForProgress(512 << 10)
                dut = try lab.startSwitch("--fail-mode", "standalone")
                try streams.waitForProgress(512 << 10)
            }
            try streams.finish()
        }
    }
}
