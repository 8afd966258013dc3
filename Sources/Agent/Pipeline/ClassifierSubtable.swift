import Datapath

/// The entries of one mask in a ``Classifier``.
///
/// **Words.** Only the words where the mask is not zero are hashed, compared and stored, in the order of the key.
///
/// **Entries.** In an ``EntryArena``. Rules of equal masked key and different priority form a chain in falling order of
/// priority, of which only the first is in the ``EntryIndex``; see ``LongChain`` for chains of many.
///
/// **Stages.** The words fall into up to four stages (metadata, L2, L3, L4; see ``FlowWords``). At the end of each
/// stage but the last there is a ``StageFilter`` over the hash so far. Where it says that no entry begins like
/// this, the lookup ends having looked at these stages only, which keeps megaflows wide and saves the probe.
///
/// **Prefixes.** A lookup that ends without an entry asks the ``SubtablePrefixes`` whether a few leading bits of an
/// address or a port would have been enough to know.
struct ClassifierSubtable: ~Copyable {
    typealias Entry = UnsafeMutablePointer<ClassifierEntryHead>

    /// The words after which stages end: metadata and tunnel, L2, L3.
    static let stageEnds = [30, 35, 45]

    let wordCount: Int
    /// The mask's words that are not zero; ``indices`` lie behind them in the same memory.
    let masks: UnsafeMutablePointer<UInt64>
    /// Which words of the key those are.
    let indices: UnsafeMutablePointer<UInt8>
    /// Bit *i* says that word *i* is among them.
    let used: UInt64
    /// See ``MatchWords/maskHash(basis:)``.
    let maskHash: UInt64
    /// The basis of the hash.
    let basis: UInt64
    /// How many filters there are, 0…3, and after how many words each comes.
    let filterCount: Int
    let filterWords: InlineArray<3, Int>

    let filters: UnsafeMutablePointer<StageFilter>
    var index = EntryIndex()
    var entries: EntryArena
    var prefixes: SubtablePrefixes
    var priorities = PriorityCounts()
    /// The chains of many entries, by the hash that their entries have.
    var longChains: [UInt32: [LongChain]] = [:]

    /// How many rules there are.
    var ruleCount: Int { self.entries.count }

    /// Makes an empty subtable for the mask of `match`.
    init(_ match: MatchWords, maskHash: UInt64, basis: UInt64) {
        let count = match.used.nonzeroBitCount
        self.wordCount = count
        self.masks = .allocate(capacity: count + (count + 7) / 8 + 1)
        self.indices = UnsafeMutableRawPointer(self.masks + count).bindMemory(to: UInt8.self, capacity: count + 8)
        self.used = match.used
        self.maskHash = maskHash
        self.entries = EntryArena(wordCount: count)
        self.basis = basis
        var ends = InlineArray<3, Int>(repeating: 0)
        var filterCount = 0
        var position = 0
        for index in 0..<FlowKey.wordCount {
            if Self.stageEnds.contains(index), position > 0, position < count,
                filterCount == 0 || ends[filterCount - 1] != position
            {
                ends[filterCount] = position
                filterCount += 1
            }
            guard match.masks[index] != 0 else { continue }
            (self.masks + position).initialize(to: match.masks[index])
            (self.indices + position).initialize(to: UInt8(index))
            position += 1
        }
        self.filterCount = filterCount
        self.filterWords = ends
        self.filters = .allocate(capacity: 3)
        for filter in 0..<filterCount { (self.filters + filter).initialize(to: StageFilter()) }
        self.prefixes = SubtablePrefixes(self.masks, self.indices, wordCount: count) { position in
            (0..<filterCount).map { ends[$0] }.last { $0 <= position } ?? 0
        }
    }

    deinit {
        self.masks.deallocate()
        self.filters.deinitialize(count: self.filterCount)
        self.filters.deallocate()
    }

    /// Whether this subtable is that of the mask of `match`.
    func hasMask(_ match: MatchWords) -> Bool {
        guard match.used == self.used else { return false }
        var difference: UInt64 = 0
        for position in 0..<self.wordCount {
            difference |= self.masks[position] ^ match.masks[Int(self.indices[position])]
        }
        return difference == 0
    }

    /// Whether every bit of the mask of `match` is in this subtable's.
    func coversMask(_ match: MatchWords) -> Bool {
        guard match.used & ~self.used == 0 else { return false }
        var missing: UInt64 = 0
        for position in 0..<self.wordCount {
            missing |= match.masks[Int(self.indices[position])] & ~self.masks[position]
        }
        return missing == 0
    }

    /// Whether every bit of this subtable's mask is in that of `match`.
    func isCovered(by match: MatchWords) -> Bool {
        guard self.used & ~match.used == 0 else { return false }
        var missing: UInt64 = 0
        for position in 0..<self.wordCount {
            missing |= self.masks[position] & ~match.masks[Int(self.indices[position])]
        }
        return missing == 0
    }

    /// Whether an entry's words and `match` agree in every bit that both look at.
    @inline(__always)
    func agrees(_ entry: Entry, _ match: MatchWords) -> Bool {
        let words = ClassifierEntryHead.words(entry)
        var difference: UInt64 = 0
        for position in 0..<self.wordCount {
            let index = Int(self.indices[position])
            difference |= (words[position] ^ match.values[index]) & self.masks[position] & match.masks[index]
        }
        return difference == 0
    }

    /// Whether the filters of the stages that `match` says wholly leave room for an entry that agrees with it.
    func mayAgree(_ match: MatchWords) -> Bool {
        var hash = self.basis
        var position = 0
        for filter in 0..<self.filterCount {
            while position < self.filterWords[filter] {
                let index = Int(self.indices[position])
                guard self.masks[position] & ~match.masks[index] == 0 else { return true }
                hash = WordHash.combine(hash, match.values[index] & self.masks[position])
                position += 1
            }
            if !self.filters[filter].mayHold(hash) { return false }
        }
        return true
    }

