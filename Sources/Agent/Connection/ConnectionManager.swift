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
        /// A number that is given once.
        let identifier: Int
        let address: ControllerAddress
        var settings: ConnectionSettings
        /// What connections are like that come in.
        let terms: ListenerTerms
        let gate: ListenerGate
        let tap: ConversationTap?
        /// What listens to the conversations because the settings say so.
        var ears: [any ConversationListener] = []
        var channel: (any Channel)?
    }

    let eventLoop: any EventLoop
    let handler: any SwitchRequestHandler
    var bootstrap: ConnectionBootstrap
    let signal: ControlLoopSignal
    let logger: Logger
    let clock: @Sendable () -> MonotonicTime
    /// How the bridge is connected; changed by ``reconfigure(_:secureGroup:)`` alone.
    package internal(set) var configuration: ConnectionConfiguration

    var connections: [UInt64: OpenFlowConnection] = [:]
    /// Connections with messages left from an earlier turn, in order.
    private var unfinished: [UInt64] = []
    var controllers: [ActiveController] = []
    var listeners: [Listener] = []
    /// The number of the next controller or listener.
    private var nextIdentifier = 0
    /// Who listens at the snoop socket.
    let snoopers = SnoopAudience()
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
        handler.configuredControllers = configuration.controllers.map { "\($0)" }
        self.failMode = FailModeStateMachine(inactivityProbe: configuration.inactivityProbe)
        self.controllers = configuration.controllers.map { self.makeController($0, configuration.settings(of: $0)) }
        self.listeners = configuration.listeners.map { self.makeListener($0, configuration.settings(of: $0)) }
    }

    /// A controller that is not called yet.
    ///
    /// One tap for each address, since each may be recorded; all are heard at the snoop socket.
    func makeController(_ address: ControllerAddress, _ settings: ConnectionSettings) -> ActiveController {
        defer { self.nextIdentifier += 1 }
        let tap = ConversationTap()
        self.snoopers.hear(tap)
        return ActiveController(identifier: self.nextIdentifier, address: address, settings: settings, tap: tap)
    }

    /// A listener that is not open yet.
    func makeListener(_ address: ControllerAddress, _ settings: ConnectionSettings) -> Listener {
        defer { self.nextIdentifier += 1 }
        let tap = address.isUnixListener ? nil : ConversationTap()
        if let tap { self.snoopers.hear(tap) }
        return Listener(
            identifier: self.nextIdentifier, address: address, settings: settings,
            terms: ListenerTerms(settings, self.bootstrap.tls), gate: ListenerGate(settings), tap: tap)
    }

    /// The configured controller of that number; nil where it is configured no longer.
    func controller(_ identifier: Int) -> ActiveController? {
        self.controllers.first { $0.identifier == identifier }
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
            try self.openEars()
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
        let opened = self.listeners.map { self.listen($0) }
        let snooping = self.listenForSnoopers()
        return EventLoopFuture.whenAllSucceed(opened, on: self.eventLoop).and(snooping).map { addresses, _ in
            let manager = bound.value
            for controller in manager.controllers { manager.call(controller.identifier) }
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
        for listener in self.listeners { _ = self.close(listener) }
        for controller in self.controllers { self.stop(controller) }
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

    /// Calls a controller no more.
    func stop(_ controller: ActiveController) {
        if let attempt = controller.attempt { self.connections[attempt.link.identifier] = nil }
        controller.stop()
    }

    /// Closes a listener's socket, not the connections that came in by it.
    func close(_ listener: Listener) -> EventLoopFuture<Void> {
        guard let channel = listener.channel else { return self.eventLoop.makeSucceededVoidFuture() }
        if case .unix(let path) = listener.address.transport { UnixSocketPath.remove(path) }
        return channel.close().flatMapError { _ in channel.eventLoop.makeSucceededVoidFuture() }
            .hop(to: self.eventLoop)
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
        let listener = self.listeners.first { $0.identifier == arrival.listener }
        let connection = OpenFlowConnection(
            link: arrival.link, origin: .listener(arrival.listener), peer: arrival.peer,
            settings: listener?.settings ?? ConnectionSettings())
        self.connections[arrival.link.identifier] = connection
        self.logger.debug("\(arrival.peer) came in")
        // A listener that is none any more lets nobody in.
        if self.isStopping || listener == nil { connection.close(.shutdown) }
    }

    private func opened(_ connection: OpenFlowConnection, _ version: OpenFlowVersion, now: MonotonicTime) {
        let security = connection.statistics.security.map { ", \($0)" } ?? ""
        self.logger.info("\(connection.statistics.peer): \(version) agreed\(security)")
        if let certificate = connection.statistics.security?.peer {
            self.warnOfExpiry([("the certificate of \(connection.statistics.peer)", certificate)])
        }
        guard case .controller(let identifier) = connection.origin else { return }
        self.controller(identifier)?.sessionOpened(now: now)
        self.callAuxiliaries(identifier, version)
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
