internal import NetworkTypes

// Actions as the kernel takes them (`enum ovs_action_attr`).

extension NetlinkWriter {
    /// How deeply actions may nest; the kernel itself stops at 16 (`OVS_COPY_ACTIONS_MAX_DEPTH`).
    package static let actionNestingMaximum = 16

    /// Writes `actions` as the payload of attribute `type`; `portID` is the socket for `userspace` actions.
    ///
    /// False when they nest too deeply, or one of them is a ``PacketEdit``, which the kernel does not know, or rewrites
    /// a network service header, which it never could (its check of that action writes a mask where there is none);
    /// what was written then makes no sense to send.
    package mutating func actions(_ type: UInt16, _ actions: borrowing [DatapathAction], portID: UInt32) -> Bool {
        self.actions(type, actions, portID: portID, depth: 0)
    }

    private mutating func actions(
        _ type: UInt16, _ actions: borrowing [DatapathAction], portID: UInt32, depth: Int
    ) -> Bool {
        guard depth <= Self.actionNestingMaximum else { return false }
        let start = self.begin(type)
        for index in actions.indices {
            guard self.action(actions[index], portID: portID, depth: depth) else { return false }
        }
        self.end(start)
        return true
    }

    private mutating func action(_ action: DatapathAction, portID: UInt32, depth: Int) -> Bool {
        typealias Attribute = OpenVSwitch.ActionAttribute
        switch action {
        case .output(let port): self.attribute(Attribute.output.rawValue, port.rawValue)
        case .userspace(let userdata):
            let start = self.begin(Attribute.userspace.rawValue)
            self.attribute(1, portID)
            self.attribute(2, userdata)
            self.end(start)
        case .set(.serviceHeader): return false
        case .set(let rewrite): self.rewrite(rewrite)
        case .pushVLAN(let tpid, let tci):
            let start = self.begin(Attribute.pushVLAN.rawValue)
            self.network(tpid)
            self.network(tci)
            self.end(start)
        case .popVLAN: self.flag(Attribute.popVLAN.rawValue)
        case .pushMPLS(let entry, let etherType):
            let start = self.begin(Attribute.pushMPLS.rawValue)
            self.network(entry)
            self.network(etherType)
            self.zeros(2)
            self.end(start)
        case .popMPLS(let etherType): self.bigEndianAttribute(Attribute.popMPLS.rawValue, etherType)
        case .hash(let algorithm, let basis):
            let start = self.begin(Attribute.hash.rawValue)
            self.host(algorithm.rawValue)
            self.host(basis)
            self.end(start)
        case .recirculate(let identifier): self.attribute(Attribute.recirculate.rawValue, identifier)
        case .sample(let probability, let nested):
            let start = self.begin(Attribute.sample.rawValue)
            self.attribute(1, probability)
            guard self.actions(2, nested, portID: portID, depth: depth + 1) else { return false }
            self.end(start)
        case .clone(let nested):
            return self.actions(Attribute.clone.rawValue, nested, portID: portID, depth: depth + 1)
        case .truncate(let length): self.attribute(Attribute.truncate.rawValue, length)
        case .connectionTracking(let request): self.connectionTracking(request)
        case .clearConnectionTracking: self.flag(Attribute.clearConnectionTracking.rawValue)
        case .meter(let number): self.attribute(Attribute.meter.rawValue, number)
        case .drop(let reason): self.attribute(Attribute.drop.rawValue, reason)
        case .packetSample(let group, let cookie):
            let start = self.begin(Attribute.packetSample.rawValue)
            self.attribute(1, group)
            self.bigEndianAttribute(2, cookie)
            self.end(start)
        case .checkPacketLength(let maximum, let longer, let notLonger):
            let start = self.begin(Attribute.checkPacketLength.rawValue)
            self.attribute(1, maximum)
            guard self.actions(2, longer, portID: portID, depth: depth + 1),
                self.actions(3, notLonger, portID: portID, depth: depth + 1)
            else { return false }
            self.end(start)
        case .pushEthernet, .popEthernet, .pushServiceHeader, .popServiceHeader, .encapsulateMPLS:
            self.encapsulation(action)
        // The agent does these itself.
        case .edit: return false
        }
        return true
    }

    /// What adds or removes the header that a packet begins with.
    private mutating func encapsulation(_ action: DatapathAction) {
        typealias Attribute = OpenVSwitch.ActionAttribute
        switch action {
        case .pushEthernet(let fields):
            let start = self.begin(Attribute.pushEthernet.rawValue)
            self.network48(fields.source.rawValue)
            self.network48(fields.destination.rawValue)
            self.end(start)
        case .popEthernet: self.flag(Attribute.popEthernet.rawValue)
        case .pushServiceHeader(let header): self.push(header)
        case .popServiceHeader: self.flag(Attribute.popServiceHeader.rawValue)
        case .encapsulateMPLS(let entry, let etherType):
            let start = self.begin(Attribute.encapsulateMPLS.rawValue)
            self.network(entry)
            self.network(etherType)
            self.zeros(2)
            self.end(start)
        default: break
        }
    }

