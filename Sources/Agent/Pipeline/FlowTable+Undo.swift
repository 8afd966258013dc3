import Datapath
import OpenFlow
import Synchronization

/// A flow as it was before a transaction changed it; transactions of many thousand messages keep as many.
final class SavedRule {
    /// Its name then.
    let reference: RuleReference
    /// What it was added as, but for its match.
    let attributes: FlowAttributes
    /// Which words of its match count, and for each of them, in order, the value and the mask.
    private let used: UInt64
    private let words: [UInt64]
    let created: MonotonicTime
    let modified: MonotonicTime
    let lastUsed: UInt64
    let packetCount: UInt64
    let byteCount: UInt64

    /// Takes down the rule in `slot` of `table`, which must be in use.
    init(_ slot: UInt32, of table: borrowing FlowTable) {
        let rule = table.rules[slot]
        self.reference = table.reference(slot)
        self.attributes = FlowAttributes(
            priority: rule.pointee.priority, cookie: rule.pointee.cookie,
            idleTimeoutSeconds: rule.pointee.idleTimeoutSeconds, hardTimeoutSeconds: rule.pointee.hardTimeoutSeconds,
            importance: rule.pointee.importance, flags: rule.pointee.flags, instructions: rule.pointee.instructions)
        var (key, mask) = (FlowKey(), FlowMask())
        if let entry = rule.pointee.entry { table.classifier.write(entry, into: &key, &mask) }
        var used: UInt64 = 0
        var words: [UInt64] = []
        for word in 0..<FlowKey.wordCount where mask.words[word] != 0 {
            used |= 1 << UInt64(word)
            words += [key.words[word], mask.words[word]]
        }
        self.used = used
        self.words = words
        self.created = rule.pointee.created
        self.modified = rule.pointee.modified
        self.lastUsed = rule.pointee.lastUsed.load(ordering: .relaxed)
        self.packetCount = rule.pointee.packetCount.load(ordering: .relaxed)
        self.byteCount = rule.pointee.byteCount.load(ordering: .relaxed)
    }

    /// Sets `buffer` to its match.
    func write(into buffer: borrowing MatchBuffer) {
        buffer.clear()
        var rest = self.used
        var position = 0
        while rest != 0 {
            buffer.add(self.words[position + 1], value: self.words[position], word: rest.trailingZeroBitCount)
            rest &= rest &- 1
            position += 2
        }
    }
}

extension FlowTable {
    /// Makes a rule what it was: anew where it went, in place where it was changed or replaced.
    ///
    /// Where it comes into its old slot, which is so when changes are undone last to first, it has its old name too, so
    /// that what cached flows count for it meanwhile is not lost.
    mutating func restore(_ saved: SavedRule) {
        let buffer = MatchBuffer()
        saved.write(into: buffer)
        // There is room: the table held the rule before.
        guard
            let added = try? self.add(
                buffer.words, saved.attributes, resetsCounts: false, checksOverlap: false, now: saved.created)
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
