package import Datapath
package import OpenFlow
import Synchronization

/// A bridge's side of its ``DatapathService``: translates its packets, installs nothing itself, answers its switch.
///
/// Generic over the switch's tables, which it reads through a closure that holds their lock for reading. **Threads.**
/// ``SwitchDatapath`` and the port methods are for the bridge's control loop, never while it holds its tables' lock for
/// writing; ``UpcallBridge`` is for the service's threads.
package final class BridgeDatapath<View: PipelineView & ~Copyable>: UpcallBridge {
    /// Its name within the service.
    package let identifier: BridgeIdentifier
    /// How many megaflows it has installed.
    package let flowCount = FlowCount()
    /// Where NORMAL learns.
    package let learning: MACLearning
    /// Where packet-ins go.
    package let packetIns: PacketInQueue

    /// What translation has dropped.
    package let drops = DropCounters()
    /// The flows that packets have taught.
    package let learnedFlows: LearnQueue
    /// The flows whose connections have ended.
    package let finTimeouts: FinTimeoutQueue
    /// The bridge's name, for traces.
    package let name: String

    let service: DatapathService
    /// What translation needs beside the tables, but for what the datapath can do; see ``setForwarding(_:)``.
    private let template: Mutex<TranslationEnvironment>
    let readTables: @Sendable (_ body: (borrowing View) -> Void) -> Void
    private let readTablesWithin: @Sendable (_ body: (borrowing View) -> Void) -> Void
    private let setInterfaceUp: @Sendable (_ device: String, _ up: Bool) -> DatapathError?
    let onVersionFinished: @Sendable () -> Void
    private let requested: Atomic<UInt64>
    private let finished: Atomic<UInt64>
    /// With no more megaflows than these it does not matter what changed.
    private static var fewFlows: Int { 256 }
    /// What changed up to ``requestedVersion`` since ``takeChanges()`` was called.
    private let changes = Mutex(TableChanges())

    /// Makes the bridge's side and registers it with the service; ``close()`` undoes that.
    ///
    /// - Parameters:
    ///   - name: the bridge's name, for traces.
    ///   - service: the datapath's service, shared with other bridges.
    ///   - packetIns: the queue that the control loop drains.
    ///   - learning: the table of NORMAL.
    ///   - limits: bounds of one translation.
    ///   - forwarding: what the bridge does with packets beyond what its tables say.
    ///   - readTables: calls its argument with the tables while it holds them for reading.
    ///   - readTablesWithin: the same, for a thread that holds them, or another bridge's, already.
    ///   - setInterfaceUp: sets a device of the host up or down; nil when done.
    ///   - onLearn: called by any thread when ``learnedFlows`` or ``finTimeouts`` is no longer empty; should only
    ///     schedule something.
    ///   - onVersionFinished: called by the revalidator's thread, or within ``tablesChanged(version:noting:)`` where an
    ///     earlier version was awaited, when ``finishedVersion`` has grown; should only schedule something.
    package init(
        name: String = "", service: DatapathService, packetIns: PacketInQueue, learning: MACLearning = MACLearning(),
        limits: TranslationLimits = TranslationLimits(), forwarding: BridgeForwarding = BridgeForwarding(),
        readTables: @escaping @Sendable (_ body: (borrowing View) -> Void) -> Void,
        readTablesWithin: (@Sendable (_ body: (borrowing View) -> Void) -> Void)? = nil,
        setInterfaceUp: @escaping @Sendable (_ device: String, _ up: Bool) -> DatapathError? = setNetworkInterfaceUp,
        onLearn: @escaping @Sendable () -> Void = {},
        onVersionFinished: @escaping @Sendable () -> Void
    ) {
        let identifier = service.makeIdentifier()
        self.learnedFlows = LearnQueue(onFirst: onLearn)
        self.finTimeouts = FinTimeoutQueue(onFirst: onLearn)
        self.name = name
        self.service = service
        self.packetIns = packetIns
        self.learning = learning
        var environment = TranslationEnvironment(
            capabilities: service.backend.capabilities, learning: learning, limits: limits, bridge: identifier,
            recirculation: service.recirculation, samplings: service.samplings)
        environment.forwarding = forwarding
        environment.patchPeers = service
        environment.connectionTimeouts = service.connectionTimeouts
        self.template = Mutex(environment)
        self.readTables = readTables
        self.readTablesWithin = readTablesWithin ?? readTables
        self.setInterfaceUp = setInterfaceUp
        self.onVersionFinished = onVersionFinished
        self.requested = Atomic(0)
        self.finished = Atomic(0)
        self.identifier = identifier
        service.register(self)
    }

    /// Removes the bridge's megaflows and lets go of its ports, which stay in the datapath.
    package func close() { self.service.unregister(self) }

    /// What translation needs beside the tables; to be asked for once a batch, while the tables are held for reading,
    /// so that it goes with their version.
    func environment(with capabilities: DatapathCapabilities) -> TranslationEnvironment {
        var environment = self.template.withLock { $0 }
        environment.capabilities = capabilities
        return environment
    }

    /// Sets what the bridge does with packets beyond what its tables say.
    ///
    /// For whoever holds the tables for writing and gives them a new version: packets are translated with the one that
    /// goes with the version that they see, and megaflows from before are translated again.
    package func setForwarding(_ forwarding: BridgeForwarding) {
        self.template.withLock { $0.forwarding = forwarding }
    }

    /// Forgets what NORMAL has learned of a port.
    package func forgetLearned(behind port: PortNumber) {
        if self.learning.flush(port: port) > 0 { self.service.noteLearning() }
    }

    // MARK: Ports

    /// Adds a port to the datapath and to the bridge.
    package func addPort(_ request: PortRequest, as number: PortNumber) throws(DatapathError) -> DatapathPort {
        let port = try self.service.backend.addPort(request)
        self.attach(port.index, as: number)
        return port
    }

    /// Makes a patch port, which is to be attached; nil where the datapath's bridges have one of that name already.
    package func makePatchPort(named name: String, peer: String) -> PortIndex? {
        self.service.patchPorts.add(name: name, peer: peer)
    }

    /// Makes a tunnel, which is to be attached, and the datapath's port for its protocol where that is not there.
    ///
    /// `exists` where another tunnel has this peer and key; `unsupported` where the datapath has no tunnels.
    package func makeTunnel(_ settings: TunnelSettings) throws(DatapathError) -> (PortIndex, TunnelEndpoint) {
        let name = settings.tunnelProtocol.portName
        let present = try self.service.backend.ports().first { $0.name == name }
        let shared: DatapathPort
        if let present {
            shared = present
        } else {
            shared = try self.service.backend.addPort(PortRequest(name: name, kind: .tunnel(settings.tunnelProtocol)))
        }
        let endpoint = TunnelEndpoint(settings: settings, index: shared.index)
        guard let index = self.service.tunnelPorts.add(endpoint) else {
            throw DatapathError(.exists, operation: "add tunnel", detail: "another has this peer and key")
        }
        return (index, endpoint)
    }

    /// Whether packets sent to the patch port come out of another.
    package func isJoined(_ index: PortIndex) -> Bool { self.service.patchPorts.peer(of: index) != nil }

    /// Takes a port of the bridge out of the datapath; megaflows that name it are removed first.
    package func removePort(_ index: PortIndex) throws(DatapathError) {
        self.detach(index)
        guard !index.isPatch else { return self.service.patchPorts.remove(index) }
        if index.isTunnel {
            guard let shared = self.service.tunnelPorts.remove(index) else { return }
            return try self.service.backend.removePort(shared)
        }
        try self.service.backend.removePort(index)
    }

    /// A port of the datapath is the bridge's port of that number from now on.
    package func attach(_ index: PortIndex, as number: PortNumber) {
        self.service.attach(index, to: self, as: number)
    }

    /// A port of the datapath is the bridge's no longer; megaflows that name it are gone when this returns.
    package func detach(_ index: PortIndex) {
        if let entry = self.service.port(index), entry.bridge === self {
            if self.learning.flush(port: entry.number) > 0 { self.service.noteLearning() }
            self.service.detach(index)
        }
    }

    // MARK: Versions

    /// The newest version that the tables were said to have.
    package var requestedVersion: UInt64 { self.requested.load(ordering: .sequentiallyConsistent) }
    /// The newest version that no cached flow contradicts.
    package var finishedVersion: UInt64 { self.finished.load(ordering: .sequentiallyConsistent) }
    /// The number of the learning table's state.
    package var learningGeneration: UInt64 { self.learning.generation }

    /// The tables have a new version; versions only grow.
    ///
    /// Cheap where nothing is cached, which finishes the version at once, and where a revalidation is due already.
    package func tablesChanged(version: UInt64, noting note: (inout TableChanges) -> Void) {
        guard self.service.isWithoutCachedFlows(self) else {
            self.changes.withLock { changes in
                // A few megaflows are translated again as quickly as changes are taken note of.
                if self.flowCount.count > Self.fewFlows { note(&changes) } else { changes.noteEverything() }
                self.requested.store(version, ordering: .sequentiallyConsistent)
            }
            return self.service.requestRevalidation()
        }
        let previous = self.requested.exchange(version, ordering: .sequentiallyConsistent)
        let wasAwaited = self.finishedVersion < previous
        self.finished.max(version, ordering: .sequentiallyConsistent)
        if wasAwaited { self.onVersionFinished() }
    }

    /// Takes what changed up to the version that is returned, for megaflows to be looked at.
    package func takeChanges() -> (version: UInt64, changes: TableChanges) {
        self.changes.withLock { changes in
            let taken = changes
            changes = TableChanges()
            return (self.requestedVersion, taken)
        }
    }

    /// Gives back what was taken, where not all megaflows could be settled.
    package func giveBack(_ changes: TableChanges) {
        self.changes.withLock { $0.formUnion(changes) }
    }

    /// Somebody waits for the newest version.
    package func versionAwaited() { self.service.hurryRevalidation() }

    /// Every cached flow agrees with `version` now.
    package func finish(version: UInt64) {
        self.finished.max(version, ordering: .sequentiallyConsistent)
        self.onVersionFinished()
    }

    // MARK: Translation

    /// Translates packets that came in by ports of the bridge and credits those that missed.
    package func translate(
        _ upcalls: [Upcall], ports: [(index: Int, number: PortNumber)], now: MonotonicTime
    ) -> TranslatedBatch {
        let features = self.service.features.current
        var batch = TranslatedBatch(version: 0, features: features.generation, translations: [])
        batch.translations.reserveCapacity(ports.count)
        var elsewhere: [FlowCredit] = []
        self.readTables { view in
            let environment = self.environment(with: features.capabilities)
            batch.version = view.version
            for port in ports {
                var key = upcalls[port.index].key
                key.inPort = port.number.rawValue
                Self.complete(&key, of: upcalls[port.index].packet, features.capabilities)
                var translation = Translator.translate(
                    key: key, entry: self.entry(of: key), view: view, environment: environment, now: now,
                    allowsSideEffects: true)
                self.learnedFlows.append(translation.learnedFlows)
                // Packets of slow-path flows are counted by the datapath and credited by the sweep.
                if upcalls[port.index].reason == .miss || translation.slowPath.contains(.match) {
                    let flags = upcalls[port.index].key.tcpFlags
                    let bytes = upcalls[port.index].packet.count
                    self.credit(translation, bytes: bytes, tcpFlags: flags, at: now, in: view)
                    elsewhere += translation.creditsElsewhere(bytes: bytes, tcpFlags: flags, at: now)
                }
                translation.leaveUnattributed()
                batch.translations.append(translation)
            }
        }
        if !elsewhere.isEmpty { self.service.credit(elsewhere) }
        return batch
    }

    /// Takes a packet of another bridge's translation in by a port, through the tables to its end here.
    package func takeIn(_ translator: inout Translator, by port: PortNumber) -> UInt64 {
        var version: UInt64 = 0
        // What the datapath can do stays what it could when the packet's translation began.
        let capabilities = translator.environment.capabilities
        self.readTablesWithin { view in
            version = view.version
            translator.arrive(by: port, environment: self.environment(with: capabilities), view: view)
        }
        return version
    }

    /// Translates the keys of installed flows again, without side effects.
    package func retranslate(
        _ flows: [(flow: InstalledFlow, inPort: PortNumber)], now: MonotonicTime
    ) -> RetranslatedBatch {
        let features = self.service.features.current
        var batch = RetranslatedBatch(version: 0, features: features.generation, translations: [])
        batch.translations.reserveCapacity(flows.count)
        self.readTables { view in
            let environment = self.environment(with: features.capabilities)
            batch.version = view.version
            for (flow, inPort) in flows {
                var key = flow.match.key
                key.inPort = inPort.rawValue
                var translation = Translator.translate(
                    key: key, entry: self.entry(of: key), view: view, environment: environment, now: now,
                    allowsSideEffects: false)
                translation.leaveUnattributed()
                batch.translations.append(translation)
            }
        }
        return batch
    }

    /// Where a packet with that key begins.
    private func entry(of key: borrowing FlowKey) -> TranslationEntry {
        let identifier = key.recirculationID
        guard identifier != 0 else { return .pipeline }
        let state = self.service.recirculation.state(of: identifier)
        // A number that a controller was given says nothing in the datapath.
        return .thawed(state?.isPaused == true ? nil : state)
    }

    /// Adds the fields that the datapath's keys do not have.
    private static func complete(_ key: inout FlowKey, of packet: [UInt8], _ capabilities: DatapathCapabilities) {
        guard !capabilities.softwareHeaders else { return }
        let isService = key.etherType == ServiceHeader.etherType && !capabilities.serviceHeaders
        guard isService || key.etherType == 0x86dd || key.etherType == 0x88e7 else { return }
        var parsed = FlowKey()
        parsed.packetType = key.packetType
        PacketParser.parse(packet.span.bytes, into: &parsed)
        key.words[46] = parsed.words[46]
        guard isService else { return }
        key.serviceHeaderBase = parsed.serviceHeaderBase
        key.serviceHeaderContexts = parsed.serviceHeaderContexts
    }

    /// Credits one packet to what its translation hit and missed.
    func credit(
        _ translation: Translation, bytes: Int, tcpFlags: UInt16, at now: MonotonicTime, in view: borrowing View
    ) {
        self.noteEnd(of: translation.rules, tcpFlags: tcpFlags, in: view)
        for rule in translation.rules { view.credit(rule, packets: 1, bytes: UInt64(bytes), at: now) }
        for counter in translation.counters { counter.add(packets: 1, bytes: UInt64(bytes)) }
        for table in translation.missedTables { view.creditMiss(in: table, packets: 1) }
        self.drops.add(translation.drops, packets: 1)
    }

    /// Notes which of the rules shorten their timeouts, for a connection that these flags end.
    private func noteEnd(of rules: [RuleReference], tcpFlags: UInt16, in view: borrowing View) {
        guard tcpFlags & InstructionList.finalTCPFlags != 0 else { return }
        for rule in rules {
            if let timeout = view.finTimeout(of: rule) { self.finTimeouts.append(timeout) }
        }
    }

    /// Credits packets to rules and refreshes what they taught.
    package func credit(_ credits: [FlowCredit]) {
        guard !credits.isEmpty else { return }
        self.readTables { view in
            for credit in credits {
                self.noteEnd(of: credit.rules, tcpFlags: credit.tcpFlags, in: view)
                for rule in credit.rules {
                    view.credit(rule, packets: credit.packets, bytes: credit.bytes, at: credit.lastUsed)
                }
                for counter in credit.counters { counter.add(packets: credit.packets, bytes: credit.bytes) }
                for table in credit.missedTables { view.creditMiss(in: table, packets: credit.packets) }
            }
        }
        let before = self.learning.generation
        for credit in credits {
            self.drops.add(credit.drops, packets: credit.packets)
            if credit.packets > 0 { self.learnedFlows.append(credit.learnedFlows) }
            guard let learned = credit.learned else { continue }
            self.learning.learn(learned, now: credit.lastUsed)
        }
        if self.learning.generation != before { self.service.noteLearning() }
    }

    /// Hands packet-ins to the control loop.
    package func deliver(_ events: [PacketInEvent]) {
        for event in events {
            switch self.packetIns.append(event) {
            case .queued, .queuedInsteadOfOther: self.service.counters.packetIns.add()
            case .dropped: self.service.counters.packetInsDropped.add()
            }
        }
    }

    /// Forgets addresses that have not been seen for long.
    package func expireLearning(now: MonotonicTime) { self.learning.expire(now: now) }
}

