import NetworkTypes

// The syntax of ovs-ofctl(8) and ovs-fields(7), for logs and traces; not read back.
extension MatchField {
    /// How values of a field are written.
    private enum Style {
        case decimal, hexadecimal, port, ethernet, ipv4, ipv6
    }

    private var style: Style {
        switch self {
        case .inPort, .inPhysicalPort, .actionSetOutput: .port
        case .ethernetSource, .ethernetDestination, .arpSourceHardwareAddress, .arpTargetHardwareAddress,
            .neighbourDiscoverySourceAddress, .neighbourDiscoveryTargetAddress:
            .ethernet
        case .ipv4Source, .ipv4Destination, .arpSourceProtocolAddress, .arpTargetProtocolAddress,
            .tunnelIPv4Source, .tunnelIPv4Destination, .connectionIPv4Source, .connectionIPv4Destination:
            .ipv4
        case .ipv6Source, .ipv6Destination, .neighbourDiscoveryTarget, .tunnelIPv6Source,
            .tunnelIPv6Destination, .connectionIPv6Source, .connectionIPv6Destination:
            .ipv6
        case .vlanPriority, .ipDSCP, .ipECN, .ipProtocol, .tcpSource, .tcpDestination, .udpSource,
            .udpDestination, .sctpSource, .sctpDestination, .icmpv4Type, .icmpv4Code, .icmpv6Type,
            .icmpv6Code, .arpOperation, .mplsLabel, .mplsTrafficClass, .mplsBottomOfStack, .ipTTL,
            .mplsTTL, .connectionZone, .connectionProtocol, .conjunctionID, .connectionTransportSource,
            .connectionTransportDestination:
            .decimal
        default: .hexadecimal
        }
    }

    /// A value of the field as ovs-ofctl writes it.
    public func text(_ value: UInt128) -> String {
        switch self.style {
        case .decimal: String(value)
        case .hexadecimal: value == 0 ? "0" : "0x" + String(value, radix: 16)
        case .port: PortNumber(rawValue: UInt32(truncatingIfNeeded: value)).description
        case .ethernet: MACAddress(rawValue: UInt64(truncatingIfNeeded: value)).description
        case .ipv4: IPv4Address(rawValue: UInt32(truncatingIfNeeded: value)).description
        case .ipv6: IPv6Address(rawValue: value).description
        }
    }

    /// A value with its mask as ovs-ofctl writes it: addresses with a prefix length where the mask is one.
    public func text(_ value: UInt128, mask: UInt128) -> String {
        guard mask != self.allOnes else { return self.text(value) }
        switch self.style {
        case .ipv4, .ipv6:
            let ignored = mask.trailingZeroBitCount
            guard ignored < self.width, mask == (self.allOnes >> UInt128(ignored)) << UInt128(ignored) else { break }
            return "\(self.text(value))/\(self.width - ignored)"
        default: break
        }
        return "\(self.text(value))/\(self.text(mask))"
    }
}

extension MatchEntry: CustomStringConvertible {
    /// The field's name, `=`, value and mask.
    public var description: String {
        "\(self.field.name)=\(self.field.text(self.value, mask: self.mask))"
    }
}

extension Match: CustomStringConvertible {
    /// Entries joined by commas, with the protocols' short names (`tcp` for an EtherType and a protocol);
    /// `any` if there are none.
    public var description: String {
        guard !self.entries.isEmpty else { return "any" }
        let (shorthand, hidden) = self.shorthand
        var parts = shorthand.map { [$0] } ?? []
        parts += self.entries.lazy.filter { !hidden.contains($0.field) }.map(\.description)
        return parts.joined(separator: ",")
    }

    /// The short name of the packets' protocol and the fields that it says.
    private var shorthand: (name: String?, hidden: [MatchField]) {
        guard let type = self.exactValue(of: .etherType) else { return (nil, []) }
        let etherType = EtherType(rawValue: UInt16(truncatingIfNeeded: type))
        let name: String
        switch etherType {
        case .ipv4: name = "ip"
        case .ipv6: name = "ipv6"
        case .arp: name = "arp"
        case .reverseARP: name = "rarp"
        case .mpls: name = "mpls"
        case .mplsMulticast: name = "mplsm"
        default: return (nil, [])
        }
        guard let number = self.exactValue(of: .ipProtocol) else { return (name, [.etherType]) }
        let suffix = etherType == .ipv6 ? "6" : ""
        switch IPProtocol(rawValue: UInt8(truncatingIfNeeded: number)) {
        case .tcp: return ("tcp" + suffix, [.etherType, .ipProtocol])
        case .udp: return ("udp" + suffix, [.etherType, .ipProtocol])
        case .sctp: return ("sctp" + suffix, [.etherType, .ipProtocol])
        case .icmp where etherType == .ipv4: return ("icmp", [.etherType, .ipProtocol])
        case .icmpv6 where etherType == .ipv6: return ("icmp6", [.etherType, .ipProtocol])
        default: return (name, [.etherType])
        }
    }
}
