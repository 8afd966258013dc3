import Synchronization

/// Counters of an embedded datapath since it was made.
package struct UserspaceStatistics: Sendable, Hashable {
    /// Packets that found their megaflow, recirculated ones each time.
    package var hits: UInt64 = 0
    /// Those of them that the cache answered.
    package var cacheHits: UInt64 = 0
    /// Packets without a megaflow, passed up.
    package var misses: UInt64 = 0
    /// Packets dropped because an action could not be carried out.
    package var refused: UInt64 = 0
    /// Packets dropped by `drop` and `meter` actions.
    package var dropped: UInt64 = 0
    /// Packets for ports that are not there.
    package var withoutPort: UInt64 = 0
    /// Nothing yet.
    package init() {}
}

/// The counters behind ``UserspaceStatistics``; added to once per batch.
final class UserspaceCounters: Sendable {
    private let hits = Atomic<UInt64>(0)
    private let cacheHits = Atomic<UInt64>(0)
    private let misses = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)
    private let withoutPort = Atomic<UInt64>(0)

    /// Adds a batch's counts and clears them.
    func take(_ batch: inout UserspaceStatistics) {
        let add = { (counter: borrowing Atomic<UInt64>, value: UInt64) in
            if value != 0 { counter.add(value, ordering: .relaxed) }
        }
        add(self.hits, batch.hits)
        add(self.cacheHits, batch.cacheHits)
        add(self.misses, batch.misses)
        add(self.refused, batch.refused)
        add(self.dropped, batch.dropped)
        add(self.withoutPort, batch.withoutPort)
        batch = UserspaceStatistics()
    }

    /// The sums now.
    var statistics: UserspaceStatistics {
        var result = UserspaceStatistics()
        result.hits = self.hits.load(ordering: .relaxed)
        result.cacheHits = self.cacheHits.load(ordering: .relaxed)
        result.misses = self.misses.load(ordering: .relaxed)
        result.refused = self.refused.load(ordering: .relaxed)
        result.dropped = self.dropped.load(ordering: .relaxed)
        result.withoutPort = self.withoutPort.load(ordering: .relaxed)
        return result
    }
}
