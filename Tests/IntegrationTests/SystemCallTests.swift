import Foundation
import Support
import Testing

@Suite(
    "System calls of upcall handling",
    .enabled(if: UserModeLinux.isGuest, "KernelDatapathTests runs it in the guest, whose upcalls come from the kernel"))
struct SystemCallTests {
    /// Thirty full batches.
    private static let packets = 30 * 64

    @Test("at full batches an upcall takes at most a fifth of a system call, of all threads together")
    func perUpcall() async throws {
        try await Lab.with(.kernel) { lab in
            let dut = try lab.startSwitch()
            // The source port is read, so that each packet has a megaflow of its own.
            try dut.requireOfctl(
                .openFlow10, "add-flow", "in_port=1,udp,actions=move:NXM_OF_UDP_SRC[]->NXM_NX_REG0[0..15],output:2")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            // A socket may not have room for all of them at once; the device counts each.
            func received() throws -> Int {
                let path = "/sys/class/net/eth0/statistics/rx_packets"
                let text = try lab.run(["cat", path], in: lab.hosts[1].namespace).output
                return try #require(Int(text.filter(\.isNumber)), "\(text)")
            }
            let before = try received()
            // All upcalls are there before the first is read.
            dut.process.send(signal: SIGSTOP)
            for number in 1...Self.packets {
                try source.send(TestFrame.datagram(from: 1, to: 2, sourcePort: number, destinationPort: 9))
            }
            let report = "\(lab.folder)/calls"
            let tracing = try lab.start([
                "strace", "-f", "-c", "-S", "calls", "-o", report, "-p", "\(dut.process.identifier)",
            ])
            try tracing.waitForOutput(containing: "attached")
            dut.process.send(signal: SIGCONT)
            try eventually("all packets") { try received() - before >= Self.packets ? true : nil }
            _ = try tracing.stop(signal: SIGINT)
            let text = try String(contentsOfFile: report, encoding: .utf8)
            // "100.00    0.123456           9       321        12 total"
            let total = try #require(text.split(separator: "\n").last { $0.hasSuffix("total") }, "\(text)")
            let columns = total.split(separator: " ")
            let calls = try #require(columns.count > 3 ? Double(columns[3]) : nil, "\(text)")
            #expect(calls / Double(Self.packets) <= 0.2, "\(text)")
            // Each packet was an upcall, and each upcall made a megaflow.
            let metrics = try dut.sluice("metrics").split(separator: "\n")
            for name in ["upcalls_missed", "flows_installed"] {
                let line = try #require(metrics.first { $0.hasPrefix("sluice_datapath_\(name)_total{") })
                let count = try #require(line.split(separator: " ").last.flatMap { Int($0) })
                #expect(count >= Self.packets, "\(line)")
            }
        }
    }
}
