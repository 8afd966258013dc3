/// Which flows a FLOW or AGGREGATE request asks for (1.0 §5.3.5 · 1.3 §7.3.5.2).
public struct FlowStatisticsRequest: Hashable, Sendable {
    /// The table, or all.
    public var tableID: TableID = .all
    /// Only flows that output here; ``PortNumber/any`` for no restriction.
    public var outPort: PortNumber = .any
    /// Only flows that use this group; ``GroupID/any`` for no restriction (1.1 and later).
    public var outGroup: GroupID = .any
    /// Only flows whose cookie agrees with this one where the mask has ones (1.1 and later).
    public var cookie: Cookie = .none
    /// Which bits of the cookie count; zero for no restriction.
    public var cookieMask: UInt64 = 0
    /// Only flows that this match covers.
    public var match: Match = .any

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = .all, outPort: PortNumber = .any, outGroup: GroupID = .any,
        cookie: Cookie = .none, cookieMask: UInt64 = 0, match: Match = .any
    ) {
        self.tableID = tableID
        self.outPort = outPort
        self.outGroup = outGroup
        self.cookie = cookie
        self.cookieMask = cookieMask
        self.match = match
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// One flow in a FLOW reply (1.0 §5.3.5 · 1.1–1.4 §7.3.5.2 · 1.5 §7.3.5.2, flow description).
///
/// 1.3 added the flags, 1.4 the importance; 1.5 carries the counters as an extensible list.
public struct FlowStatisticsEntry: Hashable, Sendable {
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// The age: whole seconds.
    public var durationSeconds: UInt32 = 0
    /// The age: nanoseconds beyond the seconds.
    public var durationNanoseconds: UInt32 = 0
    /// The priority.
    public var priority: UInt16 = 0
    /// The idle timeout in seconds.
    public var idleTimeoutSeconds: UInt16 = 0
    /// The hard timeout in seconds.
    public var hardTimeoutSeconds: UInt16 = 0
    /// The flags (1.3 and later).
    public var flags: FlowMod.Flags = []
    /// The importance (1.4 and later).
    public var importance: UInt16 = 0
    /// The cookie.
    public var cookie: Cookie = .none
    /// Packets matched; all ones if unknown.
    public var packetCount: UInt64 = 0
    /// Bytes matched; all ones if unknown.
    public var byteCount: UInt64 = 0
    /// Seconds since the last packet (1.5), if known.
    public var idleSeconds: UInt32? = nil
    /// Which packets.
    public var match: Match = .any
    /// What happens to them.
    public var instructions: [Instruction] = []

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = TableID(rawValue: 0), durationSeconds: UInt32 = 0,
        durationNanoseconds: UInt32 = 0, priority: UInt16 = 0, idleTimeoutSeconds: UInt16 = 0,
        hardTimeoutSeconds: UInt16 = 0, flags: FlowMod.Flags = [], importance: UInt16 = 0,
        cookie: Cookie = .none, packetCount: UInt64 = 0, byteCount: UInt64 = 0, idleSeconds: UInt32? = nil,
        match: Match = .any, instructions: [Instruction] = []
    ) {
        self.tableID = tableID
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.priority = priority
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.flags = flags
        self.importance = importance
        self.cookie = cookie
        self.packetCount = packetCount
        self.byteCount = byteCount
        self.idleSeconds = idleSeconds
        self.match = match
        self.instructions = instructions
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// The sums in an AGGREGATE reply (1.0 §5.3.5 · 1.3 §7.3.5.3 · 1.5 §7.3.5.4).
public struct AggregateStatistics: Hashable, Sendable {
    /// Packets matched.
    public var packetCount: UInt64 = 0
    /// Bytes matched.
    public var byteCount: UInt64 = 0
    /// How many flows.
    public var flowCount: UInt32 = 0

    /// Makes a value; every property has a default.
    public init(packetCount: UInt64 = 0, byteCount: UInt64 = 0, flowCount: UInt32 = 0) {
        self.packetCount = packetCount
        self.byteCount = byteCount
        self.flowCount = flowCount
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowStatisticsRequest: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.version.hasInstructions else {
            try wire.match(&self.match)
            try wire.field("tableID", &self.tableID)
            try wire.reserved(1)
            return try wire.field("outPort", &self.outPort)
        }
        try wire.field("tableID", &self.tableID)
        try wire.reserved(3)
        try wire.field("outPort", &self.outPort)
        try wire.field("outGroup", &self.outGroup)
        try wire.reserved(4)
        try wire.field("cookie", &self.cookie)
        try wire.field("cookieMask", &self.cookieMask)
        try wire.match(&self.match)
    }
}

extension FlowStatisticsEntry: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        switch wire.version {
        case .v1_0: try self.describe10(to: &wire)
        case .v1_5: try self.describe15(to: &wire)
        default: try self.describe11(to: &wire)
        }
        try wire.instructions(&self.instructions)
        try wire.end(frame, padding: .none)
    }

    private mutating func describe10(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        try wire.reserved(1)
        try wire.match(&self.match)
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
        try wire.field("priority", &self.priority)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.reserved(6)
        try wire.field("cookie", &self.cookie)
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
    }

    /// 1.1 to 1.4: the same size, with ever more of the padding put to use.
    private mutating func describe11(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        try wire.reserved(1)
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
        try wire.field("priority", &self.priority)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        if wire.version >= .v1_3 {
            try wire.field("flags", &self.flags)
        } else {
            try wire.reserved(2)
        }
        if wire.version >= .v1_4 {
            try wire.field("importance", &self.importance)
        } else {
            try wire.reserved(2)
        }
        try wire.reserved(2)
        try wire.field("cookie", &self.cookie)
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
        try wire.match(&self.match)
    }

    /// 1.5: a flow description, with the counters as an extensible list.
    private mutating func describe15(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.reserved(2)
        try wire.field("tableID", &self.tableID)
        try wire.reserved(1)
        try wire.field("priority", &self.priority)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.field("flags", &self.flags)
        try wire.field("importance", &self.importance)
        try wire.field("cookie", &self.cookie)
        try wire.match(&self.match)
        var statistics = ExtensibleStatistics(
            durationSeconds: self.durationSeconds, durationNanoseconds: self.durationNanoseconds,
            idleSeconds: self.idleSeconds, packetCount: self.packetCount, byteCount: self.byteCount)
        try statistics.describe(to: &wire)
        self.durationSeconds = statistics.durationSeconds ?? 0
        self.durationNanoseconds = statistics.durationNanoseconds ?? 0
        self.idleSeconds = statistics.idleSeconds
        self.packetCount = statistics.packetCount ?? .max
        self.byteCount = statistics.byteCount ?? .max
    }
}

extension AggregateStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.version.hasExtensibleStatistics else {
            try wire.field("packetCount", &self.packetCount)
            try wire.field("byteCount", &self.byteCount)
            try wire.field("flowCount", &self.flowCount)
            return try wire.reserved(4)
        }
        var statistics = ExtensibleStatistics(
            flowCount: self.flowCount, packetCount: self.packetCount, byteCount: self.byteCount)
        try statistics.describe(to: &wire)
        self.flowCount = statistics.flowCount ?? 0
        self.packetCount = statistics.packetCount ?? .max
        self.byteCount = statistics.byteCount ?? .max
    }
}
