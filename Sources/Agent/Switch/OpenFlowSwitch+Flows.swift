import Datapath
import Logging
package import OpenFlow

// FLOW_MOD (1.0 §5.3.3, 1.1 §A.3.4.1, 1.3 §6.4 and §7.3.4.1, 1.5 §6.4).
extension OpenFlowSwitch {
    /// Carries out a flow_mod, all of it or nothing.
    ///
    /// - Parameter newCookie: The cookie that a modify in Nicira's form gives, beside the one by which it selects.
    func handle(_ flowMod: FlowMod, newCookie: Cookie? = nil, _ context: RequestContext) throws(OpenFlowError) {
        let isDeletion = flowMod.command == .delete || flowMod.command == .deleteStrict
        // Deletions have no use for a packet, and controllers leave anything there.
        let usesPacket = !isDeletion && flowMod.bufferID != .none
        if usesPacket { try self.require(flowMod.bufferID, now: context.now) }
        try self.checkTable(flowMod, isDeletion: isDeletion, context.version)
        switch flowMod.command {
        case .add: try self.add(flowMod, to: flowMod.tableID.orFirst, context)
        case .modify, .modifyStrict: try self.modify(flowMod, newCookie, context)
        case .delete, .deleteStrict: try self.delete(flowMod, context)
        }
        // One that takes several turns sees to it at its end; in a bundle, the bundle does.
        if usesPacket, self.transaction != nil || !context.session.isBusy {
            self.releasePacket(flowMod.bufferID, now: context.now)
        }
    }

    /// Fetches what a flow_mod of one flow will look into.
    package func foresee(_ message: Message) {
        guard case .flowMod(let flowMod) = message, flowMod.command != .delete, flowMod.command != .modify,
            !flowMod.match.entries.isEmpty
        else { return }
        do throws(OpenFlowError) { try self.foreseenMatch.compile(flowMod.match, options: self.tunnelOptions) } catch {
            // Whoever handles the message says so.
            return
        }
        self.pipeline.prefetch(self.foreseenMatch.words, cookie: flowMod.cookie, in: flowMod.tableID.orFirst)
    }

    /// Refuses tables that are not there; all tables at once are for deletions, and for 1.0, which has no tables: it
    /// lets the switch choose where to add.
    private func checkTable(
        _ flowMod: FlowMod, isDeletion: Bool, _ version: OpenFlowVersion
    ) throws(OpenFlowError) {
        if flowMod.tableID == .all {
            guard isDeletion || version == .v1_0 else { throw OpenFlowError(.flowModBadTableID, value: 255) }
        } else if !self.isVisible(flowMod.tableID) {
            throw OpenFlowError(.flowModBadTableID, value: UInt64(flowMod.tableID.rawValue))
        }
    }

    /// Whether controllers may name that table.
    func isVisible(_ table: TableID) -> Bool { Int(table.rawValue) < self.tableCount }

    private func add(_ flowMod: FlowMod, to table: TableID, _ context: RequestContext) throws(OpenFlowError) {
        try self.matchBuffer.compile(flowMod.match, options: self.tunnelOptions)
        self.matchBuffer.confineToEthernet()
        try self.checkNarrowing(of: table, flowMod)
        self.prepareEviction(from: table, now: context.now)
        let match = self.matchBuffer.words
        var plain: InstructionList?
        var instructions: [Instruction] = []
        if let last = self.plainInstructions, last.version == context.version, self.firstEgressTable == nil,
            last.asked == flowMod.instructions
        {
            plain = last.list
        } else {
            instructions = try InstructionValidator.validate(
                flowMod.instructions, facts: PacketFacts(match), table: table, tableCount: self.tableCount,
                version: context.version)
            try self.checkReferences(in: instructions)
            try self.checkEgress(instructions, in: table)
        }
        var flow = FlowAttributes(
            priority: Int32(flowMod.priority), cookie: flowMod.cookie,
            idleTimeoutSeconds: flowMod.idleTimeoutSeconds, hardTimeoutSeconds: flowMod.hardTimeoutSeconds,
            importance: flowMod.importance,
            flags: flowMod.flags.intersection([.sendFlowRemoved, .noPacketCounts, .noByteCounts]),
            instructions: plain ?? .empty)
        let resetsCounts = flowMod.semantics.contains(.addResetsCounts) || flowMod.flags.contains(.resetCounts)
        let checksOverlap = flowMod.flags.contains(.checkOverlap)
        var added: RuleReference?
        try self.commit(by: context.origin, now: context.now) { (state: inout PipelineState) throws(OpenFlowError) in
            if plain == nil { flow.instructions = state.interner.intern(instructions) }
            try state.addFlow(
                match, flow, to: table, resetsCounts: resetsCounts, checksOverlap: checksOverlap, now: context.now)
            guard plain == nil, case .flowAdded(let flow, replaced: _)? = state.events.last else { return }
            added = flow
        }
        self.noteLessons(of: flow.instructions)
        if plain == nil { self.noteTrigger(of: added, flow.instructions, now: context.now) }
        if plain == nil, flow.instructions.isPlain {
            self.plainInstructions = (flow.instructions, flowMod.instructions, context.version)
        }
    }

