import Datapath
import Glibc
import Testing

@Suite("Netlink attributes and messages")
struct NetlinkReaderTests {
    @Test("Attributes are written padded, and read back")
    func golden() {
        var writer = NetlinkWriter()
        writer.attribute(1, UInt32(0x0102_0304))
        let nested = writer.begin(2)
        writer.attribute(3, zeroTerminated: "ab")
        writer.end(nested)
        writer.bigEndianAttribute(4, UInt16(0x0800))
        #expect(
            writer.bytes == [
                8, 0, 1, 0, 4, 3, 2, 1,
                12, 0, 2, 0, 7, 0, 3, 0, 0x61, 0x62, 0, 0,
                6, 0, 4, 0, 8, 0, 0, 0,
            ])
        let bytes = writer.bytes
        // Readers cannot escape, not even into the macro: what they say is taken out first.
        var reader = NetlinkReader(bytes.span.bytes)
        var said: [String] = []
        while reader.advance() {
            switch reader.type {
            case 1: said.append("number \(reader.uint32())")
            case 2:
                var inner = reader.nested
                while inner.advance() { said.append("\(inner.type) \(inner.text())") }
            default: said.append("\(reader.type) \(reader.big16())")
            }
        }
        let isMalformed = reader.isMalformed
        #expect(said == ["number \(0x0102_0304)", "3 ab", "4 \(0x0800)"])
        #expect(!isMalformed)
    }

    @Test(
        "What exceeds its surroundings ends the walk",
        arguments: [
            [9, 0, 1, 0, 1, 2, 3, 4], [3, 0, 1, 0], [0, 0, 0, 0], [255, 255, 1, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func overrun(bytes: [UInt8]) {
        var reader = NetlinkReader(bytes.span.bytes)
        let hasMore = reader.advance()
        let isMalformed = reader.isMalformed
        #expect(!hasMore && isMalformed)
    }

    @Test("A value shorter than its type is 0 and an error that stays")
    func short() {
        let bytes: [UInt8] = [6, 0, 1, 0, 1, 2, 0, 0, 8, 0, 2, 0, 1, 0, 0, 0]
        var reader = NetlinkReader(bytes.span.bytes)
        let isFirst = reader.advance()
        let value = reader.uint32()
        let isMalformed = reader.isMalformed
        let isSecond = reader.advance()
        #expect(isFirst && value == 0 && isMalformed && !isSecond)
    }

    @Test("Flags of an attribute's type do not count")
    func typeFlags() {
        let bytes: [UInt8] = [4, 0, 5, 0x80]
        var reader = NetlinkReader(bytes.span.bytes)
        let isThere = reader.advance()
        let type = reader.type
        #expect(isThere && type == 5)
    }

    @Test("An attribute of 64 KiB is noticed")
    func oversized() {
        var writer = NetlinkWriter()
        let start = writer.begin(1)
        writer.zeros(65_532)
        writer.end(start)
        let before = writer.isOversized
        writer.truncate(to: start)
        let after = writer.isOversized
        let count = writer.count
        #expect(before && !after && count == start)
    }

    @Test("An error carries the kernel's text and offset, whether or not the request is repeated")
    func extendedAcknowledgement() {
        for isCapped in [true, false] {
            var writer = NetlinkWriter()
            writer.host(Int32(-EINVAL))
            writer.host(UInt32(24))
            writer.zeros(12)
            if !isCapped { writer.zeros(8) }
            writer.attribute(1, zeroTerminated: "bad mask")
            writer.attribute(2, UInt32(28))
            let payload = writer.bytes
            var whole = NetlinkWriter()
            whole.host(UInt32(16 + payload.count))
            whole.host(UInt16(2))
            whole.host(UInt16(isCapped ? 0x300 : 0x200))
            whole.zeros(8)
            whole.raw(payload)
            let bytes = whole.bytes
            var messages = NetlinkMessages(bytes.span.bytes)
            let isThere = messages.advance()
            let outcome = messages.message.outcome
            #expect(isThere)
            #expect(outcome == NetlinkError(errno: EINVAL, message: "bad mask", offset: 28))
        }
    }

    @Test("Errors say what happened")
    func description() {
        #expect(NetlinkError(errno: EINVAL).description == "Invalid argument")
        #expect(
            NetlinkError(errno: EBUSY, message: "taken", offset: 3).description
                == "Device or resource busy: taken (at byte 3 of the request)")
    }

    @Test("Garbage never traps", arguments: 0..<200 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var generator = TestGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = (0..<Int.random(in: 0...160, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Small lengths and types, so that the walk gets far.
            for index in stride(from: 0, to: bytes.count - 3, by: 4) where Bool.random(using: &generator) {
                bytes[index] = UInt8.random(in: 4...60, using: &generator)
                bytes[index + 1] = 0
                bytes[index + 2] = UInt8.random(in: 0...30, using: &generator)
                bytes[index + 3] = 0
            }
            var key = FlowKey()
            var mask = FlowMask()
            _ = NetlinkReader(bytes.span.bytes).readFlowWords(&key, .key)
            _ = NetlinkReader(bytes.span.bytes).readFlowWords(&mask, .mask)
            _ = NetlinkReader(bytes.span.bytes).readActions()
            var messages = NetlinkMessages(bytes.span.bytes)
            while messages.advance() {
                _ = messages.message.outcome
                _ = KernelFlow(messages.message)
                _ = KernelPort(messages.message)
                _ = KernelDatapathDescription(messages.message)
            }
        }
    }

    @Test("Cutting or changing an upcall anywhere never traps")
    func mutations() throws {
        let client = try OpenVSwitchClient(ModelKernel().kernel)
        let whole = UpcallBytes.miss(inPort: 3, frame: Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2))))
        var generator = TestGenerator(seed: 1)
        for length in 0...whole.count {
            Self.read(Array(whole.prefix(length)), client)
            guard length < whole.count else { continue }
            var changed = whole
            changed[length] = UInt8.random(in: 0...255, using: &generator)
            Self.read(changed, client)
        }
    }

    private static func read(_ bytes: [UInt8], _ client: OpenVSwitchClient) {
        var messages = NetlinkMessages(bytes.span.bytes)
        while messages.advance() { _ = client.upcall(messages.message) }
    }
}

