import OpenFlow

/// The deletion of groups or meters that so many flows use that they go in slices, before the groups or meters
/// themselves.
///
/// Packets meet each flow with its group, or neither. The session's next message waits until it is done; others have
/// their turns between the slices.
struct RemovalJob {
    /// How many flows go in one turn.
    static let flowsPerSlice = 1_024

    /// The request.
    let request: Message
    /// Where it came from.
    let context: RequestContext
    /// Why the flows go.
    let reason: FlowRemovedReason
    /// Which flows go: what was true at first may have changed.
    let uses: (InstructionList) -> Bool
    private let flows: [RuleReference]
    private var position = 0

    init(
        _ request: Message, _ flows: [RuleReference], _ reason: FlowRemovedReason, _ context: RequestContext,
        uses: @escaping (InstructionList) -> Bool
    ) {
        self.request = request
        self.flows = flows
        self.reason = reason
        self.uses = uses
        // The request is part of what was read with it, which is not to be kept.
        self.context = RequestContext(
            session: context.session, transactionID: context.transactionID, now: context.now,
            bytes: Array(context.bytes.prefix(256))[...])
    }

    /// The next flows that still use what is deleted; nil at the end.
    mutating func next(_ state: borrowing PipelineState) -> [RuleReference]? {
        guard self.position < self.flows.count else { return nil }
        let end = min(self.flows.count, self.position + Self.flowsPerSlice)
        var found: [RuleReference] = []
        for flow in self.flows[self.position..<end] {
            guard let table = state.existingTable(TableID(rawValue: flow.table)),
                let rule = table.pointee.rule(flow), self.uses(rule.pointee.instructions)
            else { continue }
            found.append(flow)
        }
        self.position = end
        return found
    }
}

extension OpenFlowSwitch {
    /// Lets a deletion take several turns where too many flows go with it; false where it is to be done at once.
    func defersRemoval(
        _ request: Message, _ flows: [RuleReference], _ reason: FlowRemovedReason, _ context: RequestContext,
        uses: @escaping (InstructionList) -> Bool
    ) -> Bool {
        guard flows.count > RemovalJob.flowsPerSlice else { return false }
        let job = RemovalJob(request, flows, reason, context, uses: uses)
        guard self.transaction == nil else {
            // Part of a bundle, which goes on with it.
            self.transaction?.removals.append(job)
            return true
        }
        guard let state = self.sessions[context.session.identifier] else { return false }
        state.removal = job
        context.session.isBusy = true
        self.continueRemoval(state, now: context.now)
        return true
    }

    /// Carries out the next slice of a session's deletion of groups or meters.
    func continueRemoval(_ state: SessionState, now: MonotonicTime) {
        guard var job = state.removal else { return }
        state.removal = nil
        let context = job.context
        context.session.isBusy = false
        do throws(OpenFlowError) {
            guard try !self.advance(&job, now: now) else { return }
            context.session.isBusy = true
            state.removal = job
        } catch {
            self.refuse(error.code, Array(context.bytes), to: context.session, context.transactionID)
        }
    }

    /// Carries out the next slice of a deletion; says whether it is done.
    func advance(_ job: inout RemovalJob, now: MonotonicTime) throws(OpenFlowError) -> Bool {
        let context = job.context
        if let found = self.pipeline.read({ job.next($0) }) {
            self.remove(found, job.reason, by: context.origin, now: now)
            return false
        }
        let present = RequestContext(
            session: context.session, transactionID: context.transactionID, now: now, bytes: context.bytes)
        // Flows that have come meanwhile are few, and go with what they use.
        switch job.request {
        // Others will be told of a bundle's already.
        case .groupMod(let groupMod) where self.transaction != nil: try self.handle(groupMod, present)
        case .meterMod(let meterMod) where self.transaction != nil: try self.handle(meterMod, present)
        default: try self.carryOut(job.request, present)
        }
        return true
    }
}
