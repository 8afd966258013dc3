import Datapath

/// The rules of one flow table by what they match: the rule of the highest priority for a packet, and which bits that
/// took to find.
///
/// **Tuple space.** Rules with equal masks are in one ``ClassifierSubtable``, a hash table over the masked key.
/// There are few
/// masks in practice. A lookup goes through the subtables in falling order of their greatest priority and
/// stops when no later one can win. OpenFlow leaves open which of two matching rules of equal priority wins;
/// here it is the
/// one found first, the same for every packet until the table changes.
///
/// **Un-wildcarding.** Whoever caches the result needs to know which packets get the same: those that agree
/// with this one
/// in every bit that the lookup looked at. That is the union of the masks of the subtables visited; where a stage's
/// filter ended the visit, only of the stages until then. The filter's answer depends on nothing but those bits.
///
/// **Cost.** A lookup is one hash and one probe per visited subtable (two cache lines where it hits); an insertion is a
/// lookup of the mask, a probe and the copying of the masked words; nothing is allocated per rule but arena space.
///
/// **Ownership.** Part of a ``FlowTable``: one thread changes it while nobody reads, any number read at the same time.
struct Classifier: ~Copyable {
    /// A subtable's place in the order of lookups.
    private struct Ordered {
        var maximumPriority: Int32
        var number: UInt32
        var subtable: UnsafeMutablePointer<ClassifierSubtable>
    }

    private let basis: UInt64
    /// In falling order of greatest priority.
    private var order: UnsafeMutablePointer<Ordered>
    private var orderCapacity = 4
    private(set) var subtableCount = 0
    /// Subtables by number, for entries; nil where a number is free.
    private var subtables: [UnsafeMutablePointer<ClassifierSubtable>?] = []
    private var freeNumbers: [UInt32] = []
    /// Where in the order the last mask was found: bursts of flows share masks.
    private var lastIndex = 0

    /// Makes an empty classifier whose hashes start from `seed`.
    init(seed: UInt64) {
        self.basis = seed
        self.order = .allocate(capacity: 4)
    }

    deinit {
        for index in 0..<self.subtableCount {
            self.order[index].subtable.deinitialize(count: 1)
            self.order[index].subtable.deallocate()
        }
        self.order.deallocate()
    }

    // MARK: - Lookup

    /// The rule of the highest priority that `key` matches, or nil; adds every bit looked at to `mask`.
    @inline(__always)
    func lookup(_ key: borrowing FlowKey, unwildcarding mask: inout FlowMask) -> UInt32? {
        var best: UnsafeMutablePointer<ClassifierEntryHead>?
        var bestPriority = Int32.min
        var index = 0
        while index < self.subtableCount {
            let candidate = self.order[index]
            if candidate.maximumPriority <= bestPriority { break }
            if let entry = candidate.subtable.pointee.lookup(key, unwildcarding: &mask),
                entry.pointee.priority > bestPriority
            {
                best = entry
                bestPriority = entry.pointee.priority
            }
            index &+= 1
        }
        return best?.pointee.rule
    }

    /// The entry of exactly that mask, masked key and priority, or nil.
    func find(_ key: FlowKey, mask: FlowMask, priority: Int32) -> ClassifierEntry? {
        guard let index = self.index(of: mask) else { return nil }
        var entry = self.order[index].subtable.pointee.chain(of: key)
        while let current = entry, current.head.pointee.priority > priority {
            entry = current.head.pointee.next.map(ClassifierEntry.init)
        }
        guard let found = entry, found.head.pointee.priority == priority else { return nil }
        return found
    }

    /// Sets `key` and `mask`, which must be zero, to those of `entry`.
    func write(_ entry: ClassifierEntry, into key: inout FlowKey, _ mask: inout FlowMask) {
        guard let subtable = self.subtable(of: entry) else { return }
        subtable.pointee.writeKey(of: entry, into: &key)
        subtable.pointee.writeMask(into: &mask)
    }

    /// Whether `entry` matches every packet.
    func matchesEverything(_ entry: ClassifierEntry) -> Bool {
        self.subtable(of: entry)?.pointee.wordCount == 0
    }

    /// Calls `visit` with every entry that `key` under `mask` covers: whose packets all match those.
    ///
    /// Costs the subtables whose masks have all bits of `mask`. The entries may come in any order and must not
    /// be changed.
    func forEach(
        coveredBy key: FlowKey, _ mask: FlowMask, _ visit: (ClassifierEntry) -> Void
    ) {
        for index in 0..<self.subtableCount {
            let subtable = self.order[index].subtable
            guard subtable.pointee.coversMask(mask) else { continue }
            if subtable.pointee.hasMask(mask) {
                var entry = subtable.pointee.chain(of: key)
                while let current = entry {
                    entry = current.head.pointee.next.map(ClassifierEntry.init)
                    visit(current)
                }
                continue
            }
            _ = subtable.pointee.visitEntries { entry in
                if self.covers(key, mask, subtable, entry) { visit(entry) }
                return true
            }
        }
    }

    /// Whether `key` under `mask` covers `entry`, given that the subtable's mask has all bits of `mask`.
    func covers(_ key: FlowKey, _ mask: FlowMask, _ entry: ClassifierEntry) -> Bool {
        guard let subtable = self.subtable(of: entry), subtable.pointee.coversMask(mask) else { return false }
        return self.covers(key, mask, subtable, entry)
    }

