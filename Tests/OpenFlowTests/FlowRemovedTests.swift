import Testing

@testable import OpenFlow

@Suite("Why a flow went, and what it had counted")
struct FlowRemovedTests {
    /// A FLOW_REMOVED of 1.5 for every packet, with these counters.
    private static func message(_ statistics: [UInt8]) -> [UInt8] {
        let length = UInt8(4 + statistics.count)
        let padding = [UInt8](repeating: 0, count: (8 - Int(length) % 8) % 8)
        var bytes: [UInt8] = [6, 11, 0, 0, 0, 0, 0, 1]
        bytes += [3, 1, 0, 9, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7] + [0, 1, 0, 4, 0, 0, 0, 0]
        bytes += [0, 0, 0, length] + statistics + padding
        bytes[3] = UInt8(bytes.count)
        return bytes
    }
    private static let duration: [UInt8] = [0x80, 2, 0, 8, 0, 0, 0, 9, 0, 0, 0, 10]
    private static let idle: [UInt8] = [0x80, 2, 2, 8, 0, 0, 0, 3, 0, 0, 0, 4]
    private static let flows: [UInt8] = [0x80, 2, 6, 4, 0, 0, 0, 2]
    private static let packets: [UInt8] = [0x80, 2, 8, 8, 0, 0, 0, 0, 0, 0, 0, 11]
    private static let other: [UInt8] = [0xff, 0xff, 2, 6, 0, 0, 0x12, 0x34, 5, 6]

    @Test(
        "1.5's counters are written again as they came, whichever there are",
        arguments: [
            [], duration, idle, flows, packets, other, duration + idle + packets,
            duration + idle + flows + packets + other,
        ] as [[UInt8]])
    func counters(statistics: [UInt8]) throws {
        let bytes = Self.message(statistics)
        let decoded = try #require(DecodedMessage(bytes))
        #expect(decoded.roundTrip() == .same, "\(decoded.text)")
    }

    @Test("The idle time is told, and what is not told is not made up")
    func idleTime() throws {
        let message = try MessageCodec.decode(Self.message(Self.idle + Self.packets), version: .v1_5).message
        guard case .flowRemoved(let flow) = message else {
            Issue.record("\(message)")
            return
        }
        #expect(flow.idleSeconds == 3 && flow.idleNanoseconds == 4)
        #expect(flow.durationSeconds == .max && flow.packetCount == 11 && flow.byteCount == .max)
        #expect(
            message.text(version: .v1_5, transactionID: TransactionID(rawValue: 1))
                == "OFPT_FLOW_REMOVED (OF1.5) (xid=0x1): priority=9 reason=hard table_id=3 cookie:0x7 idle5 hard6 "
                + "pkts11 bytes18446744073709551615 idle_age3.000000004s")
    }
}
