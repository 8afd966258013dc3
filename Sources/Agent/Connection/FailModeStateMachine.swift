/// What a bridge does while no controller is in charge.
package enum FailMode: String, CaseIterable, Hashable, Sendable {
    /// It forwards as an ordinary learning switch.
    case standalone
    /// It keeps to the flows it has.
    case secure
}

/// Decides when a bridge forwards on its own, as a value without clock or timer.
///
/// A controller is in charge from the moment when it has the switch's features, or has said what it wants, until its
/// connection ends. The rules, which docs/fail-modes.md explains:
///
/// 1. With `secure` nothing ever happens.
/// 2. With `standalone` and no controllers configured, a visible flow of priority 0 that says NORMAL is there from the
///    start.
/// 3. With controllers configured, none of which has been in charge for three probe intervals, a hidden flow above all
///    others takes over. The controllers' own flows stay as they are beneath it.
/// 4. The hidden flow goes when a controller takes charge. No flow is removed or changed by that either. While the flow
///    is there, a controller that has our features may yet leave without a word, so that it has to show more: it sends
///    a change, a packet or a role, or stays for a probe interval (``isStandingIn``). It is sent a packet to answer.
/// 5. A controller that was in charge for less than one probe interval might as well not have come: the bridge goes on
///    waiting from where it was, and forwards on its own again at once if it did so before.
///
/// Each input returns the forwarding to set, or nil where it stays.
package struct FailModeStateMachine: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        /// Secure, or nobody to wait for.
        case inactive
        /// So many controllers are in charge, at least one; the first since `start`, and none since `alone` before.
        case controlled(count: Int, start: MonotonicTime, alone: MonotonicTime)
        /// No controller since then.
        case alone(since: MonotonicTime)
        /// The hidden flow is there; no controller since then.
        case standalone(since: MonotonicTime)
    }

    /// How long a controller must be in charge for the waiting to begin anew after it.
    package private(set) var settlingTime: Duration
    private var state = State.inactive
    /// Whether the bridge forwards on its own for want of controllers to wait for.
    private var forwardsVisibly = false

    /// Makes the machine; `inactivityProbe` is zero where probes are off, which counts as five seconds here.
    package init(inactivityProbe: Duration) { self.settlingTime = Self.settlingTime(inactivityProbe) }

    private static func settlingTime(_ inactivityProbe: Duration) -> Duration {
        inactivityProbe > .zero ? inactivityProbe : .seconds(5)
    }

    /// Whether the bridge forwards in place of the controllers that are configured.
    package var isStandingIn: Bool {
        if case .standalone = self.state { true } else { false }
    }

    /// How long all controllers must have been away before the bridge forwards on its own.
    package var patience: Duration { self.settlingTime * 3 }

    /// When ``timerFired(now:)`` is wanted; `distantFuture` where it is not.
    package var deadline: MonotonicTime {
        guard case .alone(let since) = self.state else { return .distantFuture }
        return since + self.patience
    }

    /// The bridge starts with so many controllers configured, none of them connected yet.
    package mutating func started(mode: FailMode, controllers: Int, now: MonotonicTime) -> StandaloneForwarding? {
        guard mode == .standalone, controllers > 0 else {
            self.state = .inactive
            self.forwardsVisibly = mode == .standalone
            return mode == .standalone ? .visibleFlow : nil
        }
        self.state = .alone(since: now)
        return nil
    }

    /// The bridge is told another mode, other controllers or another probe interval while it runs.
    ///
    /// Waiting goes on as it was. A bridge that forwards for want of controllers goes on, above all flows, until one
    /// that it is given now takes charge.
    ///
    /// - Parameter inCharge: how many controllers are in charge, those included whose end has not been told yet.
    package mutating func reconfigured(
        mode: FailMode, inactivityProbe: Duration, controllers: Int, inCharge: Int, now: MonotonicTime
    ) -> StandaloneForwarding? {
        self.settlingTime = Self.settlingTime(inactivityProbe)
        let wasVisible = self.forwardsVisibly
        self.forwardsVisibly = mode == .standalone && controllers == 0
        guard mode == .standalone, controllers > 0 else {
            let wasQuiet = self.state == .inactive && !wasVisible
            self.state = .inactive
            if self.forwardsVisibly { return wasVisible ? nil : .visibleFlow }
            return wasQuiet ? nil : StandaloneForwarding.none
        }
        guard self.state == .inactive else { return self.timerFired(now: now) }
        if inCharge > 0 {
            self.state = .controlled(count: inCharge, start: now, alone: now)
            return wasVisible ? StandaloneForwarding.none : nil
        }
        self.state = wasVisible ? .standalone(since: now) : .alone(since: now)
        return wasVisible ? .hiddenFlow : nil
    }

    /// A configured controller took charge.
    package mutating func controllerTookCharge(now: MonotonicTime) -> StandaloneForwarding? {
        switch self.state {
        case .inactive: return nil
        case .controlled(let count, let start, let alone):
            self.state = .controlled(count: count + 1, start: start, alone: alone)
            return nil
        case .alone(let since):
            self.state = .controlled(count: 1, start: now, alone: since)
            return nil
        case .standalone(let since):
            self.state = .controlled(count: 1, start: now, alone: since)
            return StandaloneForwarding.none
        }
    }

    /// A configured controller that was in charge is gone.
    package mutating func controllerLeft(now: MonotonicTime) -> StandaloneForwarding? {
        guard case .controlled(let count, let start, let alone) = self.state else { return nil }
        guard count == 1 else {
            self.state = .controlled(count: count - 1, start: start, alone: alone)
            return nil
        }
        self.state = .alone(since: now.since(start) < self.settlingTime ? alone : now)
        return self.timerFired(now: now)
    }

    /// Time has passed.
    package mutating func timerFired(now: MonotonicTime) -> StandaloneForwarding? {
        guard case .alone(let since) = self.state, now >= self.deadline else { return nil }
        self.state = .standalone(since: since)
        return .hiddenFlow
    }

    /// What it does now, and what it would do if all controllers vanished, in words.
    package func summary(now: MonotonicTime) -> String {
        switch self.state {
        case .inactive: "nothing changes, whether controllers are there or not"
        case .controlled(let count, _, _):
            "\(count) controller\(count == 1 ? "" : "s") in charge; without any, the bridge would forward on its own "
                + "after \(Self.text(self.patience))"
        case .alone: "no controller in charge; the bridge forwards on its own in \(Self.text(self.deadline.since(now)))"
        case .standalone(let since):
            "no controller in charge for \(Self.text(now.since(since))); "
                + "the bridge forwards on its own, above all flows"
        }
    }

    private static func text(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
}
