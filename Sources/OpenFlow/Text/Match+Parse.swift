import NetworkTypes

extension Match {
    /// Reads a match in the syntax of ovs-ofctl(8): `tcp,nw_dst=192.0.2.0/24,tp_dst=80`.
    ///
    /// Fields stand in any order, each once; the match has prerequisites first. Every name of ovs-fields(7)
    /// is known, and the names of NXM and OXM fields.
    public init(text: String) throws(TextError) {
        let part = TextPart(text).trimmed
        self = part.text == "any" ? .any : try Match(items: try part.items())
    }

    /// Reads items that are all fields of a match.
    init(items: [TextItem]) throws(TextError) {
        var parser = MatchParser()
        for item in items { try parser.noteProtocol(item) }
        for item in items { try parser.read(item) }
        self = try parser.finish()
    }
}

/// Reads the fields of a match: the protocol first, as it decides what other names mean.
private struct MatchParser {
    private var etherType: UInt16?
    private var ipProtocol: UInt8?
    private var entries: [(entry: MatchEntry, item: TextItem)] = []
    private var longEntries: [LongMatchEntry] = []

    /// Takes account of what says the protocol.
    mutating func noteProtocol(_ item: TextItem) throws(TextError) {
        switch item.key {
        case "dl_type", "eth_type":
            self.etherType = try item.required("an EtherType").integer("an EtherType")
        case "packet_type":
            let entry = try MatchField.packetType.entry(from: try item.required("a packet type"))
            if entry.value >> 16 == 1, self.etherType == nil {
                self.etherType = UInt16(truncatingIfNeeded: entry.value)
            }
        case "nw_proto", "ip_proto":
            // For ARP the same word means the operation.
            let value: UInt16 = try item.required("an IP protocol").integer("an IP protocol")
            self.ipProtocol = UInt8(exactly: value)
        default:
            guard item.value == nil, let known = ProtocolName.all.first(where: { $0.name == item.key }) else { return }
            self.etherType = known.etherType.rawValue
            if let number = known.ipProtocol { self.ipProtocol = number.rawValue }
        }
    }

    mutating func read(_ item: TextItem) throws(TextError) {
        if item.value == nil {
            if item.key == "eth" { return try self.append(MatchEntry(.packetType, 0), item) }
            if let field = MatchField.byName[item.key.lowercased()], field.isVariableLength {
                var entry = MatchEntry(field, value: 0, mask: 0)
                entry.isPartial = true
                return try self.append(entry, item)
            }
            guard let known = ProtocolName.all.first(where: { $0.name == item.key }) else {
                let what = MatchField.byName[item.key.lowercased()] == nil ? "a field or protocol" : "'=' and a value"
                throw (MatchField.byName[item.key.lowercased()] == nil ? item.name : item.whole).error(what)
            }
            try self.append(MatchEntry(.etherType, known.etherType.rawValue), item)
            if let number = known.ipProtocol { try self.append(MatchEntry(.ipProtocol, number.rawValue), item) }
            return
        }
        let value = try item.required("a value")
        if value.text == "*" || value.text == "ANY" && item.key != "in_port" { return }
        switch item.key {
        case "dl_vlan": try self.readVLAN(value, item)
        case "dl_vlan_pcp", "vlan_pcp":
            try self.append(try MatchField.vlanPriority.entry(from: value), item)
        case "vlan_tci": try self.readTCI(value, item)
        case "nw_tos": try self.append(try MatchField.ipDSCP.entry(from: value, isShifted: true), item)
        default:
            let field = try self.field(item)
            switch try field.longValue(from: value) {
            case .long(let entry):
                let isNew = !self.longEntries.contains { $0.field == field }
                guard isNew, !self.entries.contains(where: { $0.entry.field == field }) else {
                    throw item.whole.error("\(field.name) once, and it is given before; another field")
                }
                self.longEntries.append(entry)
            case .short(let entry): try self.append(entry, item)
            case nil: try self.append(try field.entry(from: value), item)
            }
        }
    }

    /// The field that a name means, given the protocol.
    private func field(_ item: TextItem) throws(TextError) -> MatchField {
        let isARP = self.etherType == EtherType.arp.rawValue || self.etherType == EtherType.reverseARP.rawValue
        switch item.key {
        case "nw_src" where isARP, "ip_src" where isARP: return .arpSourceProtocolAddress
        case "nw_dst" where isARP, "ip_dst" where isARP: return .arpTargetProtocolAddress
        case "nw_proto" where isARP: return .arpOperation
        case "tp_src", "tp_dst": return try self.transportField(item, isSource: item.key == "tp_src")
        case "icmp_type" where self.ipProtocol == IPProtocol.icmpv6.rawValue: return .icmpv6Type
        case "icmp_code" where self.ipProtocol == IPProtocol.icmpv6.rawValue: return .icmpv6Code
        default:
            guard let field = MatchField.byName[item.key.lowercased()] else {
                throw item.name.error("a field of ovs-fields(7)")
            }
            return field
        }
    }

