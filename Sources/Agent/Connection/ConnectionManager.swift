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
    private struct Listener {
        let address: ControllerAddress
        let count: ListenerCount
        var channel: (any Channel)?
    }

    private let eventLoop: any EventLoop
    private let handler: any SwitchRequestHandler
    private var bootstrap: ConnectionBootstrap
    private let signal: ControlLoopSignal
    private let logger: Logger
    private let clock: @Sendable () -> MonotonicTime
    private let configuration: ConnectionConfiguration

    private var connections: [UInt64: OpenFlowConnection] = [:]
    /// Connections with messages left from an earlier turn, in order.
    private var unfinished: [UInt64] = []
    private var controllers: [ActiveController]
    private var listeners: [Listener]
    private var failMode: FailModeStateMachine
    private var failModeTimer: Scheduled<Void>?
    private var isStopping = false
    /// Calls whose outcome is not known.
    private var pendingCalls = 0
    private var stopped: EventLoopPromise<Void>?

    /// Makes a manager that opens nothing yet.
    ///
    /// Called on the control loop, as everything here.
    package init(
        handler: any SwitchRequestHandler, configuration: ConnectionConfiguration, signal: ControlLoopSignal,
        ioGroup: any EventLoopGroup, logger: Logger, clock: @escaping @Sendable () -> MonotonicTime
    ) {
        self.eventLoop = signal.eventLoop
        self.handler = handler
        self.configuration = configuration
        self.signal = signal
        self.logger = logger
        self.clock = clock
        self.bootstrap = ConnectionBootstrap(
            group: ioGroup,
            settings: OpenFlowConnection.StateMachine.Settings(
                offered: configuration.protocols, inactivityProbe: configuration.inactivityProbe),
            hub: ConnectionHub(signal: signal))
        self.controllers = configuration.controllers.map {
            ActiveController(address: $0, maxBackoff: configuration.maxBackoff)
        }
        self.listeners = configuration.listeners.map {
            Listener(address: $0, count: ListenerCount(maximum: configuration.connectionsPerListener))
        }
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
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let opened = self.listeners.indices.map { index in
            self.listen(index).map { channel in bound.value.listening(index, channel) }
        }
        return EventLoopFuture.whenAllSucceed(opened, on: self.eventLoop).map { addresses in
            let manager = bound.value
            for index in manager.controllers.indices { manager.call(index) }
            return addresses
        }
    }

    private func listen(_ index: Int) -> EventLoopFuture<any Channel> {
        let address = self.listeners[index].address
        do throws(AgentError) {
            if case .unix(let path) = address.transport { try UnixSocketPath.prepare(path) }
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
        return self.bootstrap.listen(address, index: index, count: self.listeners[index].count)
            .flatMapErrorThrowing { throw ListenError.agentError($0, address) }
            .hop(to: self.eventLoop)
    }

    private func listening(_ index: Int, _ channel: any Channel) -> ControllerAddress {
        self.listeners[index].channel = channel
        var address = self.listeners[index].address
        switch address.transport {
        case .tcp(let host, _):
            if let port = channel.localAddress?.port {
                address.transport = .tcp(host: host, port: UInt16(clamping: port))
            }
        case .tls(let host, _):
            if let port = channel.localAddress?.port {
                address.transport = .tls(host: host, port: UInt16(clamping: port))
            }
        case .unix: break
        }
        self.logger.info("listening on \(address)")
        return address
    }

    /// Closes listeners and connections; the future succeeds when all are gone.
    package func stop() -> EventLoopFuture<Void> {
        if let stopped = self.stopped { return stopped.futureResult }
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.stopped = promise
        self.isStopping = true
        self.failModeTimer?.cancel()
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

    private func finishStopping() {
        guard self.isStopping, self.connections.isEmpty, self.pendingCalls == 0 else { return }
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
            connection.carryOutput(self.handler, wasWoken: true, now: now)
            if result.hasMore { self.unfinished.append(identifier) }
            if let reason = result.closed { self.closed(connection, reason, now: now) }
        }
    }

    /// Whether messages are left that could be handled at once.
    package var hasUnfinished: Bool { !self.unfinished.isEmpty }

    /// Sends what the switch has queued for any session; called at the end of each turn of the control loop.
    package func carryOutput(now: MonotonicTime) {
        for connection in self.connections.values {
            connection.carryOutput(self.handler, wasWoken: false, now: now)
        }
    }

    private func arrived(_ arrival: ConnectionHub.Arrival) {
        let connection = OpenFlowConnection(
            link: arrival.link, origin: .listener(arrival.listener), peer: arrival.peer,
            settings: self.configuration.settings(of: self.listeners[arrival.listener].address))
        self.connections[arrival.link.identifier] = connection
        self.logger.debug("\(arrival.peer) came in")
        if self.isStopping { connection.close(.shutdown) }
    }

    private func opened(_ connection: OpenFlowConnection, _ version: OpenFlowVersion, now: MonotonicTime) {
        self.logger.info("\(connection.statistics.peer): \(version) agreed")
        guard case .controller(let index) = connection.origin else { return }
        self.controllers[index].sessionOpened(now: now)
        self.apply(self.failMode.controllerConnected(), now: now)
    }

    private func closed(_ connection: OpenFlowConnection, _ reason: CloseReason, now: MonotonicTime) {
        self.connections[connection.identifier] = nil
        let peer = connection.statistics.peer
        switch connection.origin {
        case .listener: self.logger.debug("\(peer): \(reason)")
        case .controller(let index):
            let hadSession = connection.statistics.sessions > 0
            if hadSession { self.controllers[index].news.reset() }
            self.tell("\(peer): \(reason)", of: self.controllers[index], now: now)
            if hadSession {
                self.failMode.controllerDisconnected(now: now)
                self.armFailModeTimer()
            }
            let controller = self.controllers[index]
            if !controller.isStopped {
                let wait = controller.connectionEnded(
                    reason, openedAt: hadSession ? connection.openedAt : nil, now: now)
                self.call(index, after: wait)
            }
        }
        self.finishStopping()
    }

    // MARK: Calling controllers

    private func call(_ index: Int) {
        guard !self.isStopping else { return }
        let controller = self.controllers[index]
        let (attempt, channel) = self.bootstrap.connect(controller.address, timeout: controller.attemptTimeout)
        let link = attempt.link
        controller.beginAttempt(attempt)
        self.pendingCalls += 1
        // Known at once: the handler may speak up before the future does.
        self.connections[link.identifier] = OpenFlowConnection(
            link: link, origin: .controller(index), peer: "\(controller.address)",
            settings: self.configuration.settings(of: controller.address))
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        channel.hop(to: self.eventLoop).whenComplete { result in
            bound.value.called(index, attempt, result)
        }
    }

    private func called(_ index: Int, _ attempt: ConnectionAttempt, _ result: Result<any Channel, any Error>) {
        let controller = self.controllers[index]
        let link = attempt.link
        self.pendingCalls = max(0, self.pendingCalls - 1)
        defer { self.finishStopping() }
        switch result {
        case .success(let channel):
            guard let connection = self.connections[link.identifier], controller.attempt === attempt else {
                return channel.close(promise: nil)
            }
            controller.connected(connection)
        case .failure(let error):
            guard self.connections.removeValue(forKey: link.identifier) != nil, controller.attempt === attempt else {
                return
            }
            let text = ConnectionErrorText.describe(error)
            let now = self.clock()
            let wait = controller.attemptFailed(text, now: now)
            self.tell("\(controller.address): \(text)", of: controller, now: now)
            self.call(index, after: wait)
        }
    }

    /// Logs what became of a call: at once if it is news, sparsely if it repeats.
    private func tell(_ text: String, of controller: ActiveController, now: MonotonicTime) {
        switch controller.news.note(text, now: now) {
        case .hold: self.logger.debug("\(text)")
        case .say(0): self.logger.info("\(text)")
        case .say(let heldBack): self.logger.info("\(text) (and \(heldBack) times more)")
        }
    }

    private func call(_ index: Int, after wait: Duration) {
        guard !self.isStopping else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let timer = self.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) { bound.value.call(index) }
        self.controllers[index].waits(for: timer)
    }

    // MARK: Fail mode

    private func apply(_ forwarding: StandaloneForwarding?, now: MonotonicTime) {
        guard let forwarding else { return }
        self.handler.setStandaloneForwarding(forwarding, now: now)
        switch forwarding {
        case .none: self.logger.info("a controller is back, standalone forwarding ends")
        case .visibleFlow: self.logger.info("no controllers configured, forwarding standalone")
        case .hiddenFlow: self.logger.warning("no controller in reach, forwarding standalone")
        }
    }

    private func armFailModeTimer() {
        self.failModeTimer?.cancel()
        let deadline = self.failMode.deadline
        guard deadline != .distantFuture else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let wait = deadline.since(self.clock())
        self.failModeTimer = self.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) {
            let manager = bound.value
            let now = manager.clock()
            manager.apply(manager.failMode.timerFired(now: now), now: now)
            manager.armFailModeTimer()
            manager.signal.raise(.connections)
        }
    }
}
