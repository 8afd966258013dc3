import Datapath
import Logging
import NIOCore
import NIOPosix
import Synchronization

// Another configuration for an agent that runs.
extension SluiceAgent {
    /// Reads the configuration again and has the agent be as it says; returns what changed, in lines.
    ///
    /// What both configurations have alike is not touched. A file with an error, and what can be known beforehand not
    /// to be possible (a device that is missing, a certificate that cannot be read), change nothing: `configuration`
    /// and others are thrown. What cannot be had all the same, such as an address in use, is left out and told of by
    /// `failed`, after all else has been done; the next reload tries it again. One reload runs at a time; none once the
    /// agent is being stopped. Any thread but the event loops; waits until listeners are open.
    ///
    /// - Parameter isDryRun: Whether only to say what would change.
    package func reload(isDryRun: Bool = false) throws(AgentError) -> String {
        do throws(AgentError) {
            return try self.state.withLock { (state) throws(AgentError) -> String in
                let text = try self.reload(&state, isDryRun: isDryRun)
                return text
            }
        } catch {
            for line in error.message.split(separator: "\n") {
                self.loggers.agent.error("configuration not taken over: \(line)")
            }
            throw error
        }
    }

    private func reload(_ state: inout State, isDryRun: Bool) throws(AgentError) -> String {
        guard !state.isStopping else { throw AgentError(.failed, "the agent is about to end") }
        guard let source = state.settings.source, source.path != nil, let running = state.settings.configuration else {
            throw AgentError(.configuration, "there is no file to read: the agent was started without --config")
        }
        let wanted: AgentConfiguration
        do throws(ConfigurationErrors) {
            wanted = try source.read()
        } catch {
            throw AgentError(.configuration, error.description)
        }
        let change = ConfigurationChange(from: running, to: wanted) { state.registry.resolve($0) }
        try self.check(change, wanted, &state)
        guard !change.isEmpty else { return "nothing changed\n" }
        if isDryRun { return change.lines.map { "\($0)\n" }.joined() }
        for line in change.lines { self.loggers.agent.notice("configuration: \(line)") }
        let lacking = self.apply(change, wanted, &state)
        let text = change.lines.map { "\($0)\n" }.joined()
        guard lacking.isEmpty else {
            throw AgentError(.failed, text + lacking.map { "not done: \($0)" }.joined(separator: "\n"))
        }
        return text
    }

    // MARK: Before anything changes

    /// Looks for what stands against the change and can be found out without changing anything.
    private func check(
        _ change: ConfigurationChange, _ wanted: AgentConfiguration, _ state: inout State
    ) throws(AgentError) {
        guard !change.settings.contains("run-dir") else {
            throw AgentError(.configuration, "run-dir: an agent stays in its run directory; start another for this one")
        }
        let settings = Settings(wanted)
        try Self.checkPatchPorts(settings.bridges, &state.registry)
        for bridge in settings.bridges {
            let difference = change.changedBridges.first { $0.name == bridge.name }
            let isNew = change.addedBridges.contains(bridge.name) || difference?.isMadeAnew == true
            let entering = difference?.enteringPorts ?? []
            for port in bridge.ports where port.peer == nil && port.tunnel == nil {
                guard isNew || entering.contains(port.device) else { continue }
                do throws(DatapathError) {
                    _ = try NetworkInterface(named: port.device)
                } catch {
                    throw Bridge.agentError(error, device: port.device, bridge: bridge.name)
                }
            }
            guard isNew || difference != nil || !change.settings.isEmpty else { continue }
            _ = try TLSContexts(
                configuration: bridge.connections.tls,
                addresses: bridge.connections.controllers + bridge.connections.listeners,
                logger: self.loggers.connection)
        }
    }

    // MARK: The change

