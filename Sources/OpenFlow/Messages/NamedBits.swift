// Numbers with a meaning in fields that are kept as they come.

extension SwitchConfig {
    /// The greatest number of bytes that packets to a controller may be cut to (1.1 and later, OFPCML_MAX).
    public static let missSendLengthMaximum: UInt16 = 0xffe5
    /// Packets to a controller go whole, without a buffer (1.2 and later, OFPCML_NO_BUFFER).
    public static let missSendLengthWhole: UInt16 = 0xffff
}

extension TableFeatures {
    /// Bits of ``features`` (1.5 §7.3.5.18.1).
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes flags from their bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The table can be an ingress table.
        public static let ingressTable = Flags(rawValue: 1 << 0)
        /// The table can be an egress table.
        public static let egressTable = Flags(rawValue: 1 << 1)
        /// The table is the first egress table.
        public static let firstEgress = Flags(rawValue: 1 << 4)
    }
}

extension MeterFeatures {
    /// Bits of ``features`` (1.5 §7.3.5.14).
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes flags from their bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Action sets may have meters.
        public static let actionSet = Flags(rawValue: 1 << 0)
        /// Meters may stand anywhere in a list of actions.
        public static let anyPosition = Flags(rawValue: 1 << 1)
        /// A list of actions may have several meters.
        public static let multipleInList = Flags(rawValue: 1 << 2)
    }
}

extension GroupFeatures {
    /// Bits of ``capabilities`` (1.2 §A.3.5.9 · 1.3 §7.3.5.11).
    @frozen public struct Capabilities: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes capabilities from their bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Weights of select groups count.
        public static let selectWeight = Capabilities(rawValue: 1 << 0)
        /// Select groups pass over buckets that are not live.
        public static let selectLiveness = Capabilities(rawValue: 1 << 1)
        /// Groups may name groups.
        public static let chaining = Capabilities(rawValue: 1 << 2)
        /// Loops of groups are refused.
        public static let chainingChecks = Capabilities(rawValue: 1 << 3)
    }
}

extension TableConfiguration {
    /// The bit of ``bits`` that has flows evicted when the table is full (1.4 and later).
    public static let eviction: UInt32 = 1 << 2
    /// The bit of ``bits`` that has vacancy events sent (1.4 and later).
    public static let vacancyEvents: UInt32 = 1 << 3
    /// The bit of ``evictionFlags`` for reasons of the switch's own.
    public static let evictionByOther: UInt32 = 1 << 0
    /// The bit of ``evictionFlags`` for flows of the least importance.
    public static let evictionByImportance: UInt32 = 1 << 1
    /// The bit of ``evictionFlags`` for flows that would end soonest.
    public static let evictionByLifetime: UInt32 = 1 << 2
}

extension QueueDescription {
    /// A rate that is not configured (OFPQ_MIN_RATE_UNCFG); every rate beyond 1000 is none.
    public static let unconfiguredRate: UInt16 = 0xffff
}
