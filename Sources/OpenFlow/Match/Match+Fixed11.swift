import NetworkTypes

// The standard match of 1.1 (§A.2.3.2), 88 bytes. Masks on the wire have ones where bits are left out.
/// The wildcard bits of the 1.1 match.
private enum Wildcard11 {
    static let inPort: UInt32 = 1 << 0
    static let vlan: UInt32 = 1 << 1
    static let vlanPriority: UInt32 = 1 << 2
    static let etherType: UInt32 = 1 << 3
    static let typeOfService: UInt32 = 1 << 4
    static let ipProtocol: UInt32 = 1 << 5
    static let transportSource: UInt32 = 1 << 6
    static let transportDestination: UInt32 = 1 << 7
    static let mplsLabel: UInt32 = 1 << 8
    static let mplsTrafficClass: UInt32 = 1 << 9
    static let all: UInt32 = 0x3ff
}

/// The fields of the 1.1 match as they are on the wire, but for masks, which have ones where bits count.
private struct Fixed11: WireStructure {
    var inPort = PortNumber(rawValue: 0)
    var wildcards = Wildcard11.all
    var ethernetSource = MACAddress.zero
    var ethernetSourceMask = MACAddress.zero
    var ethernetDestination = MACAddress.zero
    var ethernetDestinationMask = MACAddress.zero
    var vlan: UInt16 = 0
    var vlanPriority: UInt8 = 0
    var etherType: UInt16 = 0
    var typeOfService: UInt8 = 0
    var ipProtocol: UInt8 = 0
    var networkSource: UInt32 = 0
    var networkSourceMask: UInt32 = 0
    var networkDestination: UInt32 = 0
    var networkDestinationMask: UInt32 = 0
    var transportSource: UInt16 = 0
    var transportDestination: UInt16 = 0
    var mplsLabel: UInt32 = 0
    var mplsTrafficClass: UInt8 = 0
    var metadata: UInt64 = 0
    var metadataMask: UInt64 = 0

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.match)
        var type: UInt16 = 0
        try wire.field("type", &type)
        guard type == 0 else { throw wire.refusal(.matchBadType, value: UInt64(type)) }
        try wire.length(&frame, excluding: 0)
        try wire.field("inPort", &self.inPort)
        try wire.field("wildcards", &self.wildcards)
        try wire.field("ethernetSource", &self.ethernetSource)
        try Self.inverted(&self.ethernetSourceMask, &wire)
        try wire.field("ethernetDestination", &self.ethernetDestination)
        try Self.inverted(&self.ethernetDestinationMask, &wire)
        try wire.field("vlan", &self.vlan)
        try wire.field("vlanPriority", &self.vlanPriority)
        try wire.reserved(1)
        try wire.field("etherType", &self.etherType)
        try wire.field("typeOfService", &self.typeOfService)
        try wire.field("ipProtocol", &self.ipProtocol)
        try wire.field("networkSource", &self.networkSource)
        try Self.inverted(&self.networkSourceMask, &wire)
        try wire.field("networkDestination", &self.networkDestination)
        try Self.inverted(&self.networkDestinationMask, &wire)
        try wire.field("transportSource", &self.transportSource)
        try wire.field("transportDestination", &self.transportDestination)
        try wire.field("mplsLabel", &self.mplsLabel)
        try wire.field("mplsTrafficClass", &self.mplsTrafficClass)
        try wire.reserved(3)
        try wire.field("metadata", &self.metadata)
        try Self.inverted(&self.metadataMask, &wire)
        try wire.end(frame, padding: .none)
    }

    private static func inverted<T: WireInteger>(
        _ mask: inout T, _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var wildcards = ~mask
        try wildcards.visit("mask", by: &wire)
        mask = ~wildcards
    }
    private static func inverted(
        _ mask: inout MACAddress, _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var wildcards = MACAddress(rawValue: ~mask.rawValue)
        try wire.field("mask", &wildcards)
        mask = MACAddress(rawValue: ~wildcards.rawValue)
    }

    private func has(_ bit: UInt32) -> Bool { self.wildcards & bit == 0 }

    /// Adds what the match says to `entries`, prerequisites first.
    func raise(into entries: inout MatchEntryList) throws(OpenFlowError) {
        guard self.wildcards & ~Wildcard11.all == 0 else { throw OpenFlowError(.matchBadWildcards) }
        if self.has(Wildcard11.inPort) { entries.append(MatchEntry(.inPort, self.inPort.rawValue)) }
        Self.append(.metadata, UInt128(self.metadata), UInt128(self.metadataMask), to: &entries)
        Self.append(
            .ethernetSource, UInt128(self.ethernetSource.rawValue),
            UInt128(self.ethernetSourceMask.rawValue), to: &entries)
        Self.append(
            .ethernetDestination, UInt128(self.ethernetDestination.rawValue),
            UInt128(self.ethernetDestinationMask.rawValue), to: &entries)
        try self.raiseVLAN(into: &entries)
        guard self.has(Wildcard11.etherType) else { return }
        entries.append(MatchEntry(.etherType, self.etherType))
        switch EtherType(rawValue: self.etherType) {
        case .ipv4: try self.raiseIP(into: &entries, isIPv4: true)
        case .ipv6: try self.raiseIP(into: &entries, isIPv4: false)
        case .arp, .reverseARP:
            if self.has(Wildcard11.ipProtocol) { entries.append(MatchEntry(.arpOperation, self.ipProtocol)) }
            self.raiseAddresses(into: &entries, .arpSourceProtocolAddress, .arpTargetProtocolAddress)
        case .mpls, .mplsMulticast:
            if self.has(Wildcard11.mplsLabel) {
                entries.append(MatchEntry(.mplsLabel, self.mplsLabel & 0xf_ffff))
            }
            if self.has(Wildcard11.mplsTrafficClass) {
                entries.append(MatchEntry(.mplsTrafficClass, self.mplsTrafficClass & 7))
            }
        default: break
        }
    }

    private static func append(
        _ field: MatchField, _ value: UInt128, _ mask: UInt128, to entries: inout MatchEntryList
    ) {
        guard mask != 0 else { return }
        entries.append(MatchEntry(field, value: value & mask, mask: mask))
    }

    private func raiseVLAN(into entries: inout MatchEntryList) throws(OpenFlowError) {
        guard self.has(Wildcard11.vlan) else { return }
        switch self.vlan {
        case 0xffff: return entries.append(MatchEntry(.vlanID, 0))
        case 0xfffe: entries.append(MatchEntry(.vlanID, value: 0x1000, mask: 0x1000))
        case 0...0xfff: entries.append(MatchEntry(.vlanID, 0x1000 | self.vlan))
        default: throw OpenFlowError(.matchBadValue, value: UInt64(self.vlan))
        }
        guard self.has(Wildcard11.vlanPriority) else { return }
        guard self.vlanPriority < 8 else {
            throw OpenFlowError(.matchBadValue, value: UInt64(self.vlanPriority))
        }
        entries.append(MatchEntry(.vlanPriority, self.vlanPriority))
    }

    private func raiseAddresses(
        into entries: inout MatchEntryList, _ source: MatchField, _ destination: MatchField
    ) {
        Self.append(source, UInt128(self.networkSource), UInt128(self.networkSourceMask), to: &entries)
        Self.append(
            destination, UInt128(self.networkDestination), UInt128(self.networkDestinationMask), to: &entries)
    }

    private func raiseIP(into entries: inout MatchEntryList, isIPv4: Bool) throws(OpenFlowError) {
        if self.has(Wildcard11.typeOfService) {
            guard self.typeOfService & 3 == 0 else {
                throw OpenFlowError(.matchBadValue, value: UInt64(self.typeOfService))
            }
            entries.append(MatchEntry(.ipDSCP, self.typeOfService >> 2))
        }
        if isIPv4 { self.raiseAddresses(into: &entries, .ipv4Source, .ipv4Destination) }
        guard self.has(Wildcard11.ipProtocol) else { return }
        entries.append(MatchEntry(.ipProtocol, self.ipProtocol))
        let hasPorts = self.has(Wildcard11.transportSource) || self.has(Wildcard11.transportDestination)
        guard hasPorts else { return }
        guard let fields = TransportFields(self.ipProtocol, isIPv4: isIPv4) else {
            throw OpenFlowError(.matchBadField)
        }
        for (field, value, bit) in [
            (fields.source, self.transportSource, Wildcard11.transportSource),
            (fields.destination, self.transportDestination, Wildcard11.transportDestination),
        ] where self.has(bit) {
            guard UInt128(value) <= field.allOnes else { throw OpenFlowError(.matchBadValue, value: UInt64(value)) }
            entries.append(MatchEntry(field, value))
        }
    }

    /// Takes up one entry; false where 1.1 cannot say it.
    mutating func lower(_ entry: MatchEntry) -> Bool {
        let (value, mask) = (UInt64(truncatingIfNeeded: entry.value), UInt64(truncatingIfNeeded: entry.mask))
        switch entry.field {
        case .metadata: (self.metadata, self.metadataMask) = (value, mask)
        case .ethernetSource:
            self.ethernetSource = MACAddress(rawValue: value)
            self.ethernetSourceMask = MACAddress(rawValue: mask)
        case .ethernetDestination:
            self.ethernetDestination = MACAddress(rawValue: value)
            self.ethernetDestinationMask = MACAddress(rawValue: mask)
        case .ipv4Source, .arpSourceProtocolAddress:
            self.networkSource = UInt32(truncatingIfNeeded: value)
            self.networkSourceMask = UInt32(truncatingIfNeeded: mask)
        case .ipv4Destination, .arpTargetProtocolAddress:
            self.networkDestination = UInt32(truncatingIfNeeded: value)
            self.networkDestinationMask = UInt32(truncatingIfNeeded: mask)
        case .vlanID where value == 0x1000 && mask == 0x1000:
            self.vlan = 0xfffe
            self.wildcards &= ~Wildcard11.vlan
        default: return entry.isExact && self.lowerExact(entry.field, value)
        }
        return true
    }

    private mutating func lowerExact(_ field: MatchField, _ value: UInt64) -> Bool {
        let bit: UInt32
        switch field {
        case .inPort:
            (self.inPort, bit) = (PortNumber(rawValue: UInt32(truncatingIfNeeded: value)), Wildcard11.inPort)
        case .vlanID:
            guard value == 0 || value & 0x1000 != 0 else { return false }
            (self.vlan, bit) = (value == 0 ? 0xffff : UInt16(truncatingIfNeeded: value & 0xfff), Wildcard11.vlan)
        case .vlanPriority:
            (self.vlanPriority, bit) = (UInt8(truncatingIfNeeded: value), Wildcard11.vlanPriority)
        case .etherType: (self.etherType, bit) = (UInt16(truncatingIfNeeded: value), Wildcard11.etherType)
        case .ipDSCP:
            (self.typeOfService, bit) = (UInt8(truncatingIfNeeded: value << 2), Wildcard11.typeOfService)
        case .ipProtocol: (self.ipProtocol, bit) = (UInt8(truncatingIfNeeded: value), Wildcard11.ipProtocol)
        case .arpOperation:
            guard value < 256 else { return false }
            (self.ipProtocol, bit) = (UInt8(truncatingIfNeeded: value), Wildcard11.ipProtocol)
        case .tcpSource, .udpSource, .sctpSource, .icmpv4Type, .icmpv6Type:
            (self.transportSource, bit) = (UInt16(truncatingIfNeeded: value), Wildcard11.transportSource)
        case .tcpDestination, .udpDestination, .sctpDestination, .icmpv4Code, .icmpv6Code:
            self.transportDestination = UInt16(truncatingIfNeeded: value)
            bit = Wildcard11.transportDestination
        case .mplsLabel: (self.mplsLabel, bit) = (UInt32(truncatingIfNeeded: value), Wildcard11.mplsLabel)
        case .mplsTrafficClass:
            (self.mplsTrafficClass, bit) = (UInt8(truncatingIfNeeded: value), Wildcard11.mplsTrafficClass)
        default: return false
        }
        self.wildcards &= ~bit
        return true
    }
}

extension WireReader {
    mutating func match11(_ value: inout Match) throws(WireError) {
        // Open vSwitch writes the extensible match in 1.1's flow statistics; its type tells.
        if self.nextIsExtensibleMatch { return try self.fields(&value) }
        let start = self.offset
        var fixed = Fixed11()
        try fixed.describe(to: &self)
        value.entries.removeAll(keepingCapacity: true)
        do throws(OpenFlowError) {
            try fixed.raise(into: &value.entries)
        } catch {
            throw .refused(OpenFlowError(error.code, offset: start, value: error.value))
        }
    }
}

extension WireWriter {
    mutating func match11(_ value: Match) throws(WireError) {
        if let option = value.longEntries.first { throw .inexpressible(.matchField(option.field)) }
        var fixed = Fixed11()
        for entry in value.entries where !fixed.lower(entry) {
            throw .inexpressible(.matchField(entry.field))
        }
        try fixed.describe(to: &self)
    }
}
