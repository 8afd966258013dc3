import Foundation
import Support
import Testing

/// What the kernel says of the switch's sockets.
@Suite("Sockets of connections", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct ConnectionSocketTests {
    private static func sockets(_ lab: Lab, _ arguments: String...) throws -> [Substring] {
        let output = try Command.require(lab.switchNamespace.command(["ss", "-H", "-O", "-t", "-n"] + arguments))
        return output.split(separator: "\n").filter { $0.hasPrefix("ESTAB") }
    }

    @Test("code point, local address and keepalive are what was asked for")
    func options() async throws {
        try await Lab.with(.embedded) { lab in
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)
            _ = try lab.startSwitch(
                "--controller", "tcp:127.0.0.1:6633", "--dscp", "10", "--local-address", "127.0.0.2", "--keepalive",
                "600s")
            let controller = try listener.accept()
            try controller.handshake(.openFlow13)
            // While something is on its way, the timer is that of its acknowledgement.
            let line = try eventually("the socket to be idle, with its keepalive timer") {
                try Self.sockets(lab, "-o", "--tos", "dst", "127.0.0.1:6633").first {
                    $0.contains("timer:(keepalive,")
                }
            }
            #expect(line.contains("127.0.0.2:"), "\(line)")
            #expect(line.contains("tos:0x28"), "\(line)")
        }
    }

    @Test("by default, the code point is 48, nothing keeps the connection alive, and the kernel chooses the address")
    func defaults() async throws {
        try await Lab.with(.embedded) { lab in
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)
            let dut = try lab.startSwitch("--controller", "tcp:127.0.0.1:6633")
            let controller = try listener.accept()
            try controller.handshake(.openFlow13)
            let line = String(try Self.sockets(lab, "-o", "--tos", "dst", "127.0.0.1:6633").first ?? "")
            #expect(line.contains("tos:0xc0") && !line.contains("keepalive"), "\(line)")
            // A listener's connections too.
            let peer = try dut.connect()
            try peer.handshake(.openFlow13)
            let taken = try Self.sockets(lab, "--tos", "src", "127.0.0.1:6653")
            #expect(taken.count == 1 && taken.first?.contains("tos:0xc0") == true, "\(taken)")
        }
    }

    @Test("packet-ins that a controller does not take wait with us, where they are shed, and not in the kernel")
    func packetIns() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,actions=CONTROLLER:65535")
            let lazy = try dut.connect()
            try lazy.handshake(.openFlow13)
            try lazy.send(.init(4, 9, 3, [0, 0, 0xff, 0xff]))
            let other = try dut.connect()
            try other.handshake(.openFlow13)
            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let frame = TestFrame.experimental(from: 1, to: 2, [UInt8](repeating: 0x5a, count: 1400))
            try eventually("the lazy controller's output to be full") {
                for _ in 0..<500 { try socket.send(frame) }
                return try Self.waiting(dut).contains { $0 > 256 * 1024 } ? true : nil
            }
            // tcp(7), TCP_NOTSENT_LOWAT: what has not been sent; one write may go beyond the mark.
            for line in try Self.sockets(lab, "-i", "src", "127.0.0.1:6653") {
                let unsent = line.split(separator: " ").first { $0.hasPrefix("notsent:") }
                let count = unsent.flatMap { Int($0.dropFirst("notsent:".count)) } ?? 0
                #expect(count <= 512 * 1024, "\(line)")
            }
            #expect(try Self.waiting(dut).allSatisfy { $0 <= 768 * 1024 }, "shed beyond half a mebibyte")
            try other.proveAlive(.openFlow13)
            try lazy.proveAlive(.openFlow13)
        }
    }

    /// What waits for each connection, as `sluice show` has it.
    private static func waiting(_ dut: LabSwitch) throws -> [Int] {
        try dut.sluice("show").split(separator: "\n").compactMap { line in
            line.range(of: ", waiting ").flatMap { Int(line[$0.upperBound...]) }
        }
    }

    @Test("peers that are not allowed, and those that are too many, are refused and counted")
    func listeners() async throws {
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch("--allow", "192.0.2.0/24,127.0.0.3")
            let stranger = try dut.connect()
            #expect(try stranger.receiveUntilClosed().isEmpty)
            #expect(try dut.sluice("show").contains("refused 1 for their addresses, 0 for want of room"))
            #expect(dut.process.output.contains("not among the peers allowed"))
        }
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch("--max-connections", "3", "--max-half-open", "1")
            let known = try (0..<2).map { _ in
                let client = try dut.connect()
                try client.handshake(.openFlow13)
                return client
            }
            // One may be silent, a second silent one is too many; then the listener is full.
            let silent = try dut.connect()
            _ = try silent.receive(type: 0)
            let refused = try dut.connect()
            #expect(try refused.receiveUntilClosed().isEmpty)
            #expect(try dut.sluice("show").contains("refused 0 for their addresses, 1 for want of room"))
            for client in known { try client.proveAlive(.openFlow13) }
        }
    }
}
