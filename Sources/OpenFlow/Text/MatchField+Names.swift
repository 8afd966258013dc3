// Names of fields in text: those of ovs-fields(7), the shorter ones that ovs-ofctl prints in matches, and
// the names of NXM and OXM fields, which it prints where actions name bits of a field.
extension MatchField {
    /// The name that ovs-ofctl prints in matches; it differs from ``name`` where that is younger.
    var matchName: String {
        switch self {
        case .ethernetSource: "dl_src"
        case .ethernetDestination: "dl_dst"
        case .etherType: "dl_type"
        case .vlanID: "vlan_vid"
        case .vlanPriority: "dl_vlan_pcp"
        case .ipv4Source: "nw_src"
        case .ipv4Destination: "nw_dst"
        case .ipDSCP: "nw_tos"
        case .ipFragment: "nw_frag"
        case .tcpSource, .udpSource, .sctpSource: "tp_src"
        case .tcpDestination, .udpDestination, .sctpDestination: "tp_dst"
        case .icmpv6Type: "icmp_type"
        case .icmpv6Code: "icmp_code"
        case .tunnelGTPUFlags: "gtpu_flags"
        case .tunnelGTPUMessageType: "gtpu_msgtype"
        default: self.name
        }
    }

    /// The field of that name, as ovs-fields(7) spells it; nil where there is none.
    public static func named(_ name: String) -> MatchField? { self.byName[name.lowercased()] }

    /// Fields by every name that means one field whatever the packet; in small letters.
    static let byName: [String: MatchField] = {
        var fields: [String: MatchField] = [
            "dl_src": .ethernetSource, "dl_dst": .ethernetDestination, "dl_type": .etherType,
            "dl_vlan_pcp": .vlanPriority, "nw_src": .ipv4Source, "nw_dst": .ipv4Destination,
            "ip_proto": .ipProtocol, "ip_ecn": .ipECN, "nw_frag": .ipFragment, "tunnel_id": .tunnelID,
            "in_port_oxm": .inPort, "nsp": .serviceHeaderPathID, "nsi": .serviceHeaderIndex,
            "gtpu_flags": .tunnelGTPUFlags, "gtpu_msgtype": .tunnelGTPUMessageType,
        ]
        for field in Self.allCases {
            fields[field.name] = field
            if let name = field.wireName { fields[name.lowercased()] = field }
        }
        fields["oxm_of_in_port"] = .inPort
        return fields
    }()

    /// The name of the field's NXM or, where it has none, OXM form, as in `move:NXM_NX_REG0[]`.
    var wireName: String? {
        let upper = self.name.uppercased()
        switch self {
        case .inPort, .ethernetSource, .ethernetDestination, .etherType, .vlanTCI, .ipv4Source, .ipv4Destination,
            .tcpSource, .tcpDestination, .udpSource, .udpDestination, .icmpv4Type, .icmpv4Code, .arpOperation,
            .arpSourceProtocolAddress, .arpTargetProtocolAddress:
            return "NXM_OF_" + upper
        case .ipProtocol: return "NXM_OF_IP_PROTO"
        case .ipECN: return "NXM_NX_IP_ECN"
        case .ipTTL: return "NXM_NX_IP_TTL"
        case .tunnelIPv4Source: return "NXM_NX_TUN_IPV4_SRC"
        case .tunnelIPv4Destination: return "NXM_NX_TUN_IPV4_DST"
        case .metadata, .vlanID, .vlanPriority, .ipDSCP, .sctpSource, .sctpDestination, .mplsLabel,
            .mplsTrafficClass, .mplsBottomOfStack, .inPhysicalPort, .pbbServiceID, .pbbUseCustomerAddress,
            .packetType, .ipv6ExtensionHeaders:
            return "OXM_OF_" + upper
        case .actionSetOutput: return "ONFOXM_ET_ACTSET_OUTPUT"
        case .neighbourDiscoveryReserved, .neighbourDiscoveryOptionsType: return "ERICOXM_OF_ICMPV6_" + upper
        default: break
        }
        if self.name.hasPrefix("nsh_") { return "NXOXM_" + upper }
        if self.name.hasPrefix("tun_erspan") || self.name.hasPrefix("tun_gtpu") {
            return "NXOXM_ET_" + upper.dropFirst("TUN_".count)
        }
        if self.name.hasPrefix("xreg") { return "OXM_OF_PKT_" + upper.dropFirst() }
        let isLateRegister =
            (MatchField.register16.rawValue...MatchField.register31.rawValue).contains(self.rawValue)
            || (MatchField.doubleExtendedRegister4.rawValue...MatchField.doubleExtendedRegister7.rawValue)
                .contains(self.rawValue)
        return (isLateRegister ? "NXOXM_ET_" : "NXM_NX_") + upper
    }

