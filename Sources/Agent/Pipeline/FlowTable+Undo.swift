import Datapath
import OpenFlow
import Synchronization

/// A flow as it was before a transaction changed it.
struct SavedRule {
    /// Its name then.
    let reference: RuleReference
    /// What it was added as.
    let specification: FlowSpecification
    let created: MonotonicTime
    let modified: MonotonicTime
    let lastUsed: UInt64
    let packetCount: UInt64
    let byteCount: UInt64
}

extension FlowTable {
    /// The rule in `slot`, which must be in use, as it is now.
    func saved(_ slot: UInt32) -> SavedRule {
        let rule = self.rules[slot]
        var specification = FlowSpecification()
        if let entry = rule.pointee.entry {
            self.classifier.write(entry, into: &specification.key, &specification.mask)
        }
        specification.priority = rule.pointee.priority
        specification.cookie = rule.pointee.cookie
        specification.idleTimeoutSeconds = rule.pointee.idleTimeoutSeconds
        specification.hardTimeoutSeconds = rule.pointee.hardTimeoutSeconds
        specification.importance = rule.pointee.importance
        specification.flags = rule.pointee.flags
        specification.instructions = rule.pointee.instructions
        return SavedRule(
            reference: self.reference(slot), specification: specification, created: rule.pointee.created,
            modified: rule.pointee.modified, lastUsed: rule.pointee.lastUsed.load(ordering: .relaxed),
            packetCount: rule.pointee.packetCount.load(ordering: .relaxed),
            byteCount: rule.pointee.byteCount.load(ordering: .relaxed))
    }

    /// Makes a rule what it was: anew where it went, in place where it was changed or replaced.
    ///
    /// Where it comes into its old slot, which is so when changes are undone last to first, it has its old name too, so
    /// that what cached flows count for it meanwhile is not lost.
    mutating func restore(_ saved: SavedRule) {
        // There is room: the table held the rule before.
        guard
            let added = try? self.add(
                saved.specification, resetsCounts: false, checksOverlap: false, now: saved.created)
        else { return }
        let slot = added.reference.slot
        let rule = self.rules[slot]
        rule.pointee.modified = saved.modified
        rule.pointee.lastUsed.store(saved.lastUsed, ordering: .relaxed)
        self.setCounts(slot, packets: saved.packetCount, bytes: saved.byteCount)
        if slot == saved.reference.slot { rule.pointee.generation = saved.reference.generation }
        self.postponeExpiry(of: slot)
    }
}