    private mutating func push(_ header: ServiceHeader) {
        typealias Attribute = OpenVSwitch.ServiceHeaderAttribute
        let start = self.begin(OpenVSwitch.ActionAttribute.pushServiceHeader.rawValue)
        let inner = self.begin(OpenVSwitch.KeyAttribute.serviceHeader.rawValue)
        let base = self.begin(Attribute.base.rawValue)
        self.host(header.fields.flags)
        self.host(header.fields.ttl)
        self.host(header.metadataType)
        self.host(header.nextProtocol)
        self.network(header.fields.path)
        self.end(base)
        if let contexts = header.contextHeaders {
            let attribute = self.begin(Attribute.contextHeaders.rawValue)
            self.raw(contexts)
            self.end(attribute)
        } else {
            self.bigEndianAttribute(Attribute.contexts.rawValue, header.fields.contexts)
        }
        self.end(inner)
        self.end(start)
    }

    /// A masked set: values, then mask, in the form of the header's key attribute.
    ///
    /// Fields that cannot be written are
    /// zero in both.
    private mutating func rewrite(_ rewrite: HeaderRewrite) {
        if case .tunnel(let fields) = rewrite {
            // The one that may not be masked.
            let start = self.begin(OpenVSwitch.ActionAttribute.set.rawValue)
            self.tunnel(fields)
            self.end(start)
            return
        }
        let start = self.begin(OpenVSwitch.ActionAttribute.setMasked.rawValue)
        switch rewrite {
        case .ethernet(let value, let mask):
            let inner = self.begin(OpenVSwitch.KeyAttribute.ethernet.rawValue)
            for fields in [value, mask] {
                self.network48(fields.source.rawValue)
                self.network48(fields.destination.rawValue)
            }
            self.end(inner)
        case .ipv4(let value, let mask): self.ipv4(value, mask)
        case .ipv6(let value, let mask): self.ipv6(value, mask)
        case .tcp(let value, let mask): self.ports(.tcp, value, mask)
        case .udp(let value, let mask): self.ports(.udp, value, mask)
        case .sctp(let value, let mask): self.ports(.sctp, value, mask)
        case .icmp(let value, let mask):
            let inner = self.begin(OpenVSwitch.KeyAttribute.icmp.rawValue)
            for fields in [value, mask] {
                self.host(UInt8(truncatingIfNeeded: fields.source))
                self.host(UInt8(truncatingIfNeeded: fields.destination))
            }
            self.end(inner)
        case .arp(let value, let mask): self.arp(value, mask)
        case .neighbourDiscovery(let value, let mask): self.discovery(value, mask)
        case .mpls(let value, let mask): self.pair(.mpls, value.bigEndian, mask.bigEndian)
        case .priority(let value): self.pair(.priority, value, .max)
        case .mark(let value, let mask): self.pair(.packetMark, value, mask)
        case .tunnel, .serviceHeader: break
        }
        self.end(start)
    }

    private mutating func pair(_ type: OpenVSwitch.KeyAttribute, _ value: UInt32, _ mask: UInt32) {
        let inner = self.begin(type.rawValue)
        self.host(value)
        self.host(mask)
        self.end(inner)
    }

    private mutating func ports(
        _ type: OpenVSwitch.KeyAttribute, _ value: TransportFields, _ mask: TransportFields
    ) {
        let inner = self.begin(type.rawValue)
        for fields in [value, mask] {
            self.network(fields.source)
            self.network(fields.destination)
        }
        self.end(inner)
    }

    private mutating func ipv4(_ value: IPv4Fields, _ mask: IPv4Fields) {
        let inner = self.begin(OpenVSwitch.KeyAttribute.ipv4.rawValue)
        for fields in [value, mask] {
            self.network(fields.source)
            self.network(fields.destination)
            self.host(UInt8(0))
            self.host(fields.tos)
            self.host(fields.ttl)
            self.host(UInt8(0))
        }
        self.end(inner)
    }

    private mutating func ipv6(_ value: IPv6Fields, _ mask: IPv6Fields) {
        let inner = self.begin(OpenVSwitch.KeyAttribute.ipv6.rawValue)
        for fields in [value, mask] {
            self.network(fields.source)
            self.network(fields.destination)
            self.network(fields.flowLabel & 0xfffff)
            self.host(UInt8(0))
            self.host(fields.trafficClass)
            self.host(fields.hopLimit)
            self.host(UInt8(0))
        }
        self.end(inner)
    }

    private mutating func arp(_ value: ARPFields, _ mask: ARPFields) {
        let inner = self.begin(OpenVSwitch.KeyAttribute.arp.rawValue)
        for fields in [value, mask] {
            self.network(fields.sourceProtocolAddress)
            self.network(fields.targetProtocolAddress)
            self.network(fields.operation)
            self.network48(fields.sourceHardwareAddress.rawValue)
            self.network48(fields.targetHardwareAddress.rawValue)
            self.zeros(2)
        }
        self.end(inner)
    }

    private mutating func discovery(_ value: NeighbourDiscoveryFields, _ mask: NeighbourDiscoveryFields) {
        let inner = self.begin(OpenVSwitch.KeyAttribute.neighbourDiscovery.rawValue)
        for fields in [value, mask] {
            self.network(fields.target)
            self.network48(fields.sourceLinkLayerAddress.rawValue)
            self.network48(fields.targetLinkLayerAddress.rawValue)
        }
        self.end(inner)
    }
}
