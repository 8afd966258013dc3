import NetworkTypes

// The match of 1.0 (§5.2.3), 40 bytes. What a packet of the EtherType or protocol named cannot have is
// passed over, as the specification (1.0.1) asks and as Open vSwitch does: such a field is as good as a
// wildcard.
/// The wildcard bits of the 1.0 match.
private enum Wildcard10 {
    static let inPort: UInt32 = 1 << 0
    static let vlan: UInt32 = 1 << 1
    static let ethernetSource: UInt32 = 1 << 2
    static let ethernetDestination: UInt32 = 1 << 3
    static let etherType: UInt32 = 1 << 4
    static let ipProtocol: UInt32 = 1 << 5
    static let transportSource: UInt32 = 1 << 6
    static let transportDestination: UInt32 = 1 << 7
    static let networkSourceShift: UInt32 = 8
    static let networkDestinationShift: UInt32 = 14
    static let vlanPriority: UInt32 = 1 << 20
    static let typeOfService: UInt32 = 1 << 21
    static let all: UInt32 = 0x3f_ffff
    /// As Open vSwitch writes it: 32 bits of each address left out.
    static let everything: UInt32 = 0x3f_ffff & ~(0x1f << 8 | 0x1f << 14)
}

/// The fields of the 1.0 match as they are on the wire.
private struct Fixed10: WireStructure {
    var wildcards = Wildcard10.everything
    var inPort: UInt16 = 0
    var ethernetSource = MACAddress.zero
    var ethernetDestination = MACAddress.zero
    var vlan: UInt16 = 0
    var vlanPriority: UInt8 = 0
    var etherType: UInt16 = 0
    var typeOfService: UInt8 = 0
    var ipProtocol: UInt8 = 0
    var networkSource: UInt32 = 0
    var networkDestination: UInt32 = 0
    var transportSource: UInt16 = 0
    var transportDestination: UInt16 = 0

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("wildcards", &self.wildcards)
        try wire.field("inPort", &self.inPort)
        try wire.field("ethernetSource", &self.ethernetSource)
        try wire.field("ethernetDestination", &self.ethernetDestination)
        try wire.field("vlan", &self.vlan)
        try wire.field("vlanPriority", &self.vlanPriority)
        try wire.reserved(1)
        try wire.field("etherType", &self.etherType)
        try wire.field("typeOfService", &self.typeOfService)
        try wire.field("ipProtocol", &self.ipProtocol)
        try wire.reserved(2)
        try wire.field("networkSource", &self.networkSource)
        try wire.field("networkDestination", &self.networkDestination)
        try wire.field("transportSource", &self.transportSource)
        try wire.field("transportDestination", &self.transportDestination)
    }

    private func has(_ bit: UInt32) -> Bool { self.wildcards & bit == 0 }

    /// The mask of an address from the number of low bits to leave out.
    private func addressMask(_ shift: UInt32) -> UInt32 {
        let ignored = self.wildcards >> shift & 0x3f
        return ignored >= 32 ? 0 : UInt32.max << ignored
    }

    /// Adds what the match says to `entries`, prerequisites first.
    func raise(into entries: inout MatchEntryList) {
        if self.has(Wildcard10.inPort) {
            entries.append(MatchEntry(.inPort, PortNumber(rawValue16: self.inPort).rawValue))
        }
        if self.has(Wildcard10.ethernetSource) {
            entries.append(MatchEntry(.ethernetSource, self.ethernetSource.rawValue))
        }
        if self.has(Wildcard10.ethernetDestination) {
            entries.append(MatchEntry(.ethernetDestination, self.ethernetDestination.rawValue))
        }
        self.raiseVLAN(into: &entries)
        guard self.has(Wildcard10.etherType) else { return }
        entries.append(MatchEntry(.etherType, self.etherType))
        switch EtherType(rawValue: self.etherType) {
        case .ipv4: self.raiseIP(into: &entries, isIPv4: true)
        case .ipv6: self.raiseIP(into: &entries, isIPv4: false)
        case .arp, .reverseARP:
            if self.has(Wildcard10.ipProtocol) { entries.append(MatchEntry(.arpOperation, self.ipProtocol)) }
            self.raiseAddresses(into: &entries, .arpSourceProtocolAddress, .arpTargetProtocolAddress)
        default: break
        }
    }

    private func raiseVLAN(into entries: inout MatchEntryList) {
        if self.has(Wildcard10.vlan) {
            guard self.vlan != 0xffff else { return entries.append(MatchEntry(.vlanID, 0)) }
            entries.append(MatchEntry(.vlanID, 0x1000 | self.vlan & 0xfff))
        }
        guard self.has(Wildcard10.vlanPriority) else { return }
        if !self.has(Wildcard10.vlan) { entries.append(MatchEntry(.vlanID, value: 0x1000, mask: 0x1000)) }
        entries.append(MatchEntry(.vlanPriority, self.vlanPriority & 7))
    }

    private func raiseAddresses(
        into entries: inout MatchEntryList, _ source: MatchField, _ destination: MatchField
    ) {
        let sourceMask = self.addressMask(Wildcard10.networkSourceShift)
        if sourceMask != 0 {
            let value = UInt128(self.networkSource & sourceMask)
            entries.append(MatchEntry(source, value: value, mask: UInt128(sourceMask)))
        }
        let destinationMask = self.addressMask(Wildcard10.networkDestinationShift)
        if destinationMask != 0 {
            let value = UInt128(self.networkDestination & destinationMask)
            entries.append(MatchEntry(destination, value: value, mask: UInt128(destinationMask)))
        }
    }

    private func raiseIP(into entries: inout MatchEntryList, isIPv4: Bool) {
        if self.has(Wildcard10.typeOfService) { entries.append(MatchEntry(.ipDSCP, self.typeOfService >> 2)) }
        if isIPv4 { self.raiseAddresses(into: &entries, .ipv4Source, .ipv4Destination) }
        guard self.has(Wildcard10.ipProtocol) else { return }
        entries.append(MatchEntry(.ipProtocol, self.ipProtocol))
        guard let fields = TransportFields(self.ipProtocol, isIPv4: isIPv4) else { return }
        if self.has(Wildcard10.transportSource) {
            entries.append(MatchEntry(fields.source, self.transportSource))
        }
        if self.has(Wildcard10.transportDestination) {
            entries.append(MatchEntry(fields.destination, self.transportDestination))
        }
    }

    /// Takes up one entry; false where 1.0 cannot say it.
    mutating func lower(_ entry: MatchEntry) -> Bool {
        let value = entry.value
        switch entry.field {
        case .ipv4Source, .arpSourceProtocolAddress:
            guard self.lowerMask(entry.mask, Wildcard10.networkSourceShift) else { return false }
            self.networkSource = UInt32(truncatingIfNeeded: value)
            return true
        case .ipv4Destination, .arpTargetProtocolAddress:
            guard self.lowerMask(entry.mask, Wildcard10.networkDestinationShift) else { return false }
            self.networkDestination = UInt32(truncatingIfNeeded: value)
            return true
        case .vlanID where entry.value == 0x1000 && entry.mask == 0x1000:
            // Only together with a priority can 1.0 ask for a tag without asking for its identifier.
            return true
        default: return entry.isExact && self.lowerExact(entry.field, value)
        }
    }

    private mutating func lowerMask(_ mask: UInt128, _ shift: UInt32) -> Bool {
        let narrow = UInt32(truncatingIfNeeded: mask)
        let ignored = UInt32(narrow.trailingZeroBitCount)
        guard narrow != 0, narrow == UInt32.max << ignored else { return false }
        self.wildcards = self.wildcards & ~(0x3f << shift) | ignored << shift
        return true
    }

    private mutating func lowerExact(_ field: MatchField, _ value: UInt128) -> Bool {
        let bit: UInt32
        switch field {
        case .inPort:
            guard let port = PortNumber(rawValue: UInt32(truncatingIfNeeded: value)).rawValue16 else {
                return false
            }
            (self.inPort, bit) = (port, Wildcard10.inPort)
        case .ethernetSource:
            self.ethernetSource = MACAddress(rawValue: UInt64(truncatingIfNeeded: value))
            bit = Wildcard10.ethernetSource
        case .ethernetDestination:
            self.ethernetDestination = MACAddress(rawValue: UInt64(truncatingIfNeeded: value))
            bit = Wildcard10.ethernetDestination
        case .vlanID:
            guard value == 0 || value & 0x1000 != 0 else { return false }
            self.vlan = value == 0 ? 0xffff : UInt16(truncatingIfNeeded: value & 0xfff)
            // Without a tag there is no priority to leave open.
            bit = value == 0 ? Wildcard10.vlan | Wildcard10.vlanPriority : Wildcard10.vlan
        case .vlanPriority:
            (self.vlanPriority, bit) = (UInt8(truncatingIfNeeded: value), Wildcard10.vlanPriority)
        case .etherType:
            (self.etherType, bit) = (UInt16(truncatingIfNeeded: value), Wildcard10.etherType)
        case .ipDSCP:
            (self.typeOfService, bit) = (UInt8(truncatingIfNeeded: value << 2), Wildcard10.typeOfService)
        case .ipProtocol:
            (self.ipProtocol, bit) = (UInt8(truncatingIfNeeded: value), Wildcard10.ipProtocol)
        case .arpOperation:
            guard value < 256 else { return false }
            (self.ipProtocol, bit) = (UInt8(truncatingIfNeeded: value), Wildcard10.ipProtocol)
        case .tcpSource, .udpSource, .sctpSource, .icmpv4Type, .icmpv6Type:
            (self.transportSource, bit) = (UInt16(truncatingIfNeeded: value), Wildcard10.transportSource)
        case .tcpDestination, .udpDestination, .sctpDestination, .icmpv4Code, .icmpv6Code:
            self.transportDestination = UInt16(truncatingIfNeeded: value)
            bit = Wildcard10.transportDestination
        default: return false
        }
        self.wildcards &= ~bit
        return true
    }

    /// Whether nothing is left out.
    var hasNoWildcards: Bool { self.wildcards & Wildcard10.all == 0 }
    /// Whether a priority is asked for.
    var hasVLANPriority: Bool { self.has(Wildcard10.vlanPriority) }
}

