import Foundation
import Support
import Testing

@Suite("Hostile peers", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct HostilePeerTests {
    @Test("while many peers do their worst, others are answered in order; afterwards memory has returned")
    func hostile() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let flags = TestCertificates.flags("switch-ecdsa", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(
                ["--listen", "pssl:6654:127.0.0.1", "--protocols", "OpenFlow10,OpenFlow13,OpenFlow14"] + flags)
            let client = try dut.connect()
            try client.handshake(.openFlow13)
            let before = try Self.residentKilobytes(dut)
            let script = "\(Repository.root)/Tests/Controllers/hostile_peers.py"
            let attack = try lab.start(
                ["python3", script, "6653", "6654", "1", TestCertificates.directory],
                in: lab.switchNamespace)
            try attack.waitForOutput(containing: "attacking")
            var echoes: [Duration] = []
            var barriers: [Duration] = []
            for round in 0..<40 as Range<UInt32> {
                let start = ContinuousClock.now
                try client.proveAlive(.openFlow13, 0x1000 + round)
                let middle = ContinuousClock.now
                try client.send(.init(4, 20, 0x2000 + round))
                #expect(try client.receive(type: 21).transactionID == 0x2000 + round)
                echoes.append(middle - start)
                barriers.append(ContinuousClock.now - middle)
            }
            // Somebody new gets in, and changes are made.
            let newcomer = try dut.connect()
            try newcomer.handshake(.openFlow13)
            try newcomer.proveAlive(.openFlow13)
            let during = try Self.residentKilobytes(dut)
            #expect(attack.status == nil, "\(attack.output)")
            _ = try attack.stop()
            // For whoever wants to know (`swift test --filter HostilePeer`); nothing here depends on time.
            Self.say(
                """
                \(attack.output)
                meanwhile on another connection: echo \(Self.summary(echoes)), barrier \(Self.summary(barriers))
                resident before \(before) kB, during the attack \(during) kB
                """)
            try eventually("the memory to return") { () -> Bool? in
                // The allocator keeps some, in pieces.
                let now = try Self.residentKilobytes(dut)
                try client.proveAlive(.openFlow13)
                guard now < before + 64 * 1024 else { return nil }
                Self.say("resident afterwards \(now) kB")
                return true
            }
            #expect(during < before + 512 * 1024, "\(before) kB before, \(during) kB during the attack")
            try client.proveAlive(.openFlow13)
        }
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

    private static func summary(_ times: [Duration]) -> String {
        let sorted = times.sorted()
        func at(_ share: Double) -> Duration { sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] }
        return "p50 \(at(0.5)), p99 \(at(0.99)), max \(sorted.last ?? .zero)"
    }

    /// The switch's resident memory.
    private static func residentKilobytes(_ dut: LabSwitch) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(dut.process.identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        return try #require(words.dropFirst().first.flatMap { Int($0) })
    }
}
