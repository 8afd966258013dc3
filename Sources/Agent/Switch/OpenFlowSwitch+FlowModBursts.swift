import Datapath
import Logging
import OpenFlow

extension OpenFlowSwitch {
    /// How many flow_mods are one change at most: packets that must be translated wait no longer than for these.
    private static let flowModsPerChange = 32
    /// How many messages ahead of its turn a match is looked for in memory; one less than there are buffers.
    private static let foreseenFlowMods = 3

    /// Handles messages of a burst from the first that is not done, at least one; says so in ``FlowModBurst/next``.
    ///
    /// As many as can be are one change; the first that needs a second look is handled as any message. All those for a
    /// bundle are added to it at once.
    package func handle(
        _ burst: inout FlowModBurst, maximum: Int, from session: ControllerSession, now: MonotonicTime
    ) {
        let first = burst.next
        guard first < burst.count else { return }
        if let state = self.sessions[session.identifier], session.role != .secondary, !session.shouldClose,
            self.logger.logLevel > .trace
        {
            switch burst.destination {
            case .tables: self.carryOut(&burst, maximum: maximum, session, now: now)
            case .bundle(let identifier, let flags):
                // One of which some were added by themselves goes on like that.
                if first == 0, state.bundles.add(burst, to: identifier, flags, now: now) { burst.next = burst.count }
            }
            self.counters.messages += UInt64(burst.next - first)
            if burst.next > first { return }
        }
        burst.next += 1
        self.handle(burst, first, from: session, now: now)
    }

    /// Carries out messages as one change, up to the first that needs a second look or is refused, which it answers.
    private func carryOut(
        _ burst: inout FlowModBurst, maximum: Int, _ session: ControllerSession, now: MonotonicTime
    ) {
        // Nobody is told of single changes, and none waits for another.
        guard self.bundleCommit == nil, self.transaction == nil, !self.observesFlows, self.vacancyMonitors.isEmpty,
            self.forwards.isEmpty, self.audit.logLevel > .debug
        else { return }
        let origin = ChangeOrigin.controller(
            session: session.identifier, burst.entries[burst.next].transactionID)
        guard let refusal = self.carryOut(&burst, maximum: maximum, by: origin, now: now) else { return }
        let refused = burst.next - 1
        self.logger.info("\(self.name): \(session.peer): type 14 refused: \(refusal)")
        self.refuse(
            refusal.code, Array(burst.bytes(of: refused)), to: session, burst.entries[refused].transactionID)
    }

    /// Carries out messages of a bundle that is being committed, at least one.
    func apply(
        _ burst: inout FlowModBurst, maximum: Int, _ commit: BundleCommit, now: MonotonicTime
    ) throws(OpenFlowError) {
        let first = burst.next
        let refusal = self.carryOut(&burst, maximum: maximum, by: commit.context.origin, now: now)
        if let refusal {
            commit.note(burst.request(of: burst.next - 1))
            throw refusal
        }
        guard burst.next == first else { return }
        burst.next += 1
        commit.note(burst.request(of: first))
        try self.handle(burst.flowMod(first), commit.currentContext(now: now))
    }

    /// Carries out messages as one change, up to the first that needs a second look or is refused, which then is the
    /// last of those done; returns why.
    private func carryOut(
        _ burst: inout FlowModBurst, maximum: Int, by origin: ChangeOrigin, now: MonotonicTime
    ) -> OpenFlowError? {
        // No table has rules of its own.
        guard !self.hasLessons, self.firstEgressTable == nil, self.narrowings.isEmpty, self.evictingTables.isEmpty
        else { return nil }
        let first = burst.next
        let end = min(burst.count, first + min(maximum, Self.flowModsPerChange))
        return self.commit(by: origin, now: now) { state in
            for index in first..<min(end, first + Self.foreseenFlowMods) { self.foresee(burst, index, state) }
            while burst.next < end {
                let index = burst.next
                let ahead = index + Self.foreseenFlowMods
                if ahead < end { self.foresee(burst, ahead, state) }
                let match = self.burstMatches[index & 3].words
                do throws(OpenFlowError) {
                    guard try self.carryOut(&burst, index, match, &state, now: now) else { return nil }
                    burst.next += 1
                } catch {
                    burst.next += 1
                    return error
                }
            }
            return nil
        }
    }