/// The fields that 1.0 and 1.1 call tp_src and tp_dst.
struct TransportFields {
    let source: MatchField
    let destination: MatchField

    /// The fields of an IP protocol; nil where it has none.
    init?(_ ipProtocol: UInt8, isIPv4: Bool) {
        switch (IPProtocol(rawValue: ipProtocol), isIPv4) {
        case (.tcp, _): (self.source, self.destination) = (.tcpSource, .tcpDestination)
        case (.udp, _): (self.source, self.destination) = (.udpSource, .udpDestination)
        case (.sctp, _): (self.source, self.destination) = (.sctpSource, .sctpDestination)
        case (.icmp, true): (self.source, self.destination) = (.icmpv4Type, .icmpv4Code)
        case (.icmpv6, false): (self.source, self.destination) = (.icmpv6Type, .icmpv6Code)
        default: return nil
        }
    }
}

extension WireReader {
    mutating func match10(_ value: inout Match) throws(WireError) {
        var fixed = Fixed10()
        try fixed.describe(to: &self)
        value.entries.removeAll(keepingCapacity: true)
        value.entries.reserveCapacity(8)
        fixed.raise(into: &value.entries)
        self.matchHadNoWildcards = fixed.hasNoWildcards
    }
}

extension WireWriter {
    mutating func match10(_ value: Match) throws(WireError) {
        if let option = value.longEntries.first { throw .inexpressible(.matchField(option.field)) }
        var fixed = Fixed10()
        for entry in value.entries where !fixed.lower(entry) {
            throw .inexpressible(.matchField(entry.field))
        }
        if let vlan = value[.vlanID], vlan.mask == 0x1000, !fixed.hasVLANPriority {
            throw .inexpressible(.matchField(.vlanID))
        }
        try fixed.describe(to: &self)
    }
}
