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
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
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
            let last = [UInt8(Self.packets >> 8), UInt8(Self.packets & 255)]
            _ = try ear.receive("the last packet") { $0.count > 36 && Array($0[34...35]) == last }
            _ = try tracing.stop(signal: SIGINT)
            let text = try String(contentsOfFile: report, encoding: .utf8)
            // "100.00    0.123456           9       321        12 total"
            let total = try #require(text.split(separator: "\n").last { $0.hasSuffix("total") }, "\(text)")
            let columns = total.split(separator: " ")
            let calls = try #require(columns.count > 3 ? Double(columns[3]) : nil, "\(text)")
            #expect(calls / Double(Self.packets) <= 0.2, "\(text)")
            let megaflows = try dut.sluice("dump-datapath-flows").split(separator: "\n").filter { $0.contains("udp") }
            #expect(megaflows.count >= Self.packets, "not all were upcalls: \(megaflows.count)")
        }
    }
}
