/// Which changes of flows a monitor tells (1.4 §7.3.5.17).
///
/// ONF's and Nicira's forms have the same bits, without the last.
@frozen public struct FlowMonitorFlags: OptionSet, Hashable, Sendable {
    /// The bits on the wire.
    public var rawValue: UInt16
    /// Makes flags from their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The flows that are there at first.
    public static let initial = FlowMonitorFlags(rawValue: 1 << 0)
    /// Flows that are added.
    public static let add = FlowMonitorFlags(rawValue: 1 << 1)
    /// Flows that go.
    public static let removed = FlowMonitorFlags(rawValue: 1 << 2)
    /// Flows that change.
    public static let modify = FlowMonitorFlags(rawValue: 1 << 3)
    /// Updates carry the instructions.
    public static let instructions = FlowMonitorFlags(rawValue: 1 << 4)
    /// The controller's own changes are told in full too, not abbreviated (Nicira: own).
    public static let noAbbreviation = FlowMonitorFlags(rawValue: 1 << 5)
    /// Only the controller's own changes are told (1.4 and later).
    public static let onlyOwn = FlowMonitorFlags(rawValue: 1 << 6)

    /// The flags that a version has.
    public static func known(in version: OpenFlowVersion) -> FlowMonitorFlags {
        version >= .v1_4 ? FlowMonitorFlags(rawValue: 0x7f) : FlowMonitorFlags(rawValue: 0x3f)
    }
}

/// One entry of a FLOW_MONITOR request (1.4 §7.3.5.17 · 1.5 §7.3.5.19; ONF's 1870 in 1.3, Nicira's 2 below).
public struct FlowMonitorRequest: Hashable, Sendable {
    /// What to do.
    public enum Command: UInt8, CaseIterable, Hashable, Sendable {
        /// Adds a monitor.
        case add = 0
        /// Changes a monitor (1.4 and later).
        case modify = 1
        /// Ends a monitor (1.4 and later; before that a message, ``Message/flowMonitorCancel(_:)``).
        case delete = 2
    }
    /// The monitor.
    public var monitorID: FlowMonitorID = FlowMonitorID(rawValue: 0)
    /// What to do.
    public var command: Command = .add
    /// Which changes are told.
    public var flags: FlowMonitorFlags = []
    /// The table, or all.
    public var tableID: TableID = .all
    /// Only flows that output here; ``PortNumber/any`` for no restriction.
    public var outPort: PortNumber = .any
    /// Only flows that use this group (1.4 and later); ``GroupID/any`` for no restriction.
    public var outGroup: GroupID = .any
    /// Only flows that this match covers.
    public var match: Match = .any

    /// Makes a value; every property has a default.
    public init(
        monitorID: FlowMonitorID = FlowMonitorID(rawValue: 0), command: Command = .add,
        flags: FlowMonitorFlags = [], tableID: TableID = .all, outPort: PortNumber = .any,
        outGroup: GroupID = .any, match: Match = .any
    ) {
        self.monitorID = monitorID
        self.command = command
        self.flags = flags
        self.tableID = tableID
        self.outPort = outPort
        self.outGroup = outGroup
        self.match = match
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowMonitorFlags: WireScalar {}

extension FlowMonitorRequest: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.isReading || wire.version >= .v1_4 || self.command == .add else {
            throw .inexpressible(.code(UInt32(self.command.rawValue)))
        }
        guard wire.isReading || self.flags.subtracting(.known(in: wire.version)).isEmpty else {
            throw .inexpressible(.code(UInt32(self.flags.rawValue)))
        }
        try wire.field("monitorID", &self.monitorID)
        if wire.version >= .v1_4 {
            try self.describe14(to: &wire)
        } else {
            try self.describeTwin(to: &wire)
        }
    }

    private mutating func describe14(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("outPort", &self.outPort)
        try wire.field("outGroup", &self.outGroup)
        try self.describeFlags(to: &wire)
        try wire.field("tableID", &self.tableID)
        try wire.code("command", &self.command, absent: .flowMonitorBadCommand)
        try wire.match(&self.match)
    }

    /// ONF's form in 1.3 and Nicira's below, which differ in the width of the port and in the match.
    private mutating func describeTwin(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try self.describeFlags(to: &wire)
        let isNicira = wire.version < .v1_3
        if isNicira { try wire.narrow("outPort", &self.outPort) }
        let announced = try wire.announce()
        if !isNicira { try wire.field("outPort", &self.outPort) }
        try wire.field("tableID", &self.tableID)
        try wire.zeros(isNicira ? 5 : 3)
        try wire.twinMatch(&self.match, announced)
    }

    private mutating func describeFlags(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("flags", &self.flags)
        guard !wire.isReading || self.flags.subtracting(.known(in: wire.version)).isEmpty else {
            throw wire.refusal(.flowMonitorBadFlags, value: UInt64(self.flags.rawValue), field: "flags")
        }
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A match whose length was announced: bare fields for Nicira's messages, with a match header for ONF's; zeros
    /// follow up to a multiple of eight.
    mutating func twinMatch(_ value: inout Match, _ announced: WireFrame) throws(WireError) {
        let frame = try self.open(announced, .match)
        if self.version < .v1_3 {
            try self.entries(&value, names: .nicira)
        } else {
            var header = self.begin(.match)
            var type: UInt16 = 1
            try self.field("type", &type)
            guard type == 1 || !self.isReading else { throw self.refusal(.matchBadType, value: UInt64(type)) }
            try self.length(&header, excluding: 0)
            try self.entries(&value, names: .version)
            try self.end(header, padding: .none)
        }
        try self.end(frame, padding: .uncounted)
    }
}
