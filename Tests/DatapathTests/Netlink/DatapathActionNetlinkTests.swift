import Datapath
import NetworkTypes
import Testing

@Suite("Datapath actions as the kernel has them")
struct DatapathActionNetlinkTests {
    private static func encode(_ actions: [DatapathAction], portID: UInt32 = 9) -> [UInt8]? {
        var writer = NetlinkWriter()
        guard writer.actions(3, actions, portID: portID) else { return nil }
        return Array(writer.bytes.dropFirst(4))
    }

    private static func decode(_ bytes: [UInt8]) -> ReadActions? { NetlinkReader(bytes.span.bytes).readActions() }

    @Test(
        "Each action byte by byte",
        arguments: [
            (.output(PortIndex(rawValue: 3)), [8, 0, 1, 0, 3, 0, 0, 0]),
            (
                .userspace(userdata: 0x0102_0304_0506_0708),
                [24, 0, 2, 0, 8, 0, 1, 0, 9, 0, 0, 0, 12, 0, 2, 0, 8, 7, 6, 5, 4, 3, 2, 1]
            ),
            (.pushVLAN(tpid: 0x8100, tci: 0x1005), [8, 0, 4, 0, 0x81, 0, 0x10, 5]),
            (.popVLAN, [4, 0, 5, 0]),
            (
                .pushMPLS(labelStackEntry: 0x0001_0140, etherType: 0x8847),
                [12, 0, 9, 0, 0, 1, 1, 0x40, 0x88, 0x47, 0, 0]
            ),
            (.popMPLS(etherType: 0x0800), [6, 0, 10, 0, 8, 0, 0, 0]),
            (.hash(algorithm: .symmetricL4, basis: 5), [12, 0, 8, 0, 1, 0, 0, 0, 5, 0, 0, 0]),
            (.recirculate(7), [8, 0, 7, 0, 7, 0, 0, 0]),
            (
                .sample(probability: 0x8000_0000, [.popVLAN]),
                [20, 0, 6, 0, 8, 0, 1, 0, 0, 0, 0, 0x80, 8, 0, 2, 0, 4, 0, 5, 0]
            ),
            (.clone([.popVLAN]), [8, 0, 20, 0, 4, 0, 5, 0]),
            (.truncate(64), [8, 0, 13, 0, 64, 0, 0, 0]),
            (.meter(2), [8, 0, 19, 0, 2, 0, 0, 0]),
            (.drop(reason: 1), [8, 0, 24, 0, 1, 0, 0, 0]),
            (
                .pushEthernet(
                    EthernetFields(
                        source: MACAddress(rawValue: 0x0200_0000_000a), destination: MACAddress(rawValue: 1))),
                [16, 0, 14, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 1]
            ),
            (.popEthernet, [4, 0, 15, 0]), (.popServiceHeader, [4, 0, 18, 0]),
            (
                .encapsulateMPLS(labelStackEntry: 0x0001_0140, etherType: 0x8847),
                [12, 0, 22, 0, 0, 1, 1, 0x40, 0x88, 0x47, 0, 0]
            ),
            (
                .pushServiceHeader(
                    ServiceHeader(
                        ServiceHeaderFields(flags: 2, ttl: 63, pathID: 0x010203, index: 255, contexts: 5),
                        nextProtocol: 3)),
                [40, 0, 17, 0, 36, 0, 28, 0, 12, 0, 1, 0, 2, 63, 1, 3, 1, 2, 3, 255]
                    + [20, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]
            ),
            (
                .pushServiceHeader(
                    ServiceHeader(ServiceHeaderFields(ttl: 1), nextProtocol: 1, contextHeaders: [0, 1, 2, 0])),
                [28, 0, 17, 0, 24, 0, 28, 0, 12, 0, 1, 0, 0, 1, 2, 1, 0, 0, 0, 0, 8, 0, 3, 0, 0, 1, 2, 0]
            ),
            (.set(.priority(6)), [16, 0, 11, 0, 12, 0, 2, 0, 6, 0, 0, 0, 255, 255, 255, 255]),
            (
                .set(.tcp(TransportFields(source: 0x0102), mask: TransportFields(source: 0xffff))),
                [16, 0, 11, 0, 12, 0, 9, 0, 1, 2, 0, 0, 255, 255, 0, 0]
            ),
            (
                .set(
                    .ipv4(
                        IPv4Fields(destination: 0x0a00_0001, ttl: 63),
                        mask: IPv4Fields(destination: .max, ttl: .max))),
                [32, 0, 11, 0, 28, 0, 7, 0, 0, 0, 0, 0, 10, 0, 0, 1, 0, 0, 63, 0]
                    + [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 0]
            ),
        ] as [(DatapathAction, [UInt8])])
    func golden(action: DatapathAction, bytes: [UInt8]) throws {
        #expect(Self.encode([action]) == bytes)
        #expect(Self.decode(bytes)?.actions == [action])
    }