/// SplitMix64: the seed is part of the test's name, so that a failure can be tried again.
struct TestGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { self.state = seed }
    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// Upcalls as the kernel sends them.
enum UpcallBytes {
    static func miss(inPort: UInt32, frame: [UInt8]) -> [UInt8] {
        Self.message(.miss, inPort: inPort, frame: frame, userdata: nil)
    }

    static func action(inPort: UInt32, frame: [UInt8], userdata: [UInt8]) -> [UInt8] {
        Self.message(.action, inPort: inPort, frame: frame, userdata: userdata)
    }

    private static func message(
        _ command: OpenVSwitch.PacketCommand, inPort: UInt32, frame: [UInt8], userdata: [UInt8]?
    ) -> [UInt8] {
        var key = FlowKey(parsing: frame)
        key.inPort = inPort
        let flow = DatapathFlow(
            identifier: FlowIdentifier(high: 0, low: 0), key: key, mask: .exact, actions: [])
        return ScriptedKernel.message(.packet, command.rawValue, sequence: 0) {
            var start = $0.begin(OpenVSwitch.PacketAttribute.packet.rawValue)
            $0.raw(frame)
            $0.end(start)
            // OVS_FLOW_ATTR_KEY is 1, OVS_PACKET_ATTR_KEY is 2: take the payload of the one for the other.
            var writer = NetlinkWriter()
            writer.keyAndMask(of: flow)
            let bytes = writer.bytes
            var reader = NetlinkReader(bytes.span.bytes)
            _ = reader.advance()
            start = $0.begin(OpenVSwitch.PacketAttribute.key.rawValue)
            $0.raw(reader.array())
            $0.end(start)
            if let userdata {
                start = $0.begin(OpenVSwitch.PacketAttribute.userdata.rawValue)
                $0.raw(userdata)
                $0.end(start)
            }
        }
    }
}