    /// In what order ovs-ofctl prints the fields of a match; the protocol's short name comes before `reg0`.
    static let textOrder: [MatchField] = {
        let beforeRegisters: [MatchField] = [
            .packetMark, .recirculationID, .datapathHash, .conjunctionID, .actionSetOutput, .connectionState,
            .connectionZone, .connectionMark, .connectionLabel, .connectionIPv4Source,
            .connectionIPv6Source, .connectionIPv4Destination, .connectionIPv6Destination, .connectionProtocol,
            .connectionTransportSource, .connectionTransportDestination, .packetType,
        ]
        let tunnel: [MatchField] = [
            .tunnelID, .tunnelIPv4Source, .tunnelIPv4Destination, .tunnelIPv6Source, .tunnelIPv6Destination,
            .tunnelGBPID, .tunnelGBPFlags, .tunnelERSPANVersion, .tunnelERSPANIndex, .tunnelERSPANDirection,
            .tunnelERSPANHardwareID, .tunnelGTPUFlags, .tunnelGTPUMessageType, .tunnelFlags,
        ]
        let options = (0..<64).compactMap(MatchField.tunnelMetadata)
        let headers: [MatchField] = [
            .metadata, .inPort,
            .inPhysicalPort, .vlanTCI, .vlanID, .vlanPriority, .ethernetSource, .ethernetDestination, .etherType,
            .ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination, .ipv6FlowLabel,
            .arpSourceProtocolAddress, .arpTargetProtocolAddress, .ipProtocol, .arpOperation,
            .arpSourceHardwareAddress, .arpTargetHardwareAddress, .serviceHeaderFlags, .serviceHeaderTTL,
            .serviceHeaderMetadataType, .serviceHeaderNextProtocol, .serviceHeaderPathID, .serviceHeaderIndex,
            .serviceHeaderContext1, .serviceHeaderContext2, .serviceHeaderContext3, .serviceHeaderContext4,
            .ipDSCP, .ipECN, .ipTTL, .mplsLabel, .mplsTrafficClass, .mplsTTL, .mplsBottomOfStack, .ipFragment,
            .icmpv4Type, .icmpv4Code, .icmpv6Type, .icmpv6Code, .neighbourDiscoveryTarget,
            .neighbourDiscoverySourceAddress, .neighbourDiscoveryTargetAddress, .neighbourDiscoveryReserved,
            .neighbourDiscoveryOptionsType, .tcpSource, .udpSource, .sctpSource, .tcpDestination, .udpDestination,
            .sctpDestination, .tcpFlags,
        ]
        let afterRegisters = tunnel + options + headers
        let listed = Set(beforeRegisters + afterRegisters)
        let others = Self.allCases.filter { !listed.contains($0) }
        return beforeRegisters + others.filter(\.isRegister) + afterRegisters + others.filter { !$0.isRegister }
    }()

    /// Whether the field is a register of 32, 64 or 128 bits.
    var isRegister: Bool {
        (MatchField.register0.rawValue...MatchField.doubleExtendedRegister7.rawValue).contains(self.rawValue)
    }

    /// Where the field stands in ``textOrder``.
    var textRank: Int { Self.textRanks[Int(self.rawValue)] }

    private static let textRanks: [Int] = {
        var ranks = [Int](repeating: 0, count: Self.allCases.count)
        for (rank, field) in Self.textOrder.enumerated() { ranks[Int(field.rawValue)] = rank }
        return ranks
    }()

    /// Where the field stands in a match that is parsed: prerequisites first.
    var wireRank: Int {
        switch self {
        case .inPort, .inPhysicalPort: Int(self.rawValue)
        case .packetType: 2
        default: Int(self.rawValue) + 3
        }
    }
}
