/// FLOW_MOD (1.0 §5.3.3 · 1.1 §A.3.4.1 · 1.3 §7.3.4.1 · 1.5 §7.3.4.2).
///
/// 1.1 added tables, cookie masks, groups and instructions; 1.4 the importance.
public struct FlowMod: Hashable, Sendable {
    /// What to do.
    public enum Command: UInt8, CaseIterable, Hashable, Sendable {
        /// Adds a flow, replacing one of equal match and priority.
        case add = 0
        /// Changes the instructions of all flows that the match covers.
        case modify = 1
        /// Changes the instructions of the flow of equal match and priority.
        case modifyStrict = 2
        /// Deletes all flows that the match covers.
        case delete = 3
        /// Deletes the flow of equal match and priority.
        case deleteStrict = 4
    }
    /// Flags of a flow.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits of 1.3 and later.
        public var rawValue: UInt16
        /// Makes flags from their bits.
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// A FLOW_REMOVED is sent when the flow goes.
        public static let sendFlowRemoved = Flags(rawValue: 1)
        /// An add is refused where the flow overlaps another of its priority.
        public static let checkOverlap = Flags(rawValue: 2)
        /// Counters are set to zero (1.2 and later).
        public static let resetCounts = Flags(rawValue: 4)
        /// Packets need not be counted (1.3 and later).
        public static let noPacketCounts = Flags(rawValue: 8)
        /// Bytes need not be counted (1.3 and later).
        public static let noByteCounts = Flags(rawValue: 16)
    }
    /// What the sender's version means by a command where versions differ; not on the wire but implied by
    /// the version.
    @frozen public struct Semantics: OptionSet, Hashable, Sendable {
        /// The bits.
        public var rawValue: UInt8
        /// Makes a set from its bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A modify that finds no flow adds one (1.0; 1.1 where the cookie mask is zero).
        public static let modifyAddsMissing = Semantics(rawValue: 1)
        /// A modify sets the cookie (1.0).
        public static let modifySetsCookie = Semantics(rawValue: 2)
        /// An add that replaces a flow clears its counters (1.0 and 1.1).
        public static let addResetsCounts = Semantics(rawValue: 4)
    }
    /// The cookie to give; with the mask, which flows to modify or delete.
    public var cookie: Cookie = .none
    /// The bits of the cookie that select flows to modify or delete; zero for no restriction.
    public var cookieMask: UInt64 = 0
    /// The table.
    ///
    /// 1.0 has none: an add is raised to table 0, other commands to ``TableID/all``.
    public var tableID: TableID = TableID(rawValue: 0)
    /// What to do.
    public var command: Command = .add
    /// Seconds without a packet after which the flow goes; 0 for never.
    public var idleTimeoutSeconds: UInt16 = 0
    /// Seconds after which the flow goes; 0 for never.
    public var hardTimeoutSeconds: UInt16 = 0
    /// The priority; the greatest that matches wins.
    ///
    /// A 1.0 match without wildcards is raised to 65535.
    public var priority: UInt16 = 0x8000
    /// A buffered packet to run through the flow, or ``BufferID/none``.
    public var bufferID: BufferID = .none
    /// Deletes only flows that output here; ``PortNumber/any`` for no restriction.
    public var outPort: PortNumber = .any
    /// Deletes only flows that use this group; ``GroupID/any`` for no restriction (1.1 and later).
    public var outGroup: GroupID = .any
    /// Flags.
    public var flags: Flags = []
    /// What the sender's version implies.
    public var semantics: Semantics = []
    /// Rank in eviction, greater stays longer (1.4 and later).
    public var importance: UInt16 = 0
    /// Which packets.
    public var match: Match = .any
    /// What happens to them.
    public var instructions: [Instruction] = []

    /// Makes a value; every property has a default.
    public init(
        cookie: Cookie = .none, cookieMask: UInt64 = 0, tableID: TableID = TableID(rawValue: 0),
        command: Command = .add, idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0,
        priority: UInt16 = 0x8000, bufferID: BufferID = .none, outPort: PortNumber = .any,
        outGroup: GroupID = .any, flags: Flags = [], semantics: Semantics = [], importance: UInt16 = 0,
        match: Match = .any, instructions: [Instruction] = []
    ) {
        self.cookie = cookie
        self.cookieMask = cookieMask
        self.tableID = tableID
        self.command = command
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.priority = priority
        self.bufferID = bufferID
        self.outPort = outPort
        self.outGroup = outGroup
        self.flags = flags
        self.semantics = semantics
        self.importance = importance
        self.match = match
        self.instructions = instructions
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if wire.version == .v1_0 { return try self.describe10(to: &wire) }
        try wire.field("cookie", &self.cookie)
        try wire.field("cookieMask", &self.cookieMask)
        try wire.field("tableID", &self.tableID)
        try wire.code("command", &self.command, absent: .flowModBadCommand)
        try self.describeTimeouts(to: &wire)
        try wire.field("outPort", &self.outPort)
        try wire.field("outGroup", &self.outGroup)
        try self.describeFlags(to: &wire)
        if wire.version >= .v1_4 {
            try wire.field("importance", &self.importance)
        } else {
            try wire.reserved(2)
        }
        try wire.match(&self.match)
        try wire.instructions(&self.instructions)
        if wire.isReading, wire.version == .v1_1 {
            self.semantics = self.cookieMask == 0 ? [.addResetsCounts, .modifyAddsMissing] : .addResetsCounts
        }
    }

    /// 1.0: the match comes first, there is no table, and a bare action list ends the message.
    private mutating func describe10(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.match(&self.match)
        let isExact = wire.matchHadNoWildcards
        try wire.field("cookie", &self.cookie)
        if wire.hasFlowModTableID {
            try wire.field("tableID", &self.tableID)
            try wire.code("command", &self.command, absent: .flowModBadCommand)
        } else {
            try wire.reserved(1)
            try wire.code("command", &self.command, absent: .flowModBadCommand)
        }
        try self.describeTimeouts(to: &wire)
        try wire.field("outPort", &self.outPort)
        try self.describeFlags(to: &wire)
        try wire.instructions(&self.instructions)
        guard wire.isReading else { return }
        if !wire.hasFlowModTableID { self.tableID = self.command == .add ? TableID(rawValue: 0) : .all }
        if isExact { self.priority = .max }
        self.semantics = [.addResetsCounts, .modifyAddsMissing, .modifySetsCookie]
    }

    private mutating func describeTimeouts(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.field("priority", &self.priority)
        try wire.field("bufferID", &self.bufferID)
    }

    private mutating func describeFlags(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("flags", &self.flags.rawValue)
        guard wire.isReading else { return }
        let flags = self.flags.rawValue
        if wire.version == .v1_0, flags & 4 != 0 {
            // There is no emergency cache: it is always full (and its flows may not have timeouts).
            let hasTimeout = self.idleTimeoutSeconds != 0 || self.hardTimeoutSeconds != 0
            throw wire.refusal(hasTimeout ? .flowModBadEmergencyTimeout : .flowModTableFull)
        }
        guard flags & ~Flags.known(in: wire.version).rawValue == 0 else {
            throw wire.refusal(.flowModBadFlags, value: UInt64(flags), field: "flags")
        }
    }
}

extension FlowMod.Flags: WireScalar {
    /// The flags that a version has.
    static func known(in version: OpenFlowVersion) -> FlowMod.Flags {
        switch version {
        case .v1_0, .v1_1: FlowMod.Flags(rawValue: 3)
        case .v1_2: FlowMod.Flags(rawValue: 7)
        default: FlowMod.Flags(rawValue: 31)
        }
    }
}
