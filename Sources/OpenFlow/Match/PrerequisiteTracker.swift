public import NetworkTypes

/// Knows which fields a match may name, given what it has said so far (ovs-fields(7), 1.5 §7.2.3.8).
///
/// What may be named is kept as a set of bits, made anew when one of the few fields that others presuppose is named: it
/// is asked for every entry of every match that is read.
public struct PrerequisiteTracker: Sendable {
    /// The EtherType, if named exactly.
    public private(set) var etherType: EtherType? = nil
    /// The IP protocol, if named.
    public private(set) var ipProtocol: IPProtocol? = nil
    private var icmpv6Type: UInt8? = nil
    private var isTagged = false
    private var isEthernet = true
    private var isTracked = false
    /// Bit *i* says whether the prerequisite of that raw value holds.
    private var admitted = Self.bit(.none) | Self.bit(.ethernet)

    /// Knows nothing yet: every packet.
    public init() {}
    /// Knows what a match says.
    public init(_ match: Match) {
        for entry in match.entries { self.note(entry) }
    }

    /// Takes account of one entry.
    @inline(__always)
    public mutating func note(_ entry: MatchEntry) {
        switch entry.field {
        case .inPort, .etherType, .ipProtocol, .icmpv6Type, .vlanID, .vlanTCI, .packetType, .connectionState:
            self.noteFact(entry)
        default: break
        }
    }

    private mutating func noteFact(_ entry: MatchEntry) {
        let value = entry.valueLow
        switch entry.field {
        case .inPort:
            self.admitted |= Self.bit(.inPort)
            return
        case .etherType: self.etherType = EtherType(rawValue: UInt16(truncatingIfNeeded: value))
        case .ipProtocol: self.ipProtocol = IPProtocol(rawValue: UInt8(truncatingIfNeeded: value))
        case .icmpv6Type: self.icmpv6Type = UInt8(truncatingIfNeeded: value)
        case .vlanID, .vlanTCI: self.isTagged = value & entry.maskLow & 0x1000 != 0
        case .packetType:
            self.isEthernet = value == 0
            if value >> 16 == 1 { self.etherType = EtherType(rawValue: UInt16(truncatingIfNeeded: value)) }
        case .connectionState: self.isTracked = value & entry.maskLow & 0x20 != 0
        default: break
        }
        self.derive()
    }

    /// Whether a field with this prerequisite may be named.
    @inline(__always)
    public func admits(_ prerequisite: MatchPrerequisite) -> Bool { self.admitted & Self.bit(prerequisite) != 0 }

    @inline(__always)
    private static func bit(_ prerequisite: MatchPrerequisite) -> UInt32 {
        1 &<< UInt32(truncatingIfNeeded: prerequisite.rawValue)
    }

    /// Says anew what is admitted.
    private mutating func derive() {
        var bits = Self.bit(.none) | self.admitted & Self.bit(.inPort)
        if self.isEthernet { bits |= Self.bit(.ethernet) }
        if self.isTagged { bits |= Self.bit(.vlan) }
        switch self.etherType {
        case .ipv4: bits |= Self.bit(.ip) | Self.bit(.ipv4) | self.bitsOfIP(.connectionIPv4)
        case .ipv6: bits |= Self.bit(.ip) | Self.bit(.ipv6) | self.bitsOfIP(.connectionIPv6)
        case .arp, .reverseARP: bits |= Self.bit(.arp)
        case .mpls, .mplsMulticast: bits |= Self.bit(.mpls)
        case .pbb: bits |= Self.bit(.pbb)
        case .nsh: bits |= Self.bit(.serviceHeader)
        default: break
        }
        self.admitted = bits
    }

    /// What IP packets admit by their protocol, and tracked ones by their connection, of that version of IP.
    private func bitsOfIP(_ connection: MatchPrerequisite) -> UInt32 {
        let tracked = self.isTracked ? Self.bit(.connection) | Self.bit(connection) : 0
        switch self.ipProtocol {
        case .tcp: return tracked | Self.bit(.tcp)
        case .udp: return tracked | Self.bit(.udp)
        case .sctp: return tracked | Self.bit(.sctp)
        case .icmp where connection == .connectionIPv4: return tracked | Self.bit(.icmpv4)
        case .icmpv6 where connection == .connectionIPv6: return tracked | self.bitsOfICMPv6
        default: return tracked
        }
    }

    private var bitsOfICMPv6: UInt32 {
        switch self.icmpv6Type {
        case 135: Self.bit(.icmpv6) | Self.bit(.neighbourDiscovery) | Self.bit(.neighbourSolicitation)
        case 136: Self.bit(.icmpv6) | Self.bit(.neighbourDiscovery) | Self.bit(.neighbourAdvertisement)
        default: Self.bit(.icmpv6)
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
        default: return
        }
        self.derive()
    }
}
