import Datapath
import OpenFlow

/// A flow as monitors are told of it.
struct MonitoredFlow {
    /// What there is to tell.
    let entry: FlowStatisticsEntry
    /// Its match.
    let key: FlowKey
    let mask: FlowMask
    /// What it does.
    let instructions: InstructionList
}

/// One flow monitor: which flows it watches, and what is told of them (1.4 §7.3.5.17 · 1.5 §7.3.5.19).
struct FlowMonitor {
    /// What is told.
    let flags: FlowMonitorFlags
    /// The table, or all.
    let tableID: TableID
    /// Which of its flows.
    let selector: FlowSelector

    /// Makes the monitor that a request asks for.
    ///
    /// - Throws: what the match has wrong.
    init(_ request: FlowMonitorRequest, _ options: TunnelOptionTable) throws(OpenFlowError) {
        self.flags = request.flags
        self.tableID = request.tableID
        var selector = FlowSelector()
        try MatchCompiler.compile(request.match, into: &selector.key, &selector.mask, options)
        selector.outPort = request.outPort
        selector.outGroup = request.outGroup
        self.selector = selector
    }

    /// Whether the flow is one of those watched, now or, by its instructions, before a change.
    func watches(_ flow: MonitoredFlow, before: InstructionList? = nil) -> Bool {
        guard self.tableID == .all || self.tableID == flow.entry.tableID else { return false }
        for word in 0..<FlowKey.wordCount {
            let bits = self.selector.mask.words[word]
            guard bits & ~flow.mask.words[word] == 0,
                (self.selector.key.words[word] ^ flow.key.words[word]) & bits == 0
            else { return false }
        }
        let filter = self.selector.filter
        return filter.admits(flow.instructions) || before.map { filter.admits($0) } ?? false
    }
}

/// The flow monitors of one session, and what waits for them while its connection is too slow: a value, without I/O.
struct FlowMonitors {
    /// How many a session may have.
    static let monitorsMaximum = 1_024
    /// Changes of flows that wait while updates are paused, beyond which the session cannot be told the truth any more.
    static let waitingMaximum = 262_144

    /// What a session is told of one change of a flow.
    enum Verdict: Equatable {
        /// Nothing.
        case nothing
        /// That its own request did it.
        case abbreviated
        /// The flow.
        case full(FullFlowUpdate)
    }

    /// Where a flow lies; a flow that comes into the place of one that went is told after that.
    struct Place: Hashable {
        let table: UInt8
        let slot: UInt32
    }

    private var monitors: [FlowMonitorID: FlowMonitor] = [:]
    /// Flows that went while updates were paused, in order.
    private var removed: [FullFlowUpdate] = []
    private var removedStart = 0
    /// Flows that came (true) or changed (false) while updates were paused.
    private var changed: [Place: Bool] = [:]
    /// Whether updates wait for the connection.
    private(set) var isPaused = false

    /// Whether there is none.
    var isEmpty: Bool { self.monitors.isEmpty }
    /// How many changes wait.
    var waitingCount: Int { self.removed.count - self.removedStart + self.changed.count }

    // MARK: - Requests

    /// Carries out the entries of a request, all or none of them, and returns the monitors that want the flows that are
    /// there at first.
    mutating func apply(
        _ requests: [FlowMonitorRequest], version: OpenFlowVersion, options: TunnelOptionTable = .empty,
        isVisible: (TableID) -> Bool
    ) throws(OpenFlowError) -> [FlowMonitor] {
        var next = self.monitors
        var initial: [FlowMonitor] = []
        for request in requests {
            let identifier = request.monitorID
            let present = next[identifier] != nil
            guard request.command == .add ? !present : present else {
                throw OpenFlowError(
                    present ? .flowMonitorExists : .flowMonitorUnknownMonitor, value: UInt64(identifier.rawValue))
            }
            guard request.command != .delete else {
                next[identifier] = nil
                continue
            }
            try Self.check(request, version, isVisible)
            guard present || next.count < Self.monitorsMaximum else {
                throw OpenFlowError(
                    version >= .v1_4 ? .flowMonitorUnknown : .requestNotPermitted,
                    limit: UInt64(Self.monitorsMaximum))
            }
            let monitor = try FlowMonitor(request, options)
            next[identifier] = monitor
            if request.flags.contains(.initial) { initial.append(monitor) }
        }
        self.monitors = next
        if next.isEmpty { self.forget() }
        return initial
    }

    private static func check(
        _ request: FlowMonitorRequest, _ version: OpenFlowVersion, _ isVisible: (TableID) -> Bool
    ) throws(OpenFlowError) {
        guard request.tableID == .all || isVisible(request.tableID) else {
            throw OpenFlowError(
                version >= .v1_4 ? .flowMonitorBadTableID : .requestBadTableID,
                value: UInt64(request.tableID.rawValue))
        }
        let port = request.outPort
        let isPort = port.isOrdinary || [.any, .local, .controller, .inPort, .normal, .flood, .all].contains(port)
        guard isPort,
            request.outGroup == .any || request.outGroup.rawValue <= GroupID.maximum.rawValue
        else {
            throw OpenFlowError(
                version >= .v1_4 ? .flowMonitorBadOut : .requestBadPort, value: UInt64(port.rawValue))
        }
    }

