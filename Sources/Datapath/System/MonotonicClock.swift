import Glibc

/// The monotonic clock; the datapath reads it once per batch.
package enum MonotonicClock {
    /// Nanoseconds since some fixed moment; never goes back.
    package static func nowNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }
}
