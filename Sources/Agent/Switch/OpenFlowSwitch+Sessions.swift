import OpenFlow

// The life of sessions, and replies that wait: barriers and dumps.
extension OpenFlowSwitch {
    /// A session's version has been negotiated; from here on it may get asynchronous messages.
    package func sessionOpened(_ session: ControllerSession) {
        self.sessions[session.identifier] = SessionState(session)
        self.announce(session, .channelStatus, .up)
        self.updateMissHandling(now: .zero)
    }

    /// A session's connection is gone; what waited for it is dropped.
    package func sessionClosed(_ session: ControllerSession) {
        self.sessions[session.identifier] = nil
        self.updateMonitoring()
        self.announce(session, .channelStatus, .down)
        self.updateMissHandling(now: .zero)
    }

    /// Says whether packets that match nothing are to raise packet-ins: some session of 1.0–1.2 wants them.
    ///
    /// From 1.3 on such packets are dropped unless a table-miss flow says otherwise.
    func updateMissHandling(now: MonotonicTime) {
        let wants = self.sessions.values.contains {
            let session = $0.session
            return session.version < .v1_3 && session.controllerID == 0
                && (!session.isService || session.missSendLength != 0)
        }
        guard wants != self.pipeline.read({ $0.wantsPacketInOnMiss }) else { return }
        self.commit(by: .management, now: now) { $0.setWantsPacketInOnMiss(wants) }
    }

    /// Answers a barrier when the datapath has finished the tables' present version and earlier dumps are sent.
    func handleBarrier(_ context: RequestContext, _ state: SessionState) {
        let version = self.pipeline.version
        if state.barriers.isEmpty, state.dumps.isEmpty, self.datapath.finishedVersion >= version {
            return self.reply(.barrierReply, context)
        }
        guard state.barriers.count < self.configuration.waitingRepliesMaximum else {
            context.session.shouldClose = true
            return
        }
        self.datapath.versionAwaited()
        state.barriers.append(
            SessionState.Barrier(
                transactionID: context.transactionID, version: version, sequence: state.nextSequence()))
        self.releaseBarriers(state)
    }

    /// The datapath's finished version has grown: answers the barriers that waited for it.
    package func barrierProgress() {
        for state in self.sessions.values {
            if state.connectionFlush != nil { self.finishFlush(state) }
            if !state.barriers.isEmpty { self.releaseBarriers(state) }
        }
    }

    private func releaseBarriers(_ state: SessionState) {
        for barrier in state.takeReleasedBarriers(finishedVersion: self.datapath.finishedVersion) {
            self.send(.barrierReply, to: state.session, barrier.transactionID)
        }
    }

    /// Begins a dump, which sends as much as the session's output has room for.
    func begin(_ dump: FlowDump, _ context: RequestContext, _ state: SessionState) throws(OpenFlowError) {
        guard state.dumps.count < self.configuration.waitingDumpsMaximum else {
            throw OpenFlowError(
                context.version >= .v1_3 ? .requestMultipartBufferOverflow : .requestNotPermitted,
                limit: UInt64(self.configuration.waitingDumpsMaximum))
        }
        state.dumps.append(dump)
        if state.dumps.count == 1 { self.continueDumps(state, now: context.now) }
    }

    /// The session's connection has drained: continues its dumps.
    package func resume(_ session: ControllerSession, now: MonotonicTime) {
        guard let state = self.sessions[session.identifier] else { return }
        guard self.bundleCommit == nil else {
            // What is half done is not to be told.
            state.dumpIsPaused = !state.dumps.isEmpty
            return
        }
        self.continueMonitoring(state, now: now)
        if !state.dumps.isEmpty { self.continueDumps(state, now: now) }
    }

    /// Goes on with what takes several turns; says whether more is left that could be done at once.
    func continueLongWork(now: MonotonicTime) -> Bool {
        self.continueCommit(now: now)
        guard self.bundleCommit == nil else { return true }
        if !self.postponedLearning.isEmpty {
            let flows = self.postponedLearning
            self.postponedLearning = []
            self.learn(flows, now: now)
        }
        var hasMore = self.handlePostponed(now: now)
        guard self.bundleCommit == nil else { return true }
        hasMore = self.deleteOrphans(now: now) || hasMore
        for state in self.sessions.values where state.hasLongWork {
            if state.hasJob {
                self.continueJob(state, now: now)
            } else {
                self.continueRemoval(state, now: now)
            }
            if state.dumpIsPaused { self.continueDumps(state, now: now) }
            hasMore = hasMore || state.hasLongWork
        }
        return hasMore
    }

    /// Sends of the session's dumps what its output has room for.
    private func continueDumps(_ state: SessionState, now: MonotonicTime) {
        let session = state.session
        state.dumpIsPaused = false
        while !state.dumps.isEmpty {
            let allowed = min(self.configuration.outputBytesForDumps, session.outputBytesAllowed)
            let room = allowed - session.output.count - session.bytesInFlight
            guard room > 0 else { return }
            var dump = state.dumps.removeFirst()
            let progress = self.pipeline.read { dump.write($0, upTo: room, now: now) }
            session.inexpressibleMessages += UInt64(dump.inexpressible)
            self.counters.inexpressible += UInt64(dump.inexpressible)
            dump.inexpressible = 0
            guard case .finished = progress else {
                session.output += dump.writer.take()
                state.dumps.insert(dump, at: 0)
                if case .paused = progress { state.dumpIsPaused = true }
                return
            }
            session.output += dump.writer.finish()
            self.releaseBarriers(state)
        }
    }
}
