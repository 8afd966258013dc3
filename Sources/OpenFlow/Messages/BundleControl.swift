/// How a bundle is applied (1.4 §7.3.9.3 · 1.5 §7.3.9.3); every message of a bundle repeats its flags.
@frozen public struct BundleFlags: OptionSet, Hashable, Sendable {
    /// The bits on the wire.
    public var rawValue: UInt16
    /// Makes flags from their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// All or nothing, also for packets.
    public static let atomic = BundleFlags(rawValue: 1)
    /// Messages are applied in the order they came.
    public static let ordered = BundleFlags(rawValue: 2)
    /// The commit carries the time at which it is to happen (1.5; a time property is then there).
    public static let timed = BundleFlags(rawValue: 4)

    /// The flags that a version has.
    public static func known(in version: OpenFlowVersion) -> BundleFlags {
        version >= .v1_5 ? BundleFlags(rawValue: 7) : BundleFlags(rawValue: 3)
    }
}

/// BUNDLE_CONTROL (1.4 §7.3.9.1 · 1.5 §7.3.9.1; ONF's experimenter type 2300 in 1.3): opens, closes, commits or
/// discards a bundle, and answers that it did.
public struct BundleControl: Hashable, Sendable {
    /// What to do, or what was done.
    public enum Kind: UInt16, CaseIterable, Hashable, Sendable {
        /// Opens a bundle.
        case openRequest = 0
        /// The bundle is open.
        case openReply = 1
        /// Closes a bundle: nothing may be added any more.
        case closeRequest = 2
        /// The bundle is closed.
        case closeReply = 3
        /// Applies a bundle.
        case commitRequest = 4
        /// The bundle is applied.
        case commitReply = 5
        /// Forgets a bundle.
        case discardRequest = 6
        /// The bundle is forgotten.
        case discardReply = 7

        /// The answer to a request; nil for an answer.
        public var reply: Kind? { self.rawValue & 1 == 0 ? Kind(rawValue: self.rawValue + 1) : nil }
    }
    /// The bundle.
    public var bundleID: BundleID = BundleID(rawValue: 0)
    /// What to do, or what was done.
    public var kind: Kind = .openRequest
    /// How the bundle is applied.
    public var flags: BundleFlags = []
    /// When to apply it (1.5), if said.
    public var time: OpenFlowTime? = nil
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        bundleID: BundleID = BundleID(rawValue: 0), kind: Kind = .openRequest, flags: BundleFlags = [],
        time: OpenFlowTime? = nil, properties: [Property] = []
    ) {
        self.bundleID = bundleID
        self.kind = kind
        self.flags = flags
        self.time = time
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// BUNDLE_ADD_MESSAGE (1.4 §7.3.9.2 · 1.5 §7.3.9.2; ONF's experimenter type 2301 in 1.3): a request to keep until the
/// bundle is committed.
///
/// The message within has the transaction of the message around it; one that has another is refused
/// (BUNDLE_FAILED, MSG_BAD_XID), as is one of another version, of a length that does not fit, or of a kind that can be
/// no part of a bundle. What its own body has wrong is refused with that error.
public struct BundleAdd: Hashable, Sendable {
    /// The bundle.
    public var bundleID: BundleID = BundleID(rawValue: 0)
    /// How the bundle is applied.
    public var flags: BundleFlags = []
    /// The message to keep.
    public var message: Message = .barrierRequest
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        bundleID: BundleID = BundleID(rawValue: 0), flags: BundleFlags = [], message: Message = .barrierRequest,
        properties: [Property] = []
    ) {
        self.bundleID = bundleID
        self.flags = flags
        self.message = message
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension BundleFlags: WireScalar {}

extension BundleControl: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bundleID", &self.bundleID)
        try wire.code("type", &self.kind, absent: .bundleBadType)
        try wire.bundleFlags(&self.flags)
        let present: [UInt16] = self.time == nil ? [] : [1]
        var time = self.time
        guard wire.isReading || time == nil || wire.version >= .v1_5 else { throw .inexpressible(.code(1)) }
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            guard type == 1, wire.version >= .v1_5 else { return try wire.keepsExperimenters(type) }
            var value = time ?? OpenFlowTime()
            try wire.reserved(4)
            try value.describe(to: &wire)
            time = value
            return true
        }
        self.time = time
    }
}

extension BundleAdd: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bundleID", &self.bundleID)
        try wire.reserved(2)
        try wire.bundleFlags(&self.flags)
        var transactionID: TransactionID?
        let start = wire.offset
        try wire.message(&self.message, &transactionID, within: .bundle)
        // Properties begin at a multiple of eight bytes; without any there is no padding either.
        if wire.isReading ? wire.remaining > 0 : !self.properties.isEmpty {
            try wire.reserved((8 - (wire.offset - start) % 8) % 8)
        }
        try wire.properties(present: [], others: &self.properties) { (wire, type) throws(WireError) in
            try wire.keepsExperimenters(type)
        }
    }
}

extension BundleAdd {
    /// Reads an addition of a flow_mod without properties, if the flow_mod is one that can be read the quick way.
    ///
    /// - Parameters:
    ///   - bytes: a whole message of that version, of any type.
    ///   - cache: see ``MessageCodec/decode(_:version:options:cache:)``.
    static func readOrdinary(
        _ bytes: UnsafeRawBufferPointer, version: OpenFlowVersion, cache: @autoclosure () -> DecodingCache
    ) -> Message? {
        func number(at offset: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        // Identifier, two bytes of nothing, flags, the message; in 1.3 behind an experimenter's header.
        let start = version >= .v1_4 ? MessageHeader.byteCount : MessageHeader.byteCount + 8
        let inner = start + 8
        guard version >= .v1_3, bytes.count >= inner + MessageHeader.byteCount else { return nil }
        if version >= .v1_4 {
            guard bytes[1] == 34 else { return nil }
        } else {
            guard bytes[1] == 4, number(at: 8) == 0x4f4e_4600, number(at: 12) == 2301 else { return nil }
        }
        let flags = BundleFlags(rawValue: UInt16(truncatingIfNeeded: number(at: start + 4)))
        let flowMod = UnsafeRawBufferPointer(rebasing: bytes[inner...])
        guard flags.subtracting(.known(in: version)).isEmpty, flowMod[0] == version.rawValue, flowMod[1] == 14,
            Int(flowMod[2]) << 8 | Int(flowMod[3]) == flowMod.count, number(at: 4) == number(at: inner + 4),
            let message = FlowMod.readOrdinary(flowMod, version: version, cache: cache())
        else { return nil }
        return .bundleAdd(
            BundleAdd(bundleID: BundleID(rawValue: number(at: start)), flags: flags, message: .flowMod(message)))
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// The flags of a bundle, of which none may be unknown.
    fileprivate mutating func bundleFlags(_ value: inout BundleFlags) throws(WireError) {
        try self.field("flags", &value)
        guard !self.isReading || value.subtracting(.known(in: self.version)).isEmpty else {
            throw self.refusal(.bundleBadFlags, value: UInt64(value.rawValue), field: "flags")
        }
    }

    /// Says of a property that only an experimenter's is kept as it is; any other type is refused.
    ///
    /// - Returns: false, for ``properties(present:others:known:)``.
    func keepsExperimenters(_ type: UInt16) throws(WireError) -> Bool {
        guard type == 0xffff else { throw self.refusal(.propertyBadType, value: UInt64(type), field: "type") }
        return false
    }
}
