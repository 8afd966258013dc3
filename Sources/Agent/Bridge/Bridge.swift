package import Datapath
import Logging
import NIOCore
import NetworkTypes
package import OpenFlow

/// What one bridge is made from.
package struct BridgeSettings: Sendable {
    /// A port that the bridge shall have.
    package struct Port: Sendable, Hashable {
        /// The device, or a patch port's name.
        package var device: String
        /// The OpenFlow port number wished for; nil for any.
        package var number: PortNumber?
        /// For a patch port, which has no device: the patch port it is joined to.
        package var peer: String?
        /// For a tunnel, which has no device of its own: where it leads.
        package var tunnel: TunnelSettings?
        /// The VLANs that NORMAL has on it.
        package var vlans: PortVLANs
        /// The queues of its device.
        package var queues: [DeviceQueue]
        /// Makes a port.
        package init(
            device: String, number: PortNumber? = nil, peer: String? = nil, tunnel: TunnelSettings? = nil,
            vlans: PortVLANs = PortVLANs(), queues: [DeviceQueue] = []
        ) {
            self.queues = queues
            self.tunnel = tunnel
            self.vlans = vlans
            self.device = device
            self.number = number
            self.peer = peer
        }
    }
    /// The bridge's name, which its local port's device has too.
    package var name: String
    /// Which datapath.
    package var datapath: DatapathChoice
    /// Its ports besides the local one.
    package var ports: [Port]
    /// What the switch says of itself.
    package var switchConfiguration: SwitchConfiguration
    /// Controllers, listeners, fail mode.
    package var connections: ConnectionConfiguration
    /// Where its port numbers are kept; nil to forget them at the end.
    package var portNumberFile: String?
    /// Mirrors, and the VLANs that are flooded.
    package var forwarding = BridgeForwarding()

    /// Makes settings.
    package init(
        name: String, datapath: DatapathChoice, ports: [Port], switchConfiguration: SwitchConfiguration,
        connections: ConnectionConfiguration, portNumberFile: String? = nil
    ) {
        self.portNumberFile = portNumberFile
        self.name = name
        self.datapath = datapath
        self.ports = ports
        self.switchConfiguration = switchConfiguration
        self.connections = connections
    }
}

extension BridgeSettings {
    /// The devices that the bridge uses, its local port's first.
    var devices: [String] {
        [self.name]
            + self.ports.filter { $0.peer == nil }.map { $0.tunnel?.tunnelProtocol.portName ?? $0.device }
    }
}

/// One bridge: a switch, its datapath side and its connections, joined on one control loop.
///
/// Everything but ``signal``, ``portEvents`` and `init` is confined to that loop.
final class Bridge {
    /// What it was made from, or has been told since (``reconfigure(_:_:secureGroup:)``).
    var settings: BridgeSettings
    /// The kind of datapath that it came to have.
    let kind: DatapathChoice
    let signal: ControlLoopSignal
    /// News of devices, from the link monitor's thread.
    let portEvents: PortEventQueue
    let service: DatapathService
    let datapath: BridgeDatapath<PipelineState>
    let openFlowSwitch: OpenFlowSwitch
    let runtime: BridgeRuntime
    private var portNumbers: PortNumberFile?
    private let logger: Logger
    let hostIdentity: [UInt8]
    let clock: @Sendable () -> MonotonicTime

