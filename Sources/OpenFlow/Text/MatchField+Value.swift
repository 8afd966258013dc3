import NetworkTypes

// Values of fields in the forms of ovs-fields(7): addresses with prefix lengths or masks, bits by name,
// numbers decimal or hexadecimal.
extension MatchField {
    /// How values of a field are written.
    enum TextStyle {
        case decimal, port, ethernet, ipv4, ipv6, fragment, packetType
        /// Hexadecimal, with at least so many digits; zero of them writes 0 as `0`.
        case hexadecimal(digits: Int)
        /// Bit by bit; in matches `signed` even where every bit counts.
        case bits(BitNames, signed: Bool)
    }

    var textStyle: TextStyle {
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
        case .ipFragment: .fragment
        case .packetType: .packetType
        case .connectionState: .bits(Self.connectionStateBits, signed: false)
        case .tcpFlags: .bits(Self.tcpFlagBits, signed: false)
        case .tunnelFlags: .bits(Self.tunnelFlagBits, signed: true)
        case .vlanPriority, .vlanID, .ipDSCP, .ipECN, .ipProtocol, .tcpSource, .tcpDestination, .udpSource,
            .udpDestination, .sctpSource, .sctpDestination, .icmpv4Type, .icmpv4Code, .icmpv6Type,
            .icmpv6Code, .arpOperation, .mplsLabel, .mplsTrafficClass, .mplsBottomOfStack, .ipTTL,
            .mplsTTL, .connectionZone, .connectionProtocol, .conjunctionID, .connectionTransportSource,
            .connectionTransportDestination, .tunnelGBPID, .tunnelERSPANVersion, .tunnelERSPANDirection,
            .tunnelGTPUMessageType, .neighbourDiscoveryReserved, .neighbourDiscoveryOptionsType,
            .serviceHeaderFlags, .serviceHeaderTTL, .serviceHeaderMetadataType, .serviceHeaderNextProtocol,
            .serviceHeaderIndex:
            .decimal
        case .etherType, .vlanTCI: .hexadecimal(digits: 4)
        case .ipv6FlowLabel: .hexadecimal(digits: 5)
        default: .hexadecimal(digits: 0)
        }
    }

    private static let connectionStateBits = BitNames(
        names: ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"], width: 32)
    private static let tcpFlagBits = BitNames(
        names: ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"], width: 12)
    private static let tunnelFlagBits = BitNames(names: ["oam"], width: 1)

    private static func hexadecimal(_ value: UInt128, digits count: Int) -> String {
        guard count > 0 else { return TextPart.hexadecimal(value) }
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// A value of the field as ovs-ofctl writes it.
    ///
    /// - Parameters:
    ///   - value: within the field's width.
    ///   - isPadded: whether EtherTypes, VLAN tags and flow labels have all their digits, and tunnel flags their signs,
    ///     as in matches.
    public func text(_ value: UInt128, isPadded: Bool = false) -> String {
        switch self.textStyle {
        case .decimal: String(value)
        case .hexadecimal(let digits): Self.hexadecimal(value, digits: isPadded ? digits : 0)
        case .port: PortNumber(rawValue: UInt32(truncatingIfNeeded: value)).text
        case .ethernet: MACAddress(rawValue: UInt64(truncatingIfNeeded: value)).description
        case .ipv4: IPv4Address(rawValue: UInt32(truncatingIfNeeded: value)).description
        case .ipv6: IPv6Address(rawValue: value).description
        case .fragment: Self.fragmentText(value, mask: self.allOnes)
        case .packetType: "(\(value >> 16),\(TextPart.hexadecimal(value & 0xffff)))"
        case .bits(let names, let signed):
            signed && isPadded ? names.text(value, mask: self.allOnes) : names.text(value)
        }
    }

    /// A value with its mask as ovs-ofctl writes it: addresses with a prefix length where the mask is one.
    public func text(_ value: UInt128, mask: UInt128, isPadded: Bool = false) -> String {
        guard mask != self.allOnes else { return self.text(value, isPadded: isPadded) }
        switch self.textStyle {
        case .ipv4, .ipv6:
            let ignored = mask.trailingZeroBitCount
            guard ignored < self.width, mask == (self.allOnes >> UInt128(ignored)) << UInt128(ignored) else { break }
            return "\(self.text(value))/\(self.width - ignored)"
        case .decimal where self == .serviceHeaderFlags:
            return "\(Self.hexadecimal(value, digits: 2))/\(Self.hexadecimal(mask, digits: 2))"
        case .decimal: return "0x\(String(value, radix: 16))/0x\(String(mask, radix: 16))"
        case .fragment: return Self.fragmentText(value, mask: mask)
        case .bits(let names, _): return names.text(value, mask: mask)
        default: break
        }
        return "\(self.text(value, isPadded: isPadded))/\(self.text(mask, isPadded: isPadded))"
    }

    /// Bit 0 says that the packet is a fragment, bit 1 that it is not the first one.
    private static let fragments: [(name: String, value: UInt128, mask: UInt128)] = [
        ("no", 0, 3), ("first", 1, 3), ("later", 3, 3), ("yes", 1, 1), ("not_later", 0, 2),
    ]

    private static func fragmentText(_ value: UInt128, mask: UInt128) -> String {
        self.fragments.first { $0.value == value && $0.mask == mask }?.name ?? "\(value)/\(mask)"
    }
}

extension MatchField {
    /// Reads a value, with a mask after `/` or in the field's own form.
    ///
    /// - Parameter isShifted: whether the text has the value two bits to the left, as `nw_tos` has.
    func entry(from part: TextPart, isShifted: Bool = false) throws(TextError) -> MatchEntry {
        if case .bits(let names, _) = self.textStyle, part.number == nil, part.split(at: "/") == nil {
            let (value, mask) = try names.parse(part)
            return MatchEntry(self, value: value, mask: mask ?? self.allOnes)
        }
        if case .fragment = self.textStyle, let known = Self.fragments.first(where: { $0.name == part.lowercased }) {
            return MatchEntry(self, value: known.value, mask: known.mask)
        }
        if case .packetType = self.textStyle { return MatchEntry(self, try Self.packetType(part)) }
        guard let (before, after) = part.split(at: "/") else {
            return MatchEntry(self, try self.value(from: part, isShifted: isShifted))
        }
        let value = try self.value(from: before, isShifted: isShifted)
        let mask = try self.mask(from: after, isShifted: isShifted)
        guard mask == self.allOnes || self.isMaskable else { throw after.error("no mask, as \(self.name) has none,") }
        return MatchEntry(self, value: value & mask, mask: mask)
    }

    /// Reads a value without a mask.
    func value(from part: TextPart, isShifted: Bool = false) throws(TextError) -> UInt128 {
        switch self.textStyle {
        case .port: return UInt128(try part.port().rawValue)
        case .ethernet:
            guard let address = MACAddress(part.text) else {
                throw part.error("an Ethernet address such as 00:53:00:12:34:56")
            }
            return UInt128(address.rawValue)
        case .ipv4:
            guard let address = IPv4Address(part.text) else {
                throw part.error("an IPv4 address such as 192.0.2.1")
            }
            return UInt128(address.rawValue)
        case .ipv6:
            guard let address = IPv6Address(part.text) else {
                throw part.error("an IPv6 address such as 2001:db8::1")
            }
            return address.rawValue
        case .packetType: return try Self.packetType(part)
        default:
            guard isShifted else { return try part.integer(self.name, atMost: self.allOnes) }
            let value = try part.integer("nw_tos", atMost: 0xff)
            guard value & 3 == 0 else { throw part.error("a number without the two bits of nw_ecn") }
            return value >> 2
        }
    }

    private func mask(from part: TextPart, isShifted: Bool) throws(TextError) -> UInt128 {
        switch self.textStyle {
        case .ipv4, .ipv6:
            guard let length = part.number else { break }
            guard length <= UInt128(self.width) else {
                throw part.error("a prefix length from 0 to \(self.width)")
            }
            return length == 0 ? 0 : self.allOnes & ~(self.allOnes >> length)
        default: break
        }
        return try self.value(from: part, isShifted: isShifted)
    }

    /// `(name space,type)`.
    private static func packetType(_ part: TextPart) throws(TextError) -> UInt128 {
        let expected = "a packet type such as (1,0x800)"
        guard part[0] == UInt8(ascii: "("), part[part.count - 1] == UInt8(ascii: ")") else {
            guard let number = part.number, number <= 0xffff_ffff else { throw part.error(expected) }
            return number
        }
        guard let (space, type) = part.part(1, part.count - 1).split(at: ",") else { throw part.error(expected) }
        let (high, low): (UInt16, UInt16) = (
            try space.trimmed.integer("a name space"), try type.trimmed.integer("a type")
        )
        return UInt128(high) << 16 | UInt128(low)
    }
}
