import CNetlink
import Datapath
import NetworkTypes
import Testing

@Suite("Flow keys and masks as the kernel has them")
struct FlowKeyNetlinkTests {
    /// Writes a flow's key and mask and gives the payloads of the two attributes.
    static func encode(_ key: FlowKey, _ mask: FlowMask) -> (key: [UInt8], mask: [UInt8]) {
        var writer = NetlinkWriter()
        writer.keyAndMask(
            of: DatapathFlow(identifier: FlowIdentifier(high: 0, low: 0), key: key, mask: mask, actions: []))
        let bytes = writer.bytes
        var reader = NetlinkReader(bytes.span.bytes)
        _ = reader.advance()
        let first = reader.array()
        _ = reader.advance()
        return (first, reader.array())
    }

    static func decode(_ encoded: (key: [UInt8], mask: [UInt8])) -> (key: FlowKey, mask: FlowMask)? {
        var key = FlowKey()
        var mask = FlowMask()
        guard NetlinkReader(encoded.key.span.bytes).readFlowWords(&key, .key),
            NetlinkReader(encoded.mask.span.bytes).readFlowWords(&mask, .mask)
        else { return nil }
        return (key, mask)
    }

    private static func types(_ bytes: [UInt8]) -> [UInt16] {
        var reader = NetlinkReader(bytes.span.bytes)
        var types: [UInt16] = []
        while reader.advance() { types.append(reader.type) }
        return types
    }

    @Test("A TCP packet's key, byte by byte")
    func golden() {
        let segment: [UInt8] = [0, 80, 0x1f, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]
        var key = FlowKey(parsing: Frames.ethernet(0x0800, Frames.ipv4(6, segment)))
        key.inPort = 2
        let expected: [UInt8] =
            [8, 0, 2, 0, 0, 0, 0, 0] + [8, 0, 3, 0, 2, 0, 0, 0] + [8, 0, 15, 0, 0, 0, 0, 0]
            + [8, 0, 20, 0, 0, 0, 0, 0] + [8, 0, 19, 0, 0, 0, 0, 0]
            + [16, 0, 4, 0] + Frames.hostA + Frames.hostB
            + [6, 0, 6, 0, 8, 0, 0, 0]
            + [16, 0, 7, 0] + Frames.addressA + Frames.addressB + [6, 0, 64, 0]
            + [8, 0, 9, 0, 0, 80, 0x1f, 0x90] + [6, 0, 18, 0, 0, 2, 0, 0]
        #expect(Self.encode(key, .headers).key == expected)
    }

    @Test("Two tags nest, each behind its TPID")
    func tags() {
        let key = FlowKey(
            parsing: Frames.ethernet(0x88b5, [1, 2, 3, 4], tags: [(0x88a8, 0x0005), (0x8100, 0x2006)]))
        var mask = FlowMask()
        mask.etherType = .max
        mask.vlanTCI = 0x0fff
        let encoded = Self.encode(key, mask)
        let tail: [UInt8] =
            [6, 0, 6, 0, 0x88, 0xa8, 0, 0] + [6, 0, 5, 0, 0x10, 0x05, 0, 0] + [32, 0, 1, 0]
            + [6, 0, 6, 0, 0x81, 0, 0, 0] + [6, 0, 5, 0, 0x10, 0, 0, 0] + [12, 0, 1, 0]
            + [6, 0, 6, 0, 0x88, 0xb5, 0, 0]
        #expect(Array(encoded.key.suffix(tail.count)) == tail)
        let maskTail: [UInt8] =
            [6, 0, 6, 0, 255, 255, 0, 0] + [6, 0, 5, 0, 0x1f, 0xff, 0, 0] + [32, 0, 1, 0]
            + [6, 0, 6, 0, 255, 255, 0, 0] + [6, 0, 5, 0, 0x10, 0, 0, 0] + [12, 0, 1, 0]
            + [6, 0, 6, 0, 255, 255, 0, 0]
        #expect(Array(encoded.mask.suffix(maskTail.count)) == maskTail)
    }

