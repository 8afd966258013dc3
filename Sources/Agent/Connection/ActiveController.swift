import NIOCore

/// A configured controller that we call, again and again.
///
/// Confined to its bridge's control loop. Knows when to call; what is said is the connection's business.
final class ActiveController {
    private enum State {
        case idle
        case connecting(ConnectionAttempt)
        case connected(OpenFlowConnection)
        case waiting(Scheduled<Void>)
        case stopped
    }

    /// A number that the manager gives once.
    let identifier: Int
    let address: ControllerAddress
    /// What its connections are like, from the next one on.
    private(set) var settings: ConnectionSettings
    /// What listens to the conversations because the settings say so.
    var ears: [any ConversationListener] = []
    /// Its recording, or where the bridge's snoop socket listens.
    let tap: ConversationTap
    /// Calls for auxiliary connections that wait for their time, by auxiliary id.
    var auxiliaryTimers: [UInt8: Scheduled<Void>] = [:]
    private(set) var statistics: ConnectionStatistics
    /// Why calls fail and connections end, for the log.
    var news = RepeatedNews()
    private var state = State.idle
    private var backoff: ReconnectBackoff
    /// Whether the next call follows the end of the connection at once.
    private var callsAtOnce = false

    init(identifier: Int, address: ControllerAddress, settings: ConnectionSettings, tap: ConversationTap) {
        self.identifier = identifier
        self.address = address
        self.settings = settings
        self.tap = tap
        self.backoff = ReconnectBackoff(maximum: settings.maxBackoff ?? .seconds(8))
        self.statistics = ConnectionStatistics(peer: "\(address)")
    }

    /// A call is being made.
    func beginAttempt(_ attempt: ConnectionAttempt) {
        self.statistics.attempts += 1
        self.state = .connecting(attempt)
    }

    /// How long one attempt may take: as long as the wait that preceded it.
    var attemptTimeout: Duration { max(self.backoff.current, .seconds(1)) }

    /// The attempt that is being made, if there is one.
    var attempt: ConnectionAttempt? {
        if case .connecting(let attempt) = self.state { return attempt }
        return nil
    }

    /// Whether the controller is not to be called any more.
    var isStopped: Bool {
        if case .stopped = self.state { return true }
        return false
    }

    /// The call was answered.
    func connected(_ connection: OpenFlowConnection) { self.state = .connected(connection) }

    /// The call was not answered; returns how long to wait.
    func attemptFailed(_ text: String, now: MonotonicTime) -> Duration {
        self.note(error: text, now: now)
        return self.backoff.attemptFailed()
    }

    /// A version is agreed.
    func sessionOpened(now: MonotonicTime) {
        self.statistics.sessions += 1
        self.statistics.isConnected = true
        self.statistics.lastChange = now
    }

    /// Takes in what a connection of its has done.
    func add(_ connection: ConnectionStatistics) { self.statistics.add(connection) }

    /// The connection ended; returns how long to wait.
    func connectionEnded(_ reason: CloseReason, openedAt: MonotonicTime?, now: MonotonicTime) -> Duration {
        self.note(error: reason.description, now: now)
        if self.callsAtOnce {
            self.callsAtOnce = false
            return .zero
        }
        guard let openedAt else { return self.backoff.attemptFailed() }
        return self.backoff.sessionEnded(after: now.since(openedAt))
    }

    /// The next call is due when `timer` fires.
    func waits(for timer: Scheduled<Void>) { self.state = .waiting(timer) }

    /// The main connection of this controller, if it has one.
    var connection: OpenFlowConnection? {
        if case .connected(let connection) = self.state { return connection }
        return nil
    }

    /// Calls for no more auxiliary connections.
    func cancelAuxiliaries() {
        for timer in self.auxiliaryTimers.values { timer.cancel() }
        self.auxiliaryTimers = [:]
    }

    /// What is to be done to call it anew.
    enum Reconnection {
        /// Nothing: a call is being made, or none is to be made any more.
        case calling
        /// The connection is to be closed; a call follows its end.
        case closing(OpenFlowConnection)
        /// A call is to be made now; the one that was to be made later is cancelled.
        case waiting
    }

    /// Forgets earlier failures, and says what is to be done to call it anew.
    func reconnect() -> Reconnection {
        self.backoff.reset()
        self.callsAtOnce = true
        switch self.state {
        case .waiting(let timer):
            timer.cancel()
            self.callsAtOnce = false
            self.state = .idle
            return .waiting
        case .connected(let connection): return .closing(connection)
        case .connecting, .idle, .stopped:
            self.callsAtOnce = false
            return .calling
        }
    }

    /// Takes over other settings; an open connection keeps those that it began with.
    func change(_ settings: ConnectionSettings) {
        if settings.maxBackoff != self.settings.maxBackoff {
            self.backoff = ReconnectBackoff(maximum: settings.maxBackoff ?? .seconds(8))
        }
        self.settings = settings
    }

    /// Gives up a call that has not been answered, and returns it; nil where none is being made.
    func abandonAttempt() -> ConnectionAttempt? {
        guard case .connecting(let attempt) = self.state else { return nil }
        attempt.cancel()
        self.state = .idle
        return attempt
    }

    /// Calls no more; a connection is closed.
    func stop() {
        self.cancelAuxiliaries()
        switch self.state {
        case .waiting(let timer): timer.cancel()
        case .connected(let connection): connection.close(.shutdown)
        case .connecting(let attempt): attempt.cancel()
        case .idle, .stopped: break
        }
        self.state = .stopped
        self.statistics.isConnected = false
    }

    private func note(error text: String, now: MonotonicTime) {
        self.statistics.isConnected = false
        self.statistics.lastError = text
        self.statistics.lastChange = now
    }
}
