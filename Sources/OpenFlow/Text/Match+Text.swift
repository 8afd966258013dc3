import NetworkTypes

extension MatchEntry: CustomStringConvertible {
    /// The field's name, `=`, value and mask.
    public var description: String {
        switch self.field {
        case .ipDSCP where self.isExact: "nw_tos=\(self.value << 2)"
        case .packetType where self.value == 0: "eth"
        case .vlanID where self.isExact && self.value & 0x1000 != 0: "dl_vlan=\(self.value & 0xfff)"
        case .vlanID where self.isExact && (TextContext.current.version ?? .v1_5) <= .v1_1: "vlan_tci=0x0000"
        case .vlanID: Self.tagText(self.value, mask: self.mask)
        case .vlanTCI where self.value & 0x1000 != 0 && self.mask == 0x1fff: "dl_vlan=\(self.value & 0xfff)"
        case .vlanTCI where self.value & 0x1000 != 0 && self.mask == 0xf000: "dl_vlan_pcp=\(self.value >> 13)"
        case .vlanTCI where self.value & 0x1000 != 0 && self.isExact:
            "dl_vlan=\(self.value & 0xfff),dl_vlan_pcp=\(self.value >> 13)"
        case _ where self.mask == 0: self.isPartial ? self.field.name : "\(self.field.name)=0x0"
        default: "\(self.field.matchName)=\(self.field.text(self.value, mask: self.mask, isPadded: true))"
        }
    }
}

extension MatchEntry {
    /// A whole VLAN tag, with its mask even where every bit counts.
    fileprivate static func tagText(_ value: UInt128, mask: UInt128) -> String {
        let field = MatchField.vlanTCI
        return "vlan_tci=\(field.text(value, isPadded: true))/\(field.text(mask, isPadded: true))"
    }
}

extension Match: CustomStringConvertible {
    /// Entries in ovs-ofctl's order, joined by commas, with the protocols' short names (`tcp` for an
    /// EtherType and a protocol); `any` if there are none.
    ///
    /// ``init(text:)`` reads it back.
    public var description: String {
        let parts = self.parts
        return parts.isEmpty ? "any" : parts.joined(separator: ",")
    }

    /// What stands between the commas.
    var parts: [String] {
        guard !self.entries.isEmpty || !self.longEntries.isEmpty else { return [] }
        let shorthand = self.shorthand
        var hidden = shorthand.hidden
        var parts: [(rank: Int, text: String)] = []
        if let name = shorthand.name { parts.append((MatchField.register0.textRank * 2 - 1, name)) }
        if let tag = self.tag {
            hidden += [.vlanID, .vlanPriority]
            parts.append((MatchField.vlanID.textRank * 2, tag))
        }
        for entry in self.longEntries { parts.append((entry.field.textRank * 2, "\(entry.field.name)=\(entry.text)")) }
        let isMessage = TextContext.current.version != nil
        for entry in self.entries where !hidden.contains(entry.field) {
            for entry in isMessage ? entry.registers : [entry] {
                parts.append((entry.field.textRank * 2, entry.description))
            }
        }
        parts.sort { $0.rank < $1.rank }
        return parts.map(\.text)
    }

    /// Identifier and priority of the VLAN tag, where they are written together.
    private var tag: String? {
        guard let id = self[.vlanID], let priority = self[.vlanPriority], priority.isExact else { return nil }
        if id.mask == 0x1000, id.value == 0x1000 { return priority.description }
        guard !id.isExact else { return nil }
        let (value, mask) = (priority.value << 13 | id.value, UInt128(0xe000) | id.mask)
        return MatchEntry.tagText(value, mask: mask)
    }

    /// The short name of the packets' protocol and the fields that it says.
    private var shorthand: (name: String?, hidden: [MatchField]) {
        guard let type = self.exactValue(of: .etherType) else { return (nil, []) }
        let protocols = ProtocolName.all.filter { UInt128($0.etherType.rawValue) == type }
        if let number = self.exactValue(of: .ipProtocol),
            let known = protocols.first(where: { $0.ipProtocol.map { UInt128($0.rawValue) } == number })
        {
            return (known.name, [.etherType, .ipProtocol])
        }
        guard let known = protocols.first(where: { $0.ipProtocol == nil }) else { return (nil, []) }
        return (known.name, [.etherType])
    }
}

/// A short name for an EtherType, or for an EtherType and an IP protocol.
struct ProtocolName: Sendable {
    let name: String
    let etherType: EtherType
    let ipProtocol: IPProtocol?

    private init(_ name: String, _ etherType: EtherType, _ ipProtocol: IPProtocol? = nil) {
        self.name = name
        self.etherType = etherType
        self.ipProtocol = ipProtocol
    }

    /// Every short name of ovs-fields(7); the first of equal meaning is the one printed.
    static let all: [ProtocolName] = [
        ProtocolName("ip", .ipv4), ProtocolName("tcp", .ipv4, .tcp), ProtocolName("udp", .ipv4, .udp),
        ProtocolName("sctp", .ipv4, .sctp), ProtocolName("icmp", .ipv4, .icmp),
        ProtocolName("ipv6", .ipv6), ProtocolName("ip6", .ipv6), ProtocolName("tcp6", .ipv6, .tcp),
        ProtocolName("udp6", .ipv6, .udp), ProtocolName("sctp6", .ipv6, .sctp),
        ProtocolName("icmp6", .ipv6, .icmpv6), ProtocolName("arp", .arp), ProtocolName("rarp", .reverseARP),
        ProtocolName("mpls", .mpls), ProtocolName("mplsm", .mplsMulticast),
    ]
}
