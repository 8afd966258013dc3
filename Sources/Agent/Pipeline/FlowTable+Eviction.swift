import Datapath
import OpenFlow

// Eviction (1.4 §5.5): where a table is full, a flow may go for a new one.
extension FlowTable {
    /// Whether there is no room for one more flow.
    var isFull: Bool { self.rules.count >= self.maximumEntries }

    /// Has the table keep, or forget, the order in which flows go for new ones, in groups by `fields` or in one.
    mutating func setEvicts(_ evicts: Bool, by fields: [MatchField] = []) {
        let isGrouped = evicts && !fields.isEmpty
        if evicts != isGrouped {
            if self.eviction == nil { self.eviction = EvictionQueue(self.rules) }
        } else {
            self.eviction = nil
        }
        guard isGrouped else {
            self.evictionGroups = nil
            return
        }
        guard self.evictionGroups?.fields != fields else { return }
        self.evictionGroups = EvictionGroups(fields)
        for slot in 0..<self.rules.usedSlots where self.rules.rule(slot) != nil { self.enterGroup(slot) }
    }

    /// Enters a rule in its group, or enters it anew.
    mutating func enterGroup(_ slot: UInt32) {
        guard var groups = self.evictionGroups, let rule = self.rules.rule(slot), !rule.pointee.isHidden,
            let entry = rule.pointee.entry
        else { return }
        self.evictionGroups = nil
        var (key, mask) = (FlowKey(), FlowMask())
        self.classifier.write(entry, into: &key, &mask)
        groups.add(slot, to: groups.group(key, mask), self.rules)
        self.evictionGroups = groups
    }

    /// The rule that goes for a new one of `importance`; nil where none may.
    mutating func evictionCandidate(for importance: UInt16) -> UInt32? {
        if var groups = self.evictionGroups {
            self.evictionGroups = nil
            defer { self.evictionGroups = groups }
            return groups.candidate(for: importance, self.rules)
        }
        if let queue = self.eviction, queue.count > 2 * self.rules.count + 1_024 {
            // Most are of flows that are gone.
            self.eviction = nil
            self.eviction = EvictionQueue(self.rules)
        }
        return self.eviction?.candidate(for: importance, self.rules)
    }
}
