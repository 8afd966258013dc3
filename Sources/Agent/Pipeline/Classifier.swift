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
/// filter ended the visit, only of the stages until then. The filter's answer depends on nothing but those bits. Where
/// a subtable has no entry for the packet and a few leading bits of an address tell why, it is these (``PrefixSet``).
///
/// **Conjunctions.** Rules that match only together with others are entries like all; ``FlowTable`` puts them together.
///
/// **Cost.** A lookup is one hash and one probe per visited subtable (two cache lines where it hits); an insertion is a
/// lookup of the mask, a probe and the copying of the masked words; nothing is allocated per rule but arena space, and
/// nothing is moved but a few hundred entries now and then, however many there are (``EntryIndex``).
///
/// **Ownership.** Part of a ``FlowTable``: one thread changes it while nobody reads, any number read at the same time.
struct Classifier: ~Copyable {
    private typealias Subtable = UnsafeMutablePointer<ClassifierSubtable>

    /// A subtable's place in the order of lookups.
    struct Ordered {
        var maximumPriority: Int32
        var number: UInt32
        var subtable: UnsafeMutablePointer<ClassifierSubtable>
    }

    private let basis: UInt64
    /// In falling order of greatest priority.
    private(set) var order: UnsafeMutablePointer<Ordered>
    private var orderCapacity = 4
    private(set) var subtableCount = 0
    /// How many rules are parts of conjunctions.
    private(set) var conjunctiveCount = 0
    /// Subtables by number, for entries; nil where a number is free.
    private var subtables: [UnsafeMutablePointer<ClassifierSubtable>?] = []
    private var freeNumbers: [UInt32] = []
    /// Numbers of subtables by the hash of their masks: an open-addressing table, at most half full.
    private var numbers: [UInt32]
    private static let noNumber = UInt32.max
    /// The subtable that was found last: bursts of flows share masks.
    private var lastNumber = Self.noNumber

