import Logging
import NIOCore
import NIOPosix

/// The whole agent in one process: bridges on their control loops, datapaths below, connections above.
///
/// Used by one thread (the program's main thread): `init`, ``start()``, wait for a signal, ``stop()``.
package final class SluiceAgent {
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

    private let settings: Settings
    private let registry: DatapathRegistry
    private let loggers: AgentLoggers
    private let hostIdentity: [UInt8]
    private let clock: @Sendable () -> MonotonicTime
    private let ioGroup: MultiThreadedEventLoopGroup
    /// For connections with TLS, whose handshakes take milliseconds; nil where there are none.
    private let secureGroup: MultiThreadedEventLoopGroup?
    private let controlGroup: MultiThreadedEventLoopGroup
    private var bridges: [RunningBridge] = []
    private var links: LinkWatcher?
    private var control: ControlServer?

    /// Makes an agent; nothing of the host is touched before ``start()``.
    package init(
        settings: Settings, factory: DatapathFactory = .host, loggers: AgentLoggers, hostIdentity: [UInt8],
        clock: @escaping @Sendable () -> MonotonicTime = SystemClock.now
    ) {
        self.settings = settings
        self.loggers = loggers
        self.hostIdentity = hostIdentity
        self.clock = clock
        self.registry = DatapathRegistry(
            factory: factory,
            devices: Set(settings.bridges.flatMap { $0.devices }), loggers: loggers,
            restoreWait: settings.flowRestoreWait, connectionTracking: settings.connectionTracking,
            megaflows: settings.megaflows)
        self.ioGroup = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.ioThreads))
        let usesTLS = settings.bridges.contains { bridge in
            (bridge.connections.controllers + bridge.connections.listeners).contains { $0.needsTLS }
        }
        self.secureGroup = usesTLS ? MultiThreadedEventLoopGroup(numberOfThreads: 1) : nil
        self.controlGroup = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.controlThreads))
        LoopPriority.prefer(self.ioGroup, steps: LoopPriority.inputOutputSteps, logger: loggers.agent)
        LoopPriority.prefer(self.controlGroup, steps: LoopPriority.controlSteps, logger: nil)
    }

    /// Makes and starts every bridge; if one of them cannot be had, those made are taken down again and its
    /// error is thrown.
    package func start() throws(AgentError) -> [Started] {
        do throws(AgentError) {
            try self.checkPatchPorts()
            var started: [Started] = []
            for settings in self.settings.bridges { started.append(try self.startBridge(settings)) }
            try self.updatePatchPorts()
            self.links = try LinkWatcher(queues: self.portEventQueues(), logger: self.loggers.datapath)
            try self.startControl()
            return started
        } catch {
            self.stop()
            throw error
        }
    }

    /// Closes connections, then takes ports and datapaths down unless they are to be kept; returns when all is done.
    package func stop() {
        self.control?.stop()
        self.control = nil
        self.links?.stop()
        self.links = nil
        let keep = self.settings.keepsDatapath
        for running in self.bridges {
            let bridge = running.bridge
            do {
                try running.eventLoop.flatSubmit { bridge.value.stop(keep: keep) }.wait()
            } catch {
                self.loggers.agent.warning("bridge \(running.name) did not end in order: \(error)")
            }
            self.registry.release(running.kind, keep: keep)
        }
        self.bridges = []
        for group in [self.ioGroup, self.secureGroup, self.controlGroup].compactMap({ $0 }) {
            do {
                try group.syncShutdownGracefully()
            } catch {
                self.loggers.agent.warning("event loops did not end in order: \(error)")
            }
        }
    }

    private func startBridge(_ settings: BridgeSettings) throws(AgentError) -> Started {
        let kind = self.registry.resolve(settings.datapath)
        let service = try self.registry.acquire(kind)
        let loop = self.controlGroup.next()
        let (ioGroup, secureGroup, loggers, clock) = (self.ioGroup, self.secureGroup, self.loggers, self.clock)
        let hostIdentity = self.hostIdentity
        do {
            let bridge = try loop.submit {
                let bridge = try Bridge(
                    settings: settings, kind: kind, service: service, eventLoop: loop, ioGroup: ioGroup,
                    secureGroup: secureGroup,
                    hostIdentity: hostIdentity, seed: UInt64.random(in: 0 ... .max), loggers: loggers, clock: clock)
                return NIOLoopBound(bridge, eventLoop: loop)
            }.wait()
            self.bridges.append(RunningBridge(name: settings.name, kind: kind, eventLoop: loop, bridge: bridge))
            let listening = try loop.flatSubmit { bridge.value.start() }.wait()
            return Started(name: settings.name, datapath: kind, listening: listening)
        } catch {
            // A bridge that was made is among the running ones, and releases its datapath when they are stopped.
            if self.bridges.last?.name != settings.name { self.registry.release(kind, keep: false) }
            throw error as? AgentError ?? AgentError(.failed, "bridge \(settings.name): \(error)")
        }
    }

    /// Opens the control socket, where one is wanted.
    private func startControl() throws(AgentError) {
        guard let path = self.settings.controlSocket else { return }
        var bridges: [ControlContext.Bridge] = []
        for running in self.bridges {
            do {
                bridges.append(
                    try running.eventLoop.submit {
                        ControlContext.Bridge(
                            name: running.name, service: running.bridge.value.service,
                            datapath: running.bridge.value.datapath,
                            connections: running.bridge.value.connectionOperations)
                    }.wait())
            } catch {
                throw AgentError(.failed, "bridge \(running.name): \(error)")
            }
        }
        self.control = try ControlServer(
            path: path, context: ControlContext(bridges: bridges), group: self.ioGroup, logger: self.loggers.agent)
    }

    /// Patch ports join bridges on one datapath.
    private func checkPatchPorts() throws(AgentError) {
        for settings in self.settings.bridges {
            for port in settings.ports {
                guard let peer = port.peer,
                    let other = self.settings.bridges.first(where: { $0.ports.contains { $0.device == peer } })
                else { continue }
                let kind = self.registry.resolve(settings.datapath)
                let otherKind = self.registry.resolve(other.datapath)
                guard kind != otherKind else { continue }
                throw AgentError(
                    .configuration,
                    "port \(port.device) of bridge \(settings.name): its peer \(peer) is in the \(otherKind.rawValue) "
                        + "datapath, it in the \(kind.rawValue) one: give both bridges the same datapath")
            }
        }
    }

    /// Tells controllers which patch ports have their peers, now that all bridges are there.
    private func updatePatchPorts() throws(AgentError) {
        for running in self.bridges {
            do {
                try running.eventLoop.submit { running.bridge.value.updatePatchPorts() }.wait()
            } catch {
                throw AgentError(.failed, "bridge \(running.name): \(error)")
            }
        }
    }

    /// Which bridges want to hear of which device.
    private func portEventQueues() throws(AgentError) -> [String: [PortEventQueue]] {
        var queues: [String: [PortEventQueue]] = [:]
        for running in self.bridges {
            do {
                let wishes = try running.eventLoop.submit {
                    (running.bridge.value.devices, running.bridge.value.portEvents)
                }.wait()
                for device in wishes.0 { queues[device, default: []].append(wishes.1) }
            } catch {
                throw AgentError(.failed, "bridge \(running.name): \(error)")
            }
        }
        return queues
    }
}

/// A bridge that runs, as the main thread knows it.
private struct RunningBridge {
    var name: String
    var kind: DatapathChoice
    var eventLoop: any EventLoop
    var bridge: NIOLoopBound<Bridge>
}
