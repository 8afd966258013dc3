import Datapath
import Logging
import OpenFlow
import Synchronization

/// What one pass of the revalidator did.
package struct RevalidationSummary: Hashable, Sendable {
    /// Flows translated again.
    package var examined = 0
    /// Flows whose actions were replaced.
    package var repaired = 0
    /// Flows removed because they no longer held.
    package var invalidated = 0
    /// Flows removed for being idle.
    package var idle = 0
    /// Flows removed that nobody here had installed.
    package var unknown = 0
    /// Flows that the datapath no longer had.
    package var vanished = 0
    /// Changes that failed, to be tried again.
    package var failures = 0
    /// Nothing done.
    package init() {}
}

/// What the megaflows of a bridge are to agree with.
struct RevalidationGoal {
    /// The version of the tables.
    let version: UInt64
    /// What changed since the megaflows were last looked at.
    let changes: TableChanges
    /// The number of the learning table's state.
    let learningGeneration: UInt64

    /// Whether a megaflow must be translated again; marks it as agreeing with the version where it does.
    func concerns(_ flow: inout InstalledFlow, inPort: (FlowKey) -> PortNumber?) -> Bool {
        if let generation = flow.learningGeneration, generation != self.learningGeneration { return true }
        guard flow.version < self.version else { return false }
        guard let inPort = inPort(flow.match.key), !self.changes.mayConcern(flow, inPort: inPort) else { return true }
        flow.version = self.version
        return false
    }

    /// As ``concerns(_:inPort:)``, of a megaflow's way through this bridge from another.
    func concerns(_ passage: inout BridgePassage) -> Bool {
        if let generation = passage.learningGeneration, generation != self.learningGeneration { return true }
        guard passage.version < self.version else { return false }
        guard !self.changes.mayConcern(passage.attribution) else { return true }
        passage.version = self.version
        return false
    }
}

// The revalidator: after changes of tables, whatever contradicts them is repaired or removed; now and then, counters
// are collected and idle flows removed.
extension DatapathService {
    private static let learningIntervalMilliseconds = 100
    /// How long changes of tables gather while nobody waits for them; a flood of them costs one revalidation
    /// per interval.
    private static let versionsInterval = Duration.milliseconds(10)
    /// They gather for as many times as long as the last revalidation took, so that it takes no more than a part of a
    /// processor however many megaflows there are, but not for longer than a sweep does.
    private static let versionsIntervalFactor = 4
    private static let chunk = 128

    /// The body of the revalidator thread.
    func runRevalidator() {
        let sweepInterval = self.flowLimit.sweepInterval
        var nextSweep = SystemClock.now() + sweepInterval
        var nextLearning = MonotonicTime.zero
        var nextVersions = MonotonicTime.zero
        var retries = false
        while !self.isStopping.load(ordering: .sequentiallyConsistent) {
            let now = SystemClock.now()
            if now >= nextSweep {
                let swept = self.flows.count
                self.log(self.sweepOnce(now: now))
                self.adaptFlowLimit(toSweepOf: swept, taking: SystemClock.now().since(now))
                nextSweep = SystemClock.now() + sweepInterval
            }
            let learning = self.learningPending.load(ordering: .sequentiallyConsistent)
            let versions =
                self.versionsPending.load(ordering: .sequentiallyConsistent)
                && (now >= nextVersions || self.versionsAwaited.load(ordering: .sequentiallyConsistent))
            if versions || retries || (learning && now >= nextLearning) {
                let summary = self.revalidateOnce(now: now)
                retries = summary.failures > 0
                self.log(summary)
                nextLearning = now + .milliseconds(Self.learningIntervalMilliseconds)
                let end = SystemClock.now()
                let rest = end.since(now) * Self.versionsIntervalFactor
                nextVersions = end + min(max(Self.versionsInterval, rest), sweepInterval)
            }
            var wait = nextSweep.since(SystemClock.now())
            if self.versionsPending.load(ordering: .sequentiallyConsistent), !retries {
                guard !self.versionsAwaited.load(ordering: .sequentiallyConsistent) else { continue }
                wait = min(wait, nextVersions.since(SystemClock.now()))
            }
            if retries { wait = min(wait, .milliseconds(20)) }
            if self.learningPending.load(ordering: .sequentiallyConsistent) {
                wait = min(wait, nextLearning.since(SystemClock.now()))
            }
            self.revalidatorSignal.wait(timeoutMilliseconds: Int(wait.wholeNanoseconds / 1_000_000) + 1)
        }
    }

