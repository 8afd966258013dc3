import Glibc

/// The one place in the agent that reads a clock.
package enum SystemClock {
    /// The time of day, in nanoseconds since 1970, for what leaves the process, such as recordings; any thread.
    package static func nanosecondsSince1970() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }

    /// The present moment; any thread.
    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(
            nanoseconds: UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
                &+ UInt64(truncatingIfNeeded: time.tv_nsec))
    }
}
