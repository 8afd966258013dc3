import Testing

@testable import Agent

@Suite("Recordings")
struct PcapngTests {
    /// A block as a reader sees it.
    private struct Block: Equatable {
        var type: UInt32
        var body: [UInt8]
    }

    private static func blocks(_ bytes: [UInt8]) throws -> [Block] {
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        var blocks: [Block] = []
        var offset = 0
        while offset < bytes.count {
            let length = Int(word(offset + 4))
            try #require(length >= 12 && length % 4 == 0 && offset + length <= bytes.count)
            #expect(word(offset + length - 4) == UInt32(length), "the length is at both ends")
            blocks.append(Block(type: word(offset), body: Array(bytes[(offset + 8)..<(offset + length - 4)])))
            offset += length
        }
        return blocks
    }

    /// The packet in an enhanced packet block.
    private static func packet(_ block: Block) -> [UInt8] {
        let count = (0..<4).reduce(0) { $0 | Int(block.body[12 + $1]) << (8 * $1) }
        return Array(block.body[20..<(20 + count)])
    }

    @Test("a file begins with a section and an interface of raw IP in nanoseconds")
    func header() throws {
        let blocks = try Self.blocks(PcapngConversation.header())
        #expect(blocks.map(\.type) == [0x0a0d_0d0a, 1])
        #expect(blocks[0].body.prefix(4) == [0x4d, 0x3c, 0x2b, 0x1a])
        #expect(blocks[1].body.prefix(2) == [101, 0])
    }

    @Test("messages become TCP segments with the true addresses and numbers that go on", arguments: [true, false])
    func segments(isIPv4: Bool) throws {
        var conversation = PcapngConversation()
        let (local, remote) = isIPv4 ? ("192.0.2.1", "::ffff:192.0.2.2") : ("2001:db8::1", "fe80::2%eth0")
        conversation.open(7, local: local, remote: remote)
        let ipLength = isIPv4 ? 20 : 40
        func segment(_ bytes: [UInt8], _ direction: ConversationDirection) throws -> [[UInt8]] {
            try Self.blocks(conversation.blocks(bytes, direction, on: 7, at: 1 << 40)).map(Self.packet)
        }
        let sent = try segment([1, 2, 3, 4, 5], .sent)
        #expect(sent.count == 1 && sent[0].count == ipLength + 20 + 5 && sent[0].suffix(5) == [1, 2, 3, 4, 5])
        let tcp = Array(sent[0][ipLength...])
        #expect(tcp[0..<4] == [0x04, 0x07, 0x19, 0xfd], "port 1031 to 6653")
        #expect(tcp[4..<12] == [0, 0, 0, 1, 0, 0, 0, 1])
        let received = try segment([9], .received)
        let answer = Array(received[0][ipLength...])
        #expect(answer[0..<4] == [0x19, 0xfd, 0x04, 0x07])
        #expect(answer[4..<12] == [0, 0, 0, 1, 0, 0, 0, 6])
        if isIPv4 {
            #expect(sent[0][12..<20] == [192, 0, 2, 1, 192, 0, 2, 2])
            // The sum over a header with its checksum is all ones (RFC 1071).
            let sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(sent[0][$1]) << 8 + Int(sent[0][$1 + 1]) }
            #expect((sum & 0xffff) + (sum >> 16) == 0xffff)
        }
        let long = try segment([UInt8](repeating: 3, count: 70_000), .sent)
        #expect(long.map { $0.count - ipLength - 20 } == [32_768, 32_768, 4_464])
        #expect(long[1][(ipLength + 4)..<(ipLength + 8)] == [0, 0, 0x80, 6])
    }

    @Test("a tap passes on to those who listen, and costs nothing when nobody does")
    func tap() {
        final class Ear: ConversationListener {
            nonisolated(unsafe) var heard: [[UInt8]] = []
            func opened(_ connection: UInt64, local: String?, remote: String?) {}
            func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64) {
                self.heard.append(bytes)
            }
            func closed(_ connection: UInt64) {}
        }
        let tap = ConversationTap()
        var copies = 0
        func copy() -> [UInt8] {
            copies += 1
            return [1]
        }
        tap.pass(copy(), .sent, on: 1)
        #expect(copies == 0 && !tap.isActive)
        let ear = Ear()
        tap.add(ear)
        tap.pass(copy(), .sent, on: 1)
        tap.pass([], .sent, on: 1)
        #expect(copies == 1 && ear.heard == [[1]])
        tap.remove(ear)
        tap.pass(copy(), .sent, on: 1)
        #expect(copies == 1 && !tap.isActive)
    }
}
