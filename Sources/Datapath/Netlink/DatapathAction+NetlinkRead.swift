internal import NetworkTypes

// Actions as the kernel gives them back in flows.

/// What came of reading a list of actions.
package struct ReadActions: Sendable, Equatable {
    /// The actions, without those that ``DatapathAction`` has no word for.
    package var actions: [DatapathAction] = []
    /// How many were left out: another program's, such as connection tracking.
    package var unknown = 0
    /// Nothing read.
    package init() {}
}

extension NetlinkReader {
    /// Reads actions up to the end; nil where they make no sense.
    package consuming func readActions() -> ReadActions? { self.readActions(depth: 0) }

    private consuming func readActions(depth: Int) -> ReadActions? {
        guard depth <= NetlinkWriter.actionNestingMaximum else { return nil }
        var reader = self
        var result = ReadActions()
        while reader.advance() {
            guard let attribute = OpenVSwitch.ActionAttribute(rawValue: reader.type) else {
                result.unknown += 1
                continue
            }
            if let action = reader.readAction(attribute, depth: depth, unknown: &result.unknown) {
                result.actions.append(action)
            } else if !reader.isMalformed {
                result.unknown += 1
            }
        }
        return reader.isMalformed ? nil : result
    }

    /// The current attribute as an action; nil when it makes no sense (then ``isMalformed``) or is not known.
    private mutating func readAction(
        _ attribute: OpenVSwitch.ActionAttribute, depth: Int, unknown: inout Int
    ) -> DatapathAction? {
        switch attribute {
        case .output: return .output(PortIndex(rawValue: self.uint32()))
        case .userspace: return self.readUserspace()
        case .set: return self.readRewrite(isMasked: false)
        case .setMasked: return self.readRewrite(isMasked: true)
        case .pushVLAN:
            guard self.has(4) else { return nil }
            return .pushVLAN(tpid: self.payload.big16(0), tci: self.payload.big16(2))
        case .popVLAN: return .popVLAN
        case .pushMPLS:
            guard self.has(6) else { return nil }
            return .pushMPLS(labelStackEntry: self.payload.big32(0), etherType: self.payload.big16(4))
        case .popMPLS: return .popMPLS(etherType: self.big16())
        case .hash:
            guard self.has(8) else { return nil }
            let algorithm = DatapathAction.HashAlgorithm(rawValue: self.payload.host32(0))
            return algorithm.map { .hash(algorithm: $0, basis: self.payload.host32(4)) }
        case .recirculate: return .recirculate(self.uint32())
        case .sample: return self.readSample(depth: depth, unknown: &unknown)
        case .clone:
            guard let nested = self.nested.readActions(depth: depth + 1) else {
                self.markMalformed()
                return nil
            }
            unknown += nested.unknown
            return .clone(nested.actions)
        case .truncate: return .truncate(self.uint32())
        case .connectionTracking:
            guard let request = self.nested.readConnectionTracking() else {
                self.markMalformed()
                return nil
            }
            return .connectionTracking(request)
        case .clearConnectionTracking: return .clearConnectionTracking
        case .meter: return .meter(self.uint32())
        case .drop: return .drop(reason: self.uint32())
        case .packetSample: return self.readPacketSample()
        case .pushEthernet, .popEthernet, .pushServiceHeader, .popServiceHeader, .encapsulateMPLS:
            return self.readEncapsulation(attribute)
        case .checkPacketLength: return self.readLengthCheck(depth: depth, unknown: &unknown)
        }
    }

    private mutating func readEncapsulation(_ attribute: OpenVSwitch.ActionAttribute) -> DatapathAction? {
        switch attribute {
        case .pushEthernet:
            guard self.has(12) else { return nil }
            return .pushEthernet(
                EthernetFields(
                    source: MACAddress(rawValue: self.payload.big48(0)),
                    destination: MACAddress(rawValue: self.payload.big48(6))))
        case .popEthernet: return .popEthernet
        case .pushServiceHeader: return self.readServiceHeader()
        case .popServiceHeader: return .popServiceHeader
        default:
            guard self.has(8) else { return nil }
            // With the flag it is another action: a label behind Ethernet.
            guard self.payload.host16(6) & 1 == 0 else {
                return .pushMPLS(labelStackEntry: self.payload.big32(0), etherType: self.payload.big16(4))
            }
            return .encapsulateMPLS(labelStackEntry: self.payload.big32(0), etherType: self.payload.big16(4))
        }
    }

    private mutating func readServiceHeader() -> DatapathAction? {
        var outer = self.nested
        guard outer.advance(), outer.type == OpenVSwitch.KeyAttribute.serviceHeader.rawValue else {
            self.markMalformed()
            return nil
        }
        var words = FlowKey()
        var contextHeaders: [UInt8]?
        var reader = outer.nested
        while reader.advance() {
            switch OpenVSwitch.ServiceHeaderAttribute(rawValue: reader.type) {
            case .base where reader.has(8): words.serviceHeaderBase = reader.payload.big64(0)
            case .contexts where reader.has(16): words.serviceHeaderContexts = reader.payload.big128(0)
            case .contextHeaders: contextHeaders = reader.array()
            default: break
            }
        }
        guard !reader.isMalformed else {
            self.markMalformed()
            return nil
        }
        return .pushServiceHeader(
            ServiceHeader(
                ServiceHeaderFields(words), nextProtocol: words.serviceHeaderNextProtocol,
                contextHeaders: contextHeaders))
    }