    /// Writes a match where it is looked for when its turn comes, and has the memory fetched that it will look into.
    @inline(__always)
    private func foresee(_ burst: borrowing FlowModBurst, _ index: Int, _ state: borrowing PipelineState) {
        let entry = burst.entries[index]
        burst.write(entry, into: self.burstMatches[index & 3])
        state.existingTable(entry.table)?.pointee.prefetch(self.burstMatches[index & 3].words, cookie: entry.cookie)
    }

    /// Does what a message says; false where that needs a second look, and nothing was done.
    private func carryOut(
        _ burst: inout FlowModBurst, _ index: Int, _ match: MatchWords, _ state: inout PipelineState,
        now: MonotonicTime
    ) throws(OpenFlowError) -> Bool {
        let entry = burst.entries[index]
        guard self.isVisible(entry.table) else { return false }
        switch entry.command {
        case .add:
            guard let list = self.list(of: entry, match, &burst, &state) else { return false }
            let flow = FlowAttributes(
                priority: Int32(entry.priority), cookie: entry.cookie, idleTimeoutSeconds: entry.idleTimeoutSeconds,
                hardTimeoutSeconds: entry.hardTimeoutSeconds, importance: entry.importance,
                flags: entry.flags.intersection([.sendFlowRemoved, .noPacketCounts, .noByteCounts]),
                instructions: list)
            try state.addFlow(
                match, flow, to: entry.table,
                resetsCounts: entry.semantics.contains(.addResetsCounts) || entry.flags.contains(.resetCounts),
                checksOverlap: entry.flags.contains(.checkOverlap), now: now)
            return true
        case .modifyStrict:
            guard let list = self.list(of: entry, match, &burst, &state) else { return false }
            guard let found = state.flow(match, priority: entry.priority, in: entry.table) else {
                return !entry.semantics.contains(.modifyAddsMissing)
            }
            state.modifyFlow(
                found, instructions: list,
                cookie: entry.semantics.contains(.modifySetsCookie) ? entry.cookie : nil,
                resetsCounts: entry.flags.contains(.resetCounts), now: now)
            return true
        case .deleteStrict:
            guard let found = state.flow(match, priority: entry.priority, in: entry.table) else { return true }
            // Its last counters are asked for first, and what it was is kept for those who watch.
            guard !self.observesFlows,
                !state.announcesFlows || state.flags(of: found)?.contains(.sendFlowRemoved) != true
            else {
                return false
            }
            state.removeFlow(found, .delete, nil)
            return true
        case .modify, .delete: return false
        }
    }

    /// The list of instructions of a message, which is accepted once for all that have it; nil where it is not.
    @inline(__always)
    private func list(
        of entry: FlowModBurst.Entry, _ match: MatchWords, _ burst: inout FlowModBurst, _ state: inout PipelineState
    ) -> InstructionList? {
        let index = Int(entry.instructions)
        if let list = burst.instructions[index].list { return list }
        do throws(OpenFlowError) {
            let accepted = try InstructionValidator.validate(
                burst.instructions[index].asked, facts: PacketFacts(match), table: entry.table,
                tableCount: self.tableCount, version: burst.version)
            let list = state.interner.intern(accepted)
            burst.instructions[index].list = list
            return list
        } catch {
            // Whoever handles the message by itself says why.
            return nil
        }
    }
}

extension SwitchRequestHandler {
    /// Handles one message of a burst as any message.
    func handle(_ burst: FlowModBurst, _ index: Int, from session: ControllerSession, now: MonotonicTime) {
        let bytes = burst.bytes(of: index)
        do throws(OpenFlowError) {
            let (message, header) = try burst.message(index)
            self.handle(message, header: header, bytes: bytes, from: session, now: now)
        } catch {
            self.handleDecodeError(error, bytes: Array(bytes), from: session, now: now)
        }
    }

    /// Handles the next message of the burst as any message.
    package func handle(
        _ burst: inout FlowModBurst, maximum: Int, from session: ControllerSession, now: MonotonicTime
    ) {
        guard burst.next < burst.count else { return }
        burst.next += 1
        self.handle(burst, burst.next - 1, from: session, now: now)
    }
}
