public import NetworkTypes

/// Forgets tracked connections (Nicira's subtype 32): those of a zone, of a tuple, of a mark or of labels.
///
/// A part that is nil or empty is no restriction; a message without any restriction means every connection.
public struct ConnectionTrackingFlush: Hashable, Sendable {
    /// One direction of a connection; what is nil may be anything.
    public struct Tuple: Hashable, Sendable {
        /// The source address, IPv6 or IPv4 mapped into it.
        public var source: IPv6Address? = nil
        /// The destination address, IPv6 or IPv4 mapped into it.
        public var destination: IPv6Address? = nil
        /// The source port.
        public var sourcePort: UInt16? = nil
        /// The destination port.
        public var destinationPort: UInt16? = nil
        /// The identifier of an ICMP echo.
        public var icmpIdentifier: UInt16? = nil
        /// The ICMP type.
        public var icmpType: UInt8? = nil
        /// The ICMP code.
        public var icmpCode: UInt8? = nil
        /// Makes a value of all defaults.
        public init() {}
    }
    /// The IP protocol; 0 for any.
    public var ipProtocol: UInt8 = 0
    /// The address family as the kernel numbers it: 2 IPv4, 10 IPv6, 0 any.
    public var addressFamily: UInt8 = 0
    /// The original direction, if restricted.
    public var original: Tuple? = nil
    /// The reply direction, if restricted.
    public var reply: Tuple? = nil
    /// The zone, if restricted.
    public var zone: UInt16? = nil
    /// The mark, if restricted.
    public var mark: UInt32? = nil
    /// Which bits of the mark count; nil for all.
    public var markMask: UInt32? = nil
    /// The labels, if restricted.
    public var labels: UInt128? = nil
    /// Which bits of the labels count; nil for all.
    public var labelsMask: UInt128? = nil
    /// Makes a value of all defaults.
    public init() {}
}

extension ConnectionTrackingFlush: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("ipProtocol", &self.ipProtocol)
        try wire.field("addressFamily", &self.addressFamily)
        try wire.zeros(6)
        let isPresent = [
            self.original != nil, self.reply != nil, self.zone != nil, self.mark != nil, self.markMask != nil,
            self.labels != nil, self.labelsMask != nil,
        ]
        let present = isPresent.indices.filter { isPresent[$0] }.map { UInt16($0) }
        var others: [Property] = []
        var value = self
        try wire.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            switch type {
            case 0: try Self.tuple(&value.original, &wire)
            case 1: try Self.tuple(&value.reply, &wire)
            case 2: try wire.optionalPadded("zone", &value.zone)
            case 3: try wire.optional("mark", &value.mark)
            case 4: try wire.optional("markMask", &value.markMask)
            case 5: try wire.wide("labels", &value.labels)
            case 6: try wire.wide("labelsMask", &value.labelsMask)
            default: throw wire.refusal(.propertyBadType, value: UInt64(type))
            }
            return true
        }
        self = value
    }

    private static func tuple(
        _ value: inout Tuple?, _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var tuple = value ?? Tuple()
        try wire.reserved(4)
        try tuple.describe(to: &wire)
        value = tuple
    }
}

extension ConnectionTrackingFlush.Tuple: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        let isPresent = [
            self.source != nil, self.destination != nil, self.sourcePort != nil, self.destinationPort != nil,
            self.icmpIdentifier != nil, self.icmpType != nil, self.icmpCode != nil,
        ]
        let present = isPresent.indices.filter { isPresent[$0] }.map { UInt16($0) }
        var others: [Property] = []
        var value = self
        try wire.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            switch type {
            case 0: try Self.address("source", &value.source, &wire)
            case 1: try Self.address("destination", &value.destination, &wire)
            case 2: try wire.optionalPadded("sourcePort", &value.sourcePort)
            case 3: try wire.optionalPadded("destinationPort", &value.destinationPort)
            case 4: try wire.optionalPadded("icmpIdentifier", &value.icmpIdentifier)
            case 5: try wire.optional("icmpType", &value.icmpType)
            case 6: try wire.optional("icmpCode", &value.icmpCode)
            default: throw wire.refusal(.propertyBadType, value: UInt64(type))
            }
            return true
        }
        self = value
    }

    private static func address(
        _ name: StaticString, _ value: inout IPv6Address?,
        _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var raw = value?.rawValue
        try wire.words(name, &raw)
        value = raw.map { IPv6Address(rawValue: $0) }
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A number of 128 bits that is there, after four bytes of padding.
    fileprivate mutating func wide(_ name: StaticString, _ value: inout UInt128?) throws(WireError) {
        try self.reserved(4)
        try self.words(name, &value)
    }

    /// A number of 128 bits that is there.
    fileprivate mutating func words(_ name: StaticString, _ value: inout UInt128?) throws(WireError) {
        var high = UInt64(truncatingIfNeeded: (value ?? 0) >> 64)
        var low = UInt64(truncatingIfNeeded: value ?? 0)
        try self.field(name, &high)
        try self.field(name, &low)
        value = UInt128(high) << 64 | UInt128(low)
    }
}