    private mutating func readLengthCheck(depth: Int, unknown: inout Int) -> DatapathAction? {
        var reader = self.nested
        var maximum: UInt16 = 0
        var lists: [[DatapathAction]] = [[], []]
        while reader.advance() {
            switch reader.type {
            case 1: maximum = reader.uint16()
            case 2, 3:
                let place = Int(reader.type) - 2
                guard let nested = reader.nested.readActions(depth: depth + 1) else {
                    self.markMalformed()
                    return nil
                }
                lists[place] = nested.actions
                unknown += nested.unknown
            default: break
            }
        }
        if reader.isMalformed {
            self.markMalformed()
            return nil
        }
        return .checkPacketLength(maximumBytes: maximum, longer: lists[0], notLonger: lists[1])
    }

    private mutating func readUserspace() -> DatapathAction? {
        var reader = self.nested
        var userdata: UInt64 = 0
        // Another program's may have any length; ours have eight bytes.
        while reader.advance() {
            if reader.type == 2, reader.count == 8 { userdata = reader.uint64() }
        }
        if reader.isMalformed {
            self.markMalformed()
            return nil
        }
        return .userspace(userdata: userdata)
    }

    private mutating func readPacketSample() -> DatapathAction? {
        var reader = self.nested
        var (group, cookie) = (UInt32(0), UInt64(0))
        // Another program's cookie may have any length; ours have eight bytes.
        while reader.advance() {
            switch reader.type {
            case 1: group = reader.uint32()
            case 2 where reader.count == 8: cookie = reader.payload.big64(0)
            default: break
            }
        }
        if reader.isMalformed {
            self.markMalformed()
            return nil
        }
        return .packetSample(group: group, cookie: cookie)
    }

    private mutating func readSample(depth: Int, unknown: inout Int) -> DatapathAction? {
        var reader = self.nested
        var probability: UInt32 = 0
        var actions: [DatapathAction] = []
        while reader.advance() {
            switch reader.type {
            case 1: probability = reader.uint32()
            case 2:
                guard let nested = reader.nested.readActions(depth: depth + 1) else {
                    self.markMalformed()
                    return nil
                }
                actions = nested.actions
                unknown += nested.unknown
            default: break
            }
        }
        if reader.isMalformed {
            self.markMalformed()
            return nil
        }
        return .sample(probability: probability, actions)
    }

    /// A rewrite: values followed by a mask of the same size, or values alone, which stand for a full mask.
    private mutating func readRewrite(isMasked: Bool) -> DatapathAction? {
        var reader = self.nested
        guard reader.advance() else {
            self.markMalformed()
            return nil
        }
        guard let attribute = OpenVSwitch.KeyAttribute(rawValue: reader.type) else { return nil }
        if attribute == .tunnel {
            var key = FlowKey()
            guard reader.nested.readTunnel(&key, .key) else {
                self.markMalformed()
                return nil
            }
            var fields = TunnelFields(key)
            var attributes = reader.nested
            while attributes.advance() {
                guard attributes.type == OpenVSwitch.TunnelAttribute.geneveOptions.rawValue else { continue }
                fields.options = attributes.array()
            }
            return .set(.tunnel(fields))
        }
        let size = isMasked ? reader.count / 2 : reader.count
        guard let fields = RewriteFields(attribute), size >= fields.size else {
            if RewriteFields(attribute) != nil { self.markMalformed() }
            return nil
        }
        let value = fields.read(reader.payload, at: 0)
        let mask = isMasked ? fields.read(reader.payload, at: size) : fields.full
        return .set(fields.rewrite(value, mask))
    }
}

extension TunnelFields {
    /// The tunnel of a key.
    init(_ key: borrowing FlowKey) {
        self.init(
            identifier: key.tunnelID, ipv4Source: key.tunnelIPv4Source,
            ipv4Destination: key.tunnelIPv4Destination, tos: key.tunnelTOS, ttl: key.tunnelTTL,
            flags: key.tunnelFlags)
        self.ipv6Source = key.tunnelIPv6Source
        self.ipv6Destination = key.tunnelIPv6Destination
        let policy = UInt32(key.tunnelGBPFlags) << 16 | UInt32(key.tunnelGBPID)
        self.policy = policy == 0 ? nil : policy
    }
}

/// How the headers that can be rewritten are laid out: read into the words of a key, from which values and masks are
/// taken alike.
private struct RewriteFields {
    let attribute: OpenVSwitch.KeyAttribute
    /// Bytes of the header's values.
    let size: Int

    init?(_ attribute: OpenVSwitch.KeyAttribute) {
        self.attribute = attribute
        switch attribute {
        case .priority, .packetMark, .mpls, .tcp, .udp, .sctp: self.size = 4
        case .ethernet, .ipv4: self.size = 12
        case .ipv6: self.size = 40
        case .icmp, .icmpv6: self.size = 2
        case .arp: self.size = 22
        case .neighbourDiscovery: self.size = 28
        default: return nil
        }
    }

