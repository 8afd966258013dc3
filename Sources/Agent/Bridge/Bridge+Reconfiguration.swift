import Datapath
import NIOCore
import OpenFlow

// Other settings for a bridge that runs: flows, groups, meters and whatever the change does not speak of stay.
extension Bridge {
    /// What could not be done of a change, in words, by what it was about.
    struct Shortfall: Sendable {
        /// The ports that could not be had, by name.
        var ports: Set<String> = []
        /// The listeners that could not be opened.
        var listeners: Set<ControllerAddress> = []
        /// Whether controllers, listeners and the fail mode are as before, because files could not be had.
        var hasFormerConnections = false
        /// Why: one line for each.
        var lines: [String] = []
    }

    /// The first part of a change: takes out the ports that go, so that other bridges may have their devices.
    func release(_ change: BridgeChange) {
        let leaving = change.leavingPorts
        // Forgotten first: news of their devices are not to bring them back.
        self.settings.ports.removeAll { leaving.contains($0.device) }
        self.runtime.perform {
            for port in self.openFlowSwitch.pipeline.read({ $0.portsInOrder })
            where port.number != .local && leaving.contains(port.description.name) {
                self.remove(port)
                self.note("port \(port.description.name) is no longer the bridge's")
            }
        }
    }

    /// The second part: adds ports, and has everything else be as the settings say.
    ///
    /// The future succeeds when listeners are open and packets are treated as the change has it, with what could not be
    /// done.
    func reconfigure(
        _ wanted: BridgeSettings, _ change: BridgeChange, secureGroup: (any EventLoopGroup)?
    ) -> EventLoopFuture<Shortfall> {
        var shortfall = Shortfall()
        let isOther = self.runtime.perform {
            self.setForwarding(wanted.forwarding)
            self.changePorts(to: wanted, change, &shortfall)
            return self.openFlowSwitch.reconfigure(
                datapathID: wanted.switchConfiguration.datapathID,
                flowTables: wanted.switchConfiguration.flowTables,
                packetBufferCount: wanted.switchConfiguration.packetBufferCount, now: self.clock())
        }
        self.settings.switchConfiguration = wanted.switchConfiguration
        let connections = self.runtime.connections
        let controllersBefore = connections.controllers.map(\.identifier)
        let reconfigured = self.runtime.reconfigure(wanted.connections, secureGroup: secureGroup)
        if isOther {
            // Those that the change itself brought or called anew are not called twice.
            connections.dismissPeers()
            for controller in connections.controllers where controllersBefore.contains(controller.identifier) {
                connections.callWithNewSettings(controller)
            }
        }
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        let known = shortfall
        return reconfigured.map { obstacles in
            var shortfall = known
            for obstacle in obstacles {
                shortfall.listeners.insert(obstacle.address)
                shortfall.lines.append("bridge \(wanted.name): \(obstacle.error.message)")
            }
            bound.value.settings.connections = bound.value.runtime.connections.configuration
            return shortfall
        }.flatMapErrorThrowing { error in
            var shortfall = known
            shortfall.hasFormerConnections = true
            shortfall.lines.append("bridge \(wanted.name): \((error as? AgentError)?.message ?? "\(error)")")
            return shortfall
        }.flatMap { shortfall in bound.value.settled().map { shortfall } }
    }

    /// Succeeds when no megaflow contradicts the tables as they are now, or after ``AgentLimits/settlingTimeout``.
    private func settled() -> EventLoopFuture<Void> {
        let promise = self.signal.eventLoop.makePromise(of: Void.self)
        self.datapath.versionAwaited()
        self.settle(promise, version: self.datapath.requestedVersion, until: self.clock() + AgentLimits.settlingTimeout)
        return promise.futureResult
    }

    private func settle(_ promise: EventLoopPromise<Void>, version: UInt64, until deadline: MonotonicTime) {
        guard self.datapath.finishedVersion < version, self.clock() < deadline else { return promise.succeed() }
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        self.signal.eventLoop.scheduleTask(in: .milliseconds(1)) {
            bound.value.settle(promise, version: version, until: deadline)
        }
    }

    /// Mirrors and flooded VLANs, together with a new version of the tables: packets are treated by the former ones, or
    /// by the present ones with what megaflows there are looked at again.
    private func setForwarding(_ wanted: BridgeForwarding) {
        guard wanted != self.settings.forwarding else { return }
        self.settings.forwarding = wanted
        let datapath = self.datapath
        self.openFlowSwitch.commit(by: .management, now: self.clock()) { state in
            datapath.setForwarding(wanted)
            state.note(.configured)
        }
        datapath.versionAwaited()
    }

    private func changePorts(to wanted: BridgeSettings, _ change: BridgeChange, _ shortfall: inout Shortfall) {
        let entering = change.enteringPorts
        let changing = Set(change.changedPorts.filter { !$0.isReplaced }.map(\.device))
        var ports: [BridgeSettings.Port] = []
        for port in wanted.ports {
            if entering.contains(port.device) {
                do throws(AgentError) {
                    try self.add(port)
                    self.note("port \(port.device) is the bridge's now")
                } catch {
                    shortfall.ports.insert(port.device)
                    shortfall.lines.append(error.message)
                    continue
                }
            } else if changing.contains(port.device) {
                self.change(port)
            }
            ports.append(port)
        }
        self.settings.ports = ports
    }

    /// Gives a port that is there other VLANs or queues; one whose device is away gets them when that is back.
    private func change(_ wanted: BridgeSettings.Port) {
        guard let port = self.openFlowSwitch.pipeline.read({ $0.ports.port(named: wanted.device) }) else { return }
        var forwarding = port.forwarding
        forwarding.vlans = wanted.vlans
        let former = self.settings.ports.first { $0.device == wanted.device }
        if former?.queues != wanted.queues {
            if !forwarding.queues.isEmpty { QueueDiscipline.remove(of: wanted.device) }
            forwarding.queues = self.setQueues(of: wanted)
        }
        let hasOtherVLANs = port.forwarding.vlans != wanted.vlans
        self.openFlowSwitch.setForwarding(of: port.number, forwarding, now: self.clock())
        if hasOtherVLANs { self.datapath.forgetLearned(behind: port.number) }
    }
}