    /// Makes an empty classifier whose hashes start from `seed`.
    init(seed: UInt64) {
        self.basis = seed
        self.order = .allocate(capacity: 4)
        self.numbers = Array(repeating: Self.noNumber, count: 8)
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
        withUnsafePointer(to: key) { key in
            withUnsafeMutablePointer(to: &mask) { mask in
                // Key and mask are their words and nothing else.
                self.lookup(
                    UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self),
                    unwildcarding: UnsafeMutableRawPointer(mask).assumingMemoryBound(to: UInt64.self))
            }
        }
    }

    private func lookup(_ key: UnsafePointer<UInt64>, unwildcarding mask: UnsafeMutablePointer<UInt64>) -> UInt32? {
        var best: UnsafeMutablePointer<ClassifierEntryHead>?
        var bestPriority = Int32.min
        var index = 0
        while index < self.subtableCount {
            let candidate = self.order[index]
            if candidate.maximumPriority <= bestPriority { break }
            if let entry = candidate.subtable.pointee.lookup(key, unwildcarding: mask),
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
    func find(_ match: MatchWords, priority: Int32) -> ClassifierEntry? {
        guard let number = self.number(of: match), let subtable = self.subtables[Int(number)] else { return nil }
        return subtable.pointee.find(match.values, priority: priority)
    }

    /// The entry of exactly that mask, masked key and priority, or nil.
    func find(_ key: FlowKey, mask: FlowMask, priority: Int32) -> ClassifierEntry? {
        withMatchWords(key, mask) { self.find($0, priority: priority) }
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

    // MARK: - Sets of entries

    /// Calls `visit` with every entry that `match` covers: whose packets all match it.
    ///
    /// Costs the subtables whose masks have all bits of the match's, and one probe where the masks are equal. The
    /// entries may come in any order and must not be changed.
    func forEach(coveredBy match: MatchWords, _ visit: (ClassifierEntry) -> Void) {
        for index in 0..<self.subtableCount {
            let subtable = self.order[index].subtable
            guard subtable.pointee.coversMask(match) else { continue }
            if subtable.pointee.hasMask(match) {
                var entry = subtable.pointee.chain(of: match.values)
                while let current = entry {
                    entry = current.head.pointee.next.map(ClassifierEntry.init)
                    visit(current)
                }
                continue
            }
            guard subtable.pointee.mayAgree(match) else { continue }
            _ = subtable.pointee.visitEntries { entry in
                if subtable.pointee.agrees(entry.head, match) { visit(entry) }
                return true
            }
        }
    }

    /// Calls `visit` with every entry that `key` under `mask` covers; see ``forEach(coveredBy:_:)``.
    func forEach(coveredBy key: FlowKey, _ mask: FlowMask, _ visit: (ClassifierEntry) -> Void) {
        withMatchWords(key, mask) { self.forEach(coveredBy: $0, visit) }
    }

    /// How many entries ``forEach(coveredBy:_:)`` would look at.
    func cost(ofCoveredBy match: MatchWords) -> Int {
        var cost = 0
        for index in 0..<self.subtableCount {
            let subtable = self.order[index].subtable
            guard subtable.pointee.coversMask(match), !subtable.pointee.hasMask(match),
                subtable.pointee.mayAgree(match)
            else { continue }
            cost += subtable.pointee.ruleCount
        }
        return cost
    }

    /// Whether `match` covers `entry`.
    func covers(_ match: MatchWords, _ entry: ClassifierEntry) -> Bool {
        guard let subtable = self.subtable(of: entry), subtable.pointee.coversMask(match) else { return false }
        return subtable.pointee.agrees(entry.head, match)
    }

    /// Whether some packet matches both an entry of `priority` and `match`, other than an entry equal to the latter.
    ///
    /// Costs one probe for each subtable whose mask is within the match's; of others, the entries of those that have a
    /// rule of `priority` and whose filters do not rule them out.
    func hasOverlap(_ match: MatchWords, priority: Int32) -> Bool {
        for index in 0..<self.subtableCount {
            let subtable = self.order[index].subtable
            // Two rules of one mask overlap only where they are equal.
            guard subtable.pointee.priorities.contains(priority), !subtable.pointee.hasMask(match) else { continue }
            if subtable.pointee.isCovered(by: match) {
                if subtable.pointee.find(match.values, priority: priority) != nil { return true }
                continue
            }
            guard subtable.pointee.mayAgree(match) else { continue }
            let none = subtable.pointee.visitEntries { entry in
                entry.head.pointee.priority != priority || !subtable.pointee.agrees(entry.head, match)
            }
            if !none { return true }
        }
        return false
    }

    /// See ``hasOverlap(_:priority:)``.
    func hasOverlap(_ key: FlowKey, _ mask: FlowMask, priority: Int32) -> Bool {
        withMatchWords(key, mask) { self.hasOverlap($0, priority: priority) }
    }

    /// The subtable that holds the entry.
    func subtable(of entry: ClassifierEntry) -> UnsafeMutablePointer<ClassifierSubtable>? {
        self.subtables[Int(entry.head.pointee.subtable)]
    }

    /// The number of the subtable of the match's mask, or nil.
    private func number(of match: MatchWords) -> UInt32? {
        if self.lastNumber != Self.noNumber, let last = self.subtables[Int(self.lastNumber)],
            last.pointee.hasMask(match)
        {
            return self.lastNumber
        }
        let hash = match.maskHash(basis: self.basis)
        var place = self.firstPlace(hash)
        while self.numbers[place] != Self.noNumber {
            let number = self.numbers[place]
            if let subtable = self.subtables[Int(number)], subtable.pointee.maskHash == hash,
                subtable.pointee.hasMask(match)
            {
                return number
            }
            place = (place &+ 1) & (self.numbers.count &- 1)
        }
        return nil
    }

    /// Has the memory read into the processor's caches where an entry of that match is or comes to lie.
    func prefetch(_ match: MatchWords) {
        guard let number = self.number(of: match) else { return }
        self.subtables[Int(number)]?.pointee.prefetch(match.values)
    }

    private func firstPlace(_ maskHash: UInt64) -> Int {
        Int(truncatingIfNeeded: maskHash) & (self.numbers.count &- 1)
    }

    // MARK: - Changes

    /// Adds `rule`; where an entry of equal mask, masked key and priority is, changes nothing and returns that.
    mutating func insert(_ match: MatchWords, priority: Int32, rule: UInt32) -> ClassifierSubtable.Insertion {
        let number = self.number(of: match) ?? self.makeSubtable(match)
        self.lastNumber = number
        guard let subtable = self.subtables[Int(number)] else { preconditionFailure("a subtable without memory") }
        let before = subtable.pointee.priorities.maximum
        let insertion = subtable.pointee.insert(match.values, priority: priority, rule: rule, number: number)
        if subtable.pointee.priorities.maximum != before { self.reorder(number) }
        return insertion
    }

    /// Adds `rule`; see ``insert(_:priority:rule:)``.
    mutating func insert(
        _ key: FlowKey, mask: FlowMask, priority: Int32, rule: UInt32
    ) -> ClassifierSubtable.Insertion {
        let buffer = MatchBuffer()
        buffer.set(key, mask)
        return self.insert(buffer.words, priority: priority, rule: rule)
    }

    /// Says whether `entry` is a part of a conjunction: a rule that matches only together with others.
    mutating func setConjunctive(_ entry: ClassifierEntry, _ isConjunctive: Bool) {
        guard entry.head.pointee.isConjunctive != isConjunctive else { return }
        entry.head.pointee.isConjunctive = isConjunctive
        self.conjunctiveCount += isConjunctive ? 1 : -1
    }

    /// Removes `entry`, whose memory may be used again at once.
    mutating func remove(_ entry: ClassifierEntry) {
        self.setConjunctive(entry, false)
        let number = entry.head.pointee.subtable
        guard let subtable = self.subtables[Int(number)] else { return }
        let before = subtable.pointee.priorities.maximum
        subtable.pointee.remove(entry)
        if subtable.pointee.ruleCount == 0 {
            self.removeSubtable(number)
        } else if subtable.pointee.priorities.maximum != before {
            self.reorder(number)
        }
    }

    /// Puts a new, empty subtable at the end of the order and returns its number.
    private mutating func makeSubtable(_ match: MatchWords) -> UInt32 {
        if self.subtableCount == self.orderCapacity {
            let larger = UnsafeMutablePointer<Ordered>.allocate(capacity: self.orderCapacity * 2)
            larger.moveInitialize(from: self.order, count: self.subtableCount)
            self.order.deallocate()
            self.order = larger
            self.orderCapacity *= 2
        }
        let subtable = UnsafeMutablePointer<ClassifierSubtable>.allocate(capacity: 1)
        let hash = match.maskHash(basis: self.basis)
        subtable.initialize(to: ClassifierSubtable(match, maskHash: hash, basis: self.basis))
        let number = self.freeNumbers.popLast() ?? UInt32(self.subtables.count)
        if Int(number) == self.subtables.count { self.subtables.append(nil) }
        self.subtables[Int(number)] = subtable
        let ordered = Ordered(maximumPriority: .min, number: number, subtable: subtable)
        (self.order + self.subtableCount).initialize(to: ordered)
        self.subtableCount += 1
        if self.subtableCount * 2 > self.numbers.count {
            self.rehashNumbers(self.numbers.count * 2)
        } else {
            self.enter(number, hash)
        }
        return number
    }

    private mutating func removeSubtable(_ number: UInt32) {
        guard let subtable = self.subtables[Int(number)] else { return }
        var index = 0
        while self.order[index].number != number { index += 1 }
        for later in index + 1..<max(self.subtableCount, index + 1) { self.order[later - 1] = self.order[later] }
        self.subtableCount -= 1
        self.subtables[Int(number)] = nil
        self.freeNumbers.append(number)
        if self.lastNumber == number { self.lastNumber = Self.noNumber }
        subtable.deinitialize(count: 1)
        subtable.deallocate()
        // Masks seldom go, and are few.
        self.rehashNumbers(self.numbers.count)
    }

    private mutating func enter(_ number: UInt32, _ hash: UInt64) {
        var place = self.firstPlace(hash)
        while self.numbers[place] != Self.noNumber { place = (place &+ 1) & (self.numbers.count &- 1) }
        self.numbers[place] = number
    }

    private mutating func rehashNumbers(_ count: Int) {
        self.numbers = Array(repeating: Self.noNumber, count: count)
        for index in 0..<self.subtableCount {
            self.enter(self.order[index].number, self.order[index].subtable.pointee.maskHash)
        }
    }

    /// Moves a subtable to where its greatest priority belongs.
    private mutating func reorder(_ number: UInt32) {
        var place = 0
        while self.order[place].number != number { place += 1 }
        var moved = self.order[place]
        let maximum = moved.subtable.pointee.priorities.maximum ?? .min
        moved.maximumPriority = maximum
        while place > 0, self.order[place - 1].maximumPriority < maximum {
            self.order[place] = self.order[place - 1]
            place -= 1
        }
        while place + 1 < self.subtableCount, self.order[place + 1].maximumPriority > maximum {
            self.order[place] = self.order[place + 1]
            place += 1
        }
        self.order[place] = moved
    }
}
