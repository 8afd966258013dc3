import Datapath

// Additions and removals, by the thread that owns the table while nobody reads it.
extension ClassifierSubtable {
    /// What came of an insertion.
    enum Insertion {
        /// A new entry; its rule and subtable are set.
        case inserted(ClassifierEntry)
        /// There is an entry of that masked key and priority; nothing changed.
        case exists(ClassifierEntry)
    }

    /// Adds `rule` under `values` and `priority`; `number` is this subtable's own.
    mutating func insert(
        _ values: UnsafePointer<UInt64>, priority: Int32, rule: UInt32, number: UInt32
    ) -> Insertion {
        let hash = self.hash(values)
        let head = ClassifierEntryHead(
            hash: UInt32(truncatingIfNeeded: hash >> 32), rule: rule, priority: priority, subtable: number)
        guard let first = self.find(values, hash: hash) else {
            let entry = self.makeEntry(head, values)
            self.index.insert(entry, hash: hash)
            return .inserted(self.counted(entry))
        }
        return self.insert(head, values, intoChainOf: first)
    }

    private mutating func insert(
        _ head: ClassifierEntryHead, _ values: UnsafePointer<UInt64>, intoChainOf first: Entry
    ) -> Insertion {
        let chain = self.longChain(first)
        // The last entry of this priority or a greater one.
        var before: Entry?
        if let chain {
            before = chain.last(from: head.priority)
        } else {
            var next: Entry? = first
            while let entry = next, entry.pointee.priority >= head.priority {
                before = entry
                next = entry.pointee.next
            }
        }
        guard let before else {
            let entry = self.makeEntry(head, values)
            entry.pointee.next = first
            self.index.replace(first, by: entry)
            chain?.inserted(entry)
            return .inserted(self.counted(entry))
        }
        if before.pointee.priority == head.priority { return .exists(ClassifierEntry(head: before)) }
        let entry = self.makeEntry(head, values)
        entry.pointee.next = before.pointee.next
        before.pointee.next = entry
        chain?.inserted(entry)
        return .inserted(self.counted(entry))
    }

    @inline(__always)
    private mutating func counted(_ entry: Entry) -> ClassifierEntry {
        self.priorities.add(entry.pointee.priority)
        self.countStages(of: entry)
        self.prefixes.inserted(entry, of: self.ruleCount)
        // A chain has an entry of each priority at most.
        if self.priorities.isLarge { self.noteLongChain(of: entry) }
        return ClassifierEntry(head: entry)
    }

    /// Removes `entry`, whose memory may be used again at once.
    mutating func remove(_ entry: ClassifierEntry) {
        let head = entry.head
        let words = ClassifierEntryHead.words(head)
        // An entry that is not the first of its chain has no slot.
        guard let first = self.first(ofChainWith: words, head.pointee.hash) else { return }
        let chain = self.longChain(first)
        var before: Entry?
        if let chain {
            before = chain.predecessor(of: head)
        } else if first != head {
            var entry = first
            while let next = entry.pointee.next, next != head { entry = next }
            before = entry
        }
        chain?.removing(head, after: before)
        if let before {
            before.pointee.next = head.pointee.next
        } else if let next = head.pointee.next {
            self.index.replace(head, by: next)
        } else {
            self.index.remove(head)
        }
        if let chain, chain.count < LongChain.entriesFrom / 4 { self.forget(chain) }
        self.uncountStages(of: head)
        self.priorities.remove(head.pointee.priority)
        self.entries.giveBack(head)
        self.prefixes.removed(of: self.ruleCount)
    }

    /// The first entry of the chain with those masked words.
    private func first(ofChainWith words: UnsafePointer<UInt64>, _ high: UInt32) -> Entry? {
        let slots = self.index.slots(high)
        let slotMask = self.index.slotMask
        var index = Int(high) & slotMask
        while let entry = EntryIndex.entry(in: slots[index]) {
            if entry.pointee.hash == high, self.hasEqualWords(entry, words) { return entry }
            index = (index &+ 1) & slotMask
        }
        return nil
    }

    @inline(__always)
    private func hasEqualWords(_ entry: Entry, _ words: UnsafePointer<UInt64>) -> Bool {
        let others = ClassifierEntryHead.words(entry)
        var position = 0
        while position < self.wordCount, others[position] == words[position] { position &+= 1 }
        return position == self.wordCount
    }

    // MARK: - Long chains

    /// What is remembered of the chain of `first`, if it is long.
    func longChain(_ first: Entry) -> LongChain? {
        guard !self.longChains.isEmpty, let chains = self.longChains[first.pointee.hash] else { return nil }
        return chains.first { self.hasEqualWords($0.head, ClassifierEntryHead.words(first)) }
    }

    @inline(never)
    private mutating func noteLongChain(of entry: Entry) {
        let hash = entry.pointee.hash
        guard let first = self.first(ofChainWith: ClassifierEntryHead.words(entry), hash), LongChain.isLong(first),
            self.longChain(first) == nil
        else { return }
        self.longChains[hash, default: []].append(LongChain(first))
    }

    private mutating func forget(_ chain: LongChain) {
        let hash = chain.head.pointee.hash
        self.longChains[hash]?.removeAll { $0 === chain }
        if self.longChains[hash]?.isEmpty == true { self.longChains[hash] = nil }
    }

    // MARK: - Stages

    /// Adds the beginnings of an entry's key to the filters.
    @inline(__always)
    private func countStages(of entry: Entry) {
        self.forEachStage(of: entry) { filter, hash in self.filters[filter].add(hash) }
        for filter in 0..<self.filterCount where self.filters[filter].isCrowded(entries: self.ruleCount) {
            self.recount(filter)
        }
    }

    private func uncountStages(of entry: Entry) {
        self.forEachStage(of: entry) { filter, hash in self.filters[filter].remove(hash) }
    }

    @inline(__always)
    private func forEachStage(of entry: Entry, _ visit: (Int, UInt64) -> Void) {
        let words = ClassifierEntryHead.words(entry)
        _ = self.forEachStage(of: { words[$0] }, visit)
    }

    /// Calls `visit` with each filter and the hash of a masked key up to there; returns the hash of the whole key.
    @inline(__always)
    func forEachStage(of word: (_ position: Int) -> UInt64, _ visit: (_ filter: Int, _ hash: UInt64) -> Void) -> UInt64
    {
        var hash = self.basis
        var position = 0
        for filter in 0..<self.filterCount {
            while position < self.filterWords[filter] {
                hash = WordHash.combine(hash, word(position))
                position &+= 1
            }
            visit(filter, hash)
        }
        while position < self.wordCount {
            hash = WordHash.combine(hash, word(position))
            position &+= 1
        }
        return hash
    }

    @inline(never)
    private func recount(_ filter: Int) {
        self.filters[filter].enlarge()
        self.entries.visit { entry in
            self.forEachStage(of: entry) { other, hash in
                if other == filter { self.filters[filter].add(hash) }
            }
        }
    }

    /// Takes memory for an entry and fills it.
    @inline(__always)
    private mutating func makeEntry(_ head: ClassifierEntryHead, _ values: UnsafePointer<UInt64>) -> Entry {
        let entry = self.entries.take()
        entry.initialize(to: head)
        let words = ClassifierEntryHead.words(entry)
        for position in 0..<self.wordCount {
            words[position] = values[Int(self.indices[position])] & self.masks[position]
        }
        return entry
    }
}
