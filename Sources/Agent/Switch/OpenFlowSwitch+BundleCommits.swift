import Datapath
import Logging
import OpenFlow

// Commits of bundles, in slices (1.4 §6.9.4 · 1.5 §6.9.4): all of a bundle, in order, in one version of the tables that
// packets see; or nothing.
extension OpenFlowSwitch {
    /// Begins to commit a bundle, while no other is under way; what is short is done when this returns.
    func begin(_ commit: BundleCommit) {
        if self.pipeline.read({ $0.announcesFlows }) { self.synchroniseStatistics(now: commit.context.now) }
        commit.isStaged = self.takesLong(commit)
        self.bundleCommit = commit
        commit.context.session.isBusy = true
        self.pipeline.beginTransaction(isStaged: commit.isStaged)
        self.transaction = BundleTransaction()
        self.continueCommit(now: commit.context.now)
    }

    /// Whether a commit may take several turns: by its messages, or by the flows that they may mean.
    private func takesLong(_ commit: BundleCommit) -> Bool {
        if commit.messageCount > BundleCommit.messagesPerSlice { return true }
        guard self.pipeline.read({ $0.flowCount }) > BundleCommit.changesPerSlice else { return false }
        return commit.contains { message in
            switch message {
            case .flowMod(let flowMod): flowMod.command == .modify || flowMod.command == .delete
            case .groupMod(let groupMod): groupMod.command == .delete
            case .meterMod(let meterMod): meterMod.command == .delete
            default: false
            }
        }
    }

    /// Carries out the next slice of the bundle that is being committed, if there is one.
    func continueCommit(now: MonotonicTime) {
        guard let commit = self.bundleCommit, !commit.isActive else { return }
        commit.isActive = true
        defer { commit.isActive = false }
        if commit.phase == .applying { self.applySlice(commit, now: now) }
        if commit.phase == .rollingBack { self.rollBackSlice(commit) }
        if commit.phase == .announcing { self.announceSlice(commit, now: now) }
        guard commit.phase == .releasing, !commit.isSuspended else { return }
        let count = commit.undo?.steps.count ?? 0
        guard count <= BundleCommit.releasedPerSlice else {
            commit.undo?.steps.removeLast(BundleCommit.releasedPerSlice)
            return
        }
        commit.undo = nil
        self.finish(commit, now: now)
    }

    /// Carries out all that is left of the bundle that is being committed, for a change that cannot wait for it.
    func completeCommit(now: MonotonicTime) {
        while let commit = self.bundleCommit, !commit.isActive { self.continueCommit(now: now) }
    }

    // MARK: - Slices

    private func applySlice(_ commit: BundleCommit, now: MonotonicTime) {
        self.resume(commit)
        var failing: BundledRequest?
        do throws(OpenFlowError) {
            guard try self.apply(commit, now: now) else { return self.suspend(commit) }
            for change in self.transaction?.deviceChanges ?? [] {
                failing = change.request
                try change.carryOut()
            }
        } catch {
            self.logger.info(
                "\(self.name): \(commit.context.session.peer): a message of a bundle refused: \(error)")
            for reversal in (self.transaction?.reversals ?? []).reversed() { reversal() }
            return commit.fail(error, failing ?? commit.current)
        }
        let transaction = self.transaction
        self.transaction = nil
        commit.transaction = transaction
        let (undo, version) = self.pipeline.commitTransaction()
        (commit.undo, commit.version) = (undo, version)
        if let version {
            // One that is staged is long: to look at all megaflows costs less than to look at each message for each.
            if commit.isStaged {
                self.datapath.tablesChanged(version: version) { $0 = .everything }
            } else {
                self.tellDatapath(of: undo?.events ?? [], version: version)
            }
        }
        commit.phase = .announcing
    }

    /// Carries out messages, as many as a slice may; says whether all are done.
    private func apply(_ commit: BundleCommit, now: MonotonicTime) throws(OpenFlowError) -> Bool {
        var left = BundleCommit.messagesPerSlice
        while true {
            if var job = self.transaction?.flowJobs.popLast() {
                if try !self.advance(&job, now: now) { self.transaction?.flowJobs.append(job) }
                left = 0
            } else if var job = self.transaction?.removals.popLast() {
                if try !self.advance(&job, now: now) { self.transaction?.removals.append(job) }
                left = 0
            } else if left > 0 || !commit.isStaged {
                switch commit.next() {
                case .message(let message)?:
                    try self.apply(message, commit.currentContext(now: now))
                    left -= 1
                case .flowMods(var burst)?:
                    let before = burst.next
                    defer { commit.giveBack(burst) }
                    try self.apply(&burst, maximum: max(left, 1), commit, now: now)
                    left -= burst.next - before
                case nil: return true
                }
            }
            if left <= 0, commit.isStaged { return false }
        }
    }

