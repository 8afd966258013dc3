import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The whole agent in one process: bridges on their control loops, datapaths below, connections above.
///
/// ``start()`` and ``stop()`` are called once, by the program's main thread; ``reload(isDryRun:)`` by any thread but
/// the event loops. One of them runs at a time: what changes is guarded by one lock, which is held while event loops
/// and threads of the datapath are waited for, and which none of these takes.
package final class SluiceAgent: Sendable {
    /// What the agent is made from.
    package struct Settings: Sendable {
        /// The bridges, in the order in which they are made.
        package var bridges: [BridgeSettings]
        /// Leave ports, flows and datapath as they are at the end.
        package var keepsDatapath: Bool
        /// Where the control socket is; nil for none.
        package var controlSocket: String?
        /// How long the megaflows that an earlier agent left in the kernel go on while tables are filled again.
        package var flowRestoreWait = Duration.zero
        /// Limits and time-outs of tracked connections.
        package var connectionTracking = ConnectionTrackingSettings()
        /// How many megaflows each datapath may have, and for how long.
        package var megaflows = MegaflowSettings()
        /// The configuration that all of this was made from; nil where it was made without.
        package var configuration: AgentConfiguration?
        /// Where to read that again; nil for nowhere.
        package var source: ConfigurationSource?
        /// Threads for sockets.
        package var ioThreads: Int
        /// Threads for bridges' control loops.
        package var controlThreads: Int

        /// Makes settings.
        package init(
            bridges: [BridgeSettings], keepsDatapath: Bool = false, controlSocket: String? = nil, ioThreads: Int = 1,
            controlThreads: Int = 1
        ) {
            self.controlSocket = controlSocket
            self.bridges = bridges
            self.keepsDatapath = keepsDatapath
            self.ioThreads = ioThreads
            self.controlThreads = controlThreads
        }
    }

    /// A bridge that runs, for the line that says so.
    package struct Started: Sendable, Hashable {
        /// The bridge.
        package var name: String
        /// The kind of datapath it came to have.
        package var datapath: DatapathChoice
        /// The addresses listened on, with the ports that the kernel chose.
        package var listening: [ControllerAddress]
    }

    /// What changes while the agent runs.
    struct State: Sendable {
        /// What it was told last.
        var settings: Settings
        /// The datapaths.
        var registry: DatapathRegistry
        /// The bridges that run, in the configuration's order.
        var bridges: [RunningBridge] = []
        /// For connections with TLS, whose handshakes take milliseconds; nil while there were none.
        var secureGroup: MultiThreadedEventLoopGroup?
        /// Hears of the host's devices.
        var links: LinkWatcher?
        /// Answers commands.
        var control: ControlServer?
        /// Whether nothing is to be begun any more.
        var isStopping = false
    }

    let loggers: AgentLoggers
    private let hostIdentity: [UInt8]
    private let clock: @Sendable () -> MonotonicTime
    private let ioGroup: MultiThreadedEventLoopGroup
    private let controlGroup: MultiThreadedEventLoopGroup
    let state: Mutex<State>

    /// Makes an agent; nothing of the host is touched before ``start()``.
    package init(
        settings: Settings, factory: DatapathFactory = .host, loggers: AgentLoggers, hostIdentity: [UInt8],
        clock: @escaping @Sendable () -> MonotonicTime = SystemClock.now
    ) {
        self.loggers = loggers
        self.hostIdentity = hostIdentity
        self.clock = clock
        let registry = DatapathRegistry(
            factory: factory, devices: settings.devices, loggers: loggers, restoreWait: settings.flowRestoreWait,
            connectionTracking: settings.connectionTracking, megaflows: settings.megaflows)
        self.ioGroup = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.ioThreads))
        self.controlGroup = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.controlThreads))
        var state = State(settings: settings, registry: registry)
        if settings.usesTLS { state.secureGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1) }
        self.state = Mutex(state)
        LoopPriority.prefer(self.ioGroup, steps: LoopPriority.inputOutputSteps, logger: loggers.agent)
        LoopPriority.prefer(self.controlGroup, steps: LoopPriority.controlSteps, logger: nil)
    }

    /// Makes and starts every bridge; if one of them cannot be had, those made are taken down again and its
    /// error is thrown.
    package func start() throws(AgentError) -> [Started] {
        do throws(AgentError) {
            return try self.state.withLock { (state) throws(AgentError) -> [Started] in
                try Self.checkPatchPorts(state.settings.bridges, &state.registry)
                var started: [Started] = []
                for settings in state.settings.bridges { started.append(try self.startBridge(settings, &state)) }
                try self.updatePatchPorts(state)
                state.links = try LinkWatcher(queues: self.portEventQueues(state), logger: self.loggers.datapath)
                if let path = state.settings.controlSocket {
                    state.control = try ControlServer(
                        path: path, context: self.controlContext(state), group: self.ioGroup,
                        logger: self.loggers.agent)
                }
                return started
            }
        } catch {
            self.stop()
            throw error
        }
    }

    /// Closes connections, then takes ports and datapaths down unless they are to be kept; returns when all is done.
    package func stop() {
        // A reload that runs is waited for; one that waits for its turn finds that it comes too late.
        let (control, links) = self.state.withLock { state in
            state.isStopping = true
            defer { (state.control, state.links) = (nil, nil) }
            return (state.control, state.links)
        }
        // Not under the lock: the command that is waited for may be such a reload.
        control?.stop()
        links?.stop()
        let secureGroup = self.state.withLock { state in
            let keep = state.settings.keepsDatapath
            for running in state.bridges { self.stop(running, keep: keep, &state.registry) }
            state.bridges = []
            return state.secureGroup
        }
        for group in [self.ioGroup, secureGroup, self.controlGroup].compactMap({ $0 }) {
            do {
                try group.syncShutdownGracefully()
            } catch {
                self.loggers.agent.warning("event loops did not end in order: \(error)")
            }
        }
    }

    // MARK: Bridges

    /// Makes a bridge and opens its connections; one that cannot have them is taken down again.
    func startBridge(_ settings: BridgeSettings, _ state: inout State) throws(AgentError) -> Started {
        let kind = state.registry.resolve(settings.datapath)
        let service = try state.registry.acquire(kind)
        let loop = self.controlGroup.next()
        let (ioGroup, secureGroup, loggers, clock) = (self.ioGroup, state.secureGroup, self.loggers, self.clock)
        let hostIdentity = self.hostIdentity
        let running: RunningBridge
        do {
            let bridge = try loop.submit {
                let bridge = try Bridge(
                    settings: settings, kind: kind, service: service, eventLoop: loop, ioGroup: ioGroup,
                    secureGroup: secureGroup,
                    hostIdentity: hostIdentity, seed: UInt64.random(in: 0 ... .max), loggers: loggers, clock: clock)
                return NIOLoopBound(bridge, eventLoop: loop)
            }.wait()
            running = RunningBridge(name: settings.name, kind: kind, eventLoop: loop, bridge: bridge)
        } catch {
            state.registry.release(kind, keep: false)
            throw error as? AgentError ?? AgentError(.failed, "bridge \(settings.name): \(error)")
        }
        do {
            let listening = try loop.flatSubmit { running.bridge.value.start() }.wait()
            state.bridges.append(running)
            return Started(name: settings.name, datapath: kind, listening: listening)
        } catch {
            self.stop(running, keep: false, &state.registry)
            throw error as? AgentError ?? AgentError(.failed, "bridge \(settings.name): \(error)")
        }
    }

    /// Takes a bridge down, and its datapath with the last of its bridges.
    func stop(_ running: RunningBridge, keep: Bool, _ registry: inout DatapathRegistry) {
        do {
            try running.eventLoop.flatSubmit { running.bridge.value.stop(keep: keep) }.wait()
        } catch {
            self.loggers.agent.warning("bridge \(running.name) did not end in order: \(error)")
        }
        registry.release(running.kind, keep: keep)
    }

    /// What commands at the control socket may use.
    func controlContext(_ state: State) throws(AgentError) -> ControlContext {
        var bridges: [ControlContext.Bridge] = []
        for running in state.bridges {
            bridges.append(
                try running.ask { bridge in
                    ControlContext.Bridge(
                        name: running.name, service: bridge.service, datapath: bridge.datapath,
                        connections: bridge.connectionOperations)
                })
        }
        var context = ControlContext(bridges: bridges)
        context.reload = { [self] isDryRun throws(ControlError) in
            do throws(AgentError) {
                return try self.reload(isDryRun: isDryRun)
            } catch {
                throw ControlError(error.message)
            }
        }
        return context
    }

    /// Patch ports join bridges on one datapath.
    static func checkPatchPorts(
        _ bridges: [BridgeSettings], _ registry: inout DatapathRegistry
    ) throws(AgentError) {
        for settings in bridges {
            for port in settings.ports {
                guard let peer = port.peer,
                    let other = bridges.first(where: { $0.ports.contains { $0.device == peer } })
                else { continue }
                let kind = registry.resolve(settings.datapath)
                let otherKind = registry.resolve(other.datapath)
                guard kind != otherKind else { continue }
                throw AgentError(
                    .configuration,
                    "port \(port.device) of bridge \(settings.name): its peer \(peer) is in the \(otherKind.rawValue) "
                        + "datapath, it in the \(kind.rawValue) one: give both bridges the same datapath")
            }
        }
    }

    /// Tells controllers which patch ports have their peers, now that all bridges are there.
    func updatePatchPorts(_ state: State) throws(AgentError) {
        for running in state.bridges { try running.ask { $0.updatePatchPorts() } }
    }

    /// Which bridges want to hear of which device.
    func portEventQueues(_ state: State) throws(AgentError) -> [String: [PortEventQueue]] {
        var queues: [String: [PortEventQueue]] = [:]
        for running in state.bridges {
            let wishes = try running.ask { ($0.devices, $0.portEvents) }
            for device in wishes.0 { queues[device, default: []].append(wishes.1) }
        }
        return queues
    }
}

extension SluiceAgent.Settings {
    /// The devices that bridges use.
    var devices: Set<String> { Set(self.bridges.flatMap { $0.devices }) }

    /// Whether any connection needs TLS.
    var usesTLS: Bool {
        self.bridges.contains { bridge in
            (bridge.connections.controllers + bridge.connections.listeners).contains { $0.needsTLS }
        }
    }
}

/// A bridge that runs, as other threads than its control loop know it.
struct RunningBridge: Sendable {
    /// Its name.
    var name: String
    /// The datapath that it came to have.
    var kind: DatapathChoice
    /// Its control loop.
    var eventLoop: any EventLoop
    /// The bridge, for the control loop.
    var bridge: NIOLoopBound<Bridge>

    /// Asks the bridge on its control loop, which it must not be, and waits for the answer.
    func ask<Answer: Sendable>(_ body: @escaping @Sendable (Bridge) -> Answer) throws(AgentError) -> Answer {
        let bridge = self.bridge
        do {
            return try self.eventLoop.submit { body(bridge.value) }.wait()
        } catch {
            throw AgentError(.failed, "bridge \(self.name): \(error)")
        }
    }
}
