package import Datapath
import Glibc
import Logging
import OpenFlow
import Synchronization

/// What a handler thread keeps from batch to batch: memory, nothing else.
package struct HandlerScratch: Sendable {
    var upcalls: [Upcall] = []
    var groups: [Group] = []

    /// The upcalls of one batch that belong to one bridge.
    struct Group: Sendable {
        var bridge: any UpcallBridge
        var upcalls: [Upcall] = []
        var ports: [(index: Int, number: PortNumber)] = []
    }
    /// Empty.
    package init() {}
}

/// What one batch of upcalls calls for, of all bridges.
private struct HandlerWork {
    /// Packets for the datapath and for controllers.
    var packets = TranslatedWork()
    /// Packets for other bridges, each packet's together.
    var crossings: [[PatchCrossing]] = []
    /// The megaflows to install.
    var operations: [FlowOperation] = []
    /// Their names, in the same order.
    var identifiers: [FlowIdentifier] = []
}

// Upcall handlers: receive, translate, execute, install, raise packet-ins.
extension DatapathService {
    /// The body of handler thread `handler`.
    func runHandler(_ handler: Int) {
        var scratch = HandlerScratch()
        while !self.isStopping.load(ordering: .sequentiallyConsistent) {
            do throws(DatapathError) {
                try self.handleBatch(
                    handler: handler, scratch: &scratch, timeoutMilliseconds: 1000, clock: SystemClock.now)
            } catch {
                self.counters.receiveFailures.add()
                self.logger.warning("handler \(handler): upcalls cannot be received: \(error)")
                if error.code == .noSuchDatapath { return }
                self.pause()
            }
        }
    }

    /// Waits for upcalls and handles one batch; returns how many there were.
    @discardableResult
    package func handleBatch(
        handler: Int, scratch: inout HandlerScratch, timeoutMilliseconds: Int?, clock: () -> MonotonicTime
    ) throws(DatapathError) -> Int {
        scratch.upcalls.removeAll(keepingCapacity: true)
        let count = try self.backend.receiveUpcalls(
            handler: handler, into: &scratch.upcalls, maximum: self.batchLimit,
            timeoutMilliseconds: timeoutMilliseconds)
        guard count > 0 else { return 0 }
        self.handle(scratch.upcalls, handler: handler, scratch: &scratch, now: clock())
        return count
    }

    /// Handles upcalls: what ``handleBatch(handler:scratch:timeoutMilliseconds:clock:)`` does with those it received.
    package func handle(_ upcalls: [Upcall], handler: Int, scratch: inout HandlerScratch, now: MonotonicTime) {
        self.epochs.enter(handler)
        defer { self.epochs.leave(handler) }
        self.takeSamples(upcalls, now: now)
        self.group(upcalls, into: &scratch)
        var work = HandlerWork()
        for group in scratch.groups {
            let before = group.bridge.learningGeneration
            let batch = group.bridge.translate(group.upcalls, ports: group.ports, now: now)
            self.collect(batch, of: group, now: now, into: &work)
            self.enter(batch, of: group, into: &work, now: now)
            if group.bridge.learningGeneration != before { self.noteLearning() }
        }
        scratch.groups.removeAll(keepingCapacity: true)
        self.carryOut(work, now: now)
    }

    /// Sorts the upcalls by bridge, each bridge's in order of arrival; drops and counts those that are nobody's.
    private func group(_ upcalls: [Upcall], into scratch: inout HandlerScratch) {
        let ports = self.ports
        scratch.groups.removeAll(keepingCapacity: true)
        for upcall in upcalls {
            switch upcall.reason {
            case .miss: self.counters.misses.add()
            case .action(let userdata):
                switch UpcallCookie(userdata: userdata) {
                case .slowPath: self.counters.slowPath.add()
                case .sample: continue
                case nil:
                    self.counters.unknownCookies.add()
                    continue
                }
            }
            guard let port = self.owner(of: upcall.key, in: ports) else {
                self.counters.unknownPorts.add()
                continue
            }
            let position: Int
            if let found = scratch.groups.firstIndex(where: { $0.bridge === port.bridge }) {
                position = found
            } else {
                position = scratch.groups.count
                scratch.groups.append(HandlerScratch.Group(bridge: port.bridge))
            }
            scratch.groups[position].ports.append((scratch.groups[position].upcalls.count, port.number))
            scratch.groups[position].upcalls.append(upcall)
        }
    }