    private func modify(
        _ flowMod: FlowMod, _ newCookie: Cookie?, _ context: RequestContext
    ) throws(OpenFlowError) {
        let table = flowMod.tableID.orFirst
        try self.matchBuffer.compile(flowMod.match, options: self.tunnelOptions)
        if flowMod.command == .modifyStrict { self.matchBuffer.confineToEthernet() }
        let instructions = try InstructionValidator.validate(
            flowMod.instructions, facts: PacketFacts(self.matchBuffer.words), table: table,
            tableCount: self.tableCount, version: context.version)
        try self.checkReferences(in: instructions)
        try self.checkEgress(instructions, in: table)
        try self.checkNarrowing(of: table, flowMod)
        guard let found = self.selectNow(flowMod) else {
            var ordered = flowMod
            ordered.instructions = instructions
            return self.begin(ordered, newCookie, context)
        }
        if found.isEmpty, flowMod.semantics.contains(.modifyAddsMissing) {
            return try self.add(flowMod, to: table, context)
        }
        self.modify(found, flowMod, newCookie, instructions, by: context.origin, now: context.now)
    }

    /// Gives flows the instructions, in the order of the specification, and what else a modify gives.
    private func modify(
        _ found: [RuleReference], _ flowMod: FlowMod, _ newCookie: Cookie?, _ instructions: [Instruction],
        by origin: ChangeOrigin, now: MonotonicTime
    ) {
        guard !found.isEmpty else { return }
        let cookie = newCookie ?? (flowMod.semantics.contains(.modifySetsCookie) ? flowMod.cookie : nil)
        let resetsCounts = flowMod.flags.contains(.resetCounts)
        self.commit(by: origin, now: now) { state in
            let list = state.interner.intern(instructions)
            self.noteLessons(of: list)
            for flow in found {
                state.modifyFlow(flow, instructions: list, cookie: cookie, resetsCounts: resetsCounts, now: now)
                guard list.statisticsTrigger != nil, case .flowModified(let named, before: _)? = state.events.last
                else { continue }
                self.noteTrigger(of: named, list, now: now)
            }
        }
    }

    private func delete(_ flowMod: FlowMod, _ context: RequestContext) throws(OpenFlowError) {
        try self.matchBuffer.compile(flowMod.match, options: self.tunnelOptions)
        if flowMod.command == .deleteStrict { self.matchBuffer.confineToEthernet() }
        let filter = FlowFilter(flowMod)
        if self.matchBuffer.words.isEverything, filter.isEverything, !self.observesFlows, self.transaction == nil {
            self.clear(flowMod.tableID, context)
        }
        guard let doomed = self.selectNow(flowMod) else { return self.begin(flowMod, nil, context) }
        self.remove(doomed, .delete, by: context.origin, now: context.now)
    }

    /// Empties a table, or all, at once, as far as no flow of it must be removed by itself.
    private func clear(_ table: TableID, _ context: RequestContext) {
        let detached = self.commit(by: context.origin, now: context.now) { state in
            state.visibleTables(table).compactMap { state.detachTable($0) }
        }
        for table in detached { DetachedTable.release(table) }
    }

    // MARK: - Many flows

    /// The flows that a modify or a delete means, whose match is in ``matchBuffer``, or nil where it would take long
    /// to find and change them.
    private func selectNow(_ flowMod: FlowMod) -> [RuleReference]? {
        let match = self.matchBuffer.words
        let filter = FlowFilter(flowMod)
        return self.pipeline.read { $0.selectFew(filter, match, in: flowMod.tableID) }
    }

    /// Begins to carry out a modify or a delete in slices.
    private func begin(_ flowMod: FlowMod, _ newCookie: Cookie?, _ context: RequestContext) {
        guard let state = self.sessions[context.session.identifier] else { return }
        var selector = FlowSelector(FlowFilter(flowMod))
        selector.key = self.matchBuffer.key
        selector.mask = self.matchBuffer.mask
        let tables = self.pipeline.read { $0.visibleTables(flowMod.tableID) }
        let job = FlowJob(flowMod, newCookie: newCookie, selector, tables: tables, context)
        guard self.transaction == nil else {
            // Part of a bundle, which goes on with it.
            self.transaction?.flowJobs.append(job)
            return
        }
        state.job = job
        context.session.isBusy = true
        self.continueJob(state, now: context.now)
    }