    private func covers(
        _ key: FlowKey, _ mask: FlowMask,
        _ subtable: UnsafeMutablePointer<ClassifierSubtable>, _ entry: ClassifierEntry
    ) -> Bool {
        let words = ClassifierEntryHead.words(entry.head)
        var difference: UInt64 = 0
        for position in 0..<subtable.pointee.wordCount {
            let index = Int(subtable.pointee.indices[position])
            difference |= (words[position] ^ key.words[index]) & mask.words[index]
        }
        return difference == 0
    }

    /// Whether some packet matches both an entry of `priority` and `key` under `mask`, other than an entry
    /// equal to the latter.
    ///
    /// Costs the entries of the subtables that have a rule of `priority`.
    func hasOverlap(_ key: FlowKey, _ mask: FlowMask, priority: Int32) -> Bool {
        for index in 0..<self.subtableCount {
            let subtable = self.order[index].subtable
            guard subtable.pointee.priorities.contains(priority) else { continue }
            let sameMask = subtable.pointee.hasMask(mask)
            // Two rules of one mask overlap only where they are equal.
            if sameMask { continue }
            let none = subtable.pointee.visitEntries { entry in
                guard entry.head.pointee.priority == priority else { return true }
                let words = ClassifierEntryHead.words(entry.head)
                var difference: UInt64 = 0
                for position in 0..<subtable.pointee.wordCount {
                    let index = Int(subtable.pointee.indices[position])
                    let common = subtable.pointee.masks[position] & mask.words[index]
                    difference |= (words[position] ^ key.words[index]) & common
                }
                return difference != 0
            }
            if !none { return true }
        }
        return false
    }

    private func subtable(of entry: ClassifierEntry) -> UnsafeMutablePointer<ClassifierSubtable>? {
        self.subtables[Int(entry.head.pointee.subtable)]
    }

    /// Where in the order the subtable of `mask` is, or nil.
    private func index(of mask: borrowing FlowMask) -> Int? {
        if self.lastIndex < self.subtableCount, self.order[self.lastIndex].subtable.pointee.hasMask(mask) {
            return self.lastIndex
        }
        for index in 0..<self.subtableCount where self.order[index].subtable.pointee.hasMask(mask) {
            return index
        }
        return nil
    }

    // MARK: - Changes

    /// Adds `rule`; where an entry of equal mask, masked key and priority is, changes nothing and returns that.
    mutating func insert(
        _ key: borrowing FlowKey, mask: borrowing FlowMask, priority: Int32, rule: UInt32
    ) -> ClassifierSubtable.Insertion {
        var index = 0
        if let known = self.index(of: mask) { index = known } else { index = self.makeSubtable(mask) }
        let number = self.order[index].number
        let insertion = self.order[index].subtable.pointee.insert(
            key, priority: priority, rule: rule, number: number)
        self.lastIndex = self.reorder(index)
        return insertion
    }

    /// Removes `entry`, whose memory may be used again at once.
    mutating func remove(_ entry: ClassifierEntry) {
        let number = entry.head.pointee.subtable
        guard let subtable = self.subtables[Int(number)] else { return }
        subtable.pointee.remove(entry)
        var index = min(self.lastIndex, self.subtableCount - 1)
        if self.order[index].number != number {
            index = 0
            while self.order[index].number != number { index += 1 }
        }
        guard subtable.pointee.ruleCount == 0 else {
            self.lastIndex = self.reorder(index)
            return
        }
        for later in index + 1..<max(self.subtableCount, index + 1) { self.order[later - 1] = self.order[later] }
        self.subtableCount -= 1
        self.subtables[Int(number)] = nil
        self.freeNumbers.append(number)
        subtable.deinitialize(count: 1)
        subtable.deallocate()
    }

    /// Puts a new, empty subtable at the end of the order.
    private mutating func makeSubtable(_ mask: borrowing FlowMask) -> Int {
        if self.subtableCount == self.orderCapacity {
            let larger = UnsafeMutablePointer<Ordered>.allocate(capacity: self.orderCapacity * 2)
            larger.moveInitialize(from: self.order, count: self.subtableCount)
            self.order.deallocate()
            self.order = larger
            self.orderCapacity *= 2
        }
        let subtable = UnsafeMutablePointer<ClassifierSubtable>.allocate(capacity: 1)
        subtable.initialize(to: ClassifierSubtable(mask: mask, basis: self.basis))
        let number = self.freeNumbers.popLast() ?? UInt32(self.subtables.count)
        if Int(number) == self.subtables.count { self.subtables.append(nil) }
        self.subtables[Int(number)] = subtable
        let ordered = Ordered(maximumPriority: .min, number: number, subtable: subtable)
        (self.order + self.subtableCount).initialize(to: ordered)
        self.subtableCount += 1
        return self.subtableCount - 1
    }

    /// Moves the subtable at `index` to where its greatest priority belongs and returns its new place.
    private func reorder(_ index: Int) -> Int {
        let maximum = self.order[index].subtable.pointee.priorities.maximum ?? .min
        guard self.order[index].maximumPriority != maximum else { return index }
        var moved = self.order[index]
        moved.maximumPriority = maximum
        var place = index
        while place > 0, self.order[place - 1].maximumPriority < maximum {
            self.order[place] = self.order[place - 1]
            place -= 1
        }
        while place + 1 < self.subtableCount, self.order[place + 1].maximumPriority > maximum {
            self.order[place] = self.order[place + 1]
            place += 1
        }
        self.order[place] = moved
        return place
    }
}
