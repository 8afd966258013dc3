import Datapath
import NetworkTypes
import Testing

@Suite("The network service header in keys, packets and the kernel's messages")
struct ServiceHeaderTests {
    static let inner = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))

    /// The bytes of a header: version, flags and time to live as given.
    static func header(
        version: UInt16 = 0, flags: UInt16 = 2, ttl: UInt16 = 9, type: UInt8 = 1, next: UInt8 = 3,
        metadata: [UInt8] = [UInt8](1...16)
    ) -> [UInt8] {
        let first = version << 14 | flags << 12 | ttl << 6 | UInt16((8 + metadata.count) / 4)
        return Frames.big16(Int(first)) + [type, next, 0x12, 0x34, 0x56, 0x78] + metadata
    }

    @Test("Every field is read, behind Ethernet, behind tags, and without Ethernet")
    func parsed() {
        for (bytes, type) in [
            (Frames.ethernet(0x894f, Self.header() + Self.inner), 0),
            (Frames.ethernet(0x894f, Self.header() + Self.inner, tags: [(0x8100, 5)]), 0),
            (Self.header() + Self.inner, 0x1_894f),
        ] as [([UInt8], UInt32)] {
            var key = FlowKey()
            key.packetType = type
            let layout = PacketParser.parse(bytes.span.bytes, into: &key)
            #expect(layout.hasEthernet == (type == 0))
            #expect(key.etherType == 0x894f && key.packetType == type)
            #expect(key.serviceHeaderFlags == 2 && key.serviceHeaderTTL == 9 && key.serviceHeaderMetadataType == 1)
            #expect(key.serviceHeaderNextProtocol == 3 && key.serviceHeaderPathID == 0x123456)
            #expect(key.serviceHeaderIndex == 0x78)
            #expect(key.serviceHeaderContexts == 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)
        }
    }

    @Test("A header that is cut short, of another version, type or length shows nothing; type 2 has no contexts")
    func malformed() {
        let whole = Self.header()
        for bytes in [
            Array(whole.prefix(7)), Array(whole.prefix(23)), Self.header(version: 1), Self.header(type: 3),
            Self.header(metadata: [1, 2, 3, 4]),
        ] {
            let key = FlowKey(parsing: Frames.ethernet(0x894f, bytes))
            #expect(key.serviceHeaderBase == 0 && key.serviceHeaderContexts == 0, "\(bytes)")
        }
        let second = FlowKey(parsing: Frames.ethernet(0x894f, Self.header(type: 2, metadata: [0, 1, 2, 0])))
        #expect(second.serviceHeaderMetadataType == 2 && second.serviceHeaderContexts == 0)
        // No cut of any length traps.
        for count in 0..<(whole.count + 14) {
            _ = FlowKey(parsing: Array(Frames.ethernet(0x894f, whole).prefix(count)))
            var key = FlowKey()
            key.packetType = 0x1_894f
            PacketParser.parse(Array(whole.prefix(count)).span.bytes, into: &key)
        }
    }

    /// What actions make of a packet, and its type then; nil where it was discarded.
    static func result(
        _ actions: [DatapathAction], on bytes: [UInt8], type: UInt32 = 0
    ) throws -> (bytes: [UInt8], type: UInt32)? {
        var packet = try PacketBuffer(copying: bytes.span.bytes, headroom: 0)
        var key = FlowKey()
        key.packetType = type
        PacketParser.parse(bytes.span.bytes, into: &key)
        var sink = RecordingSink()
        ActionExecutor.execute(actions, on: &packet, key: &key, into: &sink)
        let isDiscarded = !sink.discarded.isEmpty
        return isDiscarded ? nil : (packet.copiedBytes(), key.packetType)
    }

    private static let fields = ServiceHeaderFields(
        flags: 2, ttl: 9, pathID: 0x123456, index: 0x78, contexts: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)

    @Test("Headers are pushed and popped again, whatever the packet is")
    func pushedAndPopped() throws {
        let push = DatapathAction.pushServiceHeader(ServiceHeader(Self.fields, nextProtocol: 3))
        let pushed = try #require(try Self.result([push], on: Self.inner))
        #expect(pushed.bytes == Self.header() + Self.inner && pushed.type == 0x1_894f)
        let framed = try #require(
            try Self.result(
                [.pushEthernet(EthernetFields(source: .zero, destination: .broadcast))], on: pushed.bytes,
                type: pushed.type))
        #expect(framed.bytes == [UInt8](repeating: 255, count: 6) + [0, 0, 0, 0, 0, 0, 0x89, 0x4f] + pushed.bytes)
        #expect(framed.type == 0)
        let back = try #require(try Self.result([.popEthernet, .popServiceHeader], on: framed.bytes))
        #expect(back.bytes == Self.inner && back.type == 0)
        // The longest header, and an IPv4 packet within.
        let contexts = [UInt8](repeating: 7, count: ServiceHeader.contextHeaderBytesMaximum)
        let ip = Array(Self.inner[14...])
        let long = try #require(
            try Self.result(
                [
                    .pushServiceHeader(
                        ServiceHeader(ServiceHeaderFields(ttl: 63), nextProtocol: 1, contextHeaders: contexts))
                ], on: ip, type: 0x1_0800))
        #expect(long.bytes.count == 252 + ip.count && long.bytes.prefix(4) == [0x0f, 0xff, 2, 1])
        let inside = try #require(try Self.result([.popServiceHeader], on: long.bytes, type: long.type))
        #expect(inside.bytes == ip && inside.type == 0x1_0800)
        let label = try #require(
            try Self.result([.encapsulateMPLS(labelStackEntry: 0x1140, etherType: 0x8847)], on: Self.inner))
        #expect(label.bytes == [0, 0, 0x11, 0x40] + Self.inner && label.type == 0x1_8847)
        let bare = try #require(try Self.result([.popMPLS(etherType: 0x6558)], on: label.bytes, type: label.type))
        #expect(bare.bytes == Self.inner && bare.type == 0)
    }

    @Test("What does not suit the packet discards it, and no port sends what has no Ethernet header")
    func refused() throws {
        let output = DatapathAction.output(PortIndex(rawValue: 1))
        for actions in [
            [.popServiceHeader], [.pushEthernet(EthernetFields())], [.popEthernet, output],
            [.popEthernet, .popEthernet, .popEthernet], [.popEthernet, .pushVLAN(tpid: 0x8100, tci: 0x1001)],
            [.popEthernet, .set(.ethernet(EthernetFields(), mask: EthernetFields()))],
            [.set(.serviceHeader(Self.fields, mask: Self.fields))],
            [.pushVLAN(tpid: 0x8100, tci: 0x1001), .popEthernet], [.popEthernet, .edit(.popServiceTag)],
        ] as [[DatapathAction]] {
            #expect(try Self.result(actions, on: Self.inner) == nil, "\(actions)")
        }
        let unknown = Self.header(next: 77) + Self.inner
        #expect(try Self.result([.popServiceHeader], on: unknown, type: 0x1_894f) == nil)
    }

    @Test("Fields are rewritten under masks; contexts only where they are")
    func rewritten() throws {
        let frame = Frames.ethernet(0x894f, Self.header() + Self.inner)
        let rewrite = DatapathAction.set(
            .serviceHeader(
                ServiceHeaderFields(flags: 1, ttl: 0x3f, index: 5, contexts: 0xff << 120),
                mask: ServiceHeaderFields(flags: 1, ttl: 0x30, index: .max, contexts: 0xf0 << 120)))
        let result = try #require(try Self.result([rewrite], on: frame))
        var expected = Self.header(flags: 3, ttl: 0x39)
        expected[7] = 5
        expected[8] = 0xf1
        #expect(result.bytes == Frames.ethernet(0x894f, expected + Self.inner))
        let second = Frames.ethernet(0x894f, Self.header(type: 2, metadata: [1, 2, 3, 0]) + Self.inner)
        let other = try #require(try Self.result([rewrite], on: second))
        var changed = Self.header(flags: 3, ttl: 0x39, type: 2, metadata: [1, 2, 3, 0])
        changed[7] = 5
        #expect(other.bytes == Frames.ethernet(0x894f, changed + Self.inner))
    }

    @Test("Keys and masks survive the way to the kernel and back, with Ethernet and without")
    func keys() throws {
        for (bytes, type) in [
            (Frames.ethernet(0x894f, Self.header() + Self.inner), 0), (Self.header() + Self.inner, 0x1_894f),
            (Array(Self.inner[14...]), 0x1_0800),
        ] as [([UInt8], UInt32)] {
            var key = FlowKey()
            key.packetType = type
            PacketParser.parse(bytes.span.bytes, into: &key)
            var mask = FlowMask()
            mask.etherType = .max
            mask.packetType = type == 0 ? 0 : .max
            if key.etherType == 0x894f {
                mask.serviceHeaderMetadataType = .max
                mask.serviceHeaderPathID = 0xff_ff00
                mask.serviceHeaderContexts = 0xff
            } else {
                mask.ipv4Source = .max
            }
            let encoded = FlowKeyNetlinkTests.encode(key, mask)
            let back = try #require(FlowKeyNetlinkTests.decode(encoded))
            key.formIntersection(mask)
            #expect(back.mask == mask && back.key == key)
            #expect(FlowKeyNetlinkTests.encode(back.key, back.mask) == encoded)
        }
    }

    @Test("Without a look at it the header is not in the message: a kernel that does not know it takes that")
    func unseen() {
        let key = FlowKey(parsing: Frames.ethernet(0x894f, Self.header() + Self.inner))
        var mask = FlowMask()
        mask.etherType = .max
        let encoded = FlowKeyNetlinkTests.encode(key, mask)
        var reader = NetlinkReader(encoded.key.span.bytes)
        while reader.advance() { #expect(reader.type != OpenVSwitch.KeyAttribute.serviceHeader.rawValue) }
        // Contexts make the metadata type exact.
        mask.serviceHeaderContexts = 1
        #expect(mask.kernelForm(for: key).serviceHeaderMetadataType == .max)
    }
}