extension BridgeDatapath: SwitchDatapath where View: ~Copyable {
    /// Translates `actions` for a packet from a controller and executes the result.
    package func packetOut(
        packet: [UInt8], inPort: PortNumber, metadata: Match, actions: [Action], now: MonotonicTime
    ) -> OpenFlowError? {
        guard packet.count <= PacketBuffer.maximumCount else {
            return OpenFlowError(.requestBadPacket, value: UInt64(packet.count))
        }
        var key = FlowKey()
        if let refusal = self.setTunnelOptions(of: metadata, in: &key) { return refusal }
        for entry in metadata.entries where !entry.field.isVariableLength {
            guard let layout = entry.field.pipelineLayout else {
                return OpenFlowError(.requestPipelineFieldsOnly)
            }
            key.set(layout, value: entry.value & entry.mask)
        }
        guard packet.isWhole(for: key) else { return OpenFlowError(.requestBadPacket, value: UInt64(packet.count)) }
        self.inject(packet, key, inPort: inPort, entry: .packetOut(actions), now: now)
        return nil
    }

    /// Counters of a port of this bridge.
    package func statistics(of port: SwitchPort) -> Datapath.PortStatistics? {
        guard !port.index.isPatch else { return self.service.patchPorts.statistics(of: port.index) }
        return try? self.service.backend.statistics(of: port.forwarding.tunnel?.index ?? port.index)
    }