    /// Carries out the next slice of a session's flow_mod.
    func continueJob(_ state: SessionState, now: MonotonicTime) {
        guard var job = state.job else { return }
        state.job = nil
        let context = job.context
        context.session.isBusy = false
        do throws(OpenFlowError) {
            guard try !self.advance(&job, now: now) else {
                if job.flowMod.bufferID != .none { self.releasePacket(job.flowMod.bufferID, now: now) }
                return
            }
            context.session.isBusy = true
            state.job = job
        } catch {
            self.refuse(error.code, Array(context.bytes), to: context.session, context.transactionID)
        }
    }

    /// Carries out the next slice of a flow_mod; says whether it is done.
    func advance(_ job: inout FlowJob, now: MonotonicTime) throws(OpenFlowError) -> Bool {
        let (flowMod, context) = (job.flowMod, job.context)
        guard let found = self.pipeline.read({ job.next($0) }) else {
            // A modify that met none adds the flow, where its version wants that.
            if job.count == 0, flowMod.command == .modify, flowMod.semantics.contains(.modifyAddsMissing) {
                try self.add(flowMod, to: flowMod.tableID.orFirst, context)
            }
            return true
        }
        switch flowMod.command {
        case .delete, .deleteStrict: self.remove(found, .delete, by: context.origin, now: now)
        case .add, .modify, .modifyStrict:
            // What the instructions name may have gone since the last slice.
            try self.checkReferences(in: flowMod.instructions)
            self.modify(found, flowMod, job.newCookie, flowMod.instructions, by: context.origin, now: now)
        }
        return false
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
        let hasMore = self.continueLongWork(now: now)
        self.dropIdleBundles(now: now)
        self.commitDueBundles(now: now)
        // Flows expire when no bundle is half done.
        guard self.bundleCommit == nil else { return now }
        self.checkTriggers(now: now)
        if self.packetBuffers != nil { self.packetBuffers?.expire(now: now) }
        guard self.pipeline.read({ $0.nextDeadline }) <= now else { return hasMore ? now : self.nextDeadline }
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
        return hasMore ? now : postponed ?? (isFull ? now : self.nextDeadline)
    }

    /// When a timeout of a flow or of a request in parts may next be over.
    private var nextDeadline: MonotonicTime {
        var deadline = self.pipeline.read { $0.nextDeadline }
        if let next = self.triggers.nextDeadline { deadline = min(deadline, next) }
        if let next = self.packetBuffers?.nextDeadline { deadline = min(deadline, next) }
        for state in self.sessions.values {
            for request in state.partialRequests { deadline = min(deadline, request.deadline) }
            if let next = state.bundles.nextDeadline { deadline = min(deadline, next) }
        }
        return deadline
    }
}

extension TableID {
    /// The table into which a flow goes where a request names all of them: the first.
    fileprivate var orFirst: TableID { self == .all ? TableID(rawValue: 0) : self }
}

extension FlowFilter {
    /// Which flows a modify or delete means; filters by output are for deletions.
    init(_ flowMod: FlowMod) {
        self.init(cookie: flowMod.cookie, cookieMask: flowMod.cookieMask)
        switch flowMod.command {
        case .modifyStrict, .deleteStrict: self.strictPriority = flowMod.priority
        case .add, .modify, .delete: break
        }
        guard flowMod.command == .delete || flowMod.command == .deleteStrict else { return }
        self.outPort = flowMod.outPort
        self.outGroup = flowMod.outGroup
    }
}

extension FlowSelector {
    /// Every flow that `filter` admits.
    init(_ filter: FlowFilter) {
        self.init()
        self.strictPriority = filter.strictPriority
        self.cookie = filter.cookie
        self.cookieMask = filter.cookieMask
        self.outPort = filter.outPort
        self.outGroup = filter.outGroup
    }

    /// Which flows a FLOW or AGGREGATE request means.
    init(_ request: FlowStatisticsRequest, _ options: TunnelOptionTable) throws(OpenFlowError) {
        self.init()
        try MatchCompiler.compile(request.match, into: &self.key, &self.mask, options)
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
        for number in 0..<UInt8(self.tableCount) {
            guard let table = self.existingTable(TableID(rawValue: number)),
                let next = table.pointee.expiry.nextDeadline
            else { continue }
            deadline = min(deadline, next)
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
