import Datapath

/// The entries of one mask in a ``Classifier``.
///
/// **Words.** Only the words where the mask is not zero are hashed, compared and stored, in the order of the key.
///
/// **Slots.** An open-addressing table of 64-bit slots, a power of two of them, at most three quarters full:
/// bits 48–63 are
/// the top 16 bits of the hash, bits 0–47 the entry's address, zero is free. Probing is linear from `hash mod slots`;
/// removal shifts the followers back, so that there are no tombstones. Addresses below 2^48 are what
/// Linux gives to a process on every supported processor unless it asks for more; checked when memory is taken.
///
/// **Entries.** ``ClassifierEntryHead`` followed by the masked words, cut from chunks that start at 1 KiB and grow to
/// 64 KiB; removed entries go on a free list of this subtable. Rules of equal masked key and different priority form a
/// chain in falling order of priority, of which only the first has a slot.
///
/// **Stages.** The words fall into up to four stages (metadata, L2, L3, L4; see ``FlowWords``). At the end of
/// each stage but
/// the last there is a filter: one saturating 8-bit counter per slot, indexed by the hash so far. A zero says that no
/// entry begins like this, so the lookup ends having looked at these stages only, which keeps megaflows wide and saves
/// the probe. A counter that once reached 255 stays there: it then only fails to help.
struct ClassifierSubtable: ~Copyable {
    /// The words after which stages end: metadata and tunnel, L2, L3.
    static let stageEnds = [30, 35, 45]

    let wordCount: Int
    /// The mask's words that are not zero.
    let masks: UnsafeMutablePointer<UInt64>
    /// Which words of the key those are.
    let indices: UnsafeMutablePointer<UInt8>
    /// The bytes of an entry.
    let stride: Int
    /// The basis of the hash.
    let basis: UInt64
    /// How many filters there are, 0…3, and after how many words each comes.
    let filterCount: Int
    let filterWords: InlineArray<3, Int>

    private(set) var filters: InlineArray<3, UnsafeMutablePointer<UInt8>?>
    private(set) var slots: UnsafeMutablePointer<UInt64>
    /// The number of slots less one.
    private(set) var slotMask: Int
    /// How many slots are taken: different masked keys.
    private(set) var keyCount = 0
    /// How many rules there are.
    private(set) var ruleCount = 0
    private(set) var priorities = PriorityCounts()

    private var chunks: [UnsafeMutableRawPointer] = []
    private var arena: UnsafeMutableRawPointer?
    private var arenaBytesLeft = 0
    private var freeEntries: UnsafeMutablePointer<ClassifierEntryHead>?

