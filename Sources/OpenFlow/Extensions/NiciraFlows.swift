/// FLOW_MOD in Nicira's form (subtype 13, 1.0), which has fields that the match of 1.0 lacks.
public struct NiciraFlowMod: Hashable, Sendable {
    /// The flow; cookie and mask say what is selected, except for an add, whose cookie is the flow's.
    public var flowMod: FlowMod = FlowMod()
    /// The cookie that a modify gives to what it selects; nil to leave it alone, and for an add.
    public var newCookie: Cookie? = nil

    /// Makes a value; every property has a default.
    public init(flowMod: FlowMod = FlowMod(), newCookie: Cookie? = nil) {
        self.flowMod = flowMod
        self.newCookie = newCookie
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// A flow in Nicira's reply (subtype 0, 1.0), which also tells for how long it has been idle and unchanged.
public struct NiciraFlowStatistics: Hashable, Sendable {
    /// The flow.
    public var entry: FlowStatisticsEntry = FlowStatisticsEntry()
    /// Seconds since the last packet, if known.
    public var idleAgeSeconds: UInt16? = nil
    /// Seconds since the last change, if known.
    public var hardAgeSeconds: UInt16? = nil

    /// Makes a value; every property has a default.
    public init(
        entry: FlowStatisticsEntry = FlowStatisticsEntry(), idleAgeSeconds: UInt16? = nil,
        hardAgeSeconds: UInt16? = nil
    ) {
        self.entry = entry
        self.idleAgeSeconds = idleAgeSeconds
        self.hardAgeSeconds = hardAgeSeconds
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension NiciraFlowMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var cookie = self.flowMod.command == .add ? self.flowMod.cookie : self.newCookie ?? .unset
        try wire.field("cookie", &cookie)
        if wire.hasFlowModTableID {
            try wire.field("tableID", &self.flowMod.tableID)
        } else {
            try wire.reserved(1)
        }
        try wire.code("command", &self.flowMod.command, absent: .flowModBadCommand)
        try wire.field("idleTimeoutSeconds", &self.flowMod.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.flowMod.hardTimeoutSeconds)
        try wire.field("priority", &self.flowMod.priority)
        try wire.field("bufferID", &self.flowMod.bufferID)
        try wire.narrow("outPort", &self.flowMod.outPort)
        try wire.field("flags", &self.flowMod.flags)
        guard !wire.isReading || self.flowMod.flags.subtracting(FlowMod.Flags.known(in: wire.version)).isEmpty else {
            throw wire.refusal(.flowModBadFlags, value: UInt64(self.flowMod.flags.rawValue))
        }
        let announced = try wire.announce()
        try wire.reserved(6)
        let frame = try wire.open(announced, .match)
        var selected = (cookie: self.flowMod.cookie, mask: self.flowMod.cookieMask)
        if self.flowMod.command == .add { selected.mask = 0 }
        try wire.selection(&self.flowMod.match, cookie: &selected.cookie, mask: &selected.mask)
        // An add gives a cookie, it selects by none.
        guard !wire.isReading || self.flowMod.command != .add || selected.mask == 0 else {
            throw wire.refusal(.requestNiciraNXMInvalid, value: selected.mask)
        }
        try wire.end(frame, padding: .uncounted)
        try wire.instructions(&self.flowMod.instructions)
        if wire.isReading { self.raise(cookie: cookie, selected: selected, hasTable: wire.hasFlowModTableID) }
    }

    /// Sorts out what was read: which cookie is which, the table, and what 1.0 means by a modify.
    private mutating func raise(cookie: Cookie, selected: (cookie: Cookie, mask: UInt64), hasTable: Bool) {
        let isAdd = self.flowMod.command == .add
        self.newCookie = isAdd || cookie == .unset ? nil : cookie
        self.flowMod.cookie = isAdd ? cookie : selected.cookie
        self.flowMod.cookieMask = isAdd ? 0 : selected.mask
        if !hasTable { self.flowMod.tableID = isAdd ? TableID(rawValue: 0) : .all }
        self.flowMod.semantics = .addResetsCounts
        if self.flowMod.cookieMask == 0, let newCookie = self.newCookie {
            self.flowMod.cookie = newCookie
            self.flowMod.semantics.formUnion([.modifyAddsMissing, .modifySetsCookie])
        }
    }
}

/// FLOW_REMOVED in Nicira's form (subtype 14, 1.0).
struct NiciraFlowRemoved: WireStructure {
    var flow = FlowRemoved()

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if !wire.isReading { self.flow.reason = self.flow.reason.lowered(to: wire.version) }
        try wire.field("cookie", &self.flow.cookie)
        try wire.field("priority", &self.flow.priority)
        try wire.code("reason", &self.flow.reason, absent: .requestNiciraBadReason)
        // One more than the table's number; 0 where the sender does not say.
        var table = self.flow.tableID.rawValue &+ 1
        try wire.field("table", &table)
        self.flow.tableID = TableID(rawValue: table &- 1)
        try wire.field("durationSeconds", &self.flow.durationSeconds)
        try wire.field("durationNanoseconds", &self.flow.durationNanoseconds)
        try wire.field("idleTimeoutSeconds", &self.flow.idleTimeoutSeconds)
        let announced = try wire.announce()
        try wire.field("packetCount", &self.flow.packetCount)
        try wire.field("byteCount", &self.flow.byteCount)
        let frame = try wire.open(announced, .match)
        try wire.entries(&self.flow.match, names: .nicira)
        try wire.end(frame, padding: .uncounted)
    }
}

/// The request for flows or their sums in Nicira's form (subtypes 0 and 1, 1.0).
struct NiciraFlowRequest: WireStructure {
    var request = FlowStatisticsRequest()

    init() {}
    init(_ request: FlowStatisticsRequest) { self.request = request }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.narrow("outPort", &self.request.outPort)
        let announced = try wire.announce()
        try wire.field("tableID", &self.request.tableID)
        try wire.reserved(3)
        let frame = try wire.open(announced, .match)
        try wire.selection(
            &self.request.match, cookie: &self.request.cookie, mask: &self.request.cookieMask)
        try wire.end(frame, padding: .uncounted)
    }
}

extension NiciraFlowStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.field("tableID", &self.entry.tableID)
        try wire.reserved(1)
        try wire.field("durationSeconds", &self.entry.durationSeconds)
        try wire.field("durationNanoseconds", &self.entry.durationNanoseconds)
        try wire.field("priority", &self.entry.priority)
        try wire.field("idleTimeoutSeconds", &self.entry.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.entry.hardTimeoutSeconds)
        let announced = try wire.announce()
        try wire.age("idleAge", &self.idleAgeSeconds)
        try wire.age("hardAge", &self.hardAgeSeconds)
        try wire.field("cookie", &self.entry.cookie)
        try wire.field("packetCount", &self.entry.packetCount)
        try wire.field("byteCount", &self.entry.byteCount)
        let match = try wire.open(announced, .match)
        try wire.entries(&self.entry.match, names: .nicira)
        try wire.end(match, padding: .uncounted)
        try wire.instructions(&self.entry.instructions)
        try wire.end(frame, padding: .none)
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// An age in seconds, one more on the wire so that zero means unknown.
    fileprivate mutating func age(_ name: StaticString, _ value: inout UInt16?) throws(WireError) {
        var raw = value.map { $0 == .max ? $0 : $0 + 1 } ?? 0
        try self.field(name, &raw)
        value = raw == 0 ? nil : raw - 1
    }
}