    /// Ends a monitor (before 1.4).
    mutating func cancel(_ identifier: FlowMonitorID) throws(OpenFlowError) {
        guard self.monitors.removeValue(forKey: identifier) != nil else {
            throw OpenFlowError(.flowMonitorUnknownMonitor, value: UInt64(identifier.rawValue))
        }
        if self.monitors.isEmpty { self.forget() }
    }

    // MARK: - Changes

    /// What the session is told of a change of a flow.
    ///
    /// - Parameters:
    ///   - before: What the flow did before it was modified.
    ///   - isOwn: Whether the session itself asked for the change.
    ///   - mayAbbreviate: Whether its own changes may be told by their transaction.
    func verdict(
        on flow: MonitoredFlow, _ event: FullFlowUpdate.Event, _ reason: FlowRemovedReason = .delete,
        before: InstructionList? = nil, isOwn: Bool, mayAbbreviate: Bool
    ) -> Verdict {
        let kind: FlowMonitorFlags =
            switch event {
            case .initial: .initial
            case .added: .add
            case .removed: .removed
            case .modified: .modify
            }
        var flags: FlowMonitorFlags = []
        for monitor in self.monitors.values where monitor.flags.contains(kind) {
            guard isOwn || !monitor.flags.contains(.onlyOwn), monitor.watches(flow, before: before) else { continue }
            flags.formUnion(monitor.flags)
        }
        guard !flags.isEmpty else { return .nothing }
        guard !isOwn || !mayAbbreviate || flags.contains(.noAbbreviation) else { return .abbreviated }
        return .full(flow.update(event, reason, withInstructions: flags.contains(.instructions)))
    }

    /// Begins to keep changes instead of telling them.
    mutating func pause() { self.isPaused = true }

    /// Keeps a change until the connection has room; false where too many wait.
    mutating func keep(
        _ event: FullFlowUpdate.Event, of reference: RuleReference, _ update: FullFlowUpdate?
    ) -> Bool {
        guard self.waitingCount < Self.waitingMaximum else { return false }
        let place = Place(table: reference.table, slot: reference.slot)
        switch event {
        case .initial, .added: self.changed[place] = true
        case .modified: if self.changed[place] == nil { self.changed[place] = false }
        case .removed:
            // A flow that came since the pause was never told of.
            if self.changed.removeValue(forKey: place) != true, let update { self.removed.append(update) }
        }
        return true
    }

    /// Takes the next removal that waits.
    mutating func takeRemoved() -> FullFlowUpdate? {
        guard self.removedStart < self.removed.count else {
            self.removed = []
            self.removedStart = 0
            return nil
        }
        self.removedStart += 1
        return self.removed[self.removedStart - 1]
    }

    /// Takes a flow that came or changed and waits to be told; its instructions are told where some monitor wants them.
    mutating func takeChanged() -> (place: Place, isNew: Bool)? {
        self.changed.popFirst().map { ($0.key, $0.value) }
    }

    /// Goes back to telling changes as they come.
    mutating func resume() { self.isPaused = false }

    private mutating func forget() {
        self.removed = []
        self.removedStart = 0
        self.changed = [:]
    }
}

extension MonitoredFlow {
    /// A flow that is gone; nil where its match cannot be made again.
    init?(_ removed: RemovedFlow, _ options: TunnelOptionTable) {
        var (key, mask) = (FlowKey(), FlowMask())
        do throws(OpenFlowError) {
            try MatchCompiler.compile(removed.statistics.match, into: &key, &mask, options)
        } catch {
            return nil
        }
        self.init(
            entry: removed.statistics, key: key, mask: mask,
            instructions: InstructionList(removed.statistics.instructions))
    }

    /// The update that tells of it.
    func update(
        _ event: FullFlowUpdate.Event, _ reason: FlowRemovedReason = .delete, withInstructions: Bool
    ) -> FullFlowUpdate {
        FullFlowUpdate(
            event: event, tableID: self.entry.tableID, reason: reason,
            idleTimeoutSeconds: self.entry.idleTimeoutSeconds, hardTimeoutSeconds: self.entry.hardTimeoutSeconds,
            priority: self.entry.priority, cookie: self.entry.cookie, match: self.entry.match,
            instructions: withInstructions ? self.entry.instructions : [])
    }
}

extension FlowTable {
    /// The visible rule in `slot` as monitors are told of it; nil where there is none.
    func monitoredFlow(_ slot: UInt32, at now: MonotonicTime) -> MonitoredFlow? {
        guard let rule = self.rules.rule(slot), !rule.pointee.isHidden, let entry = rule.pointee.entry else {
            return nil
        }
        var (key, mask) = (FlowKey(), FlowMask())
        self.classifier.write(entry, into: &key, &mask)
        return MonitoredFlow(
            entry: self.statistics(of: slot, at: now), key: key, mask: mask, instructions: rule.pointee.instructions)
    }
}
