/// What a bridge does while no controller is in charge.
package enum FailMode: String, CaseIterable, Hashable, Sendable {
    /// It forwards as an ordinary learning switch.
    case standalone
    /// It keeps to the flows it has.
    case secure
}

/// Decides when a bridge forwards on its own, as a value without clock or timer.
///
/// With fail mode `standalone` and no controllers configured, a visible flow of priority 0 that says NORMAL is there
/// from the start. With controllers configured that cannot be reached for three probe intervals, a hidden flow
/// above all others takes over, and goes when a controller is back; the controllers' own flows stay as they are
/// beneath it. With `secure` nothing happens. Each input returns the forwarding to set, or nil where it stays.
package struct FailModeStateMachine: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        /// Secure, or nobody to wait for.
        case inactive
        /// So many controllers are connected, at least one.
        case controlled(connected: Int)
        /// No controller since then.
        case alone(since: MonotonicTime)
        /// The hidden flow is there.
        case standalone
    }

    /// How long all controllers must have been away before the bridge forwards on its own.
    package let patience: Duration
    private var state = State.inactive

    /// Makes the machine; `inactivityProbe` is zero where probes are off, which counts as five seconds here.
    package init(inactivityProbe: Duration) {
        self.patience = (inactivityProbe > .zero ? inactivityProbe : .seconds(5)) * 3
    }

    /// When ``timerFired(now:)`` is wanted; `distantFuture` where it is not.
    package var deadline: MonotonicTime {
        guard case .alone(let since) = self.state else { return .distantFuture }
        return since + self.patience
    }

    /// The bridge starts with so many controllers configured, none of them connected yet.
    package mutating func started(mode: FailMode, controllers: Int, now: MonotonicTime) -> StandaloneForwarding? {
        guard mode == .standalone else {
            self.state = .inactive
            return nil
        }
        guard controllers > 0 else {
            self.state = .inactive
            return .visibleFlow
        }
        self.state = .alone(since: now)
        return nil
    }

    /// A configured controller negotiated a session.
    package mutating func controllerConnected() -> StandaloneForwarding? {
        switch self.state {
        case .inactive: return nil
        case .controlled(let connected):
            self.state = .controlled(connected: connected + 1)
            return nil
        case .alone:
            self.state = .controlled(connected: 1)
            return nil
        case .standalone:
            self.state = .controlled(connected: 1)
            return StandaloneForwarding.none
        }
    }

    /// A configured controller that had a session is gone.
    package mutating func controllerDisconnected(now: MonotonicTime) {
        guard case .controlled(let connected) = self.state else { return }
        self.state = connected > 1 ? .controlled(connected: connected - 1) : .alone(since: now)
    }

    /// Time has passed.
    package mutating func timerFired(now: MonotonicTime) -> StandaloneForwarding? {
        guard case .alone = self.state, now >= self.deadline else { return nil }
        self.state = .standalone
        return .hiddenFlow
    }
}
