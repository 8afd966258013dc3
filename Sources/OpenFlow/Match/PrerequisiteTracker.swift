public import NetworkTypes

/// Knows which fields a match may name, given what it has said so far (ovs-fields(7), 1.5 §7.2.3.8).
public struct PrerequisiteTracker: Sendable {
    /// The EtherType, if named exactly.
    public var etherType: EtherType? = nil
    /// The IP protocol, if named.
    public var ipProtocol: IPProtocol? = nil
    private var icmpv6Type: UInt8? = nil
    private var isTagged = false
    private var hasInPort = false
    private var isEthernet = true
    private var isTracked = false

    /// Knows nothing yet: every packet.
    public init() {}
    /// Knows what a match says.
    public init(_ match: Match) {
        for entry in match.entries { self.note(entry) }
    }

    /// Takes account of one entry.
    public mutating func note(_ entry: MatchEntry) {
        switch entry.field {
        case .inPort: self.hasInPort = true
        case .etherType: self.etherType = EtherType(rawValue: UInt16(truncatingIfNeeded: entry.value))
        case .ipProtocol: self.ipProtocol = IPProtocol(rawValue: UInt8(truncatingIfNeeded: entry.value))
        case .icmpv6Type: self.icmpv6Type = UInt8(truncatingIfNeeded: entry.value)
        case .vlanID, .vlanTCI: self.isTagged = entry.value & entry.mask & 0x1000 != 0
        case .packetType:
            self.isEthernet = entry.value == 0
            if entry.value >> 16 == 1 {
                self.etherType = EtherType(rawValue: UInt16(truncatingIfNeeded: entry.value))
            }
        case .connectionState: self.isTracked = entry.value & entry.mask & 0x20 != 0
        default: break
        }
    }

    private var isIP: Bool { self.etherType == .ipv4 || self.etherType == .ipv6 }
    private var isNeighbourDiscovery: Bool { self.icmpv6Type == 135 || self.icmpv6Type == 136 }

    /// Whether a field with this prerequisite may be named.
    public func admits(_ prerequisite: MatchPrerequisite) -> Bool {
        switch prerequisite {
        case .none: true
        case .inPort: self.hasInPort
        case .ethernet: self.isEthernet
        case .vlan: self.isTagged
        case .mpls: self.etherType == .mpls || self.etherType == .mplsMulticast
        case .pbb: self.etherType == .pbb
        case .arp: self.etherType == .arp || self.etherType == .reverseARP
        case .ip: self.isIP
        case .ipv4: self.etherType == .ipv4
        case .ipv6: self.etherType == .ipv6
        case .tcp: self.isIP && self.ipProtocol == .tcp
        case .udp: self.isIP && self.ipProtocol == .udp
        case .sctp: self.isIP && self.ipProtocol == .sctp
        case .icmpv4: self.etherType == .ipv4 && self.ipProtocol == .icmp
        case .icmpv6: self.etherType == .ipv6 && self.ipProtocol == .icmpv6
        case .neighbourDiscovery: self.admits(.icmpv6) && self.isNeighbourDiscovery
        case .neighbourSolicitation: self.admits(.icmpv6) && self.icmpv6Type == 135
        case .neighbourAdvertisement: self.admits(.icmpv6) && self.icmpv6Type == 136
        case .serviceHeader: self.etherType == .nsh
        case .connection: self.isTracked && self.isIP
        case .connectionIPv4: self.isTracked && self.etherType == .ipv4
        case .connectionIPv6: self.isTracked && self.etherType == .ipv6
        }
    }

    /// Takes account of an action that changes what the packet is: tags pushed or removed, MPLS, a field set.
    public mutating func note(_ action: Action) {
        switch action {
        case .pushVLAN, .setVLANID, .setVLANPriority: self.isTagged = true
        case .popVLAN: self.isTagged = false
        case .pushMPLS(let type), .popMPLS(let type), .pushPBB(let type):
            self.etherType = type
            self.ipProtocol = nil
            self.icmpv6Type = nil
        case .setField(let entry): self.note(entry)
        default: break
        }
    }
}
