import OpenFlow
import Testing

@testable import Agent

@Suite("Messages in a stream of bytes")
struct FramerTests {
    private static func next(_ bytes: [UInt8], limit: Int = 0xffff) -> MessageFramer.Frame {
        bytes.withUnsafeBytes { MessageFramer.next(in: $0, limit: limit) }
    }

    @Test("a header is read in network byte order")
    func header() {
        let header = MessageHeader(version: 4, type: 14, length: 8, transactionID: TransactionID(rawValue: 0x0102_0304))
        #expect(Self.next([4, 14, 0, 8, 1, 2, 3, 4, 99]) == .message(header))
    }

    @Test("fewer bytes than a header ask for a header, fewer than a message for the message", arguments: 0..<20)
    func partial(count: Int) {
        let bytes = [4, 14, 0, 20] + [UInt8](repeating: 0, count: 16)
        #expect(Self.next(Array(bytes[..<count])) == .partial(needed: count < 8 ? 8 : 20))
    }

    @Test("a length below eight or above the limit ends the stream", arguments: 0..<8)
    func shortLength(length: UInt8) {
        guard case .badLength(let header) = Self.next([4, 2, 0, length, 0, 0, 0, 0]) else {
            Issue.record("length \(length) was taken")
            return
        }
        #expect(header.length == UInt16(length))
    }

    @Test("the limit itself is allowed")
    func limit() {
        let bytes: [UInt8] = [4, 2, 1, 0, 0, 0, 0, 0]
        #expect(Self.next(bytes, limit: 256) == .partial(needed: 256))
        guard case .badLength = Self.next(bytes, limit: 255) else {
            Issue.record("a message above the limit was taken")
            return
        }
    }
}
