import Synchronization

/// Whether the tables are being filled again after a start, while the megaflows that an earlier agent left go on
/// forwarding; any thread.
///
/// Meanwhile packets that miss are translated with what the tables have so far, but nothing is installed, and no
/// megaflow that is not known here is removed. It ends when somebody says that the tables are complete, or at the
/// latest when its time is over; the next sweep then removes what is left of the earlier agent's.
package final class FlowRestoration: Sendable {
    /// When it ends, in nanoseconds of the monotonic clock; 0 when it is over.
    private let end = Atomic<UInt64>(0)

    /// Over.
    init() {}

    /// Begins, to end by itself at a moment.
    func begin(until end: MonotonicTime) { self.end.store(end.nanoseconds, ordering: .sequentiallyConsistent) }

    /// Ends.
    package func finish() { self.end.store(0, ordering: .sequentiallyConsistent) }

    /// Whether it goes on.
    package func isUnderWay(now: MonotonicTime) -> Bool {
        let end = self.end.load(ordering: .sequentiallyConsistent)
        guard end != 0 else { return false }
        if now.nanoseconds < end { return true }
        _ = self.end.compareExchange(expected: end, desired: 0, ordering: .sequentiallyConsistent)
        return false
    }
}