    /// Errors that a port's device counts.
    package func errorCounters(of port: SwitchPort) -> DeviceErrorCounters? {
        port.index.isPatch || port.index.isTunnel ? nil : DeviceErrorCounters(device: port.description.name)
    }

    /// What the driver of a port's device counts beside that.
    package func driverCounters(of port: SwitchPort) -> [DeviceCounter] {
        port.index.isPatch || port.index.isTunnel ? [] : DeviceCounter.counters(of: port.description.name)
    }

    /// What the queues of a port's device have sent.
    package func queueCounters(of port: SwitchPort) -> [UInt32: DeviceQueueCounters] {
        (try? QueueDiscipline.counters(of: port.description.name)) ?? [:]
    }

    /// Sets a port's device up or down, which a patch port does not have; returns nil when done.
    package func setAdministrativeState(of port: SwitchPort, up: Bool) -> DatapathError? {
        guard !port.index.isPatch, !port.index.isTunnel else { return nil }
        return self.setInterfaceUp(port.description.name, up)
    }

    /// Pushes the counters of all cached flows to the rules; a dump of the datapath, on the calling thread.
    package func synchroniseStatistics(now: MonotonicTime) {
        _ = self.service.readAllCounters(sweep: nil)
    }
}

/// Sets a device of the host up or down; nil when done.
package func setNetworkInterfaceUp(_ device: String, _ up: Bool) -> DatapathError? {
    do throws(DatapathError) {
        try NetworkInterface.setUp(up, of: device)
        return nil
    } catch {
        return error
    }
}
