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
    /// The thresholds: whichever is crossed first; what is nil is no threshold.
    public var thresholds = ExtensibleStatistics()

    /// Makes a trigger without thresholds.
    public init() {}
}

extension StatisticsTrigger {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.remaining >= 12 || !wire.isReading else { throw wire.refusal(.instructionBadLength) }
        var flags = self.flags.rawValue
        try wire.field("flags", &flags)
        self.flags = Flags(rawValue: flags)
        try self.thresholds.describe(to: &wire)
    }
}
