import Datapath
import Logging
import OpenFlow

// FLOW_MOD (1.0 §5.3.3, 1.1 §A.3.4.1, 1.3 §6.4 and §7.3.4.1, 1.5 §6.4).
extension OpenFlowSwitch {
    /// Carries out a flow_mod, all of it or nothing.
    func handle(_ flowMod: FlowMod, _ context: RequestContext) throws(OpenFlowError) {
        let isDeletion = flowMod.command == .delete || flowMod.command == .deleteStrict
        // No packet is ever buffered, so no buffer is known. Deletions have no use for one and controllers
        // leave anything there.
        guard isDeletion || flowMod.bufferID == .none else {
            throw OpenFlowError(.requestBufferUnknown, value: UInt64(flowMod.bufferID.rawValue))
        }
        try self.checkTable(flowMod, isDeletion: isDeletion)
        switch flowMod.command {
        case .add: try self.add(flowMod, to: flowMod.tableID, context)
        case .modify, .modifyStrict: try self.modify(flowMod, context)
        case .delete, .deleteStrict:
            let selector = try FlowSelector(flowMod)
            let doomed = self.pipeline.read { $0.select(selector, in: flowMod.tableID) }
            self.remove(doomed, .delete, by: context.origin, now: context.now)
        }
    }

    /// Refuses tables that are not there; all tables at once are for deletions, and for 1.0, which has no tables.
    private func checkTable(_ flowMod: FlowMod, isDeletion: Bool) throws(OpenFlowError) {
        let mayNameAll = isDeletion || (flowMod.command != .add && flowMod.semantics.contains(.modifySetsCookie))
        if flowMod.tableID == .all {
            guard mayNameAll else { throw OpenFlowError(.flowModBadTableID, value: 255) }
        } else if !self.isVisible(flowMod.tableID) {
            throw OpenFlowError(.flowModBadTableID, value: UInt64(flowMod.tableID.rawValue))
        }
    }

    /// Whether controllers may name that table.
    func isVisible(_ table: TableID) -> Bool { Int(table.rawValue) < self.tableCount }

    private func add(_ flowMod: FlowMod, to table: TableID, _ context: RequestContext) throws(OpenFlowError) {
        var flow = FlowSpecification()
        try MatchCompiler.compile(flowMod.match, into: &flow.key, &flow.mask)
        let instructions = try InstructionValidator.validate(
            flowMod.instructions, key: flow.key, mask: flow.mask, table: table, tableCount: self.tableCount,
            version: context.version)
        flow.priority = Int32(flowMod.priority)
        flow.cookie = flowMod.cookie
        flow.idleTimeoutSeconds = flowMod.idleTimeoutSeconds
        flow.hardTimeoutSeconds = flowMod.hardTimeoutSeconds
        flow.importance = flowMod.importance
        flow.flags = flowMod.flags.intersection([.sendFlowRemoved, .noPacketCounts, .noByteCounts])
        let resetsCounts = flowMod.semantics.contains(.addResetsCounts) || flowMod.flags.contains(.resetCounts)
        let checksOverlap = flowMod.flags.contains(.checkOverlap)
        try self.commit(by: context.origin, now: context.now) { (state: inout PipelineState) throws(OpenFlowError) in
            flow.instructions = state.interner.intern(instructions)
            try state.addFlow(
                flow, to: table, resetsCounts: resetsCounts, checksOverlap: checksOverlap, now: context.now)
        }
    }

    private func modify(_ flowMod: FlowMod, _ context: RequestContext) throws(OpenFlowError) {
        var selector = try FlowSelector(flowMod)
        // Filters by output are for deletions.
        selector.outPort = .any
        selector.outGroup = .any
        let table = flowMod.tableID == .all ? TableID(rawValue: 0) : flowMod.tableID
        let instructions = try InstructionValidator.validate(
            flowMod.instructions, key: selector.key, mask: selector.mask, table: table,
            tableCount: self.tableCount, version: context.version)
        let found = self.pipeline.read { $0.select(selector, in: flowMod.tableID) }
        if found.isEmpty, flowMod.semantics.contains(.modifyAddsMissing) {
            return try self.add(flowMod, to: table, context)
        }
        guard !found.isEmpty else { return }
        let cookie = flowMod.semantics.contains(.modifySetsCookie) ? flowMod.cookie : nil
        let resetsCounts = flowMod.flags.contains(.resetCounts)
        self.commit(by: context.origin, now: context.now) { state in
            let list = state.interner.intern(instructions)
            for flow in found {
                state.modifyFlow(
                    flow, instructions: list, cookie: cookie, resetsCounts: resetsCounts, now: context.now)
            }
        }
    }

    // MARK: - Expiry