    @Test("An 802.3 frame has no EtherType in the key and an exact one in the mask")
    func withoutEtherType() {
        var key = FlowKey()
        key.etherType = 0x05ff
        var mask = FlowMask()
        mask.etherType = .max
        let encoded = Self.encode(key, mask)
        #expect(!Self.types(encoded.key).contains(OpenVSwitch.KeyAttribute.etherType.rawValue))
        #expect(Self.types(encoded.mask).contains(OpenVSwitch.KeyAttribute.etherType.rawValue))
        #expect(Self.decode(encoded)?.key.etherType == 0x05ff)
    }

    @Test("Fragments keep their kind, and a question about any fragment asks for the kind")
    func fragments() {
        for (bits, kernel) in [(0, 0), (1, 1), (3, 2)] as [(UInt8, UInt8)] {
            var key = FlowKey()
            key.etherType = 0x0800
            key.ipProtocol = 17
            key.ipFragment = bits
            let encoded = Self.encode(key, .exact)
            var reader = NetlinkReader(encoded.key.span.bytes)
            while reader.advance(), reader.type != OpenVSwitch.KeyAttribute.ipv4.rawValue {}
            let last = reader.array().last
            #expect(last == kernel)
            // Later fragments have no ports.
            #expect(Self.types(encoded.key).contains(OpenVSwitch.KeyAttribute.udp.rawValue) == (bits != 3))
            #expect(Self.decode(encoded)?.key.ipFragment == bits)
        }
        var mask = FlowMask()
        mask.ipFragment = 1
        var key = FlowKey()
        key.etherType = 0x0800
        #expect(mask.kernelForm(for: key).ipFragment == 3)
        mask.ipFragment = 2
        #expect(mask.kernelForm(for: key).ipFragment == 2)
    }