    @Test("Every rewrite survives the way to the kernel and back")
    func rewrites() throws {
        let address = MACAddress(rawValue: 0x0200_0000_000a)
        let ports = TransportFields(source: 8, destination: 9)
        let v6 = IPv6Fields(source: 1 << 99, destination: 2, flowLabel: 0xabcde, trafficClass: 3, hopLimit: 4)
        let arp = ARPFields(
            sourceProtocolAddress: 1, targetProtocolAddress: 2, operation: 3, sourceHardwareAddress: address,
            targetHardwareAddress: .broadcast)
        let discovery = NeighbourDiscoveryFields(
            target: 5 << 64, sourceLinkLayerAddress: address, targetLinkLayerAddress: .broadcast)
        let ethernet = EthernetFields(source: address, destination: .broadcast)
        let v4 = IPv4Fields(source: 1, destination: 2, tos: 3, ttl: 4)
        var wide = TunnelFields(identifier: 9, flags: 5)
        wide.ipv6Source = 1 << 100
        wide.ipv6Destination = 2 << 100
        wide.policy = 0x8_0007
        let tunnel = TunnelFields(
            identifier: 5, ipv4Source: 6, ipv4Destination: 7, tos: 8, ttl: 9,
            flags: TunnelFlag.key | TunnelFlag.dontFragment)
        let actions: [DatapathAction] = [
            .set(.ethernet(ethernet, mask: ethernet)), .set(.ipv4(v4, mask: v4)), .set(.ipv6(v6, mask: v6)),
            .set(.tcp(ports, mask: ports)), .set(.udp(ports, mask: ports)), .set(.sctp(ports, mask: ports)),
            .set(.icmp(ports, mask: ports)), .set(.arp(arp, mask: arp)),
            .set(.neighbourDiscovery(discovery, mask: discovery)),
            .set(.mpls(labelStackEntry: 0x0001_0140, mask: 0xffff_f000)), .set(.priority(3)),
            .set(.mark(5, mask: 7)), .set(.tunnel(tunnel)), .set(.tunnel(wide)),
            .checkPacketLength(maximumBytes: 1400, longer: [.recirculate(3)], notLonger: [.popVLAN, .recirculate(4)]),
        ]
        let bytes = try #require(Self.encode(actions))
        let read = try #require(Self.decode(bytes))
        #expect(read.actions == actions)
        #expect(read.unknown == 0)
    }

    @Test("Nesting survives up to the kernel's limit and is refused beyond")
    func nesting() throws {
        func nested(_ depth: Int) -> [DatapathAction] {
            (0..<depth).reduce([.popVLAN]) { inner, index in
                [index.isMultiple(of: 2) ? .clone(inner) : .sample(probability: 1, inner)]
            }
        }
        let deepest = nested(NetlinkWriter.actionNestingMaximum)
        let bytes = try #require(Self.encode(deepest))
        #expect(Self.decode(bytes)?.actions == deepest)
        #expect(Self.encode(nested(NetlinkWriter.actionNestingMaximum + 1)) == nil)
    }

    @Test("Connection tracking byte by byte, and every part of it there and back")
    func connectionTracking() {
        var request = ConnectionTrackingRequest()
        #expect(Self.encode([.connectionTracking(request)]) == [4, 0, 12, 0])
        #expect(Self.encode([.clearConnectionTracking]) == [4, 0, 16, 0])
        request.commits = true
        request.zone = 5
        request.mark = 0x10
        request.markMask = 0xf0
        let bytes: [UInt8] =
            [28, 0, 12, 0, 4, 0, 1, 0, 6, 0, 2, 0, 5, 0, 0, 0] + [12, 0, 3, 0, 0x10, 0, 0, 0, 0xf0, 0, 0, 0]
        #expect(Self.encode([.connectionTracking(request)]) == bytes)
        request.forces = true
        request.label = 0x0102_0304
        request.labelMask = .max
        request.helper = "ftp"
        for direction in [ConnectionTrackingRequest.Translation.Direction.existing, .source, .destination] {
            var translation = ConnectionTrackingRequest.Translation()
            translation.direction = direction
            if direction != .existing {
                translation.firstAddress = 0x0a00_0001
                translation.lastAddress = 0x0a00_0009
                translation.firstPort = 1000
                translation.lastPort = 2000
                translation.isPersistent = true
                translation.hashesPort = true
            }
            request.translation = translation
            let actions = [DatapathAction.connectionTracking(request), .clearConnectionTracking, .recirculate(9)]
            #expect(Self.encode(actions).flatMap(Self.decode)?.actions == actions)
            translation.isIPv6 = direction != .existing
            translation.hashesPort = false
            translation.randomisesPort = direction != .existing
            request.translation = translation
            let wide = [DatapathAction.connectionTracking(request)]
            #expect(Self.encode(wide).flatMap(Self.decode)?.actions == wide)
        }
    }

    @Test("Another program's actions are counted, not guessed")
    func unknown() throws {
        // dec_ttl (23) with an empty list, then an output.
        let bytes: [UInt8] = [4, 0, 23, 0, 8, 0, 1, 0, 3, 0, 0, 0]
        let read = try #require(Self.decode(bytes))
        #expect(read.actions == [.output(PortIndex(rawValue: 3))])
        #expect(read.unknown == 1)
    }

    @Test(
        "Cut or short actions make no sense",
        arguments: [[6, 0, 1, 0, 1, 0, 0, 0], [4, 0, 11, 0], [12, 0, 1, 0]] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(Self.decode(bytes) == nil)
    }
}