    private func transportField(_ item: TextItem, isSource: Bool) throws(TextError) -> MatchField {
        switch self.ipProtocol.map(IPProtocol.init(rawValue:)) {
        case .tcp: return isSource ? .tcpSource : .tcpDestination
        case .udp: return isSource ? .udpSource : .udpDestination
        case .sctp: return isSource ? .sctpSource : .sctpDestination
        case .icmp: return isSource ? .icmpv4Type : .icmpv4Code
        case .icmpv6: return isSource ? .icmpv6Type : .icmpv6Code
        default: throw item.name.error("a protocol that has ports (tcp, udp, sctp ...) beside \(item.key)")
        }
    }

    private mutating func readVLAN(_ value: TextPart, _ item: TextItem) throws(TextError) {
        let id = try value.integer("a VLAN identifier", atMost: 0xffff)
        // 0xffff is how 1.0 says that there is no tag.
        if id == 0xffff { return try self.append(MatchEntry(.vlanID, 0), item) }
        guard id <= 0xfff else { throw value.error("a VLAN identifier from 0 to 4095, or 0xffff for no tag") }
        try self.append(MatchEntry(.vlanID, 0x1000 | id), item)
    }

    /// The whole tag: identifier and priority where the mask separates them, else Nicira's field.
    private mutating func readTCI(_ value: TextPart, _ item: TextItem) throws(TextError) {
        let entry = try MatchField.vlanTCI.entry(from: value)
        let priority = entry.mask >> 13
        let isPresent = entry.value & entry.mask & 0x1000 != 0
        guard priority == 0 || priority == 7 && isPresent else { return try self.append(entry, item) }
        try self.append(MatchEntry(.vlanID, value: entry.value & 0x1fff, mask: entry.mask & 0x1fff), item)
        if priority == 7 { try self.append(MatchEntry(.vlanPriority, entry.value >> 13), item) }
    }

    private mutating func append(_ entry: MatchEntry, _ item: TextItem) throws(TextError) {
        var entry = entry
        // That an option is there, whatever its value.
        if entry.mask == 0, entry.field.isVariableLength { entry.isPartial = true }
        guard entry.mask != 0 || entry.isPartial else { return }
        guard !self.longEntries.contains(where: { $0.field == entry.field }) else {
            throw item.whole.error("\(entry.field.name) once, and it is given before; another field")
        }
        if let index = self.entries.firstIndex(where: { $0.entry.field == entry.field }) {
            // What two words say alike, such as `ip` and `tcp`, is said once.
            guard self.entries[index].entry == entry else {
                throw item.whole.error("\(entry.field.name) once, and it is given before; another field")
            }
            return
        }
        self.entries.append((entry, item))
    }

    /// The match, if every field has its prerequisites.
    mutating func finish() throws(TextError) -> Match {
        let hasTag = self.entries.contains { $0.entry.field == .vlanID || $0.entry.field == .vlanTCI }
        if !hasTag, let priority = self.entries.first(where: { $0.entry.field == .vlanPriority }) {
            self.entries.append((MatchEntry(.vlanID, value: 0x1000, mask: 0x1000), priority.item))
        }
        self.entries.sort { $0.entry.field.wireRank < $1.entry.field.wireRank }
        var tracker = PrerequisiteTracker()
        for (entry, item) in self.entries {
            guard tracker.admits(entry.field.prerequisite) else {
                throw item.whole.error("\(entry.field.prerequisite.text) beside \(entry.field.name)")
            }
            tracker.note(entry)
        }
        return Match(self.entries.map(\.entry), longEntries: self.longEntries)
    }
}

extension MatchPrerequisite {
    /// What a match must say, in words of the text.
    var text: String {
        switch self {
        case .none: "nothing"
        case .inPort: "in_port"
        case .ethernet: "an Ethernet packet (no packet_type, or eth)"
        case .vlan: "a VLAN tag (dl_vlan, vlan_tci)"
        case .mpls: "mpls or mplsm"
        case .pbb: "dl_type=0x88e7"
        case .arp: "arp or rarp"
        case .ip: "ip or ipv6"
        case .ipv4: "ip"
        case .ipv6: "ipv6"
        case .tcp: "tcp or tcp6"
        case .udp: "udp or udp6"
        case .sctp: "sctp or sctp6"
        case .icmpv4: "icmp"
        case .icmpv6: "icmp6"
        case .neighbourDiscovery: "icmp6,icmp_type=135 (or 136)"
        case .neighbourSolicitation: "icmp6,icmp_type=135"
        case .neighbourAdvertisement: "icmp6,icmp_type=136"
        case .serviceHeader: "dl_type=0x894f"
        case .connection: "ct_state=+trk and ip or ipv6"
        case .connectionIPv4: "ct_state=+trk and ip"
        case .connectionIPv6: "ct_state=+trk and ipv6"
        }
    }
}