    /// Tells what a pass has done, where it has done something.
    private func log(_ summary: RevalidationSummary) {
        if summary.failures > 0 { self.logger.warning("\(summary.failures) megaflows could not be changed yet") }
        guard summary != RevalidationSummary() else { return }
        self.logger.debug(
            """
            megaflows: \(summary.examined) examined, \(summary.repaired) repaired, \(summary.invalidated) invalid, \
            \(summary.idle) idle, \(summary.unknown) unknown, \(summary.vanished) vanished; \(self.flows.count) stay
            """)
    }

    /// Brings every installed flow up to the newest version of its bridge's tables, and finishes those versions.
    ///
    /// Those that the changes since do not concern are found to agree without being translated again.
    /// With failures nothing of the bridges concerned is finished; the next call tries again.
    @discardableResult
    package func revalidateOnce(now: MonotonicTime) -> RevalidationSummary {
        var summary = RevalidationSummary()
        self.versionsAwaited.store(false, ordering: .sequentiallyConsistent)
        self.versionsPending.store(false, ordering: .sequentiallyConsistent)
        self.learningPending.store(false, ordering: .sequentiallyConsistent)
        let bridges = self.bridges
        var goals: [BridgeIdentifier: RevalidationGoal] = [:]
        for bridge in bridges {
            let (version, changes) = bridge.takeChanges()
            goals[bridge.identifier] = RevalidationGoal(
                version: version, changes: changes, learningGeneration: bridge.learningGeneration)
        }
        self.epochs.waitForQuiescence()
        let ports = self.ports
        let features = self.features.current.generation
        let stale = self.flows.markedFlows(where: { flow in
            guard let goal = goals[flow.bridge], flow.features == features else { return true }
            if goal.concerns(&flow, inPort: { self.owner(of: $0, in: ports)?.number }) { return true }
            for index in flow.passages.indices {
                guard let goal = goals[flow.passages[index].bridge], !goal.concerns(&flow.passages[index]) else {
                    return true
                }
            }
            return false
        })
        let unfinished = self.revalidate(stale, summary: &summary, now: now)
        for bridge in bridges {
            guard let goal = goals[bridge.identifier] else { continue }
            if unfinished.contains(bridge.identifier) {
                bridge.giveBack(goal.changes)
            } else if goal.version > bridge.finishedVersion {
                bridge.finish(version: goal.version)
            }
        }
        if !unfinished.isEmpty { self.versionsPending.store(true, ordering: .sequentiallyConsistent) }
        return summary
    }

    /// Translates flows again and settles what has changed; returns the bridges for which something failed.
    private func revalidate(
        _ flows: [InstalledFlow], summary: inout RevalidationSummary, now: MonotonicTime
    ) -> Set<BridgeIdentifier> {
        var unfinished: Set<BridgeIdentifier> = []
        let ports = self.ports
        var condemned: [InstalledFlow] = []
        for (identifier, ofBridge) in Dictionary(grouping: flows, by: \.bridge) {
            guard let bridge = self.bridge(identifier) else {
                condemned += ofBridge
                continue
            }
            var start = 0
            while start < ofBridge.count {
                let chunk = ofBridge[start..<min(start + Self.chunk, ofBridge.count)]
                start += Self.chunk
                var known: [(flow: InstalledFlow, inPort: PortNumber)] = []
                for flow in chunk {
                    if flow.state == .deleting {
                        // Somebody else is removing it; until that is done it may still be used.
                        unfinished.formUnion(flow.bridges)
                    } else if let port = self.owner(of: flow.match.key, in: ports), port.bridge === bridge {
                        known.append((flow, port.number))
                    } else {
                        condemned.append(flow)
                    }
                }
                let batch = bridge.retranslate(known, now: now)
                summary.examined += known.count
                condemned += self.settle(known.map(\.flow), batch, &summary)
            }
        }
        summary.invalidated += condemned.count
        self.counters.invalidated.add(condemned.count)
        self.counters.revalidated.add(summary.examined)
        let failed = self.delete(condemned)
        summary.failures += failed.count
        for flow in failed { unfinished.formUnion(flow.bridges) }
        return unfinished
    }

