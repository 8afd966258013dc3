/// Why the counters of a flow are told (1.5 §7.3.5.3).
public enum FlowCountersReason: UInt8, CaseIterable, Hashable, Sendable {
    /// They were asked for.
    case request = 0
    /// They crossed a threshold of the flow's STAT_TRIGGER instruction.
    case trigger = 1
}

/// One flow in a FLOW_STATS reply of 1.5 (§7.3.5.3): which flow, and its counters, without what it does.
///
/// A trigger sends such a reply unasked, with transaction 0.
public struct FlowCounters: Hashable, Sendable {
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// Why the counters are told.
    public var reason: FlowCountersReason = .request
    /// The priority.
    public var priority: UInt16 = 0
    /// Which packets.
    public var match: Match = .any
    /// The counters.
    public var statistics: ExtensibleStatistics = ExtensibleStatistics()

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = TableID(rawValue: 0), reason: FlowCountersReason = .request, priority: UInt16 = 0,
        match: Match = .any, statistics: ExtensibleStatistics = ExtensibleStatistics()
    ) {
        self.tableID = tableID
        self.reason = reason
        self.priority = priority
        self.match = match
        self.statistics = statistics
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowCounters: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(2)
        try wire.field("tableID", &self.tableID)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.field("priority", &self.priority)
        try wire.match(&self.match)
        try self.statistics.describe(to: &wire)
        try wire.end(frame, padding: .none)
    }
}