    /// Adds what the packets of one bridge call for.
    private func collect(
        _ batch: TranslatedBatch, of group: HandlerScratch.Group, now: MonotonicTime, into work: inout HandlerWork
    ) {
        for (upcall, translation) in zip(group.upcalls, batch.translations) {
            self.counters.note(translation)
            let first = work.packets.executions.count
            self.perform(translation, on: upcall.packet, key: upcall.key, now: now, into: &work.packets)
            for index in first..<work.packets.executions.count {
                work.packets.executions[index].packetHash = upcall.packetHash
            }
            guard !work.packets.crossings.isEmpty else { continue }
            work.crossings.append(work.packets.crossings)
            work.packets.crossings.removeAll()
        }
    }

    /// Raises the packet-ins of a batch, hands its packets and megaflows to the datapath at once, and takes packets on
    /// to other bridges.
    private func carryOut(_ work: HandlerWork, now: MonotonicTime) {
        // What a controller waits for goes before the datapath's system call.
        self.deliver(work.packets.events)
        if !work.packets.executions.isEmpty || !work.operations.isEmpty {
            let results = self.backend.perform(work.packets.executions, work.operations)
            self.note(results.executed)
            self.settle(work.identifiers, results.applied)
        }
        for ofPacket in work.crossings { self.cross(ofPacket, now: now) }
    }

    /// Hands packets to the control loops of the bridges that raised them.
    func deliver(_ events: [(bridge: BridgeIdentifier, event: PacketInEvent)]) {
        var start = 0
        while start < events.count {
            let identifier = events[start].bridge
            let end = events[start...].firstIndex { $0.bridge != identifier } ?? events.count
            self.bridge(identifier)?.deliver(events[start..<end].map(\.event))
            start = end
        }
    }

    /// Adds what a translation calls for: executions, with rewrites done here where the datapath cannot; packet-ins;
    /// packets for other bridges.
    ///
    /// `key` is in the datapath's terms; `now` is when the packet came.
    func perform(
        _ translation: Translation, on packet: [UInt8], key: FlowKey, now: MonotonicTime,
        into work: inout TranslatedWork
    ) {
        if !translation.slowPath.isDisjoint(with: [.action, .meter]) {
            if let replayed = self.replay(translation.actions, on: packet, key: key, now: now) {
                work.executions += replayed
            } else {
                self.counters.replayFailures.add()
            }
        } else if translation.actions.contains(where: \.hasEffect) {
            work.executions.append(PacketExecution(packet: packet, key: key, actions: translation.actions))
        }
        self.appendCrossings(of: translation, packet: packet, key: key, to: &work.crossings)
        guard !translation.packetIns.isEmpty else { return }
        self.appendPacketIns(of: translation, packet: packet, key: key, to: &work.events)
    }

    private func replay(
        _ actions: [DatapathAction], on packet: [UInt8], key: FlowKey, now: MonotonicTime
    ) -> [PacketExecution]? {
        let metering = PacketReplay.Metering(meters: self.softwareMeters, now: now)
        guard var replay = try? PacketReplay(actions, on: packet, key: key, metering: metering) else { return nil }
        return replay.executions()
    }

    private func appendPacketIns(
        of translation: Translation, packet: [UInt8], key: FlowKey,
        to events: inout [(bridge: BridgeIdentifier, event: PacketInEvent)]
    ) {
        func event(_ raised: TranslatedPacketIn, _ packet: [UInt8]) -> (BridgeIdentifier, PacketInEvent) {
            let event = PacketInEvent(
                packet: packet, reason: raised.reason, table: raised.table, cookie: raised.cookie,
                maximumLength: raised.maximumLength, controllerID: raised.controllerID, inPort: raised.inPort,
                pipelineFields: raised.pipelineFields,
                userData: raised.userData, continuation: raised.pausedIdentifier.map(self.continuation),
                meter: raised.meter)
            return (raised.bridge, event)
        }
        guard translation.packetIns.contains(where: { $0.precedingActions > 0 }) else {
            for raised in translation.packetIns { events.append(event(raised, packet)) }
            return
        }
        guard var replay = try? PacketReplay(translation.actions, on: packet, key: key) else {
            self.counters.replayFailures.add()
            return
        }
        for raised in translation.packetIns {
            let modified: [UInt8]?
            if let leading = raised.leadingActions {
                var copy = try? PacketReplay(leading, on: packet, key: key)
                modified = copy?.packet(after: leading.count)
            } else {
                modified = replay.packet(after: raised.precedingActions)
            }
            guard let modified else {
                self.counters.replayFailures.add()
                return
            }
            events.append(event(raised, modified))
        }
    }