    /// Sets `mask`, which must be empty, to this subtable's mask.
    func writeMask(into mask: inout FlowMask) {
        for position in 0..<self.wordCount {
            mask.words[Int(self.indices[position])] = self.masks[position]
        }
    }

    /// Sets `key`, which must be zero, to the masked key of `entry`.
    func writeKey(of entry: ClassifierEntry, into key: inout FlowKey) {
        let words = ClassifierEntryHead.words(entry.head)
        for position in 0..<self.wordCount { key.words[Int(self.indices[position])] = words[position] }
    }

    // MARK: - Lookup

    /// The first entry of the chain that `key` is in, or nil; adds the bits looked at to `mask`.
    @inline(__always)
    func lookup(_ key: UnsafePointer<UInt64>, unwildcarding mask: UnsafeMutablePointer<UInt64>) -> Entry? {
        var hash = self.basis
        var position = 0
        var filter = 0
        while filter < self.filterCount {
            let end = self.filterWords[unchecked: filter]
            while position < end {
                hash = WordHash.combine(hash, key[Int(self.indices[position])] & self.masks[position])
                position &+= 1
            }
            if !self.filters[filter].mayHold(hash) {
                self.unwildcardMiss(key, before: end, mask)
                return nil
            }
            filter &+= 1
        }
        while position < self.wordCount {
            hash = WordHash.combine(hash, key[Int(self.indices[position])] & self.masks[position])
            position &+= 1
        }
        guard let entry = self.find(key, hash: hash) else {
            self.unwildcardMiss(key, before: self.wordCount, mask)
            return nil
        }
        self.unwildcard(self.wordCount, mask)
        return entry
    }

    /// Adds the first words of this subtable's mask to `mask`.
    @inline(__always)
    private func unwildcard(_ wordCount: Int, _ mask: UnsafeMutablePointer<UInt64>) {
        var position = 0
        while position < wordCount {
            mask[Int(self.indices[position])] |= self.masks[position]
            position &+= 1
        }
    }

    /// Adds to `mask` the bits by which `key` differs from every entry: a few leading ones of a prefix where these
    /// are enough, else those of all words before `end`, whose filter or index has no such entry.
    private func unwildcardMiss(
        _ key: UnsafePointer<UInt64>, before end: Int, _ mask: UnsafeMutablePointer<UInt64>
    ) {
        guard let (slice, bits) = self.prefixes.difference(of: key, before: end, self.entries) else {
            return self.unwildcard(end, mask)
        }
        self.unwildcard(slice.stageStart, mask)
        mask[slice.word] |= slice.mask(bits)
    }

    /// The first entry of the chain of `key`, whose full hash is `hash`, or nil.
    @inline(__always)
    func find(_ key: UnsafePointer<UInt64>, hash: UInt64) -> Entry? {
        let high = UInt32(truncatingIfNeeded: hash >> 32)
        let slots = self.index.slots(high)
        let slotMask = self.index.slotMask
        var index = Int(high) & slotMask
        while true {
            let slot = slots[index]
            if slot == 0 { return nil }
            if (slot ^ hash << 48) >> 48 == 0, let entry = EntryIndex.entry(in: slot), self.holds(entry, key) {
                return entry
            }
            index = (index &+ 1) & slotMask
        }
    }

    @inline(__always)
    private func holds(_ entry: Entry, _ key: UnsafePointer<UInt64>) -> Bool {
        let words = ClassifierEntryHead.words(entry)
        var position = 0
        while position < self.wordCount {
            if words[position] != key[Int(self.indices[position])] & self.masks[position] { return false }
            position &+= 1
        }
        return true
    }

    /// The hash of the masked key of `values`.
    @inline(__always)
    func hash(_ values: UnsafePointer<UInt64>) -> UInt64 {
        var hash = self.basis
        var position = 0
        while position < self.wordCount {
            hash = WordHash.combine(hash, values[Int(self.indices[position])] & self.masks[position])
            position &+= 1
        }
        return hash
    }

    /// Has the memory where the masked key of `values` is or comes to lie read into the processor's caches.
    func prefetch(_ values: UnsafePointer<UInt64>) {
        let hash = self.forEachStage(
            of: { values[Int(self.indices[$0])] & self.masks[$0] },
            { filter, hash in self.filters[filter].prefetch(hash) })
        self.index.prefetch(UInt32(truncatingIfNeeded: hash >> 32))
    }

    /// The first entry of the chain of the masked key of `values`, or nil, without a record of what was looked at.
    func chain(of values: UnsafePointer<UInt64>) -> ClassifierEntry? {
        self.find(values, hash: self.hash(values)).map(ClassifierEntry.init)
    }

    /// The entry of that masked key and `priority`, or nil.
    func find(_ values: UnsafePointer<UInt64>, priority: Int32) -> ClassifierEntry? {
        guard let first = self.find(values, hash: self.hash(values)) else { return nil }
        var entry: Entry? = first
        if let chain = self.longChain(first) { entry = chain.last(from: priority) }
        while let current = entry, current.pointee.priority > priority { entry = current.pointee.next }
        guard let found = entry, found.pointee.priority == priority else { return nil }
        return ClassifierEntry(head: found)
    }

    /// Calls `visit` with every entry, chains in falling order of priority, until it returns false; says
    /// whether it never did.
    func visitEntries(_ visit: (ClassifierEntry) -> Bool) -> Bool {
        self.index.visit { first in
            var entry: Entry? = first
            while let current = entry {
                entry = current.pointee.next
                if !visit(ClassifierEntry(head: current)) { return false }
            }
            return true
        }
    }
}
