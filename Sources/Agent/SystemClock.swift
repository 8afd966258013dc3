import Datapath

/// The one place in the agent that reads a clock.
package enum SystemClock {
    /// The time of day, in nanoseconds since 1970, for what leaves the process, such as recordings; any thread.
    package static func nanosecondsSince1970() -> UInt64 { WallClock.nanosecondsSince1970() }

    /// The present moment; any thread.
    package static func now() -> MonotonicTime {
        MonotonicTime(nanoseconds: MonotonicClock.nowNanoseconds())
    }
}
