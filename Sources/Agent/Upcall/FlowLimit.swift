/// How many megaflows there may be, and how long idle ones may stay; a value without a clock.
package struct FlowLimit: Sendable, Hashable {
    /// The greatest number of megaflows; above it nothing is installed.
    package var maximum: Int
    /// How long a megaflow stays without being used, ordinarily.
    package var idleTimeout: Duration
    /// How long while there are more than ``maximum``: they must go soon.
    package var idleTimeoutOverLimit: Duration

    /// Makes limits.
    package init(
        maximum: Int = 200_000, idleTimeout: Duration = .seconds(10),
        idleTimeoutOverLimit: Duration = .milliseconds(100)
    ) {
        self.maximum = maximum
        self.idleTimeout = idleTimeout
        self.idleTimeoutOverLimit = idleTimeoutOverLimit
    }

    /// Whether another megaflow may be installed beside `count` others.
    package func allowsAnother(beside count: Int) -> Bool { count < self.maximum }

    /// How long a megaflow may be idle while there are `count`.
    package func idleTimeout(at count: Int) -> Duration {
        count > self.maximum ? self.idleTimeoutOverLimit : self.idleTimeout
    }
}
