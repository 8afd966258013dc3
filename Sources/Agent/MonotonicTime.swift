/// A moment on the monotonic clock (`CLOCK_MONOTONIC`), in nanoseconds since an arbitrary start.
///
/// Passed as an argument everywhere; only ``SystemClock`` reads the clock.
package struct MonotonicTime: Comparable, Hashable, Sendable, BitwiseCopyable {
    /// Nanoseconds since the clock's start.
    package var nanoseconds: UInt64

    /// Makes a moment from nanoseconds since the clock's start.
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The clock's start; also stands for "never" in counters.
    package static let zero = MonotonicTime(nanoseconds: 0)
    /// The last moment there is; stands for "no deadline".
    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// Whether `left` is before `right`.
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `duration` later; negative durations and overflow end at the clock's bounds.
    package static func + (left: Self, duration: Duration) -> Self {
        let nanoseconds = duration.wholeNanoseconds
        if nanoseconds < 0 {
            let (value, underflow) = left.nanoseconds.subtractingReportingOverflow(nanoseconds.magnitude)
            return Self(nanoseconds: underflow ? 0 : value)
        }
        let (value, overflow) = left.nanoseconds.addingReportingOverflow(UInt64(nanoseconds))
        return Self(nanoseconds: overflow ? .max : value)
    }

    /// How long after `earlier` this moment is; zero when it is not after it.
    package func since(_ earlier: Self) -> Duration {
        guard self > earlier else { return .zero }
        return .nanoseconds(Int64(clamping: self.nanoseconds &- earlier.nanoseconds))
    }
}

extension Duration {
    /// The duration in nanoseconds, clamped to 64 bits.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }
}