    /// Makes the bridge and its ports; nothing is connected before ``start()``.
    ///
    /// On the control loop.
    ///
    /// Throws what keeps it from being as configured; ports added so far are taken out again.
    init(
        settings: BridgeSettings, kind: DatapathChoice, service: DatapathService, eventLoop: any EventLoop,
        ioGroup: any EventLoopGroup, secureGroup: (any EventLoopGroup)? = nil, hostIdentity: [UInt8], seed: UInt64,
        loggers: AgentLoggers,
        clock: @escaping @Sendable () -> MonotonicTime
    ) throws(AgentError) {
        let signal = ControlLoopSignal(eventLoop: eventLoop)
        let pipeline = Pipeline(seed: seed)
        let reference = BridgeReference()
        let learner = NIOLoopBound(reference, eventLoop: eventLoop)
        let datapath = BridgeDatapath<PipelineState>(
            name: settings.name, service: service, packetIns: PacketInQueue { signal.raise(.packetIns) },
            forwarding: settings.forwarding,
            readTables: { body in pipeline.read { body($0) } },
            readTablesWithin: { body in pipeline.readWithin { body($0) } },
            onLearn: { eventLoop.execute { learner.value.bridge?.learnFlows() } },
            onVersionFinished: { signal.raise(.barriers) })
        self.settings = settings
        self.kind = kind
        self.service = service
        self.signal = signal
        self.datapath = datapath
        self.logger = loggers.datapath
        self.hostIdentity = hostIdentity
        self.clock = clock
        self.portEvents = PortEventQueue { signal.raise(.ports) }

        let local: (port: DatapathPort, interface: NetworkInterface)
        do throws(AgentError) {
            local = try Self.makeLocalPort(settings.name, service.backend, hostIdentity: hostIdentity)
        } catch {
            datapath.close()
            throw error
        }
        var configuration = settings.switchConfiguration
        configuration.fallbackAddress = local.interface.hardwareAddress
        self.openFlowSwitch = OpenFlowSwitch(
            name: settings.name, configuration: configuration, pipeline: pipeline, datapath: datapath,
            logger: loggers.openFlowSwitch, audit: loggers.audit)
        self.openFlowSwitch.timeOfDay = { _ in SystemClock.nanosecondsSince1970() }
        self.runtime = BridgeRuntime(
            name: settings.name, signal: signal, handler: self.openFlowSwitch, configuration: settings.connections,
            ioGroup: ioGroup, secureGroup: secureGroup, packetIns: datapath.packetIns, logger: loggers.connection,
            clock: clock,
            handlePortEvents: { reference.bridge?.handlePortEvents() })
        reference.bridge = self
        self.portNumbers = settings.portNumberFile.map { PortNumberFile(path: $0) }
        if let numbers = self.portNumbers?.read() { self.openFlowSwitch.recallPorts(numbers, now: clock()) }
        do throws(AgentError) {
            try self.addToSwitch(
                PortDescription(interface: local.interface), index: local.port.index, requested: .local)
            for port in settings.ports { try self.add(port) }
        } catch {
            self.removePorts()
            datapath.close()
            throw error
        }
    }

    // MARK: Life

    /// Opens the bridge's connections; the future gives the addresses listened on.
    func start() -> EventLoopFuture<[ControllerAddress]> { self.runtime.start() }