    /// Hands packets to the datapath and counts what it refuses; returns the first refusal.
    @discardableResult
    func execute(_ executions: [PacketExecution]) -> DatapathError? {
        executions.isEmpty ? nil : self.note(self.backend.execute(executions))
    }

    /// Counts packets that were executed, or refused; returns the first refusal.
    @discardableResult
    private func note(_ executed: [DatapathError?]) -> DatapathError? {
        var first: DatapathError?
        var failures = 0
        for error in executed {
            guard let error else { continue }
            failures += 1
            if first == nil { first = error }
        }
        self.counters.executed.add(executed.count - failures)
        self.counters.executionFailures.add(failures)
        return first
    }

    /// Enters megaflows for the packets that missed, and adds what installs them.
    private func enter(
        _ batch: TranslatedBatch, of group: HandlerScratch.Group, into work: inout HandlerWork, now: MonotonicTime
    ) {
        guard !self.restoration.isUnderWay(now: now) else { return }
        let maximum = self.flowLimit.maximum
        for (upcall, translation) in zip(group.upcalls, batch.translations) {
            guard upcall.reason == .miss, translation.error == nil else { continue }
            guard self.flows.count < maximum else {
                self.counters.installsOverLimit.add()
                continue
            }
            let match = FlowMatch(key: upcall.key, mask: translation.mask)
            let identifier = FlowIdentifier(key: match.key, mask: match.mask)
            let actions = translation.installableActions
            let flow = InstalledFlow(
                identifier: identifier, bridge: group.bridge.identifier, match: match, created: now, actions: actions,
                rules: translation.rules, counters: translation.counters, missedTables: translation.missedTables,
                drops: translation.drops, learnedFlows: translation.learnedFlows,
                learned: translation.learned, passages: translation.passages, version: batch.version,
                features: batch.features, learningGeneration: translation.learningGeneration)
            switch self.flows.insert(flow) {
            case .inserted:
                self.count(flow, by: 1)
                work.identifiers.append(identifier)
                work.operations.append(
                    .put(DatapathFlow(identifier: identifier, key: match.key, mask: match.mask, actions: actions)))
            case .alreadyPresent: break
            case .collision: self.counters.identifierCollisions.add()
            }
        }
    }

    /// Notes which of the megaflows entered are installed, and removes those that were not: of a batch whose answers
    /// were lost the datapath may have carried out all.
    private func settle(_ identifiers: [FlowIdentifier], _ results: [FlowOperationResult]) {
        var doubtful: [InstalledFlow] = []
        for (identifier, result) in zip(identifiers, results) {
            switch result {
            case .done:
                self.flows.update(identifier) { if $0.state == .installing { $0.state = .installed } }
                self.counters.installed.add()
            case .failed:
                self.counters.installFailures.add()
                if let flow = self.flows[identifier] { doubtful.append(flow) }
            }
        }
        self.delete(doubtful)
    }

    /// Counts a megaflow, or one less, for each of its bridges.
    func count(_ flow: InstalledFlow, by amount: Int) {
        guard !flow.passages.isEmpty else {
            self.bridge(flow.bridge)?.flowCount.add(amount)
            return
        }
        self.count(flow.bridges, by: amount)
    }

    /// Counts a megaflow, or one less, for each of the bridges.
    func count(_ bridges: Set<BridgeIdentifier>, by amount: Int) {
        for identifier in bridges { self.bridge(identifier)?.flowCount.add(amount) }
    }

    /// A short rest after a failure, so that a broken datapath does not turn the handlers into a busy loop.
    private func pause() { usleep(50_000) }
}
