import Datapath
import NetworkTypes
import Testing

@Suite("Changing frames, with checksums against a recomputation from scratch")
struct PacketEditorTests {
    /// Executes `actions` on a copy of `frame` and returns what is left.
    private static func edited(_ frame: [UInt8], _ actions: DatapathAction...) -> [UInt8]? {
        var sink = RecordingSink()
        guard var packet = try? PacketBuffer(copying: frame.span.bytes) else { return nil }
        var key = FlowKey(parsing: frame)
        ActionExecutor.execute(
            actions + [.output(PortIndex(rawValue: 1))], on: &packet, key: &key, into: &sink)
        return sink.outputs.first?.bytes
    }

    private static func transport(_ name: String) -> (UInt8, [UInt8])? {
        switch name {
        case "tcp": (6, Frames.tcp(1000, 80, payload: [1, 2, 3]))
        case "udp": (17, Frames.udp(53, 5353))
        case "icmp": (1, Frames.icmp(8, 0))
        default: nil
        }
    }

    @Test("Push and pop of VLAN tags, outermost first; bit 12 stays off the wire")
    func vlan() {
        let plain = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
        let tagged = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x8100, 0x2064)])
        let twice = Frames.ethernet(
            0x0800, Frames.ipv4(17, Frames.udp(1, 2)), tags: [(0x88a8, 5), (0x8100, 0x2064)])
        #expect(Self.edited(plain, .pushVLAN(tpid: 0x8100, tci: 0x3064)) == tagged)
        #expect(Self.edited(tagged, .pushVLAN(tpid: 0x88a8, tci: 0x1005)) == twice)
        #expect(Self.edited(twice, .popVLAN) == tagged)
        #expect(Self.edited(tagged, .popVLAN) == plain)
        #expect(Self.edited(plain, .popVLAN) == plain)
    }

    @Test("Many pushes outgrow the headroom without losing a byte")
    func headroom() throws {
        let plain = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
        var buffer = try PacketBuffer(copying: plain.span.bytes, headroom: 2)
        for _ in 0..<100 { try PacketEditor.pushVLAN(&buffer, tpid: 0x8100, tci: 7) }
        #expect(buffer.count == plain.count + 400)
        for _ in 0..<100 { try PacketEditor.popVLAN(&buffer) }
        #expect(buffer.copiedBytes() == plain)
    }

    @Test("Push and pop of MPLS labels behind the VLAN tags")
    func mpls() {
        let payload = Frames.ipv4(17, Frames.udp(1, 2))
        let plain = Frames.ethernet(0x0800, payload, tags: [(0x8100, 9)])
        let one = Frames.ethernet(0x8847, Frames.big32(0x140) + payload, tags: [(0x8100, 9)])
        let two = Frames.ethernet(0x8848, Frames.big32(0x1040) + Frames.big32(0x140) + payload, tags: [(0x8100, 9)])
        #expect(Self.edited(plain, .pushMPLS(labelStackEntry: 0x140, etherType: 0x8847)) == one)
        #expect(Self.edited(one, .pushMPLS(labelStackEntry: 0x1040, etherType: 0x8848)) == two)
        #expect(Self.edited(two, .popMPLS(etherType: 0x8847)) == one)
        #expect(Self.edited(one, .popMPLS(etherType: 0x0800)) == plain)
        #expect(Self.edited(plain, .popMPLS(etherType: 0x0800)) == plain)
        let set = Self.edited(one, .set(.mpls(labelStackEntry: 0xabcd_e000, mask: 0xffff_f000)))
        #expect(set.map { FlowKey(parsing: $0).mplsLabelStackEntry0 } == 0xabcd_e140)
        #expect(Self.edited(plain, .set(.mpls(labelStackEntry: 1, mask: 1))) == nil, "no label: dropped")
    }

    @Test("Ethernet addresses, under a mask")
    func ethernet() {
        let plain = Frames.ethernet(0x0800, Frames.ipv4(17, Frames.udp(1, 2)))
        let value = EthernetFields(
            source: MACAddress(rawValue: 0x05), destination: MACAddress(rawValue: 0xffff_0000_0000))
        let mask = EthernetFields(
            source: MACAddress(rawValue: 0x0f), destination: MACAddress(rawValue: 0xffff_0000_0000))
        let key = Self.edited(plain, .set(.ethernet(value, mask: mask))).map { FlowKey(parsing: $0) }
        #expect(key?.ethernetSource == 0x0200_0000_0005)
        #expect(key?.ethernetDestination == 0xffff_0000_000b)
    }

    @Test(
        "IPv4 addresses, TOS and TTL: header and transport checksums are as if made anew",
        arguments: ["tcp", "udp", "icmp"])
    func ipv4(name: String) throws {
        let (proto, segment) = try #require(Self.transport(name))
        let frame = Frames.ethernet(0x0800, Frames.ipv4(proto, segment))
        let value = IPv4Fields(source: 0xc0a8_0101, destination: 0xffff_fffe, tos: 0xb8, ttl: 1)
        let mask = IPv4Fields(source: .max, destination: .max, tos: 0xfc, ttl: .max)
        let source: [UInt8] = [192, 168, 1, 1]
        let destination: [UInt8] = [255, 255, 255, 254]
        let wanted =
            switch name {
            case "tcp": Frames.tcp(1000, 80, payload: [1, 2, 3], between: (source, destination))
            case "udp": Frames.udp(53, 5353, between: (source, destination))
            default: segment
            }
        let result = Self.edited(frame, .set(.ipv4(value, mask: mask)))
        #expect(
            result
                == Frames.ethernet(
                    0x0800,
                    Frames.ipv4(proto, wanted, source: source, destination: destination, tos: 0xb8, ttl: 1)))
    }

    @Test("Random rewrites of addresses and ports give the checksums of a fresh packet", arguments: [11, 12])
    func randomRewrites(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let source = UInt32.random(in: 0 ... .max, using: &generator)
            let destination = UInt32.random(in: 0 ... .max, using: &generator)
            let ports = (Int.random(in: 0...65535, using: &generator), Int.random(in: 0...65535, using: &generator))
            let payload = (0..<Int.random(in: 0...33, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let isTCP = Bool.random(using: &generator)
            let between = (Frames.big32(source), Frames.big32(destination))
            let segment = { (isOld: Bool) in
                let ports = isOld ? (1, 2) : ports
                let between = isOld ? (Frames.addressA, Frames.addressB) : between
                return isTCP
                    ? Frames.tcp(ports.0, ports.1, payload: payload, between: between)
                    : Frames.udp(ports.0, ports.1, payload: payload, between: between)
            }
            let proto: UInt8 = isTCP ? 6 : 17
            let fields = TransportFields(source: UInt16(ports.0), destination: UInt16(ports.1))
            let all = TransportFields(source: .max, destination: .max)
            let result = Self.edited(
                Frames.ethernet(0x0800, Frames.ipv4(proto, segment(true))),
                .set(
                    .ipv4(
                        IPv4Fields(source: source, destination: destination),
                        mask: IPv4Fields(source: .max, destination: .max))),
                .set(isTCP ? .tcp(fields, mask: all) : .udp(fields, mask: all)))
            #expect(
                result
                    == Frames.ethernet(
                        0x0800,
                        Frames.ipv4(proto, segment(false), source: between.0, destination: between.1)))
        }
    }

    @Test("IPv6 addresses, label, class and hop limit", arguments: [6, 17, 58])
    func ipv6(proto: UInt8) {
        let newSource: [UInt8] = [0x20, 1] + [UInt8](repeating: 0xab, count: 14)
        let segment = { (addresses: ([UInt8], [UInt8])) in
            switch proto {
            case 6: return Frames.tcp(1, 2, payload: [1], between: addresses)
            case 17: return Frames.udp(1, 2, between: addresses)
            default:
                let body: [UInt8] = [128, 0, 0, 0, 1, 2, 3, 4]
                let sum = Frames.transportChecksum(body, 58, addresses.0, addresses.1)
                return [128, 0] + Frames.big16(sum) + [1, 2, 3, 4]
            }
        }
        let frame = Frames.ethernet(
            0x86dd, Frames.ipv6(proto, segment((Frames.longAddressA, Frames.longAddressB))))
        let value = IPv6Fields(
            source: newSource.reduce(0) { $0 << 8 | UInt128($1) }, flowLabel: 0x12345, trafficClass: 0x88, hopLimit: 3)
        let mask = IPv6Fields(source: .max, flowLabel: 0xfffff, trafficClass: 0xfc, hopLimit: .max)
        #expect(
            Self.edited(frame, .set(.ipv6(value, mask: mask)))
                == Frames.ethernet(
                    0x86dd,
                    Frames.ipv6(
                        proto, segment((newSource, Frames.longAddressB)), source: newSource, trafficClass: 0x88,
                        label: 0x12345, hopLimit: 3)))
    }

    @Test("A UDP checksum of zero stays zero")
    func zeroChecksum() {
        var segment = Frames.udp(1, 2)
        segment.replaceSubrange(6..<8, with: [0, 0])
        let frame = Frames.ethernet(0x0800, Frames.ipv4(17, segment))
        let result = Self.edited(
            frame, .set(.ipv4(IPv4Fields(source: 5), mask: IPv4Fields(source: .max))),
            .set(.udp(TransportFields(source: 9), mask: TransportFields(source: .max))))
        #expect(result.map { Array($0[40..<42]) } == [0, 0])
    }

    @Test("SCTP's CRC is that of the new ports; one that was wrong stays wrong")
    func sctp() {
        let frame = Frames.ethernet(0x0800, Frames.ipv4(132, Frames.sctp(7, 8)))
        let set = DatapathAction.set(
            .sctp(TransportFields(source: 77, destination: 88), mask: TransportFields(source: .max, destination: .max)))
        let wanted = Frames.ethernet(0x0800, Frames.ipv4(132, Frames.sctp(77, 88)))
        #expect(Self.edited(frame, set) == wanted)
        #expect(Self.edited(frame + [0, 0, 0], set) == wanted + [0, 0, 0], "padding is not covered")
        var wrong = frame
        wrong[42] ^= 0x10
        var wrongWanted = wanted
        wrongWanted[42] ^= 0x10
        #expect(Self.edited(wrong, set) == wrongWanted)
    }

    @Test("ICMP type and code, ARP fields, neighbour discovery fields")
    func others() {
        let echo = Frames.ethernet(0x0800, Frames.ipv4(1, Frames.icmp(8, 0)))
        let all = TransportFields(source: .max, destination: .max)
        #expect(
            Self.edited(echo, .set(.icmp(TransportFields(source: 0, destination: 3), mask: all)))
                == Frames.ethernet(0x0800, Frames.ipv4(1, Frames.icmp(0, 3))))
        let arp = ARPFields(
            sourceProtocolAddress: 5, targetProtocolAddress: 6, operation: 2,
            sourceHardwareAddress: MACAddress(rawValue: 7), targetHardwareAddress: MACAddress(rawValue: 8))
        let arpMask = ARPFields(
            sourceProtocolAddress: .max, targetProtocolAddress: .max, operation: .max,
            sourceHardwareAddress: .broadcast, targetHardwareAddress: .broadcast)
        let arpKey = Self.edited(Frames.ethernet(0x0806, Frames.arp()), .set(.arp(arp, mask: arpMask)))
            .map { FlowKey(parsing: $0) }
        #expect(arpKey?.ipv4Source == 5 && arpKey?.ipv4Destination == 6 && arpKey?.arpOperation == 2)
        #expect(arpKey?.arpSourceHardwareAddress == 7 && arpKey?.arpTargetHardwareAddress == 8)
        let discovery = NeighbourDiscoveryFields(target: 3, sourceLinkLayerAddress: MACAddress(rawValue: 4))
        let discoveryMask = NeighbourDiscoveryFields(target: .max, sourceLinkLayerAddress: .broadcast)
        let target = [UInt8](repeating: 0, count: 15) + [3]
        let body = [0, 0, 0, 0] + target + [1, 1, 0, 0, 0, 0, 0, 4]
        #expect(
            Self.edited(
                Frames.ethernet(0x86dd, Frames.neighbourSolicitation(options: [1, 1] + Frames.hostA)),
                .set(.neighbourDiscovery(discovery, mask: discoveryMask)))
                == Frames.ethernet(
                    0x86dd, Frames.ipv6(58, Frames.icmpv6(135, 0, body: body), hopLimit: 255)))
    }

    @Test("A checksum left to the device stays unfinished through rewrites and comes out right when finished")
    func partialChecksum() throws {
        let frame = Frames.ethernet(0x0800, Frames.ipv4(6, Frames.tcp(1000, 80, payload: [1, 2, 3])))
        var unfinished = frame
        let pseudo = ~Frames.transportChecksum([], 6, Frames.addressA, Frames.addressB) & 0xffff
        // The pseudo-header's length is that of the segment.
        let length = frame.count - 34
        let sum = (pseudo + length) % 0xffff
        unfinished.replaceSubrange(50..<52, with: Frames.big16(sum))
        var packet = try PacketBuffer(copying: unfinished.span.bytes)
        packet.offload.needsChecksum = true
        packet.offload.checksumStart = 34
        packet.offload.checksumOffset = 16
        var key = FlowKey(parsing: unfinished)
        var sink = RecordingSink()
        ActionExecutor.execute(
            [
                .set(.ipv4(IPv4Fields(destination: 0x0102_0304), mask: IPv4Fields(destination: .max))),
                .set(
                    .tcp(
                        TransportFields(source: 5, destination: 6),
                        mask: TransportFields(source: .max, destination: .max))),
                .pushVLAN(tpid: 0x8100, tci: 0x1007),
            ], on: &packet, key: &key, into: &sink)
        #expect(packet.offload.checksumStart == 38)
        let layout = PacketParser.parse(packet.bytes, into: &key)
        try PacketEditor.completeChecksum(&packet, layout)
        let destination: [UInt8] = [1, 2, 3, 4]
        #expect(
            packet.copiedBytes()
                == Frames.ethernet(
                    0x0800,
                    Frames.ipv4(
                        6, Frames.tcp(5, 6, payload: [1, 2, 3], between: (Frames.addressA, destination)),
                        destination: destination), tags: [(0x8100, 7)]))
    }

    @Test("Every rewrite on every frame cut at every byte: done or refused, never a trap")
    func truncation() {
        let rewrites: [HeaderRewrite] = [
            .ethernet(EthernetFields(), mask: EthernetFields(source: .broadcast, destination: .broadcast)),
            .ipv4(IPv4Fields(), mask: IPv4Fields(source: .max, destination: .max, tos: .max, ttl: .max)),
            .ipv6(IPv6Fields(), mask: IPv6Fields(source: .max, destination: .max)),
            .tcp(TransportFields(), mask: TransportFields(source: .max)),
            .udp(TransportFields(), mask: TransportFields(source: .max)),
            .sctp(TransportFields(), mask: TransportFields(source: .max)),
            .icmp(TransportFields(), mask: TransportFields(source: .max)),
            .arp(ARPFields(), mask: ARPFields(operation: .max)),
            .neighbourDiscovery(NeighbourDiscoveryFields(), mask: NeighbourDiscoveryFields(target: .max)),
            .mpls(labelStackEntry: 0, mask: .max),
        ]
        for (name, frame) in Frames.everyKind {
            for length in 0...frame.count {
                let cut = Array(frame.prefix(length))
                for rewrite in rewrites {
                    let result = Self.edited(cut, .set(rewrite))
                    #expect(result == nil || result?.count == length, "\(name) \(length) \(rewrite)")
                }
                _ = Self.edited(cut, .popVLAN)
                _ = Self.edited(cut, .popMPLS(etherType: 0x0800))
                _ = Self.edited(cut, .pushMPLS(labelStackEntry: 1, etherType: 0x8847))
            }
        }
    }
}
