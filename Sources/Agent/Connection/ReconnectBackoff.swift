/// How long to wait before the next attempt to reach a controller.
///
/// A second at first, doubling with each failure up to a maximum; back to a second once a session has been
/// good. A session is good when the peer negotiated and stayed for as long as the wait that led to it, so that
/// a controller that accepts and drops connections does not get a storm of them.
package struct ReconnectBackoff: Hashable, Sendable {
    /// The wait after the first failure.
    package let minimum: Duration
    /// The longest wait.
    package let maximum: Duration
    /// The wait that the latest failure led to; zero before the first.
    package private(set) var current = Duration.zero

    /// Makes a backoff; a maximum below the minimum lowers the minimum too.
    package init(minimum: Duration = AgentLimits.backoffMinimum, maximum: Duration) {
        self.maximum = max(maximum, .milliseconds(1))
        self.minimum = min(minimum, self.maximum)
    }

    /// Notes a failed attempt; returns how long to wait before the next one.
    package mutating func attemptFailed() -> Duration {
        self.current = self.current == .zero ? self.minimum : min(self.current * 2, self.maximum)
        return self.current
    }

    /// Notes the end of a session that was negotiated and lasted for `duration`; returns how long to wait.
    package mutating func sessionEnded(after duration: Duration) -> Duration {
        if duration >= max(self.current, self.minimum) { self.current = .zero }
        return self.attemptFailed()
    }

    /// Forgets all failures, so that the next attempt is made at once.
    package mutating func reset() { self.current = .zero }
}
