import OpenFlow

// The switch's own forwarding, where no controller says what to do.
extension OpenFlowSwitch {
    /// The priority of the hidden flow: above everything a controller can say.
    static let hiddenForwardingPriority: Int32 = 0xf0_f0f0

    /// Sets when the switch forwards by itself: puts in the flow that stands for it, and takes away the one before.
    package func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime) {
        guard mode != self.standaloneForwarding else { return }
        let before = self.forwardingFlow
        self.standaloneForwarding = mode
        self.forwardingFlow = self.commit(by: .management, now: now) { state in
            if let before { state.removeFlow(before, .delete, nil) }
            guard mode != .none else { return nil }
            var flow = FlowSpecification()
            flow.priority = mode == .hiddenFlow ? Self.hiddenForwardingPriority : 0
            flow.instructions = state.interner.intern([.applyActions([.output(.normal, maximumLength: 0)])])
            return state.addForwardingFlow(flow, now: now)
        }
    }
}

extension PipelineState {
    /// Adds the flow of the switch's own forwarding to table 0, unless a controller's flow has its place or
    /// there is no room.
    mutating func addForwardingFlow(_ flow: FlowSpecification, now: MonotonicTime) -> RuleReference? {
        let table = self.table(TableID(rawValue: 0))
        guard table.pointee.classifier.find(flow.key, mask: flow.mask, priority: flow.priority) == nil else {
            return nil
        }
        do throws(OpenFlowError) {
            let added = try table.pointee.add(flow, resetsCounts: true, checksOverlap: false, now: now)
            self.note(.flowAdded(added.reference, replaced: false))
            return added.reference
        } catch {
            return nil
        }
    }
}
