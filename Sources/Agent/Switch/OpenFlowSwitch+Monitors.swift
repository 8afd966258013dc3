import Logging
import OpenFlow

// Flow monitors (1.4 §7.3.5.17 · 1.5 §7.3.5.19; ONF's experimenter type 1870 in 1.3, Nicira's below), which are fed
// from the record of each committed change.
extension OpenFlowSwitch {
    /// Whether somebody wants to hear of each flow that comes, changes or goes.
    var observesFlows: Bool { self.hasMonitors || self.changeObserver != nil }

    /// Adds, changes or ends monitors, and answers with the flows that are there at first.
    func handle(
        _ requests: [FlowMonitorRequest], _ context: RequestContext, _ state: SessionState
    ) throws(OpenFlowError) {
        let initial = try state.monitors.apply(
            requests, version: context.version, options: self.tunnelOptions
        ) { self.isVisible($0) }
        self.updateMonitoring()
        let tables = self.pipeline.read { state in
            state.visibleTables(.all).filter { table in
                initial.contains { $0.tableID == .all || $0.tableID == table }
            }
        }
        let dump: FlowDump
        do throws(Inexpressible) {
            dump = try FlowDump(
                sequence: state.nextSequence(), monitors: initial, tables: tables, version: context.version,
                transactionID: context.transactionID)
        } catch {
            throw OpenFlowError(.requestBadMultipart)
        }
        try self.begin(dump, context, state)
    }

    /// Ends a monitor (before 1.4).
    func cancelMonitor(_ identifier: FlowMonitorID, _ state: SessionState) throws(OpenFlowError) {
        try state.monitors.cancel(identifier)
        self.updateMonitoring()
    }

    /// Looks whether any session has monitors.
    func updateMonitoring() {
        self.hasMonitors = self.sessions.values.contains { !$0.monitors.isEmpty }
    }

    // MARK: - Changes

    /// One session's updates of one change.
    private struct Telling {
        let state: SessionState
        /// The transaction of the session's own request that made the change.
        let own: TransactionID?
        var writer: MultipartReplyWriter
        var hasUpdates = false
        var isAbbreviated = false
    }

    /// Tells every session with monitors what a change did to the flows that it watches.
    func tellMonitors(
        of events: ArraySlice<PipelineEvent>, by origin: ChangeOrigin, now: MonotonicTime, _ told: inout MonitorTelling
    ) {
        var tellings: [Telling] = []
        for state in self.sessions.values where !state.monitors.isEmpty {
            guard
                let writer = try? MultipartReplyWriter(
                    .flowMonitor, version: state.session.version, transactionID: .unsolicited)
            else { continue }
            var own: TransactionID?
            if case .controller(let session, let transactionID) = origin, session == state.session.identifier {
                own = transactionID
            }
            var telling = Telling(state: state, own: own, writer: writer)
            telling.isAbbreviated = told.abbreviated.contains(state.session.identifier)
            tellings.append(telling)
        }
        for event in events {
            switch event {
            case .flowAdded(let reference, let replaced):
                if let flow = self.monitoredFlow(reference, now) {
                    self.tell(&tellings, .added, reference, flow)
                } else if !replaced {
                    told.fleeting.insert(reference)
                }
            case .flowModified(let reference, let before?):
                guard let flow = self.monitoredFlow(reference, now) else { continue }
                self.tell(&tellings, .modified, reference, flow, before: before)
            case .flowRemoved(let reference, let reason, let removed?):
                guard told.fleeting.remove(reference) == nil, let flow = MonitoredFlow(removed, self.tunnelOptions)
                else { continue }
                self.tell(&tellings, .removed, reference, flow, reason)
            default: continue
            }
        }
        for index in tellings.indices where tellings[index].hasUpdates {
            tellings[index].state.session.output += tellings[index].writer.finish()
        }
        for telling in tellings where telling.isAbbreviated {
            told.abbreviated.insert(telling.state.session.identifier)
        }
        for telling in tellings where telling.state.monitors.isPaused && !telling.state.session.isPaused {
            self.announcePause(telling.state)
        }
    }

    private func monitoredFlow(_ reference: RuleReference, _ now: MonotonicTime) -> MonitoredFlow? {
        self.pipeline.read { state in
            guard let table = state.existingTable(TableID(rawValue: reference.table)),
                table.pointee.rule(reference) != nil
            else { return nil }
            return table.pointee.monitoredFlow(reference.slot, at: now)
        }
    }