    /// How many flows one call of ``runExpiry(now:)`` removes at most, so that others get their turn.
    private static let expiredFlowsPerTurn = 4_096

    /// Removes the flows whose timeouts are over and returns when to call again.
    ///
    /// A flow that looks idle is only removed after the datapath has said what its caches counted; that is
    /// asked at most once
    /// per ``SwitchConfiguration/synchronisationInterval``, and such flows may go that much late.
    package func runExpiry(now: MonotonicTime) -> MonotonicTime {
        self.dropLateRequests(now: now)
        guard self.pipeline.read({ $0.nextDeadline }) <= now else { return self.nextDeadline }
        var expired = self.commit(by: .expiry, now: now) { state in
            state.takeExpired(at: now, maximum: Self.expiredFlowsPerTurn)
        }
        let isFull = expired.count == Self.expiredFlowsPerTurn
        var postponed: MonotonicTime?
        if expired.contains(where: { $0.reason == .idleTimeout }) {
            if let last = self.lastSynchronisation, last != now,
                last + self.configuration.synchronisationInterval > now
            {
                postponed = last + self.configuration.synchronisationInterval
            } else {
                self.synchroniseStatistics(now: now)
            }
            let isPostponed = postponed != nil
            self.commit(by: .expiry, now: now) { state in
                expired.removeAll { $0.reason == .idleTimeout && state.returnsToExpiry($0.flow, isPostponed, now) }
            }
        }
        for reason in [FlowRemovedReason.hardTimeout, .idleTimeout] {
            self.remove(expired.filter { $0.reason == reason }.map(\.flow), reason, by: .expiry, now: now)
        }
        self.counters.expiredFlows += UInt64(expired.count)
        if !expired.isEmpty { self.logger.debug("\(self.name): \(expired.count) flows have expired") }
        return postponed ?? (isFull ? now : self.nextDeadline)
    }

    /// When a timeout of a flow or of a request in parts may next be over.
    private var nextDeadline: MonotonicTime {
        var deadline = self.pipeline.read { $0.nextDeadline }
        for state in self.sessions.values {
            for request in state.partialRequests { deadline = min(deadline, request.deadline) }
        }
        return deadline
    }
}

extension FlowSelector {
    /// Which flows a modify or delete means.
    init(_ flowMod: FlowMod) throws(OpenFlowError) {
        self.init()
        try MatchCompiler.compile(flowMod.match, into: &self.key, &self.mask)
        if flowMod.command == .modifyStrict || flowMod.command == .deleteStrict {
            self.strictPriority = flowMod.priority
        }
        self.cookie = flowMod.cookie
        self.cookieMask = flowMod.cookieMask
        self.outPort = flowMod.outPort
        self.outGroup = flowMod.outGroup
    }

    /// Which flows a FLOW or AGGREGATE request means.
    init(_ request: FlowStatisticsRequest) throws(OpenFlowError) {
        self.init()
        try MatchCompiler.compile(request.match, into: &self.key, &self.mask)
        self.cookie = request.cookie
        self.cookieMask = request.cookieMask
        self.outPort = request.outPort
        self.outGroup = request.outGroup
    }
}

extension PipelineState {
    /// When a timeout may next be over.
    var nextDeadline: MonotonicTime {
        var deadline = MonotonicTime.distantFuture
        for identifier in self.visibleTables(.all) {
            if let next = self.existingTable(identifier)?.pointee.expiry.nextDeadline { deadline = min(deadline, next) }
        }
        return deadline
    }

    /// Puts an idle flow that was taken as expired back, where it is postponed or packets have come after all;
    /// says whether so.
    mutating func returnsToExpiry(_ flow: RuleReference, _ isPostponed: Bool, _ now: MonotonicTime) -> Bool {
        guard let table = self.existingTable(TableID(rawValue: flow.table)),
            let rule = table.pointee.rule(flow)
        else { return true }
        guard isPostponed || rule.pointee.timeoutOver(at: now) == nil else { return false }
        table.pointee.postponeExpiry(of: flow.slot)
        return true
    }

    /// Flows whose timeouts are over, at most `maximum`, taken out of the order of expiry.
    mutating func takeExpired(
        at now: MonotonicTime, maximum: Int
    ) -> [(flow: RuleReference, reason: FlowRemovedReason)] {
        var expired: [(flow: RuleReference, reason: FlowRemovedReason)] = []
        for identifier in self.visibleTables(.all) where expired.count < maximum {
            guard let table = self.existingTable(identifier) else { continue }
            for (slot, reason) in table.pointee.takeExpired(at: now, maximum: maximum - expired.count) {
                expired.append((table.pointee.reference(slot), reason))
            }
        }
        return expired
    }
}
