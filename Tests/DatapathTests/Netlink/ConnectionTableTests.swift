import Testing

@testable import Datapath

@Suite("The kernel's connections")
struct ConnectionTableTests {
    /// A message of the kernel's about a UDP connection of zone 7, mark 5.
    private static func message() -> [UInt8] {
        var writer = NetlinkWriter()
        let start = writer.beginMessage(
            family: 0x0100, flags: 0, sequence: 1, portID: 0, command: 2, version: 0, datapathInterfaceIndex: 0)
        writer.truncate(to: start + 20)
        for (type, ports) in [(UInt16(1), [UInt16(1000), 53]), (2, [53, 1000])] {
            let tuple = writer.begin(0x8000 | type)
            let addresses = writer.begin(0x8001)
            writer.bigEndianAttribute(1, type == 1 ? UInt32(0x0a00_0001) : 0x0a00_0002)
            writer.bigEndianAttribute(2, type == 1 ? UInt32(0x0a00_0002) : 0x0a00_0001)
            writer.end(addresses)
            let transport = writer.begin(0x8002)
            writer.attribute(1, UInt8(17))
            writer.bigEndianAttribute(2, ports[0])
            writer.bigEndianAttribute(3, ports[1])
            writer.end(transport)
            writer.end(tuple)
        }
        writer.bigEndianAttribute(8, UInt32(5))
        writer.bigEndianAttribute(18, UInt16(7))
        writer.endMessage(start)
        return writer.bytes
    }

    private static func entry(_ bytes: [UInt8]) -> ConnectionTable.Entry? {
        var messages = NetlinkMessages(bytes.span.bytes)
        guard messages.advance() else { return nil }
        return ConnectionTable.entry(messages.message)
    }

    @Test("are read whole, and meant by what a filter says of them")
    func filters() throws {
        let entry = try #require(Self.entry(Self.message()))
        #expect(entry.zone == 7 && entry.mark == 5 && entry.ipProtocol == 17 && !entry.isIPv6)
        #expect(entry.original.source == 0xffff_0a00_0001 && entry.reply.sourcePort == 53)
        var filter = ConnectionFilter()
        #expect(entry.isMeant(by: filter))
        filter.zone = 7
        filter.original.destinationPort = 53
        filter.reply.destination = 0xffff_0a00_0001
        (filter.mark, filter.markMask) = (1, 3)
        #expect(entry.isMeant(by: filter))
        for change: (inout ConnectionFilter) -> Void in [
            { $0.zone = 8 }, { $0.ipProtocol = 6 }, { $0.isIPv6 = true }, { $0.original.sourcePort = 1 },
            { $0.reply.source = 1 }, { $0.markMask = 7 }, { ($0.label, $0.labelMask) = (1, 1) },
            { $0.original.icmpType = 8 },
        ] {
            var other = filter
            change(&other)
            #expect(!entry.isMeant(by: other))
        }
    }

    @Test("cut anywhere, give nothing or an entry, and never a trap")
    func cut() {
        let whole = Self.message()
        for count in 20..<whole.count {
            var bytes = Array(whole[..<count])
            bytes[0] = UInt8(count)
            bytes[1] = 0
            _ = Self.entry(bytes)
        }
    }
}