    private func apply(_ message: Message, _ context: RequestContext) throws(OpenFlowError) {
        switch message {
        case .flowMod(let flowMod): try self.handle(flowMod, context)
        case .groupMod, .meterMod: try self.carryOut(message, context)
        case .portMod(let portMod): try self.handle(portMod, context)
        case .tableMod(let tableMod): try self.handle(tableMod, context)
        case .packetOut(let packetOut): try self.handle(packetOut, context)
        case .nicira(.tlvTableMod(let request)): try self.handle(request, context)
        default: throw OpenFlowError(.bundleMessageUnsupported)
        }
    }

    private func rollBackSlice(_ commit: BundleCommit) {
        self.resume(commit)
        let (isDone, undo) = self.pipeline.rollBackTransaction(
            maximum: commit.isStaged ? BundleCommit.changesPerSlice : .max)
        guard isDone else { return self.suspend(commit) }
        self.transaction = nil
        commit.undo = undo
        self.forwards = []
        let session = commit.context.session
        if let (error, request) = commit.failure {
            self.refuse(error.code, request.bytes, to: session, request.transactionID)
        }
        self.refuse(.bundleMessageFailed, Array(commit.context.bytes), to: session, commit.context.transactionID)
        commit.phase = .releasing
    }

    /// Tells what the bundle has done to flows, as much as a slice may, and with the last of it everything else.
    private func announceSlice(_ commit: BundleCommit, now: MonotonicTime) {
        let events = commit.undo?.events ?? []
        let end = min(events.count, commit.toldCount + BundleCommit.changesPerSlice)
        let origin = commit.context.origin
        self.announceFlows(events[commit.toldCount..<end], by: origin, now: now, telling: &commit.telling)
        commit.toldCount = end
        guard end == events.count else { return }
        if let version = commit.version { self.announceRest(events, by: origin, now: now, version: version) }
        self.forwards = []
        commit.phase = .releasing
        for action in commit.transaction?.afterwards ?? [] { action() }
        commit.transaction = nil
        self.reply(.bundleControl(commit.answer), commit.context)
    }

    private func finish(_ commit: BundleCommit, now: MonotonicTime) {
        self.bundleCommit = nil
        commit.context.session.isBusy = false
        // Monitors that could have been resumed meanwhile.
        for state in self.sessions.values { self.continueMonitoring(state, now: now) }
    }

    // MARK: - Between slices

    private func suspend(_ commit: BundleCommit) {
        commit.transaction = self.transaction
        self.transaction = nil
        commit.isSuspended = true
        self.pipeline.suspendTransaction()
    }

    private func resume(_ commit: BundleCommit) {
        guard commit.isSuspended else { return }
        self.pipeline.resumeTransaction()
        commit.isSuspended = false
        self.transaction = commit.transaction
        commit.transaction = nil
    }

    /// Puts off a message that touches the tables while a bundle is being committed; false where it may be handled.
    func postpones(
        _ message: Message, _ header: MessageHeader, _ bytes: ArraySlice<UInt8>, _ state: SessionState
    ) -> Bool {
        guard self.bundleCommit != nil, message.waitsForBundles else { return false }
        state.postponed.append((message, header, Array(bytes)))
        state.session.isBusy = true
        return true
    }

    /// Handles the messages that waited for a bundle; says whether some wait still.
    func handlePostponed(now: MonotonicTime) -> Bool {
        var isWaiting = false
        for state in self.sessions.values.sorted(by: { $0.session.identifier < $1.session.identifier })
        where !state.postponed.isEmpty {
            while self.bundleCommit == nil, !state.postponed.isEmpty, !state.hasLongWork {
                let (message, header, bytes) = state.postponed.removeFirst()
                state.session.isBusy = !state.postponed.isEmpty
                self.counters.messages -= 1
                self.handle(message, header: header, bytes: bytes, from: state.session, now: now)
            }
            isWaiting = isWaiting || !state.postponed.isEmpty
        }
        return isWaiting
    }
}

extension Message {
    /// Whether it can only be handled when no bundle is half done: it changes the tables, or tells of them.
    fileprivate var waitsForBundles: Bool {
        switch self {
        case .hello, .error, .echoRequest, .echoReply, .barrierRequest, .featuresRequest, .getConfigRequest,
            .roleRequest, .getAsyncRequest, .setAsync, .bundleAdd, .packetOut:
            false
        case .bundleControl(let control): control.kind == .commitRequest
        default: true
        }
    }
}