    /// Carries the change out; returns what could not be done, in lines.
    private func apply(
        _ change: ConfigurationChange, _ wanted: AgentConfiguration, _ state: inout State
    ) -> [String] {
        var lacking: [String] = []
        var reached = wanted
        let settings = Settings(wanted, source: state.settings.source)
        self.applyAgentSettings(change, settings, &state, &reached, &lacking)
        // What goes makes room for what comes: devices, addresses, names of patch ports.
        let changes = change.changedBridges
        let leaving = Set(change.removedBridges + changes.filter(\.isMadeAnew).map(\.name))
        for running in state.bridges where leaving.contains(running.name) {
            self.stop(running, keep: false, &state.registry)
        }
        state.bridges.removeAll { leaving.contains($0.name) }
        for running in state.bridges {
            guard let difference = changes.first(where: { $0.name == running.name }) else { continue }
            self.tell(&lacking) { () throws(AgentError) in try running.ask { $0.release(difference) } }
        }
        for bridge in settings.bridges {
            if let running = state.bridges.first(where: { $0.name == bridge.name }) {
                let difference =
                    changes.first { $0.name == bridge.name } ?? BridgeChange(from: reached, of: bridge.name)
                guard let difference else { continue }
                self.reconfigure(running, bridge, difference, state, &reached, &lacking)
            } else {
                do throws(AgentError) {
                    _ = try self.startBridge(bridge, &state)
                } catch {
                    lacking.append(error.message)
                    reached.bridges.removeAll { $0.name == bridge.name }
                }
            }
        }
        let order = settings.bridges.map(\.name)
        state.bridges.sort { (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0) }
        state.settings = settings
        state.settings.configuration = reached
        self.tell(&lacking) { () throws(AgentError) in
            try self.updatePatchPorts(state)
            state.links?.listen(try self.portEventQueues(state))
            state.control?.change(try self.controlContext(state))
        }
        for line in lacking { self.loggers.agent.error("configuration: not done: \(line)") }
        return lacking
    }

    private func applyAgentSettings(
        _ change: ConfigurationChange, _ settings: Settings, _ state: inout State,
        _ reached: inout AgentConfiguration, _ lacking: inout [String]
    ) {
        let names = Set(change.settings)
        let former = state.settings.configuration ?? reached
        if names.contains("log-file"), let destination = self.loggers.destination {
            do throws(AgentError) {
                try destination.open(path: reached.logFile)
            } catch {
                lacking.append(error.message)
                reached.logFile = former.logFile
            }
        }
        if names.contains("log-level") { self.loggers.setLevels(reached.logLevels) }
        if !names.isDisjoint(with: ["flow-limit", "max-idle", "max-revalidator"]) {
            state.registry.set(settings.megaflows)
        }
        if !names.isDisjoint(with: ["ct-limits", "ct-timeouts"]) {
            do throws(DatapathError) {
                try state.registry.set(settings.connectionTracking)
            } catch {
                lacking.append("ct-limits, ct-timeouts: \(error)")
                reached.connectionTracking = former.connectionTracking
            }
        }
        state.registry.devices = settings.devices
        state.registry.restoreWait = settings.flowRestoreWait
        if settings.usesTLS, state.secureGroup == nil {
            state.secureGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        }
    }

    /// Has a bridge that runs be as its settings say, and notes what of that could not be had.
    private func reconfigure(
        _ running: RunningBridge, _ settings: BridgeSettings, _ difference: BridgeChange, _ state: State,
        _ reached: inout AgentConfiguration, _ lacking: inout [String]
    ) {
        let (bridge, secureGroup) = (running.bridge, state.secureGroup)
        let shortfall: Bridge.Shortfall
        do {
            shortfall = try running.eventLoop.flatSubmit {
                bridge.value.reconfigure(settings, difference, secureGroup: secureGroup)
            }.wait()
        } catch {
            lacking.append("bridge \(running.name): \(error)")
            return
        }
        lacking += shortfall.lines
        guard let place = reached.bridges.firstIndex(where: { $0.name == running.name }) else { return }
        reached.bridges[place].ports.removeAll { shortfall.ports.contains($0.device) }
        reached.bridges[place].listeners.removeAll { shortfall.listeners.contains($0) }
        if shortfall.hasFormerConnections,
            let former = state.settings.configuration?.bridges.first(where: { $0.name == running.name })
        {
            reached.bridges[place].takeConnections(of: former)
        }
    }

    private func tell(_ lacking: inout [String], _ body: () throws(AgentError) -> Void) {
        do throws(AgentError) {
            try body()
        } catch {
            lacking.append(error.message)
        }
    }
}

extension BridgeChange {
    /// No difference: for a bridge of which only something is changed that all bridges have, such as certificates.
    fileprivate init?(from configuration: AgentConfiguration, of name: String) {
        guard let bridge = configuration.bridges.first(where: { $0.name == name }) else { return nil }
        self.init(from: bridge, to: bridge)
    }
}

extension BridgeConfiguration {
    /// Takes over how another configuration has it connected.
    fileprivate mutating func takeConnections(of other: BridgeConfiguration) {
        self.controllers = other.controllers
        self.listeners = other.listeners
        self.failMode = other.failMode
        self.protocols = other.protocols
        self.maxBackoff = other.maxBackoff
        self.inactivityProbe = other.inactivityProbe
        self.connectionSettings = other.connectionSettings
        self.addressSettings = other.addressSettings
    }
}