    /// Compares flows with their new translations and repairs them; returns those that must go.
    private func settle(
        _ flows: [InstalledFlow], _ batch: RetranslatedBatch, _ summary: inout RevalidationSummary
    ) -> [InstalledFlow] {
        var condemned: [InstalledFlow] = []
        var repairs: [(flow: InstalledFlow, translation: Translation)] = []
        var credits: [FlowCredit] = []
        for (flow, translation) in zip(flows, batch.translations) {
            // A translation that looks at more than the flow compares would differ between its packets.
            guard translation.error == nil, translation.mask.isSubset(of: flow.match.mask) else {
                condemned.append(flow)
                continue
            }
            if !flow.isCredited(as: translation) {
                // What was counted so far belongs to the old rules.
                guard let credit = self.readCounters(of: flow) else {
                    condemned.append(flow)
                    continue
                }
                credits.append(credit)
            }
            if flow.actions != translation.installableActions {
                repairs.append((flow, translation))
            } else {
                self.adopt(translation, of: batch, for: flow)
            }
        }
        self.credit(credits)
        let operations = repairs.map { repair in
            FlowOperation.put(
                DatapathFlow(
                    identifier: repair.flow.identifier, key: repair.flow.match.key, mask: repair.flow.match.mask,
                    actions: repair.translation.installableActions))
        }
        guard !operations.isEmpty else { return condemned }
        for (repair, result) in zip(repairs, self.backend.apply(operations)) {
            switch result {
            case .done:
                guard self.adopt(repair.translation, of: batch, for: repair.flow) else {
                    condemned += self.withdraw(repair.flow.identifier)
                    continue
                }
                summary.repaired += 1
                self.counters.repaired.add()
            case .failed:
                // It cannot be repaired, so it must go.
                self.counters.revalidationFailures.add()
                condemned.append(repair.flow)
            }
        }
        return condemned
    }

    /// Takes back the put of a flow that others removed meanwhile, because its port or bridge went: it would stay in
    /// the datapath, known to nobody, until the next sweep.
    ///
    /// One that a handler has installed anew since has lost its actions to the put, and is returned to be removed.
    private func withdraw(_ identifier: FlowIdentifier) -> [InstalledFlow] {
        if let successor = self.flows[identifier], successor.state != .deleting { return [successor] }
        _ = self.backend.apply([.delete(identifier)])
        return []
    }

    /// The flow agrees with a new translation now; false where it is on its way out, gone, or another of its name.
    @discardableResult
    private func adopt(
        _ translation: Translation, of batch: RetranslatedBatch, for examined: InstalledFlow
    ) -> Bool {
        typealias Bridges = Set<BridgeIdentifier>
        let bridges = self.flows.update(examined.identifier) { flow -> (Bridges, Bridges)? in
            guard flow.state != .deleting, flow.created == examined.created else { return nil }
            let before = flow.passages.isEmpty && translation.passages.isEmpty ? [] : flow.bridges
            flow.actions = translation.installableActions
            flow.rules = translation.rules
            flow.counters = translation.counters
            flow.missedTables = translation.missedTables
            flow.drops = translation.drops
            flow.learnedFlows = translation.learnedFlows
            flow.learned = translation.learned
            flow.passages = translation.passages
            flow.version = batch.version
            flow.features = batch.features
            flow.learningGeneration = translation.learningGeneration
            return (before, before.isEmpty ? [] : flow.bridges)
        }
        guard let (before, after) = bridges ?? nil else { return false }
        self.count(after.subtracting(before), by: 1)
        self.count(before.subtracting(after), by: -1)
        return true
    }

    /// Reads a flow's counters from the datapath; nil where the datapath does not have it.
    private func readCounters(of flow: InstalledFlow) -> FlowCredit? {
        guard let present = try? self.backend.flow(flow.identifier) else { return nil }
        return self.flows.absorb(present.statistics, of: flow.identifier)
    }

    /// Removes flows from the datapath, credits their last packets, forgets them; returns those that could not be
    /// removed.
    @discardableResult
    func delete(_ flows: [InstalledFlow]) -> [InstalledFlow] {
        let marked = flows.filter { flow in
            self.flows.update(flow.identifier) { present in
                guard present.state != .deleting else { return false }
                present.state = .deleting
                return true
            } ?? false
        }
        guard !marked.isEmpty else { return [] }
        var failed: [InstalledFlow] = []
        var credits: [FlowCredit] = []
        var start = 0
        while start < marked.count {
            let chunk = marked[start..<min(start + Self.chunk, marked.count)]
            start += Self.chunk
            let results = self.backend.apply(chunk.map { .delete($0.identifier) })
            for (flow, result) in zip(chunk, results) {
                switch result {
                case .done(let statistics):
                    if let statistics, let credit = self.flows.absorb(statistics, of: flow.identifier) {
                        credits.append(credit)
                    }
                    self.forget(flow)
                case .failed(let error) where error.code == .noSuchFlow:
                    self.forget(flow)
                case .failed:
                    self.flows.update(flow.identifier) { $0.state = .installed }
                    self.counters.revalidationFailures.add()
                    failed.append(flow)
                }
            }
        }
        self.credit(credits)
        return failed
    }

