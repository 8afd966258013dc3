package import Logging
package import NIOCore

/// Where packet-ins come from.
package protocol PacketInSource: AnyObject, Sendable {
    /// Takes at most `maximum` packet-ins that wait, and says whether others still do.
    ///
    /// The source is bounded, counts what it drops, and tells of new ones only once none was left.
    func drain(maximum: Int) -> (events: [PacketInEvent], hasMore: Bool)
}

/// Drives one bridge on its control loop: connections, packet-ins, expiry and barriers, one turn at a time.
///
/// Confined to the control loop of its ``ControlLoopSignal``. Threads that have something for the bridge raise
/// the signal; the loop then runs a turn: packet-ins are offered, barriers answered, each connection with
/// messages has its share handled, and what the switch queued is written. Work that is left goes to the back of
/// the loop, so that timers and other bridges on it have their turn. A turn delivers fewer packet-ins than it handles
/// messages: the answers to those that were sent go first, so that under overload packets wait, or are dropped, before
/// a controller has worked on them, and not after.
///
/// Whoever else calls into the switch does so by ``perform(_:)``, so that its output is carried away.
package final class BridgeRuntime {
    /// The bridge's name.
    package let name: String
    /// Wakes the bridge's loop.
    package let signal: ControlLoopSignal
    /// The bridge's connections.
    package let connections: ConnectionManager

    private let handler: any SwitchRequestHandler
    private let packetIns: (any PacketInSource)?
    private let handlePortEvents: (() -> Void)?
    private let clock: @Sendable () -> MonotonicTime
    private var expiryTimer: Scheduled<Void>?
    private var expiryDeadline = MonotonicTime.distantFuture

    /// Makes the driver of a bridge; called on the control loop, as everything here.
    /// - Parameters:
    ///   - name: the bridge's name, for logs.
    ///   - signal: raised by other threads; its event loop is the control loop.
    ///   - handler: the switch.
    ///   - configuration: how it is connected.
    ///   - ioGroup: the loops that sockets are on.
    ///   - secureGroup: the loops of sockets with TLS; nil for the same.
    ///   - packetIns: where packet-ins come from; raises `packetIns` when it gets some.
    ///   - logger: where connections report.
    ///   - clock: the present moment.
    ///   - handlePortEvents: called in a turn after `ports` was raised.
    package init(
        name: String, signal: ControlLoopSignal, handler: any SwitchRequestHandler,
        configuration: ConnectionConfiguration, ioGroup: any EventLoopGroup,
        secureGroup: (any EventLoopGroup)? = nil, packetIns: (any PacketInSource)?,
        logger: Logger, clock: @escaping @Sendable () -> MonotonicTime = SystemClock.now,
        handlePortEvents: (() -> Void)? = nil
    ) {
        self.name = name
        self.signal = signal
        self.handler = handler
        self.packetIns = packetIns
        self.handlePortEvents = handlePortEvents
        self.clock = clock
        self.connections = ConnectionManager(
            handler: handler, configuration: configuration, signal: signal, ioGroup: ioGroup,
            secureGroup: secureGroup, logger: logger, clock: clock)
    }

    /// Begins to run; the future gives the addresses listened on, or fails with an ``AgentError``.
    package func start() -> EventLoopFuture<[ControllerAddress]> {
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        self.signal.connect { bound.value.turn() }
        let opened = self.connections.start()
        self.finishTurn(now: self.clock())
        return opened
    }

    /// Connects the bridge as another configuration says (``ConnectionManager/reconfigure(_:secureGroup:)``).
    package func reconfigure(
        _ configuration: ConnectionConfiguration, secureGroup: (any EventLoopGroup)?
    ) -> EventLoopFuture<[ConnectionManager.Obstacle]> {
        self.perform { self.connections.reconfigure(configuration, secureGroup: secureGroup) }
    }

    /// Closes all connections and ends the turns; the future succeeds when both are done.
    package func stop() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        return self.connections.stop().map {
            bound.value.signal.disconnect()
            bound.value.expiryTimer?.cancel()
            bound.value.expiryTimer = nil
            bound.value.isStopped = true
        }
    }
    private var isStopped = false

    /// Runs `body`, which may call into the switch, as a turn of its own.
    package func perform<Result>(_ body: () throws -> Result) rethrows -> Result {
        defer { self.finishTurn(now: self.clock()) }
        return try body()
    }

    private func turn() {
        guard !self.isStopped else { return }
        let causes = self.signal.take()
        defer { self.signal.turnEnded() }
        let now = self.clock()
        if causes.contains(.ports) { self.handlePortEvents?() }
        if causes.contains(.packetIns) { self.deliverPacketIns(now: now) }
        if causes.contains(.barriers) { self.handler.barrierProgress() }
        self.connections.handleMessages(now: now)
        // Packets that messages of this turn sent to controllers go out with its answers.
        if self.signal.takeWithinTurn(.packetIns) { self.deliverPacketIns(now: self.clock()) }
        self.finishTurn(now: now)
        if self.connections.hasUnfinished { self.signal.raise(.connections) }
    }

    private func deliverPacketIns(now: MonotonicTime) {
        guard let (events, hasMore) = self.packetIns?.drain(maximum: AgentLimits.packetInsPerTurn) else { return }
        if hasMore { self.signal.raise(.packetIns) }
        if !events.isEmpty { self.handler.deliver(events, now: now) }
    }

    /// Writes what the switch has queued and sees to its next time-out.
    private func finishTurn(now: MonotonicTime) {
        guard !self.isStopped else { return }
        let deadline = min(self.handler.releasePacketIns(now: now), self.handler.runExpiry(now: now))
        self.connections.carryOutput(now: now)
        guard deadline < self.expiryDeadline || self.expiryTimer == nil else { return }
        self.expiryTimer?.cancel()
        self.expiryTimer = nil
        self.expiryDeadline = deadline
        guard deadline != .distantFuture else { return }
        let bound = NIOLoopBound(self, eventLoop: self.signal.eventLoop)
        let wait = deadline.since(now)
        self.expiryTimer = self.signal.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) {
            bound.value.expiryTimer = nil
            bound.value.expiryDeadline = .distantFuture
            bound.value.finishTurn(now: bound.value.clock())
        }
    }
}
