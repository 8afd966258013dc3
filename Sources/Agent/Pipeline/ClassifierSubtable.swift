import Datapath

/// The entries of one mask in a ``Classifier``.
///
/// **Words.** Only the words where the mask is not zero are hashed, compared and stored, in the order of the key.
///
/// **Entries.** ``ClassifierEntryHead`` followed by the masked words, cut from chunks that start at 1 KiB and grow to
/// 256 KiB; removed entries go on a free list of this subtable. Rules of equal masked key and different priority form a
/// chain in falling order of priority, of which only the first is in the ``EntryIndex``.
///
/// **Stages.** The words fall into up to four stages (metadata, L2, L3, L4; see ``FlowWords``). At the end of each
/// stage but the last there is a ``StageFilter`` over the hash so far. Where it says that no entry begins like
/// this, the lookup ends having looked at these stages only, which keeps megaflows wide and saves the probe.
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
    /// The bytes of an entry.
    let stride: Int
    /// The basis of the hash.
    let basis: UInt64
    /// How many filters there are, 0…3, and after how many words each comes.
    let filterCount: Int
    let filterWords: InlineArray<3, Int>

    private let filters: UnsafeMutablePointer<StageFilter>
    private var index = EntryIndex()
    /// How many rules there are.
    private(set) var ruleCount = 0
    private(set) var priorities = PriorityCounts()

    private var chunks: [(memory: UnsafeMutableRawPointer, byteCount: Int)] = []
    private var arena: UnsafeMutableRawPointer?
    private var arenaBytesLeft = 0
    private var freeEntries: Entry?

    /// Makes an empty subtable for the mask of `match`.
    init(_ match: MatchWords, maskHash: UInt64, basis: UInt64) {
        let count = match.used.nonzeroBitCount
        self.wordCount = count
        self.masks = .allocate(capacity: count + (count + 7) / 8 + 1)
        self.indices = UnsafeMutableRawPointer(self.masks + count).bindMemory(to: UInt8.self, capacity: count + 8)
        self.used = match.used
        self.maskHash = maskHash
        self.stride = MemoryLayout<ClassifierEntryHead>.stride + 8 * count
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
    }

    deinit {
        self.masks.deallocate()
        self.filters.deinitialize(count: self.filterCount)
        self.filters.deallocate()
        for chunk in self.chunks {
            if chunk.byteCount < Self.pagesFrom {
                chunk.memory.deallocate()
            } else {
                PageMemory.release(chunk.memory, chunk.byteCount)
            }
        }
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
                let index = Int(self.indices[position])
                let bits = self.masks[position]
                hash = WordHash.combine(hash, key[index] & bits)
                mask[index] |= bits
                position &+= 1
            }
            if !self.filters[filter].mayHold(hash) { return nil }
            filter &+= 1
        }
        while position < self.wordCount {
            let index = Int(self.indices[position])
            let bits = self.masks[position]
            hash = WordHash.combine(hash, key[index] & bits)
            mask[index] |= bits
            position &+= 1
        }
        return self.find(key, hash: hash)
    }

    /// The first entry of the chain of `key`, whose full hash is `hash`, or nil.
    @inline(__always)
    private func find(_ key: UnsafePointer<UInt64>, hash: UInt64) -> Entry? {
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
    private func hash(_ values: UnsafePointer<UInt64>) -> UInt64 {
        var hash = self.basis
        var position = 0
        while position < self.wordCount {
            hash = WordHash.combine(hash, values[Int(self.indices[position])] & self.masks[position])
            position &+= 1
        }
        return hash
    }

    /// The first entry of the chain of the masked key of `values`, or nil, without a record of what was looked at.
    func chain(of values: UnsafePointer<UInt64>) -> ClassifierEntry? {
        self.find(values, hash: self.hash(values)).map(ClassifierEntry.init)
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

    // MARK: - Changes

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
            hash: UInt32(truncatingIfNeeded: hash >> 32), rule: rule, priority: priority, subtable: number, next: nil)
        guard let first = self.find(values, hash: hash) else {
            let entry = self.makeEntry(head, values)
            self.index.insert(entry, hash: hash)
            return .inserted(self.counted(entry))
        }
        if first.pointee.priority == priority { return .exists(ClassifierEntry(head: first)) }
        if first.pointee.priority < priority {
            let entry = self.makeEntry(head, values)
            entry.pointee.next = first
            self.index.replace(first, by: entry)
            return .inserted(self.counted(entry))
        }
        var before = first
        while let next = before.pointee.next, next.pointee.priority >= priority {
            if next.pointee.priority == priority { return .exists(ClassifierEntry(head: next)) }
            before = next
        }
        let entry = self.makeEntry(head, values)
        entry.pointee.next = before.pointee.next
        before.pointee.next = entry
        return .inserted(self.counted(entry))
    }

    private mutating func counted(_ entry: Entry) -> ClassifierEntry {
        self.priorities.add(entry.pointee.priority)
        self.ruleCount += 1
        self.countStages(of: entry)
        return ClassifierEntry(head: entry)
    }

    /// Removes `entry`, whose memory may be used again at once.
    mutating func remove(_ entry: ClassifierEntry) {
        let head = entry.head
        let words = ClassifierEntryHead.words(head)
        // An entry that is not the first of its chain has no slot.
        if let first = self.first(ofChainWith: words, head.pointee.hash), first != head {
            var before = first
            while let next = before.pointee.next, next != head { before = next }
            before.pointee.next = head.pointee.next
        } else if let next = head.pointee.next {
            self.index.replace(head, by: next)
        } else {
            self.index.remove(head)
        }
        self.uncountStages(of: head)
        self.priorities.remove(head.pointee.priority)
        self.ruleCount -= 1
        head.pointee.rule = RuleSlab.none
        head.pointee.next = self.freeEntries
        self.freeEntries = head
    }

    /// The first entry of the chain with those masked words.
    private func first(ofChainWith words: UnsafePointer<UInt64>, _ high: UInt32) -> Entry? {
        let slots = self.index.slots(high)
        let slotMask = self.index.slotMask
        var index = Int(high) & slotMask
        while let entry = EntryIndex.entry(in: slots[index]) {
            if entry.pointee.hash == high {
                let others = ClassifierEntryHead.words(entry)
                var position = 0
                while position < self.wordCount, others[position] == words[position] { position &+= 1 }
                if position == self.wordCount { return entry }
            }
            index = (index &+ 1) & slotMask
        }
        return nil
    }

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
        var hash = self.basis
        var position = 0
        for filter in 0..<self.filterCount {
            while position < self.filterWords[filter] {
                hash = WordHash.combine(hash, words[position])
                position &+= 1
            }
            visit(filter, hash)
        }
    }

    @inline(never)
    private func recount(_ filter: Int) {
        self.filters[filter].enlarge()
        // In the order of memory, which is quicker by far than that of the index.
        for (number, chunk) in self.chunks.enumerated() {
            let isLast = number == self.chunks.count - 1
            let used = isLast ? chunk.byteCount - self.arenaBytesLeft : chunk.byteCount / self.stride * self.stride
            for offset in Swift.stride(from: 0, to: used, by: self.stride) {
                let entry = (chunk.memory + offset).assumingMemoryBound(to: ClassifierEntryHead.self)
                guard entry.pointee.rule != RuleSlab.none else { continue }
                self.forEachStage(of: entry) { other, hash in
                    if other == filter { self.filters[filter].add(hash) }
                }
            }
        }
    }

    /// Takes memory for an entry and fills it.
    @inline(__always)
    private mutating func makeEntry(_ head: ClassifierEntryHead, _ values: UnsafePointer<UInt64>) -> Entry {
        let entry: Entry
        if let free = self.freeEntries {
            self.freeEntries = free.pointee.next
            entry = free
        } else {
            entry = self.cutEntry()
        }
        entry.initialize(to: head)
        let words = ClassifierEntryHead.words(entry)
        for position in 0..<self.wordCount {
            words[position] = values[Int(self.indices[position])] & self.masks[position]
        }
        return entry
    }

    /// Chunks of so many bytes and more are whole pages.
    private static let pagesFrom = 65_536

    private mutating func cutEntry() -> Entry {
        if self.arenaBytesLeft < self.stride {
            // An eighth of what there is, so that little is in vain; the sizes are powers of two.
            let wanted = max(1_024, self.ruleCount * self.stride / 8)
            let bytes = min(262_144, 1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount))
            let chunk =
                bytes < Self.pagesFrom
                ? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8) : PageMemory.allocate(bytes)
            precondition(UInt(bitPattern: chunk) + UInt(bytes) < 1 << 48, "memory above the 48-bit address space")
            self.chunks.append((chunk, bytes))
            self.arena = chunk
            self.arenaBytesLeft = bytes
        }
        guard let arena = self.arena else { preconditionFailure("no arena after taking one") }
        self.arena = arena + self.stride
        self.arenaBytesLeft -= self.stride
        return arena.assumingMemoryBound(to: ClassifierEntryHead.self)
    }
}
