package import Datapath
import Glibc
package import Logging
import OpenFlow
import Synchronization

/// One datapath's share of the agent: its upcall handlers, its revalidator, and which bridge each port belongs to.
///
/// One per ``DatapathBackend``, shared by all bridges on it.
///
/// **Life.** Made, given bridges and ports (``BridgeDatapath``), ``start()``ed, ``stop()``ped; tests leave the threads
/// out and call ``handleBatch(handler:scratch:timeoutMilliseconds:clock:)``, ``revalidateOnce(now:)`` and
/// ``sweepOnce(now:)`` themselves.
///
/// **Threads.** Every method may be called from any thread, except that one handler number belongs to one thread and
/// the revalidation methods to one thread together.
///
/// **Versions.** A handler translates with some version of a bridge's tables and installs the result. For
/// ``SwitchDatapath/finishedVersion`` to reach V, every handler that may have begun before V must have finished its
/// batch (``HandlerEpochs``), and then every installed flow older than V must have been translated again, repaired or
/// removed. Handlers that begin later see V or newer.
package final class DatapathService: Sendable {
    /// The datapath.
    package let backend: any DatapathBackend
    /// What was done and what went wrong.
    package let counters = UpcallCounters()
    /// What it can do, as far as the agent uses it.
    package let features: DatapathFeatureSet
    /// The patch ports between its bridges.
    package let patchPorts = PatchPorts()
    /// The tunnels of its bridges.
    package let tunnelPorts = TunnelPorts()
    /// The packets on their way through the datapath.
    package let recirculation = RecirculationTable()
    /// The zones of connection tracking with time-outs of their own.
    package let connectionTimeouts = ConnectionTimeoutZones()
    /// What may take long.
    let background = BackgroundWork()
    /// Which meters of the datapath are in use.
    let meterNumbers = MeterNumbers()
    /// The meters that handlers measure packets by.
    package let softwareMeters = SoftwareMeters()
    /// Whether the megaflows of an earlier agent go on for now.
    package let restoration = FlowRestoration()
    /// What the samples that megaflows take are for.
    package let samplings = IdentifierTable<PacketSampling>()
    /// Makes continuations of this process differ from those of others.
    let continuationSeal = RandomSource.seed()
    /// Where samples go.
    package let samples = PacketSamples()
    /// The megaflows installed.
    package let flows = InstalledFlowTable()
    private let limit: Mutex<FlowLimit>
    /// How many upcalls a handler takes at once.
    package let batchLimit: Int

    let logger: Logger
    let epochs: HandlerEpochs
    let revalidatorSignal: WakeEvent
    /// Whether some bridge waits for a version; cleared by the revalidator before it looks for which.
    let versionsPending = Atomic<Bool>(false)
    /// Whether somebody waits for one of those versions, so that it may not wait for more changes to gather.
    let versionsAwaited = Atomic<Bool>(false)
    /// Whether some bridge's learning table has changed since flows were last compared with it.
    let learningPending = Atomic<Bool>(false)
    let sweepNumber = Atomic<UInt64>(0)
    let isStopping = Atomic<Bool>(false)

    private struct Registry: Sendable {
        var bridges: [BridgeIdentifier: any UpcallBridge] = [:]
        var ports: [UInt32: PortMap.Entry] = [:]
        /// The ports as last asked for; nil since they changed, so that many changes cost one copy.
        var snapshot: PortMap?
        var nextIdentifier: UInt32 = 1
        var threads: [NamedThread] = []
    }
    private let registry = Mutex(Registry())

    /// Makes a service without threads; throws where the system gives no descriptors.
    package init(
        backend: any DatapathBackend, flowLimit: FlowLimit = FlowLimit(), batchLimit: Int = 64,
        logger: Logger = AgentLoggers.silent.upcall
    ) throws(DatapathError) {
        self.backend = backend
        self.features = DatapathFeatureSet(probed: backend.capabilities)
        self.limit = Mutex(flowLimit)
        self.logger = logger
        self.batchLimit = max(1, batchLimit)
        self.epochs = try HandlerEpochs(handlerCount: backend.handlerCount)
        self.revalidatorSignal = try WakeEvent()
    }

    // MARK: Threads

    /// Starts the handlers and the revalidator; to be called once.
    ///
    /// Throws where the process may have no more threads; nothing runs then.
    package func start() throws(DatapathError) {
        do throws(DatapathError) {
            for handler in 0..<max(1, self.backend.handlerCount) {
                let thread = try NamedThread(name: "handler\(handler)") { self.runHandler(handler) }
                self.registry.withLock { $0.threads.append(thread) }
            }
            let thread = try NamedThread(name: "revalidator") { self.runRevalidator() }
            self.registry.withLock { $0.threads.append(thread) }
        } catch {
            self.stop()
            throw error
        }
    }

    /// Ends the threads and waits for them; megaflows stay as they are.
    package func stop() {
        self.isStopping.store(true, ordering: .sequentiallyConsistent)
        self.revalidatorSignal.signal()
        let threads = self.registry.withLock { registry in
            let threads = registry.threads
            registry.threads = []
            return threads
        }
        for thread in threads {
            // A handler that was not yet waiting when it was woken waits at most its time-out.
            self.backend.wakeHandlers()
            thread.join()
        }
    }

    // MARK: Limits

    /// How many megaflows there may be, now.
    package var flowLimit: FlowLimit { self.limit.withLock { $0 } }

    /// Takes over other limits, at once; what sweeps have found out begins anew.
    func set(_ limit: FlowLimit) {
        self.limit.withLock { $0 = limit }
        self.revalidatorSignal.signal()
    }

    /// Takes in how long a sweep over `flows` megaflows took.
    package func adaptFlowLimit(toSweepOf flows: Int, taking duration: Duration) {
        let changed = self.limit.withLock { limit -> FlowLimit? in
            guard limit.adapt(toSweepOf: flows, taking: duration) else { return nil }
            return limit
        }
        guard let changed else { return }
        let text = "at most \(changed.maximum) megaflows: \(changed.cause.text)"
        if case .slowSweep = changed.cause { self.logger.notice("\(text)") } else { self.logger.debug("\(text)") }
    }

    // MARK: Bridges and ports

    /// A name for a bridge about to be made.
    func makeIdentifier() -> BridgeIdentifier {
        self.registry.withLock { registry in
            defer { registry.nextIdentifier &+= 1 }
            return BridgeIdentifier(rawValue: registry.nextIdentifier)
        }
    }

    /// Takes a bridge in.
    func register(_ bridge: any UpcallBridge) {
        self.registry.withLock { $0.bridges[bridge.identifier] = bridge }
    }

    /// Lets a bridge go: its ports belong to nobody from now on, its megaflows are removed.
    package func unregister(_ bridge: any UpcallBridge) {
        let identifier = bridge.identifier
        let released = self.registry.withLock { registry in
            let released = registry.ports.filter { $0.value.bridge.identifier == identifier }
            registry.snapshot = nil
            for index in released.keys { registry.ports[index] = nil }
            return released.keys.map(PortIndex.init(rawValue:))
        }
        for index in released where index.isPatch { self.patchPorts.remove(index) }
        for index in released where index.isTunnel { _ = self.tunnelPorts.remove(index) }
        self.epochs.waitForQuiescenceFromOutside()
        self.deleteAll { flow in
            flow.bridge == identifier || flow.passages.contains { $0.bridge == identifier }
        }
        self.registry.withLock { $0.bridges[identifier] = nil }
    }

    /// A port of the datapath is a port of the bridge from now on.
    func attach(_ index: PortIndex, to bridge: any UpcallBridge, as number: PortNumber) {
        self.registry.withLock { registry in
            registry.snapshot = nil
            registry.ports[index.rawValue] = PortMap.Entry(bridge: bridge, number: number)
        }
    }

    /// A port belongs to no bridge any longer; the megaflows that name it are removed before this returns.
    func detach(_ index: PortIndex) {
        self.registry.withLock { registry in
            registry.snapshot = nil
            registry.ports[index.rawValue] = nil
        }
        self.epochs.waitForQuiescenceFromOutside()
        // Packets of a tunnel are told apart by more than their port: all that are the bridge's may be this one's.
        let shared = self.tunnelPorts.endpoint(index)?.index
        self.deleteAll { $0.uses(index) || (shared.map($0.uses) ?? false) }
    }

    /// Deletes the megaflows for which `isMeant` holds, and waits for those that the revalidator is deleting.
    ///
    /// What the datapath refuses to give up for long stays, and is tried again by sweeps.
    private func deleteAll(where isMeant: (borrowing InstalledFlow) -> Bool) {
        for attempt in 0..<Self.deletionAttempts {
            let flows = self.flows.flows(where: isMeant)
            guard !flows.isEmpty else { return }
            if attempt > 0 { usleep(500) }
            self.delete(flows)
        }
        self.logger.warning("megaflows of a port or bridge that goes could not be removed yet")
    }
    /// Half a millisecond apart.
    private static let deletionAttempts = 2_000

    /// Which bridge each port belongs to, now.
    package var ports: PortMap {
        self.registry.withLock { registry in
            if let snapshot = registry.snapshot { return snapshot }
            let snapshot = PortMap(registry.ports)
            registry.snapshot = snapshot
            return snapshot
        }
    }
    /// Which bridge's port that one is, now.
    package func port(_ index: PortIndex) -> PortMap.Entry? { self.registry.withLock { $0.ports[index.rawValue] } }
    /// Which bridge a packet or megaflow with that key is in, and by which of its ports it came; `ports` is the map.
    ///
    /// A packet that comes back from the datapath is where it was frozen, which may not be where its port is.
    func owner(of key: borrowing FlowKey, in ports: PortMap) -> PortMap.Entry? {
        let identifier = key.recirculationID
        guard identifier != 0, let state = self.recirculation.state(of: identifier) else {
            if let port = ports[key.inPort] { return port }
            return self.tunnelPorts.tunnel(for: key).flatMap { ports[$0.rawValue] }
        }
        guard let bridge = self.bridge(state.bridge) else { return nil }
        return PortMap.Entry(bridge: bridge, number: state.inPort)
    }
    /// All bridges, now.
    package var bridges: [any UpcallBridge] { self.registry.withLock { Array($0.bridges.values) } }
    /// The bridge of that name.
    func bridge(_ identifier: BridgeIdentifier) -> (any UpcallBridge)? {
        self.registry.withLock { $0.bridges[identifier] }
    }

    // MARK: Versions

    /// Whether `bridge` has no megaflow anywhere, nor can a handler be about to install one made with older tables.
    func isWithoutCachedFlows(_ bridge: any UpcallBridge) -> Bool {
        self.epochs.isIdle && bridge.flowCount.count == 0
    }

    /// A bridge waits for its newest version to be finished.
    func requestRevalidation() {
        guard !self.versionsPending.load(ordering: .sequentiallyConsistent),
            !self.versionsPending.exchange(true, ordering: .sequentiallyConsistent)
        else { return }
        self.revalidatorSignal.signal()
    }

    /// A barrier waits for the versions that are pending.
    func hurryRevalidation() {
        guard !self.versionsAwaited.exchange(true, ordering: .sequentiallyConsistent) else { return }
        self.revalidatorSignal.signal()
    }

    /// Has the agent do without something that the datapath can do, or use it again; megaflows are translated again.
    ///
    /// `unsupported` where the datapath cannot do it, `invalid` where it is not to be changed.
    package func set(_ feature: DatapathFeature, to value: Int) throws(DatapathError) {
        try self.features.set(feature, to: value)
        self.logger.notice("\(feature.rawValue) is \(feature.text(value)) now, of \(self.features.text(feature))")
        // Handlers that began before may install what follows from the features before.
        self.epochs.waitForQuiescenceFromOutside()
        self.requestRevalidation()
        self.hurryRevalidation()
    }

    /// Some bridge's learning table has changed.
    func noteLearning() {
        guard !self.learningPending.load(ordering: .sequentiallyConsistent),
            !self.learningPending.exchange(true, ordering: .sequentiallyConsistent)
        else { return }
        self.revalidatorSignal.signal()
    }
}

extension InstalledFlow {
    /// Whether the flow is for packets from the port, or sends packets there or through it.
    func uses(_ index: PortIndex) -> Bool {
        self.match.key.inPort == index.rawValue || self.actions.contains(.output(index))
            || index.isPatch && self.passages.contains { $0.ports.contains(index) }
    }
}