    private func forget(_ flow: InstalledFlow) {
        if let flow = self.flows.remove(flow.identifier) { self.count(flow, by: -1) }
    }

    /// Passes credits to the bridges that they are for.
    func credit(_ credits: [FlowCredit]) {
        let due = credits.filter { $0.packets > 0 }.flatMap(\.ofEachBridge)
        guard !due.isEmpty else { return }
        for (identifier, ofBridge) in Dictionary(grouping: due, by: \.bridge) {
            self.bridge(identifier)?.credit(ofBridge)
        }
    }
}

// The sweep: counters, idle flows, flows that are here and not there or the other way round.
extension DatapathService {
    /// Reads every megaflow's counters, credits the rules, removes idle and unknown flows, forgets vanished ones.
    @discardableResult
    package func sweepOnce(now: MonotonicTime) -> RevalidationSummary {
        var summary = RevalidationSummary()
        let sweep = self.sweepNumber.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        guard let unknown = self.readAllCounters(sweep: sweep) else { return summary }
        if !self.restoration.isUnderWay(now: now) { self.removeUnknown(unknown, &summary) }

        let idleTimeout = self.flowLimit.idleTimeout(at: self.flows.count).duration
        let idle = self.flows.flows { $0.state == .installed && now.since($0.lastUsed) >= idleTimeout }
        let failed = self.delete(idle)
        summary.idle = idle.count - failed.count
        summary.failures += failed.count
        self.counters.idleRemoved.add(summary.idle)

        // Not in the dump and entered before it began: the datapath has lost it, unless the dump passed it by.
        let missing = self.flows.flows { $0.state == .installed && $0.lastSweep + 1 < sweep && $0.created < now }
        for flow in missing {
            if flow.lastSweep == 0, now.since(flow.created) < .seconds(2) { continue }
            do throws(DatapathError) {
                let present = try self.backend.flow(flow.identifier)
                _ = self.flows.absorb(present.statistics, of: flow.identifier, sweep: sweep).map { self.credit([$0]) }
            } catch {
                guard error.code == .noSuchFlow else { continue }
                self.forget(flow)
                summary.vanished += 1
                self.counters.vanished.add()
            }
        }
        self.collectRecirculations(now: now)
        for bridge in self.bridges {
            let before = bridge.learningGeneration
            bridge.expireLearning(now: now)
            if bridge.learningGeneration != before { self.noteLearning() }
        }
        return summary
    }

    /// Forgets the frozen states that no megaflow leads to or comes from any longer.
    private func collectRecirculations(now: MonotonicTime) {
        guard self.recirculation.count > 0 || self.samplings.count > 0 else { return }
        var named: Set<UInt32> = []
        var sampled: Set<UInt32> = []
        _ = self.flows.flows { flow in
            if flow.match.key.recirculationID != 0 { named.insert(flow.match.key.recirculationID) }
            flow.actions.collectRecirculations(into: &named)
            flow.actions.collectSamplings(into: &sampled)
            return false
        }
        self.samplings.collect(now: now, unless: sampled)
        self.recirculation.collect(now: now, unless: named)
    }

    /// Reads and credits every megaflow's counters; returns the identifiers of flows that are not ours, nil where the
    /// dump failed.
    func readAllCounters(sweep: UInt64?) -> [FlowIdentifier]? {
        var unknown: [FlowIdentifier] = []
        var credits: [FlowCredit] = []
        do throws(DatapathError) {
            try self.backend.forEachFlowCounters { identifier, statistics in
                if let credit = self.flows.absorb(statistics, of: identifier, sweep: sweep) {
                    if credit.packets > 0 { credits.append(credit) }
                } else {
                    unknown.append(identifier)
                }
            }
        } catch {
            self.counters.dumpFailures.add()
            self.logger.warning("the datapath's flows cannot be read: \(error)")
            self.credit(credits)
            return nil
        }
        self.credit(credits)
        return unknown
    }

    private func removeUnknown(_ identifiers: [FlowIdentifier], _ summary: inout RevalidationSummary) {
        // A handler may have entered one since; then it is known.
        let unknown = identifiers.filter { self.flows[$0] == nil }
        guard !unknown.isEmpty else { return }
        for result in self.backend.apply(unknown.map { .delete($0) }) {
            if case .done = result { summary.unknown += 1 }
        }
        self.counters.unknownRemoved.add(summary.unknown)
    }
}

extension FlowMask {
    /// Whether every bit that this mask compares is compared by `other` too.
    func isSubset(of other: borrowing FlowMask) -> Bool {
        var excess: UInt64 = 0
        for index in 0..<FlowKey.wordCount { excess |= self.words[index] & ~other.words[index] }
        return excess == 0
    }
}
