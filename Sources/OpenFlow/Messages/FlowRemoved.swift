/// Why a flow went.
public enum FlowRemovedReason: UInt8, CaseIterable, Hashable, Sendable {
    /// No packet for the idle timeout.
    case idleTimeout = 0
    /// The hard timeout passed.
    case hardTimeout = 1
    /// A FLOW_MOD deleted it.
    case delete = 2
    /// Its group was deleted (1.1 and later).
    case groupDelete = 3
    /// Its meter was deleted (1.4 and later; earlier written as ``delete``).
    case meterDelete = 4
    /// It was evicted (1.4 and later; earlier written as ``delete``).
    case eviction = 5
}

/// FLOW_REMOVED (1.0 §5.4.3 · 1.1 §A.4.2 · 1.3 §7.4.2 · 1.5 §7.4.2).
public struct FlowRemoved: Hashable, Sendable {
    /// The flow's cookie.
    public var cookie: Cookie = .none
    /// The flow's priority.
    public var priority: UInt16 = 0
    /// Why it went.
    public var reason: FlowRemovedReason = .idleTimeout
    /// The table it was in (1.1 and later).
    public var tableID: TableID = TableID(rawValue: 0)
    /// The flow's age: whole seconds; all ones if not told (1.5).
    public var durationSeconds: UInt32 = 0
    /// The flow's age: nanoseconds beyond the seconds.
    public var durationNanoseconds: UInt32 = 0
    /// The idle timeout in seconds.
    public var idleTimeoutSeconds: UInt16 = 0
    /// The hard timeout in seconds (1.2 and later).
    public var hardTimeoutSeconds: UInt16 = 0
    /// Packets that the flow matched; all ones if unknown.
    public var packetCount: UInt64 = 0
    /// Bytes of these packets; all ones if unknown.
    public var byteCount: UInt64 = 0
    /// Which packets it matched.
    public var match: Match = .any
    /// Whole seconds since the last packet, if told (1.5).
    public var idleSeconds: UInt32? = nil
    /// Nanoseconds beyond ``idleSeconds``; written only beside them.
    public var idleNanoseconds: UInt32? = nil
    /// How many flows, if told (1.5).
    public var flowCount: UInt32? = nil
    /// Counters that this module does not know (1.5).
    public var otherStatistics: [ExtensibleStatistics.Unknown] = []

    /// Makes a value; every property has a default.
    public init(
        cookie: Cookie = .none, priority: UInt16 = 0, reason: FlowRemovedReason = .idleTimeout,
        tableID: TableID = TableID(rawValue: 0), durationSeconds: UInt32 = 0,
        durationNanoseconds: UInt32 = 0, idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0,
        packetCount: UInt64 = 0, byteCount: UInt64 = 0, match: Match = .any
    ) {
        self.cookie = cookie
        self.priority = priority
        self.reason = reason
        self.tableID = tableID
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.packetCount = packetCount
        self.byteCount = byteCount
        self.match = match
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowRemovedReason {
    /// The reason that an older version gives instead.
    func lowered(to version: OpenFlowVersion) -> FlowRemovedReason {
        switch self {
        case .idleTimeout, .hardTimeout, .delete: self
        case .groupDelete: version >= .v1_1 ? self : .delete
        case .meterDelete, .eviction: version >= .v1_4 ? self : .delete
        }
    }
}

extension FlowRemoved: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if !wire.isReading { self.reason = self.reason.lowered(to: wire.version) }
        if wire.version >= .v1_5 { return try self.describe15(to: &wire) }
        if wire.version == .v1_0 { try wire.match(&self.match) }
        try wire.field("cookie", &self.cookie)
        try wire.field("priority", &self.priority)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        if wire.version == .v1_0 {
            try wire.reserved(1)
        } else {
            try wire.field("tableID", &self.tableID)
        }
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        if wire.version >= .v1_2 {
            try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        } else {
            try wire.reserved(2)
        }
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
        if wire.version != .v1_0 { try wire.match(&self.match) }
    }

    /// 1.5: the counters are an extensible list.
    private mutating func describe15(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.field("priority", &self.priority)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.field("cookie", &self.cookie)
        try wire.match(&self.match)
        var statistics = ExtensibleStatistics(
            durationSeconds: self.durationSeconds == .max ? nil : self.durationSeconds,
            durationNanoseconds: self.durationNanoseconds, idleSeconds: self.idleSeconds, flowCount: self.flowCount,
            packetCount: self.packetCount == .max ? nil : self.packetCount,
            byteCount: self.byteCount == .max ? nil : self.byteCount)
        (statistics.idleNanoseconds, statistics.others) = (self.idleNanoseconds, self.otherStatistics)
        try statistics.describe(to: &wire)
        self.durationSeconds = statistics.durationSeconds ?? .max
        self.durationNanoseconds = statistics.durationNanoseconds ?? 0
        (self.idleSeconds, self.idleNanoseconds) = (statistics.idleSeconds, statistics.idleNanoseconds)
        (self.flowCount, self.otherStatistics) = (statistics.flowCount, statistics.others)
        self.packetCount = statistics.packetCount ?? .max
        self.byteCount = statistics.byteCount ?? .max
    }
}