    private func tell(
        _ tellings: inout [Telling], _ event: FullFlowUpdate.Event, _ reference: RuleReference,
        _ flow: MonitoredFlow, _ reason: FlowRemovedReason = .delete, before: InstructionList? = nil
    ) {
        for index in tellings.indices {
            let state = tellings[index].state
            let own = tellings[index].own
            // What waits is told in full: by then the controller's own requests are long past.
            let verdict = state.monitors.verdict(
                on: flow, event, reason, before: before, isOwn: own != nil, mayAbbreviate: !state.monitors.isPaused)
            switch verdict {
            case .nothing: continue
            case .abbreviated where tellings[index].isAbbreviated: continue
            case .abbreviated, .full: break
            }
            guard !state.monitors.isPaused, self.hasRoomForUpdates(state.session, beside: tellings[index].writer) else {
                state.monitors.pause()
                var update: FullFlowUpdate?
                if case .full(let full) = verdict { update = full }
                if update == nil, event == .removed { update = flow.update(event, reason, withInstructions: true) }
                if !state.monitors.keep(event, of: reference, update) { self.giveUp(state) }
                continue
            }
            switch verdict {
            case .nothing: break
            case .abbreviated:
                tellings[index].isAbbreviated = true
                self.append(.abbreviated(own ?? .unsolicited), to: &tellings[index].writer, state.session)
            case .full(let update): self.append(.full(update), to: &tellings[index].writer, state.session)
            }
            tellings[index].hasUpdates = true
        }
    }

    private func append(
        _ update: FlowUpdate, to writer: inout MultipartReplyWriter, _ session: ControllerSession
    ) {
        do throws(Inexpressible) {
            try writer.append(update)
        } catch {
            session.inexpressibleMessages += 1
            self.counters.inexpressible += 1
        }
    }

    // MARK: - Slow connections

    private func hasRoomForUpdates(_ session: ControllerSession, beside writer: MultipartReplyWriter) -> Bool {
        let limit = min(self.configuration.outputBytesForMonitors, session.outputBytesAllowed)
        return session.output.count + session.bytesInFlight + writer.byteCount < limit
    }

    private func announcePause(_ state: SessionState) {
        let session = state.session
        session.isPaused = true
        self.counters.monitorPauses += 1
        self.sendMonitorState(.paused, .flowMonitorPaused, session)
    }

    /// From 1.4 on an update says so, before that a message.
    private func sendMonitorState(_ update: FlowUpdate, _ message: Message, _ session: ControllerSession) {
        let isUpdate = session.version >= .v1_4
        self.send(
            isUpdate ? .multipartReply(MultipartReply(body: .flowMonitor([update]))) : message, to: session,
            .unsolicited)
    }

    /// A controller that reads nothing while more changes than can be kept go by has to begin anew.
    private func giveUp(_ state: SessionState) {
        guard !state.session.shouldClose else { return }
        self.logger.notice(
            "\(self.name): \(state.session.peer): too many changes wait for its flow monitors; it is disconnected")
        state.session.shouldClose = true
    }

    /// Tells what has changed since updates were paused, as far as the session's output has room, and resumes them at
    /// the end of that.
    func continueMonitoring(_ state: SessionState, now: MonotonicTime) {
        let session = state.session
        guard state.monitors.isPaused,
            session.output.count + session.bytesInFlight
                < min(self.configuration.outputBytesForMonitors, session.outputBytesAllowed) / 2,
            var writer = try? MultipartReplyWriter(
                .flowMonitor, version: session.version, transactionID: .unsolicited)
        else { return }
        var hasUpdates = false
        while self.hasRoomForUpdates(session, beside: writer) {
            if let removed = state.monitors.takeRemoved() {
                hasUpdates = true
                self.append(.full(removed), to: &writer, session)
            } else if let (place, isNew) = state.monitors.takeChanged() {
                let flow = self.pipeline.read { tables in
                    tables.existingTable(TableID(rawValue: place.table))?.pointee.monitoredFlow(place.slot, at: now)
                }
                guard let flow else { continue }
                let event: FullFlowUpdate.Event = isNew ? .added : .modified
                guard
                    case .full(let update) =
                        state.monitors.verdict(on: flow, event, isOwn: true, mayAbbreviate: false)
                else { continue }
                hasUpdates = true
                self.append(.full(update), to: &writer, session)
            } else {
                break
            }
        }
        if hasUpdates { session.output += writer.finish() }
        guard state.monitors.waitingCount == 0 else { return }
        state.monitors.resume()
        session.isPaused = false
        self.sendMonitorState(.resumed, .flowMonitorResumed, session)
    }
}

/// What flow monitors have been told of one change, whose events may be told in parts.
struct MonitorTelling {
    /// Flows that came and went within the change: they were never there for anybody.
    var fleeting: Set<RuleReference> = []
    /// The sessions that know of their own changes by their transaction.
    var abbreviated: Set<UInt64> = []
}
