/// SET_CONFIG and GET_CONFIG_REPLY (1.0 §5.3.2 · 1.3 §7.3.2 · 1.5 §7.3.2).
public struct SwitchConfig: Hashable, Sendable {
    /// How IP fragments are treated, and (1.1, 1.2) invalid times to live.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt16
        /// Makes flags from their bits.
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// Fragments are dropped.
        public static let dropFragments = Flags(rawValue: 1)
        /// Fragments are reassembled.
        public static let reassembleFragments = Flags(rawValue: 2)
        /// Nicira: fragments are matched with their own ports where they have them (value 3).
        public static let niciraMatchFragments = Flags(rawValue: 3)
        /// The bits that say how fragments are treated.
        public static let fragmentMask = Flags(rawValue: 3)
        /// Packets with an invalid time to live go to the controller (1.1 and 1.2).
        public static let invalidTTLToController = Flags(rawValue: 4)
    }
    /// How fragments are treated.
    public var flags: Flags = []
    /// The most bytes of a packet sent to the controller on a table miss; 0xffff for all.
    public var missSendLength: UInt16 = 128

    /// Makes a value; every property has a default.
    public init(flags: Flags = [], missSendLength: UInt16 = 128) {
        self.flags = flags
        self.missSendLength = missSendLength
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension SwitchConfig: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("flags", &self.flags)
        try wire.field("missSendLength", &self.missSendLength)
    }
}