    /// Makes an empty subtable for `mask`.
    init(mask: borrowing FlowMask, basis: UInt64) {
        var count = 0
        for index in 0..<FlowKey.wordCount where mask.words[index] != 0 { count += 1 }
        self.wordCount = count
        self.masks = .allocate(capacity: max(count, 1))
        self.indices = .allocate(capacity: max(count, 1))
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
            guard mask.words[index] != 0 else { continue }
            self.masks[position] = mask.words[index]
            self.indices[position] = UInt8(index)
            position += 1
        }
        self.filterCount = filterCount
        self.filterWords = ends
        self.slots = Self.makeSlots(16)
        self.slotMask = 15
        self.filters = InlineArray(repeating: nil)
        for filter in 0..<filterCount { self.filters[filter] = Self.makeFilter(16) }
    }

    deinit {
        self.masks.deallocate()
        self.indices.deallocate()
        self.slots.deallocate()
        for filter in 0..<self.filterCount { self.filters[filter]?.deallocate() }
        for chunk in self.chunks { chunk.deallocate() }
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        slots.initialize(repeating: 0, count: count)
        return slots
    }

    private static func makeFilter(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        let filter = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        filter.initialize(repeating: 0, count: count)
        return filter
    }

    /// Whether this subtable is that of `mask`.
    func hasMask(_ mask: borrowing FlowMask) -> Bool {
        var position = 0
        for index in 0..<FlowKey.wordCount where mask.words[unchecked: index] != 0 {
            guard position < self.wordCount, Int(self.indices[position]) == index,
                self.masks[position] == mask.words[unchecked: index]
            else { return false }
            position &+= 1
        }
        return position == self.wordCount
    }

    /// Whether every bit of `other` is in this subtable's mask.
    func coversMask(_ other: borrowing FlowMask) -> Bool {
        var mask = FlowMask()
        self.writeMask(into: &mask)
        var missing: UInt64 = 0
        for index in 0..<FlowKey.wordCount { missing |= other.words[index] & ~mask.words[index] }
        return missing == 0
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

    /// The hash of the first `count` words, continued from `hash` after `start` words.
    @inline(__always)
    private func hash(_ hash: UInt64, _ key: borrowing FlowKey, from start: Int, to end: Int) -> UInt64 {
        var hash = hash
        var position = start
        while position < end {
            let word = key.words[unchecked: Int(self.indices[position])] & self.masks[position]
            hash = WordHash.combine(hash, word)
            position &+= 1
        }
        return hash
    }

    /// The first entry of the chain that `key` is in, or nil; adds the bits looked at to `mask`.
    @inline(__always)
    func lookup(
        _ key: borrowing FlowKey, unwildcarding mask: inout FlowMask
    ) -> UnsafeMutablePointer<ClassifierEntryHead>? {
        var hash = self.basis
        var position = 0
        var filter = 0
        while filter < self.filterCount {
            let end = self.filterWords[unchecked: filter]
            hash = self.hash(hash, key, from: position, to: end)
            while position < end {
                mask.words[unchecked: Int(self.indices[position])] |= self.masks[position]
                position &+= 1
            }
            if let counters = self.filters[unchecked: filter],
                counters[Int(truncatingIfNeeded: hash) & self.slotMask] == 0
            {
                return nil
            }
            filter &+= 1
        }
        hash = self.hash(hash, key, from: position, to: self.wordCount)
        while position < self.wordCount {
            mask.words[unchecked: Int(self.indices[position])] |= self.masks[position]
            position &+= 1
        }
        return self.find(key, hash: hash)
    }

    /// The first entry of the chain of `key`, whose full hash is `hash`, or nil.
    @inline(__always)
    private func find(_ key: borrowing FlowKey, hash: UInt64) -> UnsafeMutablePointer<ClassifierEntryHead>? {
        var index = Int(truncatingIfNeeded: hash) & self.slotMask
        let tag = hash >> 48
        while true {
            let slot = self.slots[index]
            if slot == 0 { return nil }
            if slot >> 48 == tag, let entry = Self.entry(in: slot), self.holds(entry, key) { return entry }
            index = (index &+ 1) & self.slotMask
        }
    }

    @inline(__always)
    private static func entry(in slot: UInt64) -> UnsafeMutablePointer<ClassifierEntryHead>? {
        UnsafeMutablePointer(bitPattern: UInt(slot & 0xffff_ffff_ffff))
    }

    @inline(__always)
    private func holds(_ entry: UnsafeMutablePointer<ClassifierEntryHead>, _ key: borrowing FlowKey) -> Bool {
        let words = ClassifierEntryHead.words(entry)
        var position = 0
        while position < self.wordCount {
            let word = key.words[unchecked: Int(self.indices[position])] & self.masks[position]
            if words[position] != word { return false }
            position &+= 1
        }
        return true
    }

    /// The first entry of the chain of `key`, or nil, without a record of what was looked at.
    func chain(of key: borrowing FlowKey) -> ClassifierEntry? {
        let hash = self.hash(self.basis, key, from: 0, to: self.wordCount)
        return self.find(key, hash: hash).map(ClassifierEntry.init)
    }

    /// Calls `visit` with every entry, chains in falling order of priority, until it returns false; says
    /// whether it never did.
    func visitEntries(_ visit: (ClassifierEntry) -> Bool) -> Bool {
        for index in 0...self.slotMask {
            var entry = Self.entry(in: self.slots[index])
            while let current = entry {
                entry = current.pointee.next
                if !visit(ClassifierEntry(head: current)) { return false }
            }
        }
        return true
    }

    // MARK: - Changes

    /// What came of an insertion.
    enum Insertion {
        /// A new entry; its rule and subtable are set.
        case inserted(ClassifierEntry)
        /// There is an entry of that masked key and priority; nothing changed.
        case exists(ClassifierEntry)
    }

    /// Adds `rule` under `key` and `priority`; `number` is this subtable's own.
    mutating func insert(_ key: borrowing FlowKey, priority: Int32, rule: UInt32, number: UInt32) -> Insertion {
        let hash = self.hash(self.basis, key, from: 0, to: self.wordCount)
        let head = ClassifierEntryHead(
            hash: UInt32(truncatingIfNeeded: hash), rule: rule, priority: priority, subtable: number, next: nil)
        if let first = self.find(key, hash: hash) {
            if first.pointee.priority == priority { return .exists(ClassifierEntry(head: first)) }
            if first.pointee.priority < priority {
                let entry = self.makeEntry(head, key)
                entry.pointee.next = first
                self.replaceSlot(of: first, by: entry)
                return .inserted(self.counted(entry))
            }
            var before = first
            while let next = before.pointee.next, next.pointee.priority >= priority {
                if next.pointee.priority == priority { return .exists(ClassifierEntry(head: next)) }
                before = next
            }
            let entry = self.makeEntry(head, key)
            entry.pointee.next = before.pointee.next
            before.pointee.next = entry
            return .inserted(self.counted(entry))
        }
        if (self.keyCount + 1) * 4 > (self.slotMask + 1) * 3 { self.resize(to: (self.slotMask + 1) * 2) }
        let entry = self.makeEntry(head, key)
        self.place(entry, tag: hash >> 48)
        self.keyCount += 1
        self.countStages(of: entry, adding: true)
        return .inserted(self.counted(entry))
    }

    private mutating func counted(_ entry: UnsafeMutablePointer<ClassifierEntryHead>) -> ClassifierEntry {
        self.priorities.add(entry.pointee.priority)
        self.ruleCount += 1
        return ClassifierEntry(head: entry)
    }

    /// Removes `entry`, whose memory may be used again at once.
    mutating func remove(_ entry: ClassifierEntry) {
        let head = entry.head
        let index = self.slotIndex(ofChainWith: head)
        guard let first = Self.entry(in: self.slots[index]) else { return }
        if first != head {
            var before = first
            while let next = before.pointee.next, next != head { before = next }
            before.pointee.next = head.pointee.next
        } else if let next = head.pointee.next {
            self.slots[index] = self.slots[index] & ~0xffff_ffff_ffff | UInt64(UInt(bitPattern: next))
        } else {
            self.countStages(of: head, adding: false)
            self.vacate(index)
            self.keyCount -= 1
        }
        self.priorities.remove(head.pointee.priority)
        self.ruleCount -= 1
        head.pointee.next = self.freeEntries
        self.freeEntries = head
        if self.slotMask > 15, self.keyCount * 8 < self.slotMask { self.resize(to: (self.slotMask + 1) / 2) }
    }

    /// The slot of the chain that `head` is in.
    private func slotIndex(ofChainWith head: UnsafeMutablePointer<ClassifierEntryHead>) -> Int {
        var index = Int(head.pointee.hash) & self.slotMask
        while let first = Self.entry(in: self.slots[index]) {
            var entry: UnsafeMutablePointer<ClassifierEntryHead>? = first
            // Entries of one chain have one hash; a first entry with another cannot lead to `head`.
            while first.pointee.hash == head.pointee.hash, let current = entry {
                if current == head { return index }
                entry = current.pointee.next
            }
            index = (index &+ 1) & self.slotMask
        }
        preconditionFailure("an entry that is not in its subtable was named")
    }

    private mutating func replaceSlot(
        of old: UnsafeMutablePointer<ClassifierEntryHead>, by new: UnsafeMutablePointer<ClassifierEntryHead>
    ) {
        let index = self.slotIndex(ofChainWith: old)
        self.slots[index] = self.slots[index] & ~0xffff_ffff_ffff | UInt64(UInt(bitPattern: new))
    }

    /// Writes `entry` to the first free slot from its home on.
    private func place(_ entry: UnsafeMutablePointer<ClassifierEntryHead>, tag: UInt64) {
        var index = Int(entry.pointee.hash) & self.slotMask
        while self.slots[index] != 0 { index = (index &+ 1) & self.slotMask }
        self.slots[index] = tag << 48 | UInt64(UInt(bitPattern: entry))
    }

    /// Empties a slot and moves back those behind it that probing would no longer reach.
    private func vacate(_ index: Int) {
        var hole = index
        var next = (index &+ 1) & self.slotMask
        while let entry = Self.entry(in: self.slots[next]) {
            let home = Int(entry.pointee.hash) & self.slotMask
            if (next &- home) & self.slotMask >= (next &- hole) & self.slotMask {
                self.slots[hole] = self.slots[next]
                hole = next
            }
            next = (next &+ 1) & self.slotMask
        }
        self.slots[hole] = 0
    }

    /// Gives the subtable `count` slots, a power of two, and counts the filters anew.
    private mutating func resize(to count: Int) {
        let old = self.slots
        let oldCount = self.slotMask + 1
        self.slots = Self.makeSlots(count)
        self.slotMask = count - 1
        for filter in 0..<self.filterCount {
            self.filters[filter]?.deallocate()
            self.filters[filter] = Self.makeFilter(count)
        }
        for index in 0..<oldCount {
            guard let entry = Self.entry(in: old[index]) else { continue }
            self.place(entry, tag: old[index] >> 48)
            if self.filterCount > 0 { self.countStages(of: entry, adding: true) }
        }
        old.deallocate()
    }

    /// Adds the beginnings of an entry's key to the filters, or takes them away.
    private func countStages(of entry: UnsafeMutablePointer<ClassifierEntryHead>, adding: Bool) {
        let words = ClassifierEntryHead.words(entry)
        var hash = self.basis
        var position = 0
        for filter in 0..<self.filterCount {
            while position < self.filterWords[filter] {
                hash = WordHash.combine(hash, words[position])
                position &+= 1
            }
            guard let counters = self.filters[filter] else { continue }
            let index = Int(truncatingIfNeeded: hash) & self.slotMask
            guard counters[index] != .max else { continue }
            if adding { counters[index] &+= 1 } else { counters[index] &-= 1 }
        }
    }

    /// Takes memory for an entry and fills it.
    private mutating func makeEntry(
        _ head: ClassifierEntryHead, _ key: borrowing FlowKey
    ) -> UnsafeMutablePointer<ClassifierEntryHead> {
        let entry: UnsafeMutablePointer<ClassifierEntryHead>
        if let free = self.freeEntries {
            self.freeEntries = free.pointee.next
            entry = free
        } else {
            entry = self.cutEntry()
        }
        entry.initialize(to: head)
        let words = ClassifierEntryHead.words(entry)
        for position in 0..<self.wordCount {
            words[position] = key.words[unchecked: Int(self.indices[position])] & self.masks[position]
        }
        return entry
    }

    private mutating func cutEntry() -> UnsafeMutablePointer<ClassifierEntryHead> {
        if self.arenaBytesLeft < self.stride {
            let bytes = min(65_536, max(1_024, self.ruleCount * self.stride))
            let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8)
            precondition(UInt(bitPattern: chunk) + UInt(bytes) < 1 << 48, "memory above the 48-bit address space")
            self.chunks.append(chunk)
            self.arena = chunk
            self.arenaBytesLeft = bytes
        }
        guard let arena = self.arena else { preconditionFailure("no arena after taking one") }
        self.arena = arena + self.stride
        self.arenaBytesLeft -= self.stride
        return arena.assumingMemoryBound(to: ClassifierEntryHead.self)
    }
}
