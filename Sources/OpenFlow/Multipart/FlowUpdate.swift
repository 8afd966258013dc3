/// One update of a flow monitor (1.4 §7.3.5.17 · 1.5 §7.3.5.19; ONF's 1870 in 1.3, Nicira's 2 below).
public enum FlowUpdate: Hashable, Sendable {
    /// What happened to a flow, in full.
    case full(FullFlowUpdate)
    /// A change by the controller itself; the transaction of its request.
    case abbreviated(TransactionID)
    /// Updates are no longer sent, because the connection is too slow (1.4 and later; before that a message,
    /// ``Message/flowMonitorPaused``).
    case paused
    /// Updates are sent again (1.4 and later; before that a message, ``Message/flowMonitorResumed``).
    case resumed
}

/// What happened to a flow.
public struct FullFlowUpdate: Hashable, Sendable {
    /// What happened.
    public enum Event: UInt16, CaseIterable, Hashable, Sendable {
        /// The flow was there when the monitor began (1.4 and later; before that written as ``added``).
        case initial = 0
        /// The flow was added.
        case added = 1
        /// The flow went.
        case removed = 2
        /// The flow changed.
        case modified = 3
    }
    /// What happened.
    public var event: Event = .added
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// Why the flow went; on the wire 0 for other events.
    public var reason: FlowRemovedReason = .idleTimeout
    /// The idle timeout in seconds.
    public var idleTimeoutSeconds: UInt16 = 0
    /// The hard timeout in seconds.
    public var hardTimeoutSeconds: UInt16 = 0
    /// The priority.
    public var priority: UInt16 = 0
    /// The cookie.
    public var cookie: Cookie = .none
    /// Which packets.
    public var match: Match = .any
    /// What happens to them; empty unless the monitor asked for it.
    public var instructions: [Instruction] = []

    /// Makes a value; every property has a default.
    public init(
        event: Event = .added, tableID: TableID = TableID(rawValue: 0), reason: FlowRemovedReason = .idleTimeout,
        idleTimeoutSeconds: UInt16 = 0, hardTimeoutSeconds: UInt16 = 0, priority: UInt16 = 0,
        cookie: Cookie = .none, match: Match = .any, instructions: [Instruction] = []
    ) {
        self.event = event
        self.tableID = tableID
        self.reason = reason
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.hardTimeoutSeconds = hardTimeoutSeconds
        self.priority = priority
        self.cookie = cookie
        self.match = match
        self.instructions = instructions
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// The event as numbered: 1.4 begins with the initial flows, which earlier forms tell as added ones.
private enum EventCode {
    static func raise(_ code: UInt16, _ version: OpenFlowVersion) -> UInt16? {
        guard version < .v1_4 else { return code < 7 ? code : nil }
        return code < 4 ? code + 1 : nil
    }
    static func lower(_ code: UInt16, _ version: OpenFlowVersion) -> UInt16? {
        guard version < .v1_4 else { return code }
        // Pauses are messages of their own there.
        return code < 5 ? max(code, 1) - 1 : nil
    }
}

extension FlowUpdate: WireStructure {
    init() { self = .paused }

    /// The event's number in 1.4.
    private var code: UInt16 {
        switch self {
        case .full(let update): update.event.rawValue
        case .abbreviated: 4
        case .paused: 5
        case .resumed: 6
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        var number: UInt16 = 0
        if !wire.isReading {
            guard let lowered = EventCode.lower(self.code, wire.version) else {
                throw .inexpressible(.code(UInt32(self.code)))
            }
            number = lowered
        }
        try wire.field("event", &number)
        guard let code = EventCode.raise(number, wire.version) else {
            throw wire.refusal(.requestNiciraFlowMonitorBadEvent, value: UInt64(number))
        }
        switch code {
        case 4:
            var transactionID = TransactionID(rawValue: 0)
            if case .abbreviated(let value) = self { transactionID = value }
            try wire.field("transactionID", &transactionID)
            self = .abbreviated(transactionID)
        case 5, 6:
            try wire.reserved(4)
            self = code == 5 ? .paused : .resumed
        default:
            var update = FullFlowUpdate()
            if case .full(let value) = self { update = value }
            update.event = FullFlowUpdate.Event(rawValue: code) ?? .added
            try update.describe(to: &wire)
            self = .full(update)
        }
        try wire.end(frame, padding: .none)
    }
}

extension FullFlowUpdate {
    /// What follows length and event.
    fileprivate mutating func describe(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        if wire.version >= .v1_4 { return try self.describe14(to: &wire) }
        try self.describeReason(UInt16.self, to: &wire)
        try wire.field("priority", &self.priority)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        let announced = try wire.announce()
        try wire.field("tableID", &self.tableID)
        try wire.reserved(1)
        try wire.field("cookie", &self.cookie)
        try wire.twinMatch(&self.match, announced)
        try self.describeInstructions(to: &wire)
    }

    private mutating func describe14(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        try self.describeReason(UInt8.self, to: &wire)
        try wire.field("idleTimeoutSeconds", &self.idleTimeoutSeconds)
        try wire.field("hardTimeoutSeconds", &self.hardTimeoutSeconds)
        try wire.field("priority", &self.priority)
        try wire.reserved(4)
        try wire.field("cookie", &self.cookie)
        try wire.match(&self.match)
        try wire.instructions(&self.instructions)
    }

    /// The reason counts only where the flow went.
    private mutating func describeReason<Raw: WireInteger>(
        _: Raw.Type, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var raw: Raw = 0
        if !wire.isReading, self.event == .removed { raw = Raw(self.reason.lowered(to: wire.version).rawValue) }
        try raw.visit("reason", by: &wire)
        guard wire.isReading else { return }
        guard self.event == .removed else {
            self.reason = .idleTimeout
            return
        }
        guard let known = UInt8(exactly: raw).flatMap(FlowRemovedReason.init(rawValue:)) else {
            throw wire.refusal(.requestNiciraBadReason, value: UInt64(raw))
        }
        self.reason = known
    }

    /// ONF's form ends with instructions; Nicira's ends with a bare action list in every version.
    private mutating func describeInstructions(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        guard wire.version.hasInstructions, wire.version < .v1_3 else {
            return try wire.instructions(&self.instructions)
        }
        var actions: [Action] = []
        if !wire.isReading {
            for instruction in self.instructions {
                switch instruction {
                case .applyActions(let list): actions += list
                case .gotoTable(let table): actions.append(.resubmit(port: nil, table: table))
                default: throw .inexpressible(.instruction)
                }
            }
        }
        try wire.actions(&actions)
        guard wire.isReading else { return }
        self.instructions = actions.isEmpty ? [] : [.applyActions(actions)]
    }
}
