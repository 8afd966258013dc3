/// How many megaflows there may be, and how long idle ones may stay; a value without a clock.
///
/// What a sweep over all megaflows takes bounds how old counters and idle times are. So the number follows it: a sweep
/// that took longer than ``sweepTarget`` leaves room for as many as can be visited in that time, quick ones give the
/// room back by and by.
package struct FlowLimit: Sendable, Hashable {
    /// Why ``maximum`` is what it is.
    package enum Cause: Sendable, Hashable {
        /// No sweep has called for less than the ceiling.
        case ceiling
        /// A sweep over so many megaflows took so long.
        case slowSweep(flows: Int, duration: Duration)
        /// Sweeps are quick again.
        case recovering
    }
    /// Why idle megaflows may stay as long as they may.
    package enum IdleCause: Sendable, Hashable {
        /// There is room.
        case room
        /// There will soon be no room for others.
        case nearlyFull
        /// There are more than there may be.
        case overLimit
    }

    /// The greatest number of megaflows, now; above it nothing is installed.
    package private(set) var maximum: Int
    /// What ``maximum`` grows to.
    package let ceiling: Int
    /// Why ``maximum`` is what it is.
    package private(set) var cause = Cause.ceiling
    /// How long a megaflow stays without being used, ordinarily.
    package var idleTimeout: Duration
    /// How long while less than an eighth of the room is left.
    package var idleTimeoutNearlyFull: Duration
    /// How long while there are more than ``maximum``: they must go soon.
    package var idleTimeoutOverLimit: Duration
    /// How long it is from one sweep to the next, at most.
    package var sweepInterval = Duration.milliseconds(500)

    /// How long a sweep may take.
    package static let sweepTarget = Duration.seconds(1)
    /// What every sweep leaves room for; one over no more than these says nothing when it is slow.
    ///
    /// The machine stood still then.
    package static let leastMaximum = 10_000

    /// Makes limits.
    package init(
        maximum: Int = 200_000, idleTimeout: Duration = .seconds(10), idleTimeoutNearlyFull: Duration = .seconds(1),
        idleTimeoutOverLimit: Duration = .milliseconds(100)
    ) {
        self.maximum = maximum
        self.ceiling = maximum
        self.idleTimeout = idleTimeout
        self.idleTimeoutNearlyFull = idleTimeoutNearlyFull
        self.idleTimeoutOverLimit = idleTimeoutOverLimit
    }

    /// Makes limits as they are configured.
    ///
    /// Sweeps are at least as frequent as megaflows may be idle, as Open vSwitch's revalidators are.
    package init(_ settings: MegaflowSettings) {
        let idle = settings.idleTimeout ?? .seconds(10)
        self.init(
            maximum: settings.maximum ?? 200_000, idleTimeout: idle, idleTimeoutNearlyFull: min(idle, .seconds(1)),
            idleTimeoutOverLimit: min(idle, .milliseconds(100)))
        self.sweepInterval = min(idle, settings.sweepInterval ?? self.sweepInterval)
    }

    /// How long a megaflow may be idle while there are `count`, and why.
    package func idleTimeout(at count: Int) -> (duration: Duration, cause: IdleCause) {
        if count > self.maximum { return (self.idleTimeoutOverLimit, .overLimit) }
        if self.maximum - count < self.maximum / 8 { return (self.idleTimeoutNearlyFull, .nearlyFull) }
        return (self.idleTimeout, .room)
    }

    /// Takes in how long a sweep over `flows` megaflows took; true where ``maximum`` changed.
    package mutating func adapt(toSweepOf flows: Int, taking duration: Duration) -> Bool {
        let before = self.maximum
        if duration > Self.sweepTarget {
            guard flows > Self.leastMaximum else { return false }
            let fitting = Int(Double(flows) * (Self.sweepTarget / duration))
            self.maximum = min(self.maximum, max(fitting, min(Self.leastMaximum, self.ceiling)))
            if self.maximum < before { self.cause = .slowSweep(flows: flows, duration: duration) }
        } else if self.maximum < self.ceiling, duration * 2 < Self.sweepTarget {
            self.maximum = min(self.ceiling, self.maximum + max(1, self.maximum / 8))
            self.cause = self.maximum == self.ceiling ? .ceiling : .recovering
        }
        return self.maximum != before
    }
}
