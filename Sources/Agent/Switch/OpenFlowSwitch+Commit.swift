import OpenFlow

extension OpenFlowSwitch {
    /// Makes a change: the one door through which every change of the switch's state goes.
    ///
    /// Tells the datapath the new version, the controllers what flows went, and the observer (journal,
    /// monitors) what happened. A
    /// `body` that throws must have changed nothing.
    func commit<Result, Failure: Error>(
        by origin: ChangeOrigin, now: MonotonicTime,
        _ body: (inout PipelineState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // What cannot wait for a bundle that is half done has it done first.
        if self.bundleCommit != nil, self.transaction == nil { self.completeCommit(now: now) }
        var events: [PipelineEvent] = []
        swap(&events, &self.spareEvents)
        let (result, version) = try self.pipeline.commit(noting: &events, body)
        defer {
            // One change after the other notes its events in the same memory.
            if events.count <= 256 {
                events.removeAll(keepingCapacity: true)
                swap(&events, &self.spareEvents)
            }
        }
        if let version { self.announce(events, by: origin, now: now, version: version) }
        return result
    }

    /// Tells the datapath, the controllers and the observer of a change.
    private func announce(_ events: [PipelineEvent], by origin: ChangeOrigin, now: MonotonicTime, version: UInt64) {
        self.tellDatapath(of: events, version: version)
        var telling = MonitorTelling()
        self.announceFlows(events[...], by: origin, now: now, telling: &telling)
        self.announceRest(events, by: origin, now: now, version: version)
    }

    /// Tells the datapath of a change.
    func tellDatapath(of events: [PipelineEvent], version: UInt64) {
        self.datapath.tablesChanged(version: version) { changes in
            self.pipeline.read { changes.note(events, in: $0) }
        }
    }

    /// Tells the controllers that want to know which flows a change removed, and what it did to those that they watch.
    ///
    /// - Parameter telling: What of the same change was told before.
    func announceFlows(
        _ events: ArraySlice<PipelineEvent>, by origin: ChangeOrigin, now: MonotonicTime, telling: inout MonitorTelling
    ) {
        for event in events {
            guard case .flowRemoved(_, let reason, let flow?) = event,
                flow.statistics.flags.contains(.sendFlowRemoved)
            else { continue }
            self.announceRemoval(of: flow.statistics, reason)
        }
        if self.hasMonitors { self.tellMonitors(of: events, by: origin, now: now, &telling) }
    }

    /// Tells everything else that follows from a change, to controllers and to the observer.
    func announceRest(_ events: [PipelineEvent], by origin: ChangeOrigin, now: MonotonicTime, version: UInt64) {
        if !self.forwards.isEmpty { self.forwardRequests(of: events) }
        self.record(events, by: origin, version: version)
        self.tellVacancy()
        self.changeObserver?(PipelineChange(events: events, origin: origin, time: now, version: version))
    }

    /// Sends FLOW_REMOVED to the sessions that want it.
    private func announceRemoval(of flow: FlowStatisticsEntry, _ reason: FlowRemovedReason) {
        let message = FlowRemoved(
            cookie: flow.cookie, priority: flow.priority, reason: reason, tableID: flow.tableID,
            durationSeconds: flow.durationSeconds, durationNanoseconds: flow.durationNanoseconds,
            idleTimeoutSeconds: flow.idleTimeoutSeconds, hardTimeoutSeconds: flow.hardTimeoutSeconds,
            packetCount: flow.packetCount, byteCount: flow.byteCount, match: flow.match)
        self.broadcast(.flowRemoved(message), nicira: .nicira(.flowRemoved(message)), .flowRemoved) {
            reason.lowered(to: $0).rawValue
        }
    }

    /// Removes flows in one change, with their final counters where anybody wants to know them.
    func remove(
        _ flows: [RuleReference], _ reason: FlowRemovedReason, by origin: ChangeOrigin, now: MonotonicTime
    ) {
        guard !flows.isEmpty else { return }
        let everybody = self.observesFlows
        let isWanted = self.pipeline.read { state in
            state.announcesFlows && flows.contains { state.flags(of: $0)?.contains(.sendFlowRemoved) == true }
        }
        guard isWanted || everybody else {
            self.commit(by: origin, now: now) { state in
                for flow in flows { state.removeFlow(flow, reason, nil) }
            }
            return
        }
        if isWanted { self.synchroniseStatistics(now: now) }
        var details = [RemovedFlow?](repeating: nil, count: flows.count)
        self.pipeline.read { state in
            for (index, flow) in flows.enumerated()
            where everybody || state.flags(of: flow)?.contains(.sendFlowRemoved) == true {
                details[index] = state.statistics(of: flow, at: now).map(RemovedFlow.init)
            }
        }
        self.commit(by: origin, now: now) { state in
            for (index, flow) in flows.enumerated() { state.removeFlow(flow, reason, details[index]) }
        }
    }

    /// Has the datapath push the counters of its flows to the rules, unless it did so a moment ago.
    func synchroniseStatistics(now: MonotonicTime) {
        // Within a bundle the tables are held; they were synchronised before.
        guard self.transaction == nil else { return }
        if let last = self.lastSynchronisation, now.since(last) < self.configuration.synchronisationInterval {
            return
        }
        self.lastSynchronisation = now
        self.datapath.synchroniseStatistics(now: now)
    }
}

extension FlowRemovedReason {
    /// The reason as `version` numbers it: what it lacks is a deletion.
    func lowered(to version: OpenFlowVersion) -> FlowRemovedReason {
        switch self {
        case .groupDelete: version >= .v1_1 ? self : .delete
        case .meterDelete, .eviction: version >= .v1_4 ? self : .delete
        default: self
        }
    }
}
