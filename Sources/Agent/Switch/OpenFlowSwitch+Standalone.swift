package import NetworkTypes
package import OpenFlow

// The switch's own forwarding, where no controller says what to do.
extension OpenFlowSwitch {
    /// Sets when the switch forwards by itself: puts in the flow that stands for it, and takes away the one before.
    package func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime) {
        guard mode != self.standaloneForwarding else { return }
        let before = self.forwardingFlow
        self.standaloneForwarding = mode
        self.forwardingFlow = self.commit(by: .management, now: now) { state in
            if let before { state.removeFlow(before, .delete, nil) }
            switch mode {
            case .none: return nil
            case .visibleFlow:
                var flow = FlowSpecification()
                flow.priority = 0
                return state.addForwardingFlow(flow, now: now)
            case .hiddenFlow: return state.addHiddenFlow(HiddenFlow(.standalone, .any), now: now)
            }
        }
    }

    /// Makes these the hidden flows of in-band control: adds those that are new, takes away those that are not there.
    package func setInBandFlows(_ flows: [HiddenFlow], now: MonotonicTime) {
        let wanted = Set(flows)
        guard wanted != Set(self.inBandFlows.keys) else { return }
        let gone = self.inBandFlows.filter { !wanted.contains($0.key) }
        var present = self.inBandFlows.filter { wanted.contains($0.key) }
        self.inBandFlows = self.commit(by: .management, now: now) { state in
            for reference in gone.values { state.removeFlow(reference, .delete, nil) }
            for flow in flows where present[flow] == nil {
                present[flow] = state.addHiddenFlow(flow, now: now)
            }
            return present
        }
    }

    /// The local port's hardware address, which in-band control is about; nil where there is no local port.
    package var localHardwareAddress: MACAddress? {
        self.pipeline.read { $0.port(.local)?.description.hardwareAddress }
    }
}

extension PipelineState {
    /// Adds a hidden flow to table 0; nil where its match is none, or there is no room.
    mutating func addHiddenFlow(_ hidden: HiddenFlow, now: MonotonicTime) -> RuleReference? {
        var flow = FlowSpecification()
        do throws(OpenFlowError) {
            try MatchCompiler.compile(hidden.match, into: &flow.key, &flow.mask)
        } catch {
            return nil
        }
        flow.priority = hidden.priority
        flow.cookie = Cookie(rawValue: hidden.purpose.rawValue)
        return self.addForwardingFlow(flow, now: now)
    }

    /// Adds a flow of the switch's own forwarding to table 0, unless a controller's flow has its place or
    /// there is no room.
    fileprivate mutating func addForwardingFlow(_ flow: FlowSpecification, now: MonotonicTime) -> RuleReference? {
        var flow = flow
        flow.instructions = self.interner.intern([.applyActions([.output(.normal, maximumLength: 0)])])
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

    /// The hidden flows of the tables that packets go through, with what is known of each.
    package func hiddenFlows(now: MonotonicTime) -> [(purpose: HiddenFlow.Purpose?, flow: FlowStatisticsEntry)] {
        var found: [(HiddenFlow.Purpose?, FlowStatisticsEntry)] = []
        for number in 0..<UInt8(self.tableCount) {
            guard let table = self.existingTable(TableID(rawValue: number)), table.pointee.hiddenCount > 0,
                table.pointee.identifier != Self.hiddenTable
            else { continue }
            for slot in 0..<table.pointee.rules.usedSlots {
                guard let rule = table.pointee.rules.rule(slot), rule.pointee.isHidden else { continue }
                let flow = table.pointee.statistics(of: slot, at: now)
                found.append((HiddenFlow.Purpose(rawValue: flow.cookie.rawValue), flow))
            }
        }
        return found
    }
}
