/// When a flow's counters are reported without being asked for (1.5 §7.2.5.7, STAT_TRIGGER).
public struct StatisticsTrigger: Hashable, Sendable {
    /// How often.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt32
        /// Makes a set from its number.
        @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// At every multiple of a threshold.
        public static let periodic = Flags(rawValue: 1)
        /// Once the first threshold is crossed, and never again.
        public static let onlyFirst = Flags(rawValue: 2)
    }

    /// How often.
    public var flags: Flags = []
    /// Threshold of the flow's age: whole seconds; nil for none.
    public var durationSeconds: UInt32?
    /// What the age's threshold has beyond whole seconds, in nanoseconds.
    public var durationNanoseconds: UInt32?
    /// Threshold of the seconds without packets; nil for none.
    public var idleSeconds: UInt32?
    /// Threshold of the number of flows; nil for none.
    public var flowCount: UInt32?
    /// Threshold of the packets; nil for none.
    public var packetCount: UInt64?
    /// Threshold of the bytes; nil for none.
    public var byteCount: UInt64?

    /// Makes a trigger without thresholds.
    public init() {}
}