    @Test("What a field depends on is matched exactly")
    func prerequisites() {
        var key = FlowKey(parsing: Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x8100, 5)]))
        key.inPort = 9
        var mask = FlowMask()
        mask.inPort = 1
        mask.transportSource = 0x00ff
        let form = mask.kernelForm(for: key)
        #expect(form.inPort == .max && form.etherType == .max && form.ipProtocol == .max)
        #expect(form.vlanTCI == 0x1000 && form.vlanTPID == .max && form.ipFragment == 2)
        #expect(form.transportSource == 0x00ff && form.transportDestination == 0)
    }

    @Test("A packet without a port has no such attribute; an ignored port neither")
    func ports() {
        var key = FlowKey()
        key.inPort = PortIndex.none.rawValue
        let inPort = OpenVSwitch.KeyAttribute.inPort.rawValue
        #expect(!Self.types(Self.encode(key, .exact).key).contains(inPort))
        #expect(Self.types(Self.encode(key, .exact).mask).contains(inPort))
        key.inPort = 4
        #expect(!Self.types(Self.encode(key, FlowMask()).key).contains(inPort))
    }

    @Test("Every neighbour solicitation and advertisement has its fields", arguments: [134, 135, 136, 137] as [UInt16])
    func discovery(type: UInt16) {
        var key = FlowKey()
        key.etherType = 0x86dd
        key.ipProtocol = 58
        key.transportSource = type
        let types = Self.types(Self.encode(key, .exact).key)
        #expect(
            types.contains(OpenVSwitch.KeyAttribute.neighbourDiscovery.rawValue) == (135...136 ~= type))
    }

    @Test("Keys and masks survive the way to the kernel and back", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = TestGenerator(seed: seed)
        for _ in 0..<20 {
            let key = KeyGenerator.key(&generator)
            var mask = FlowMask()
            for field in FlowField.allCases where Bool.random(using: &generator) {
                mask[field] = KeyGenerator.bits(&generator)
            }
            // The tuples of connection tracking and tunnels have tests of their own.
            mask.connectionProtocol = 0
            let decoded = Self.decode(Self.encode(key, mask))
            var (readKey, readMask) = try #require(decoded)
            let form = mask.kernelForm(for: key)
            var wanted = key
            wanted.formIntersection(form)
            // What comes back is what was asked for, for the headers that the key has, and nothing beside.
            let reach = KeyGenerator.reach(of: wanted, mask: form)
            wanted.formIntersection(reach)
            // A fragment kind is one of three numbers there, so that a bit alone comes back as the kind that has it.
            readKey.formIntersection(form)
            let isSame = readKey == wanted
            #expect(isSame, "\(KernelFlowTests.differences(readKey, wanted))")
            for index in 0..<FlowKey.wordCount {
                #expect(readMask.words[index] == form.words[index] & reach.words[index], "word \(index)")
                #expect(mask.words[index] & reach.words[index] & ~readMask.words[index] == 0, "word \(index)")
            }
        }
    }

    @Test("A tunnel's key and mask survive", arguments: [false, true])
    func tunnels(isIPv6: Bool) throws {
        var key = FlowKey()
        key.etherType = 0x88b5
        key.tunnelID = 77
        key.tunnelFlags = TunnelFlag.key | TunnelFlag.checksum | TunnelFlag.dontFragment
        if isIPv6 {
            key.tunnelIPv6Source = 5
            key.tunnelIPv6Destination = 6
        } else {
            key.tunnelIPv4Source = 5
            key.tunnelIPv4Destination = 6
        }
        key.tunnelTOS = 4
        key.tunnelTTL = 64
        key.tunnelTransportDestination = 4789
        key.tunnelGBPID = 9
        key.tunnelGBPFlags = 8
        var mask = FlowMask()
        for index in 0..<FlowKey.wordCount { mask.words[index] = key.words[index] }
        mask.etherType = .max
        let decoded = Self.decode(Self.encode(key, mask))
        let read = try #require(decoded)
        #expect(read.key == key)
        #expect(read.mask == mask)
    }

    @Test(
        "Tunnel options survive as far as keys hold them, none and too many of them too",
        arguments: [0, 4, 20, 128, 132])
    func tunnelOptions(count: Int) throws {
        var key = FlowKey()
        key.etherType = 0x88b5
        key.tunnelIPv4Destination = 6
        key.tunnelTTL = 64
        let options = (0..<count).map { UInt8(truncatingIfNeeded: $0 + 1) }
        key.setTunnelOptions(options.span.bytes)
        var mask = FlowMask()
        mask.etherType = .max
        mask.tunnelIPv4Destination = .max
        mask.tunnelOptionLength = .max
        for index in stride(from: 1, to: count, by: 2) { mask.setTunnelOptionByte(index, 0xf0) }
        let decoded = Self.decode(Self.encode(key, mask))
        let read = try #require(decoded)
        #expect(read.mask.tunnelOptionLength == .max && Int(read.key.tunnelOptionLength) == count)
        let isSame = read.mask.tunnelOptionBytes(128) == mask.tunnelOptionBytes(128)
        #expect(isSame)
        for index in 0..<min(count, 128) {
            #expect(read.key.tunnelOptionByte(index) == options[index] & mask.tunnelOptionByte(index))
        }
        // What is not looked at is left out.
        let without = Self.decode(Self.encode(key, FlowMask()))
        #expect(without?.mask.tunnelOptionLength == 0 && without?.key.tunnelOptionLength == 0)
    }

    @Test("A tracked connection's original direction survives", arguments: [0x0800, 0x86dd] as [UInt16])
    func connections(etherType: UInt16) throws {
        var key = FlowKey()
        key.etherType = etherType
        key.connectionState = 0x22
        key.connectionProtocol = 6
        if etherType == 0x0800 {
            key.connectionIPv4Source = 1
            key.connectionIPv4Destination = 2
        } else {
            key.connectionIPv6Source = 1 << 100
            key.connectionIPv6Destination = 2
        }
        key.connectionTransportSource = 3
        key.connectionTransportDestination = 4
        key.connectionLabel = 1 << 127 | 5
        let decoded = Self.decode(Self.encode(key, .exact))
        let read = try #require(decoded)
        #expect(read.key == key)
        // The label is in host byte order, as the kernel's connection tracking has it.
        let bytes = Self.encode(key, .exact).key
        var reader = NetlinkReader(bytes.span.bytes)
        while reader.advance(), reader.type != OpenVSwitch.KeyAttribute.connectionLabels.rawValue {}
        let label = reader.array()
        #expect(label.first == 5 && label.last == 0x80)
    }

    @Test("Attribute numbers are the header's")
    func numbers() {
        #expect(OpenVSwitch.KeyAttribute.recirculationID.rawValue == UInt16(OVS_KEY_ATTR_RECIRC_ID.rawValue))
        #expect(OpenVSwitch.KeyAttribute.connectionIPv6.rawValue == UInt16(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6.rawValue))
        #expect(OpenVSwitch.KeyAttribute.packetType.rawValue == UInt16(OVS_KEY_ATTR_PACKET_TYPE.rawValue))
        #expect(OpenVSwitch.KeyAttribute.mpls.rawValue == UInt16(OVS_KEY_ATTR_MPLS.rawValue))
        #expect(OpenVSwitch.TunnelAttribute.ipv6Destination.rawValue == UInt16(OVS_TUNNEL_KEY_ATTR_IPV6_DST.rawValue))
        #expect(OpenVSwitch.ActionAttribute.setMasked.rawValue == UInt16(OVS_ACTION_ATTR_SET_MASKED.rawValue))
        #expect(OpenVSwitch.ActionAttribute.truncate.rawValue == UInt16(OVS_ACTION_ATTR_TRUNC.rawValue))
        #expect(OpenVSwitch.ActionAttribute.meter.rawValue == UInt16(OVS_ACTION_ATTR_METER.rawValue))
        #expect(OpenVSwitch.ActionAttribute.clone.rawValue == UInt16(OVS_ACTION_ATTR_CLONE.rawValue))
        #expect(OpenVSwitch.FlowAttribute.identifierFlags.rawValue == UInt16(OVS_FLOW_ATTR_UFID_FLAGS.rawValue))
        #expect(OpenVSwitch.FlowAttribute.probe.rawValue == UInt16(OVS_FLOW_ATTR_PROBE.rawValue))
        #expect(OpenVSwitch.PacketAttribute.probe.rawValue == UInt16(OVS_PACKET_ATTR_PROBE.rawValue))
        #expect(OpenVSwitch.PacketAttribute.length.rawValue == UInt16(OVS_PACKET_ATTR_LEN.rawValue))
        #expect(OpenVSwitch.PortAttribute.statistics.rawValue == UInt16(OVS_VPORT_ATTR_STATS.rawValue))
        #expect(OpenVSwitch.DatapathAttribute.perCPUPortIDs.rawValue == UInt16(OVS_DP_ATTR_PER_CPU_PIDS.rawValue))
        #expect(OpenVSwitch.MeterAttribute.maximumMeters.rawValue == UInt16(OVS_METER_ATTR_MAX_METERS.rawValue))
        #expect(OpenVSwitch.PacketCommand.execute.rawValue == UInt8(OVS_PACKET_CMD_EXECUTE.rawValue))
        #expect(OpenVSwitch.UserFeatures.perCPUDispatch.rawValue == UInt32(OVS_DP_F_DISPATCH_UPCALL_PER_CPU))
    }
}

