import OpenFlow

/// What the benchmarks decode and encode.
enum Samples {
    /// Messages one after the other, as a connection reads them.
    struct Buffer {
        var bytes: [UInt8] = []
        var count = 0

        mutating func append(_ message: Message, _ version: OpenFlowVersion) {
            do throws(Inexpressible) {
                try MessageCodec.encode(message, version: version, transactionID: .unsolicited, into: &self.bytes)
            } catch {
                fatalError("a sample cannot be said: \(error)")
            }
            self.count += 1
        }
    }

    /// A flow of UDP between two ports of two hosts.
    static func match(_ number: UInt32) -> Match {
        Match([
            MatchEntry(.inPort, 1), MatchEntry(.etherType, 0x0800), MatchEntry(.ipProtocol, 17),
            MatchEntry(.ipv4Source, 0x0a00_0000 | number), MatchEntry(.ipv4Destination, 0x0b00_0000 | number),
            MatchEntry(.udpSource, 1_000 + number % 60_000), MatchEntry(.udpDestination, 53),
        ])
    }

    static let instructions: [Instruction] = [
        .applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0)])
    ]

    /// Five hundred flow_mods that add one flow each.
    static func flowMods(_ version: OpenFlowVersion) -> Buffer {
        var buffer = Buffer()
        for number in 0..<500 as Range<UInt32> {
            let flowMod = FlowMod(
                cookie: Cookie(rawValue: UInt64(number)), priority: UInt16(1_000 + number % 16),
                match: Self.match(number), instructions: Self.instructions)
            buffer.append(.flowMod(flowMod), version)
        }
        return buffer
    }

    /// Three hundred packets to send out by a port.
    static func packetOuts(_ version: OpenFlowVersion) -> Buffer {
        var buffer = Buffer()
        for _ in 0..<300 {
            var packetOut = PacketOut()
            packetOut.actions = [.output(PortNumber(rawValue: 2), maximumLength: 0)]
            packetOut.data = [UInt8](repeating: 0x5a, count: 128)
            buffer.append(.packetOut(packetOut), version)
        }
        return buffer
    }

    /// A packet for the controller.
    static let packetIn: Message = {
        var packetIn = PacketIn()
        packetIn.totalLength = 128
        packetIn.inPort = PortNumber(rawValue: 1)
        packetIn.data = [UInt8](repeating: 0x5a, count: 128)
        return .packetIn(packetIn)
    }()

    /// The same flow in a FLOW reply.
    static func entry(_ number: UInt32) -> FlowStatisticsEntry {
        FlowStatisticsEntry(match: Self.match(number), instructions: Self.instructions)
    }

    static let numbers = FlowEntryNumbers(
        tableID: TableID(rawValue: 0), durationSeconds: 1, durationNanoseconds: 2, idleSeconds: 0, priority: 1_000,
        idleTimeoutSeconds: 0, hardTimeoutSeconds: 0, flags: [], importance: 0, cookie: Cookie(rawValue: 7),
        packetCount: 0, byteCount: 0)
}
