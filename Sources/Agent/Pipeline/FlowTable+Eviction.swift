import OpenFlow

// Eviction (1.4 §5.5): where a table is full, a flow may go for a new one.
extension FlowTable {
    /// Whether there is no room for one more flow.
    var isFull: Bool { self.rules.count >= self.maximumEntries }

    /// Has the table keep, or forget, the order in which flows go for new ones.
    mutating func setEvicts(_ evicts: Bool) {
        guard evicts != (self.eviction != nil) else { return }
        self.eviction = evicts ? EvictionQueue(self.rules) : nil
    }

    /// The rule that goes for a new one of `importance`; nil where none may.
    mutating func evictionCandidate(for importance: UInt16) -> UInt32? {
        if let queue = self.eviction, queue.count > 2 * self.rules.count + 1_024 {
            // Most are of flows that are gone.
            self.eviction = nil
            self.eviction = EvictionQueue(self.rules)
        }
        return self.eviction?.candidate(for: importance, self.rules)
    }
}