/// Keys as packets have them: headers fit each other, absent ones are zero.
enum KeyGenerator {
    static func bits(_ generator: inout TestGenerator) -> UInt128 {
        let high = generator.next()
        let low = generator.next()
        return UInt128(high) << 64 | UInt128(low)
    }

    static func key(_ generator: inout TestGenerator) -> FlowKey {
        var key = FlowKey()
        let kinds: [UInt16] = [0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8847, 0x88b5, 0x05ff]
        key.etherType = kinds.randomElement(using: &generator) ?? 0x0800
        let protocols: [UInt8] = [1, 6, 17, 58, 132, 47]
        key.ipProtocol = protocols.randomElement(using: &generator) ?? 6
        key.ipFragment = ([0, 0, 1, 3] as [UInt8]).randomElement(using: &generator) ?? 0
        if key.etherType != 0x0800, key.etherType != 0x86dd {
            key.ipProtocol = 0
            key.ipFragment = 0
        }
        let tags = Int.random(in: 0...2, using: &generator)
        if tags > 0 {
            (key.vlanTPID, key.vlanTCI) = (0x88a8, UInt16.random(in: 0...0xffff, using: &generator) | 0x1000)
        }
        if tags > 1 {
            (key.innerVLANTPID, key.innerVLANTCI) = (0x8100, UInt16.random(in: 0...0xffff, using: &generator) | 0x1000)
        }
        let reach = Self.reach(of: key, mask: .exact)
        let fixed: Set<FlowField> = [
            .etherType, .ipProtocol, .ipFragment, .vlanTPID, .vlanTCI, .innerVLANTPID, .innerVLANTCI,
        ]
        for field in FlowField.allCases where !fixed.contains(field) {
            key[field] = Self.bits(&generator) & reach[field]
        }
        if key.ipProtocol == 58, key.etherType == 0x86dd, key.ipFragment & 2 == 0 {
            key.transportSource = UInt16.random(in: 128...140, using: &generator)
            if !(135...136 ~= key.transportSource) {
                key.neighbourDiscoveryTarget = 0
                key.arpSourceHardwareAddress = 0
                key.arpTargetHardwareAddress = 0
            }
        }
        return key
    }

