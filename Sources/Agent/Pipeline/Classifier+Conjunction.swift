import Datapath

// Lookups in tables some of whose rules match only together with others (Nicira's conjunction).
extension Classifier {
    /// A rule that matched, but is only a part of conjunctions.
    struct Part {
        /// The rule's priority.
        var priority: Int32
        /// The rule's slot in its table.
        var rule: UInt32
    }

    /// The rule of the highest priority that `key` matches and that is no part of a conjunction, or nil; adds the bits
    /// looked at to `mask`.
    ///
    /// - Parameters:
    ///   - parts: Gets the matching parts of higher priority than that rule, in no order; nil where they are of no
    ///     interest.
    ///   - slots: Rules that are passed over, a bit for each slot.
    @inline(never)
    func lookup(
        _ key: borrowing FlowKey, unwildcarding mask: inout FlowMask, collecting parts: inout [Part]?,
        skipping slots: [UInt64] = []
    ) -> UInt32? {
        withUnsafePointer(to: key) { key in
            withUnsafeMutablePointer(to: &mask) { mask in
                // Key and mask are their words and nothing else.
                self.lookup(
                    UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self),
                    unwildcarding: UnsafeMutableRawPointer(mask).assumingMemoryBound(to: UInt64.self),
                    collecting: &parts, skipping: slots)
            }
        }
    }

    private func lookup(
        _ key: UnsafePointer<UInt64>, unwildcarding mask: UnsafeMutablePointer<UInt64>,
        collecting parts: inout [Part]?, skipping slots: [UInt64]
    ) -> UInt32? {
        var best: UInt32?
        var bestPriority = Int32.min
        for index in 0..<self.subtableCount {
            let candidate = self.order[index]
            if candidate.maximumPriority <= bestPriority { break }
            var entry = candidate.subtable.pointee.lookup(key, unwildcarding: mask)
            while let current = entry, current.pointee.priority > bestPriority {
                guard !Self.contains(slots, current.pointee.rule) else {
                    entry = current.pointee.next
                    continue
                }
                guard current.pointee.isConjunctive else {
                    best = current.pointee.rule
                    bestPriority = current.pointee.priority
                    break
                }
                parts?.append(Part(priority: current.pointee.priority, rule: current.pointee.rule))
                entry = current.pointee.next
            }
        }
        parts?.removeAll { $0.priority <= bestPriority }
        return best
    }

    /// Whether a slot is in a set of slots, of which each bit is one.
    @inline(__always)
    static func contains(_ slots: [UInt64], _ slot: UInt32) -> Bool {
        let index = Int(slot >> 6)
        return index < slots.count && slots[index] & 1 << UInt64(slot & 63) != 0
    }
}
