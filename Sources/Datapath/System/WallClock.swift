import Glibc

/// The time of day, for what leaves the process, such as recordings.
package enum WallClock {
    /// Nanoseconds since 1970 (UTC); any thread.
    package static func nanosecondsSince1970() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }
}