    /// The bits that the kernel's attributes can carry for a packet with these headers.
    static func reach(of key: FlowKey, mask: FlowMask) -> FlowMask {
        var reach = FlowMask()
        let all: [FlowField] = [
            .priority, .inPort, .packetMark, .recirculationID, .datapathHash, .ethernetSource, .ethernetDestination,
            .etherType, .connectionState, .connectionZone, .connectionMark, .connectionLabel,
        ]
        for field in all { reach[field] = .max }
        if key.vlanTCI != 0 { for field in [FlowField.vlanTPID, .vlanTCI] { reach[field] = .max } }
        if key.innerVLANTCI != 0 { for field in [FlowField.innerVLANTPID, .innerVLANTCI] { reach[field] = .max } }
        switch key.etherType {
        case 0x0800:
            for field in [FlowField.ipv4Source, .ipv4Destination] { reach[field] = .max }
            Self.reachIP(key, &reach)
        case 0x86dd:
            for field in [FlowField.ipv6Source, .ipv6Destination, .ipv6FlowLabel] { reach[field] = .max }
            Self.reachIP(key, &reach)
        case 0x0806:
            let fields: [FlowField] = [
                .ipv4Source, .ipv4Destination, .arpOperation, .arpSourceHardwareAddress, .arpTargetHardwareAddress,
            ]
            for field in fields { reach[field] = .max }
        case 0x8847:
            reach.mplsLabelStackEntry0 = .max
            let hasSecond = key.mplsLabelStackEntry0 & 0x100 == 0
            if hasSecond { reach.mplsLabelStackEntry1 = .max }
            let hasThird = key.mplsLabelStackEntry1 & 0x100 == 0
            let isSecondAsked = mask.mplsLabelStackEntry1 != 0
            if hasSecond, hasThird, isSecondAsked { reach.mplsLabelStackEntry2 = .max }
        default: break
        }
        return reach
    }

    private static func reachIP(_ key: FlowKey, _ reach: inout FlowMask) {
        for field in [FlowField.ipProtocol, .ipTOS, .ipTTL] { reach[field] = .max }
        reach.ipFragment = 3
        guard key.ipFragment & 2 == 0 else { return }
        switch key.ipProtocol {
        case 6:
            for field in [FlowField.transportSource, .transportDestination] { reach[field] = .max }
            reach.tcpFlags = 0x0fff
        case 17, 132: for field in [FlowField.transportSource, .transportDestination] { reach[field] = .max }
        case 1 where key.etherType == 0x0800, 58 where key.etherType == 0x86dd:
            reach.transportSource = 0xff
            reach.transportDestination = 0xff
            let isDiscovery = 135...136 ~= key.transportSource || key.transportSource == 0
            if key.ipProtocol == 58, isDiscovery {
                let fields: [FlowField] = [
                    .neighbourDiscoveryTarget, .arpSourceHardwareAddress, .arpTargetHardwareAddress,
                ]
                for field in fields { reach[field] = .max }
            }
        default: break
        }
    }
}
