package import Logging
package import NIOCore
import NIOPosix
import OpenFlow

/// All OpenFlow connections of one bridge: the controllers it calls and the listeners where others come in.
///
/// Confined to the bridge's control loop. Opens and closes connections, gives each its turn at the switch, and
/// keeps the bridge's fail mode. Fair: in one turn each connection has a bounded number of messages handled, so
/// that a million flow_mods of one do not keep another waiting.
package final class ConnectionManager {
    /// A socket that we listen on.
    struct Listener {
        let address: ControllerAddress
        let settings: ConnectionSettings
        let gate: ListenerGate
        let tap: ConversationTap?
        var channel: (any Channel)?
    }

    let eventLoop: any EventLoop
    let handler: any SwitchRequestHandler
    var bootstrap: ConnectionBootstrap
    let signal: ControlLoopSignal
    let logger: Logger
    let clock: @Sendable () -> MonotonicTime
    let configuration: ConnectionConfiguration

    var connections: [UInt64: OpenFlowConnection] = [:]
    /// Connections with messages left from an earlier turn, in order.
    private var unfinished: [UInt64] = []
    var controllers: [ActiveController]
    var listeners: [Listener]
    var failMode: FailModeStateMachine
    var failModeTimer: Scheduled<Void>?
    /// Looks again at controllers of which it is not known whether they take part.
    var admissionTimer: Scheduled<Void>?
    var snoopChannel: (any Channel)?
    /// Recordings, by their paths.
    var recorders: [String: ConversationRecorder] = [:]
    var certificateTimer: RepeatedTask?
    /// Says who sent how many FLOW_MOD messages; nil while there were none.
    var flowModTimer: Scheduled<Void>?
    /// Looks for the next hops towards controllers in band.
    var inBandTimer: RepeatedTask?
    var isStopping = false
    /// Calls whose outcome is not known.
    var pendingCalls = 0
    private var stopped: EventLoopPromise<Void>?

    /// Makes a manager that opens nothing yet.
    ///
    /// Called on the control loop, as everything here.
    package init(
        handler: any SwitchRequestHandler, configuration: ConnectionConfiguration, signal: ControlLoopSignal,
        ioGroup: any EventLoopGroup, secureGroup: (any EventLoopGroup)? = nil, logger: Logger,
        clock: @escaping @Sendable () -> MonotonicTime
    ) {
        self.eventLoop = signal.eventLoop
        self.handler = handler
        self.configuration = configuration
        self.signal = signal
        self.logger = logger
        self.clock = clock
        self.bootstrap = ConnectionBootstrap(
            group: ioGroup, secureGroup: secureGroup, hub: ConnectionHub(signal: signal))
        // One tap for each address, since each may be recorded; all are heard at the snoop socket.
        self.controllers = configuration.controllers.map {
            ActiveController(address: $0, settings: configuration.settings(of: $0), tap: ConversationTap())
        }
        self.listeners = configuration.listeners.map { address in
            let settings = configuration.settings(of: address)
            return Listener(
                address: address, settings: settings,
                gate: ListenerGate(
                    connectionsMaximum: settings.connectionsMaximum ?? AgentLimits.connectionsPerListenerMaximum,
                    halfOpenMaximum: settings.halfOpenMaximum ?? AgentLimits.halfOpenPerListenerMaximum,
                    allowedPeers: settings.allowedPeers),
                tap: address.isUnixListener ? nil : ConversationTap())
        }
        handler.configuredControllers = configuration.controllers.map { "\($0)" }
        self.failMode = FailModeStateMachine(inactivityProbe: configuration.inactivityProbe)
    }

    /// What is known of each configured controller, in the configuration's order, and of each peer that came in.
    package var statistics: [ConnectionStatistics] {
        let arrivals = self.connections.values.filter {
            if case .listener = $0.origin { true } else { false }
        }
        return self.controllers.map { $0.statistics }
            + arrivals.sorted { $0.identifier < $1.identifier }.map { $0.statistics }
    }

    // MARK: Start and stop

    /// Opens the listeners, then begins to call the controllers.
    ///
    /// The future gives the addresses listened on, with the ports that the kernel chose; it fails with an
    /// ``AgentError`` if one of them cannot be had.
    package func start() -> EventLoopFuture<[ControllerAddress]> {
        do throws(AgentError) {
            try self.openRecordings()
            self.openMessageLogs()
            self.bootstrap.tls = try TLSContexts(
                configuration: self.configuration.tls,
                addresses: self.configuration.controllers + self.configuration.listeners, logger: self.logger)
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        let now = self.clock()
        self.apply(
            self.failMode.started(
                mode: self.configuration.failMode, controllers: self.controllers.count, now: now), now: now)
        self.armFailModeTimer()
        self.armCertificateTimer()
        self.updateInBandFlows(now: now)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let opened = self.listeners.indices.map { index in
            self.listen(index).map { channel in bound.value.listening(index, channel) }
        }
        let snooping = self.listenForSnoopers()
        return EventLoopFuture.whenAllSucceed(opened, on: self.eventLoop).and(snooping).map { addresses, _ in
            let manager = bound.value
            for index in manager.controllers.indices { manager.call(index) }
            return addresses
        }
    }

    /// Closes listeners and connections; the future succeeds when all are gone.
    package func stop() -> EventLoopFuture<Void> {
        if let stopped = self.stopped { return stopped.futureResult }
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.stopped = promise
        self.isStopping = true
        self.failModeTimer?.cancel()
        self.admissionTimer?.cancel()
        self.certificateTimer?.cancel()
        self.inBandTimer?.cancel()
        self.flowModTimer?.cancel()
        self.stopSnooping()
        for listener in self.listeners {
            listener.channel?.close(promise: nil)
            if listener.channel != nil, case .unix(let path) = listener.address.transport {
                UnixSocketPath.remove(path)
            }
        }
        for controller in self.controllers {
            if let attempt = controller.attempt { self.connections[attempt.link.identifier] = nil }
            controller.stop()
        }
        for connection in self.connections.values { connection.close(.shutdown) }
        // A name that is still being resolved is not waited for any longer than a peer that does not close.
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let patience = self.eventLoop.scheduleTask(in: .nanoseconds(AgentLimits.closeTimeout.wholeNanoseconds)) {
            bound.value.pendingCalls = 0
            bound.value.finishStopping()
        }
        promise.futureResult.whenComplete { _ in patience.cancel() }
        self.finishStopping()
        return promise.futureResult
    }

    func finishStopping() {
        guard self.isStopping, self.connections.isEmpty, self.pendingCalls == 0 else { return }
        for recorder in self.recorders.values { recorder.close() }
        self.recorders = [:]
        self.stopped?.succeed()
    }

    // MARK: Turns

    /// Handles what has come in; called when the signal says `connections`, or ``hasUnfinished``.
    package func handleMessages(now: MonotonicTime) {
        let (arrivals, ready) = self.bootstrap.hub.take()
        for arrival in arrivals { self.arrived(arrival) }
        var order = self.unfinished
        order.append(contentsOf: ready)
        self.unfinished = []
        var seen = Set<UInt64>()
        for identifier in order where seen.insert(identifier).inserted {
            guard let connection = self.connections[identifier] else { continue }
            let result = connection.turn(self.handler, limit: AgentLimits.messagesPerTurn, now: now)
            if let version = result.opened { self.opened(connection, version, now: now) }
            self.noteCharge(of: connection, now: now)
            if connection.flowModCount > 0, self.flowModTimer == nil { self.armFlowModTimer() }
            connection.carryOutput(self.handler, wasWoken: true, now: now)
            if result.hasMore { self.unfinished.append(identifier) }
            if let reason = result.closed { self.closed(connection, reason, now: now) }
        }
    }

    /// Whether messages are left that could be handled at once.
    package var hasUnfinished: Bool {
        self.unfinished.contains { self.connections[$0]?.session?.isSuspended != true }
    }

    /// Sends what the switch has queued for any session; called at the end of each turn of the control loop.
    package func carryOutput(now: MonotonicTime) {
        for connection in self.connections.values {
            connection.carryOutput(self.handler, wasWoken: false, now: now)
        }
    }

    private func arrived(_ arrival: ConnectionHub.Arrival) {
        let connection = OpenFlowConnection(
            link: arrival.link, origin: .listener(arrival.listener), peer: arrival.peer,
            settings: self.listeners[arrival.listener].settings)
        self.connections[arrival.link.identifier] = connection
        self.logger.debug("\(arrival.peer) came in")
        if self.isStopping { connection.close(.shutdown) }
    }

    private func opened(_ connection: OpenFlowConnection, _ version: OpenFlowVersion, now: MonotonicTime) {
        let security = connection.statistics.security.map { ", \($0)" } ?? ""
        self.logger.info("\(connection.statistics.peer): \(version) agreed\(security)")
        if let certificate = connection.statistics.security?.peer {
            self.warnOfExpiry([("the certificate of \(connection.statistics.peer)", certificate)])
        }
        guard case .controller(let index) = connection.origin else { return }
        self.controllers[index].sessionOpened(now: now)
        self.callAuxiliaries(index, version)
    }

    private func closed(_ connection: OpenFlowConnection, _ reason: CloseReason, now: MonotonicTime) {
        self.connections[connection.identifier] = nil
        self.reportFlowMods(of: connection)
        let isHeavy =
            self.bootstrap.hub.budget.takePeak() >= AgentLimits.trimBytesMinimum
            || connection.statistics.messagesReceived >= AgentLimits.trimMessagesMinimum
        if !self.isStopping, isHeavy {
            MemoryTrim.soon(on: self.eventLoop)
        }
        switch connection.origin {
        case .listener:
            // Whoever came in and did not get as far as a session wants to know why.
            let level: Logger.Level = connection.statistics.sessions == 0 ? .info : .debug
            self.logger.log(level: level, "\(connection.statistics.peer): \(reason)")
        case .controller(let index): self.mainClosed(index, connection, reason, now: now)
        case .auxiliary(let index, let identifier): self.auxiliaryClosed(index, identifier, reason, now: now)
        }
        self.finishStopping()
    }
}