    /// Closes the connections; then, unless `keep`, takes the ports out of the datapath.
    func stop(keep: Bool) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        return self.runtime.stop().map {
            let bridge = bound.value
            if !keep { bridge.removePorts() }
            if !keep { bridge.datapath.close() }
        }
    }

    /// What commands at the control socket may ask of the bridge's connections.
    var connectionOperations: ConnectionOperations {
        let bound = NIOLoopBound(self.runtime.connections, eventLoop: self.signal.eventLoop)
        let clock = self.clock
        return ConnectionOperations(
            eventLoop: self.signal.eventLoop,
            status: { ConnectionStatus(bound.value, now: clock()) }, reconnect: { bound.value.reconnect() })
    }

    /// The devices that the bridge wants to hear of.
    var devices: [String] { self.settings.devices }

    /// Enters the flows that packets have taught, and shortens the timeouts of those whose connections have ended.
    private func learnFlows() {
        let flows = self.datapath.learnedFlows.take()
        let timeouts = self.datapath.finTimeouts.take()
        self.runtime.perform {
            self.openFlowSwitch.learn(flows, now: self.clock())
            self.openFlowSwitch.shorten(timeouts, now: self.clock())
        }
    }

    // MARK: Ports

    private static func makeLocalPort(
        _ name: String, _ backend: any DatapathBackend, hostIdentity: [UInt8]
    ) throws(AgentError) -> (port: DatapathPort, interface: NetworkInterface) {
        do throws(DatapathError) {
            // A port of that name that an earlier agent left behind is taken over.
            let port: DatapathPort
            if let left = try backend.ports().first(where: { $0.name == name && $0.kind == .internal }) {
                port = left
            } else {
                port = try backend.addPort(PortRequest(name: name, kind: .internal))
                do throws(DatapathError) {
                    try NetworkInterface.setHardwareAddress(
                        StableAddress.address(bridge: name, hostIdentity: hostIdentity), of: name)
                } catch {
                    try? backend.removePort(port.index)
                    throw error
                }
            }
            try NetworkInterface.setUp(true, of: name)
            return (port, try NetworkInterface(named: name))
        } catch {
            throw Self.agentError(error, device: name, bridge: name)
        }
    }

    /// Adds a configured port of any kind.
    func add(_ port: BridgeSettings.Port) throws(AgentError) {
        if let peer = port.peer {
            try self.addPatchPort(port, peer: peer, hostIdentity: self.hostIdentity)
        } else if let tunnel = port.tunnel {
            try self.addTunnel(port, tunnel)
        } else {
            try self.addPort(port)
        }
    }

    private func addPort(_ port: BridgeSettings.Port) throws(AgentError) {
        let added: DatapathPort
        let interface: NetworkInterface
        do throws(DatapathError) {
            interface = try NetworkInterface(named: port.device)
            added = try self.takeDevice(port.device)
        } catch {
            throw Self.agentError(error, device: port.device, bridge: self.settings.name)
        }
        do throws(AgentError) {
            try self.addToSwitch(
                PortDescription(interface: interface), index: added.index, requested: port.number, vlans: port.vlans,
                queues: self.setQueues(of: port))
        } catch {
            try? self.service.backend.removePort(added.index)
            throw error
        }
    }

    /// Adds a patch port; its peer may not be there yet (``updatePatchPorts()``).
    private func addPatchPort(
        _ port: BridgeSettings.Port, peer: String, hostIdentity: [UInt8]
    ) throws(AgentError) {
        guard let index = self.datapath.makePatchPort(named: port.device, peer: peer) else {
            throw AgentError(
                .configuration, "port \(port.device) of bridge \(self.settings.name): another patch port has that name")
        }
        var description = PortDescription(name: port.device)
        description.hardwareAddress = StableAddress.address(patchPort: port.device, hostIdentity: hostIdentity)
        description.state = self.datapath.isJoined(index) ? [.live] : [.linkDown]
        do throws(AgentError) {
            try self.addToSwitch(description, index: index, requested: port.number, vlans: port.vlans)
        } catch {
            try? self.datapath.removePort(index)
            throw error
        }
    }

    /// Looks which patch ports have their peers now, and tells the controllers what has changed.
    func updatePatchPorts() {
        for port in self.openFlowSwitch.pipeline.read({ $0.portsInOrder }) where port.index.isPatch {
            let state: PortState = self.datapath.isJoined(port.index) ? [.live] : [.linkDown]
            self.runtime.perform {
                self.openFlowSwitch.portChanged(port.number, now: self.clock()) { $0.state = state }
            }
        }
    }

    /// Adds a device to the datapath, or takes over its port where an earlier agent left it there.
    private func takeDevice(_ device: String) throws(DatapathError) -> DatapathPort {
        guard let left = try self.service.backend.ports().first(where: { $0.name == device }) else {
            return try self.service.backend.addPort(PortRequest(name: device, kind: .device))
        }
        guard self.service.port(left.index) == nil else {
            throw DatapathError(.exists, operation: "add port \(device)", detail: "another bridge has it")
        }
        return left
    }

    func addToSwitch(
        _ description: PortDescription, index: PortIndex, requested: PortNumber?, vlans: PortVLANs = PortVLANs(),
        tunnel: TunnelEndpoint? = nil, queues: [DeviceQueue] = []
    ) throws(AgentError) {
        var forwarding = PortForwarding()
        forwarding.vlans = vlans
        forwarding.tunnel = tunnel
        forwarding.queues = queues
        do throws(PortTable.Refusal) {
            let added = try self.openFlowSwitch.addPort(
                description, index: index, requested: requested, now: self.clock(), forwarding: forwarding)
            self.datapath.attach(index, as: added.number)
            let numbers = self.openFlowSwitch.pipeline.read { $0.ports.numbersByName }
            if let failure = self.portNumbers?.write(numbers) {
                self.logger.warning("bridge \(self.settings.name): port numbers are not kept: \(failure)")
            }
            self.logger.debug(
                """
                bridge \(self.settings.name): port \(description.name) is number \(added.number), \
                \(index.rawValue) in the datapath
                """)
        } catch {
            throw AgentError(
                .configuration, "port \(description.name) of bridge \(self.settings.name): \(Self.describe(error))")
        }
    }

    private func removePorts() {
        for port in self.openFlowSwitch.pipeline.read({ $0.portsInOrder }) { self.remove(port) }
    }

    /// Takes a port out of the switch and of the datapath.
    func remove(_ port: SwitchPort) {
        self.openFlowSwitch.removePort(port.number, now: self.clock())
        if !port.forwarding.queues.isEmpty { QueueDiscipline.remove(of: port.description.name) }
        do throws(DatapathError) {
            try self.datapath.removePort(port.index)
        } catch {
            // A device that is gone took its port with it.
            guard error.code != .noSuchPort else { return }
            self.logger.warning("port \(port.description.name) stays in the datapath: \(error)")
        }
    }

    /// Takes in what the link monitor saw: devices that changed, went away or came back.
    private func handlePortEvents() {
        for event in self.portEvents.take() {
            let present = self.openFlowSwitch.pipeline.read { state in
                state.portsInOrder.first { $0.description.name == event.device }
            }
            let interface = try? NetworkInterface(named: event.device)
            switch (present, interface) {
            case (let port?, let interface?) where !event.isGone:
                self.openFlowSwitch.portChanged(port.number, now: self.clock()) { $0.apply(interface) }
            case (let port?, let interface):
                self.openFlowSwitch.removePort(port.number, now: self.clock())
                _ = try? self.datapath.removePort(port.index)
                self.logger.notice("port \(event.device) is gone")
                // The local port is the datapath's own: it comes back only if we make it.
                if interface != nil || port.number == .local { self.restorePort(event.device) }
            case (nil, .some): self.restorePort(event.device)
            case (nil, nil): break
            }
        }
    }

    /// A configured device is there again, or the local port's is gone and must be made again.
    private func restorePort(_ device: String) {
        guard device != self.settings.name else { return self.restoreLocalPort() }
        guard let port = self.settings.ports.first(where: { $0.device == device }) else { return }
        do throws(AgentError) {
            try self.addPort(port)
            self.logger.notice("port \(device) is back")
        } catch {
            self.logger.warning("\(error)")
        }
    }

    /// Makes the local port anew after somebody deleted its device.
    private func restoreLocalPort() {
        do throws(AgentError) {
            let local = try Self.makeLocalPort(
                self.settings.name, self.service.backend, hostIdentity: self.hostIdentity)
            try self.addToSwitch(
                PortDescription(interface: local.interface), index: local.port.index, requested: .local)
            self.logger.notice("local port \(self.settings.name) was deleted, and is back")
        } catch {
            self.logger.warning("\(error)")
        }
    }

    // MARK: Words

    func note(_ text: String) { self.logger.info("bridge \(self.settings.name): \(text)") }

    func warn(_ text: String) { self.logger.warning("\(text)") }

    static func agentError(_ error: DatapathError, device: String, bridge: String) -> AgentError {
        let subject = device == bridge ? "local port of bridge \(bridge)" : "port \(device) of bridge \(bridge)"
        switch error.code {
        case .noSuchDevice: return AgentError(.missingDevice, "\(subject): there is no device \(device) on this host")
        case .exists, .busy:
            return AgentError(
                .deviceInUse, "\(subject): \(device) is in use by another bridge, datapath or program (\(error))")
        case .notPermitted:
            return AgentError(.notPermitted, "\(subject): not permitted; CAP_NET_ADMIN and CAP_NET_RAW are needed")
        default: return AgentError(.failed, "\(subject): \(error)")
        }
    }

    private static func describe(_ refusal: PortTable.Refusal) -> String {
        switch refusal {
        case .nameExists: "the bridge has it already"
        case .numberInUse(let number): "another port has OpenFlow port number \(number.rawValue)"
        case .numberNotAllowed(let number):
            "OpenFlow port number \(number.rawValue) is not in 1…\(PortTable.greatestNumber)"
        case .noNumberLeft: "all OpenFlow port numbers are taken"
        case .indexInUse(let index): "its datapath port number \(index.rawValue) is taken"
        }
    }
}

/// Lets the runtime's closure find the bridge that is being made around it; confined to the control loop.
private final class BridgeReference {
    weak var bridge: Bridge?
}