    /// Everything set.
    var full: FlowMask { .exact }

    /// The header's fields at `offset`, as words; the caller knows that they are within `bytes`.
    func read(_ bytes: RawSpan, at offset: Int) -> FlowMask {
        var words = FlowMask()
        switch self.attribute {
        case .priority: words.priority = bytes.host32(offset)
        case .packetMark: words.packetMark = bytes.host32(offset)
        case .mpls: words.mplsLabelStackEntry0 = bytes.big32(offset)
        case .tcp, .udp, .sctp:
            words.transportSource = bytes.big16(offset)
            words.transportDestination = bytes.big16(offset &+ 2)
        case .icmp, .icmpv6:
            words.transportSource = UInt16(bytes.byte(offset))
            words.transportDestination = UInt16(bytes.byte(offset &+ 1))
        case .ethernet:
            words.ethernetSource = bytes.big48(offset)
            words.ethernetDestination = bytes.big48(offset &+ 6)
        case .ipv4:
            words.ipv4Source = bytes.big32(offset)
            words.ipv4Destination = bytes.big32(offset &+ 4)
            words.ipTOS = bytes.byte(offset &+ 9)
            words.ipTTL = bytes.byte(offset &+ 10)
        case .ipv6:
            words.ipv6Source = bytes.big128(offset)
            words.ipv6Destination = bytes.big128(offset &+ 16)
            words.ipv6FlowLabel = bytes.big32(offset &+ 32)
            words.ipTOS = bytes.byte(offset &+ 37)
            words.ipTTL = bytes.byte(offset &+ 38)
        case .arp:
            words.ipv4Source = bytes.big32(offset)
            words.ipv4Destination = bytes.big32(offset &+ 4)
            words.arpOperation = bytes.big16(offset &+ 8)
            words.arpSourceHardwareAddress = bytes.big48(offset &+ 10)
            words.arpTargetHardwareAddress = bytes.big48(offset &+ 16)
        case .neighbourDiscovery:
            words.neighbourDiscoveryTarget = bytes.big128(offset)
            words.arpSourceHardwareAddress = bytes.big48(offset &+ 16)
            words.arpTargetHardwareAddress = bytes.big48(offset &+ 22)
        default: break
        }
        return words
    }

    /// The rewrite with these values and mask.
    func rewrite(_ value: FlowMask, _ mask: FlowMask) -> HeaderRewrite {
        switch self.attribute {
        case .priority: .priority(value.priority)
        case .packetMark: .mark(value.packetMark, mask: mask.packetMark)
        case .mpls: .mpls(labelStackEntry: value.mplsLabelStackEntry0, mask: mask.mplsLabelStackEntry0)
        case .tcp: .tcp(TransportFields(value), mask: TransportFields(mask))
        case .udp: .udp(TransportFields(value), mask: TransportFields(mask))
        case .sctp: .sctp(TransportFields(value), mask: TransportFields(mask))
        case .ethernet: .ethernet(EthernetFields(value), mask: EthernetFields(mask))
        case .ipv4: .ipv4(IPv4Fields(value), mask: IPv4Fields(mask))
        case .ipv6: .ipv6(IPv6Fields(value), mask: IPv6Fields(mask))
        case .arp: .arp(ARPFields(value), mask: ARPFields(mask))
        case .neighbourDiscovery:
            .neighbourDiscovery(NeighbourDiscoveryFields(value), mask: NeighbourDiscoveryFields(mask))
        default: .icmp(TransportFields(value), mask: TransportFields(mask))
        }
    }
}

extension TransportFields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(source: words.transportSource, destination: words.transportDestination)
    }
}

extension EthernetFields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(
            source: MACAddress(rawValue: words.ethernetSource),
            destination: MACAddress(rawValue: words.ethernetDestination))
    }
}

extension IPv4Fields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(
            source: words.ipv4Source, destination: words.ipv4Destination, tos: words.ipTOS, ttl: words.ipTTL)
    }
}

extension IPv6Fields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(
            source: words.ipv6Source, destination: words.ipv6Destination, flowLabel: words.ipv6FlowLabel,
            trafficClass: words.ipTOS, hopLimit: words.ipTTL)
    }
}

extension ARPFields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(
            sourceProtocolAddress: words.ipv4Source, targetProtocolAddress: words.ipv4Destination,
            operation: words.arpOperation,
            sourceHardwareAddress: MACAddress(rawValue: words.arpSourceHardwareAddress),
            targetHardwareAddress: MACAddress(rawValue: words.arpTargetHardwareAddress))
    }
}

extension NeighbourDiscoveryFields {
    fileprivate init(_ words: borrowing FlowMask) {
        self.init(
            target: words.neighbourDiscoveryTarget,
            sourceLinkLayerAddress: MACAddress(rawValue: words.arpSourceHardwareAddress),
            targetLinkLayerAddress: MACAddress(rawValue: words.arpTargetHardwareAddress))
    }
}
