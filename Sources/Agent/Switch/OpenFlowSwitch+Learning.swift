import Logging
import OpenFlow

/// The flows that packets have taught and that are there, so that one that is taught again is only refreshed.
struct LearnedFlows {
    /// How many are remembered.
    static let limit = 65_536
    /// The rule of each.
    var rules: [LearnedFlow: RuleReference] = [:]
}

// Flows that packets teach (Nicira's learn), by the switch's one door like all others.
extension OpenFlowSwitch {
    /// Adds flows, or refreshes those that are there; what is refused is counted.
    package func learn(_ flows: [LearnedFlow], now: MonotonicTime) {
        guard self.bundleCommit == nil else {
            let kept = flows.prefix(LearnedFlows.limit - self.postponedLearning.count)
            self.postponedLearning += kept
            self.counters.learnedFlowsRefused += UInt64(flows.count - kept.count)
            return
        }
        for flow in flows {
            if let rule = self.learnedFlows.rules[flow] {
                let isThere = self.pipeline.read { state in
                    guard state.flags(of: rule) != nil else { return false }
                    state.credit(rule, packets: 0, bytes: 0, at: now)
                    return true
                }
                // A hard timeout counts from the last packet that taught the flow.
                if isThere, flow.flowMod.hardTimeoutSeconds == 0 { continue }
            }
            do throws(OpenFlowError) {
                try self.add(flow, now: now)
            } catch {
                self.counters.learnedFlowsRefused += 1
                self.logger.debug("\(self.name): a learned flow is refused: \(error): \(flow.flowMod)")
            }
        }
    }

    private func add(_ learned: LearnedFlow, now: MonotonicTime) throws(OpenFlowError) {
        let flowMod = learned.flowMod
        guard self.isVisible(flowMod.tableID) else {
            throw OpenFlowError(.flowModBadTableID, value: UInt64(flowMod.tableID.rawValue))
        }
        var flow = FlowSpecification()
        try MatchCompiler.compile(flowMod.match, into: &flow.key, &flow.mask, self.tunnelOptions, confines: true)
        flow.priority = Int32(flowMod.priority)
        flow.cookie = flowMod.cookie
        flow.idleTimeoutSeconds = flowMod.idleTimeoutSeconds
        flow.hardTimeoutSeconds = flowMod.hardTimeoutSeconds
        flow.flags = flowMod.flags
        if learned.limit > 0, self.learnedFlows.rules[learned] == nil {
            guard self.pipeline.read({ $0.mayLearn(flowMod, limit: learned.limit) }) else {
                throw OpenFlowError(.flowModTableFull, limit: UInt64(learned.limit))
            }
        }
        let rule = try self.commit(by: .learning, now: now) {
            (state: inout PipelineState) throws(OpenFlowError) -> RuleReference? in
            flow.instructions = state.interner.intern(flowMod.instructions)
            try state.addFlow(flow, to: flowMod.tableID, resetsCounts: false, checksOverlap: false, now: now)
            guard case .flowAdded(let rule, replaced: _)? = state.events.last else { return nil }
            return rule
        }
        if self.learnedFlows.rules.count >= LearnedFlows.limit { self.forgetLearnedFlowsThatAreGone() }
        if self.learnedFlows.rules.count < LearnedFlows.limit { self.learnedFlows.rules[learned] = rule }
    }

    private func forgetLearnedFlowsThatAreGone() {
        self.learnedFlows.rules = self.pipeline.read { state in
            self.learnedFlows.rules.filter { state.flags(of: $0.value) != nil }
        }
    }

    // MARK: - Flows whose teachers are gone

    /// How many flows whose teachers are gone are removed in one turn.
    private static let orphansPerTurn = 1_024

    /// Notes that there are, or were, learn actions with delete_learned.
    func noteLessons(of list: InstructionList) {
        if !list.lessons.isEmpty { self.hasLessons = true }
    }

    /// Removes flows whose last teacher is gone, as many as a turn may; says whether more are left.
    func deleteOrphans(now: MonotonicTime) -> Bool {
        guard self.hasLessons, self.transaction == nil else { return false }
        self.orphanedLessons += self.commit(by: .learning, now: now) { $0.takeOrphanedLessons() }
        while let lesson = self.orphanedLessons.first {
            let found = self.pipeline.read { state in
                state.flows(of: lesson.cookie, in: lesson.table, maximum: Self.orphansPerTurn)
            }
            self.remove(found, .delete, by: .learning, now: now)
            if found.count == Self.orphansPerTurn { return true }
            self.orphanedLessons.removeFirst()
        }
        return false
    }
}
