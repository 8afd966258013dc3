import OpenFlow

/// Finds the first rule of a list by what its rules have in common: a hash table of slots and hashes.
///
/// Eight bytes per different key, at most three quarters full: the high half of the hash, which is the place and
/// tells most keys apart without a look at a rule, and the rule's slot. The key itself is read from the rule. Used
/// for the lists of rules of equal cookie and of equal instructions, so that deletes by them cost what they match.
struct SlotIndex: ~Copyable {
    /// What the rules of a list have in common.
    enum Kind {
        /// The cookie.
        case cookie
        /// The identity of the interned instruction list.
        case instructions
    }

    private let kind: Kind
    /// Secret, because controllers choose cookies: chosen to collide, they would make each addition a walk over all.
    private let seed: UInt64
    /// The hash in the high half, the rule's slot and one in the low one; zero is free.
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask = 7
    /// How many keys there are.
    private(set) var count = 0

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
        self.slots = Self.make(8)
    }

    /// The key of the rule in `slot`.
    @inline(__always)
    func key(of slot: UInt32, in rules: borrowing RuleSlab) -> UInt64 {
        switch self.kind {
        case .cookie: rules[slot].pointee.cookie.rawValue
        case .instructions: Self.key(of: rules[slot].pointee.instructions)
        }
    }

    /// The key of an interned instruction list.
    static func key(of instructions: InstructionList) -> UInt64 {
        UInt64(UInt(bitPattern: ObjectIdentifier(instructions)))
    }

    deinit { Self.release(self.slots, self.mask + 1) }

    private static func make(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        guard count * 8 < PageMemory.hugePageBytes else {
            return PageMemory.allocateHuge(count * 8).bindMemory(to: UInt64.self, capacity: count)
        }
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        slots.initialize(repeating: 0, count: count)
        return slots
    }

    private static func release(_ slots: UnsafeMutablePointer<UInt64>, _ count: Int) {
        guard count * 8 < PageMemory.hugePageBytes else { return PageMemory.release(slots, count * 8) }
        slots.deallocate()
    }

    /// The high half of the hash of a key of 64 bits, where it is in a slot.
    @inline(__always)
    private func hash(_ key: UInt64) -> UInt64 {
        WordHash.combine(self.seed, key) & 0xffff_ffff_0000_0000
    }

    @inline(__always)
    private func home(_ slot: UInt64) -> Int { Int(truncatingIfNeeded: slot >> 32) & self.mask }

    @inline(__always)
    private func isFree(_ slot: UInt64) -> Bool { slot == 0 }

    /// The rule's slot in a slot that is taken, none in a free one.
    @inline(__always)
    private static func rule(_ slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot) &- 1 }

    /// Where the key is, or the free place where its search ended.
    @inline(__always)
    private func place(_ key: UInt64, _ hash: UInt64, in rules: borrowing RuleSlab) -> Int {
        var index = self.home(hash)
        while true {
            let slot = self.slots[index]
            if self.isFree(slot) { return index }
            if (slot ^ hash) >> 32 == 0, self.key(of: Self.rule(slot), in: rules) == key {
                return index
            }
            index = (index &+ 1) & self.mask
        }
    }

    /// The first slot of the key, or none.
    @inline(__always)
    func find(_ key: UInt64, in rules: borrowing RuleSlab) -> UInt32 {
        Self.rule(self.slots[self.place(key, self.hash(key), in: rules)])
    }

    /// Sets the first slot of the key to `slot` and returns the one that it was, or none.
    @inline(__always)
    mutating func set(_ key: UInt64, to slot: UInt32, in rules: borrowing RuleSlab) -> UInt32 {
        if (self.count + 1) * 4 > (self.mask + 1) * 3 { self.resize(to: (self.mask + 1) * 2) }
        let hash = self.hash(key)
        let place = self.place(key, hash, in: rules)
        let old = Self.rule(self.slots[place])
        self.slots[place] = hash | UInt64(slot &+ 1)
        if old == RuleSlab.none { self.count += 1 }
        return old
    }

    /// Forgets the key; its list is empty.
    mutating func remove(_ key: UInt64, in rules: borrowing RuleSlab) {
        var hole = self.place(key, self.hash(key), in: rules)
        guard !self.isFree(self.slots[hole]) else { return }
        var next = (hole &+ 1) & self.mask
        while !self.isFree(self.slots[next]) {
            if (next &- self.home(self.slots[next])) & self.mask >= (next &- hole) & self.mask {
                self.slots[hole] = self.slots[next]
                hole = next
            }
            next = (next &+ 1) & self.mask
        }
        self.slots[hole] = 0
        self.count -= 1
        if self.mask > 7, self.count * 8 < self.mask { self.resize(to: (self.mask + 1) / 2) }
    }

    /// Calls `visit` with the first slot of every key.
    func forEach(_ visit: (UInt32) -> Void) {
        for index in 0...self.mask where !self.isFree(self.slots[index]) {
            visit(Self.rule(self.slots[index]))
        }
    }

    private mutating func resize(to count: Int) {
        let old = self.slots
        let oldCount = self.mask + 1
        self.slots = Self.make(count)
        self.mask = count - 1
        for index in 0..<oldCount where !self.isFree(old[index]) {
            var place = self.home(old[index])
            while !self.isFree(self.slots[place]) { place = (place &+ 1) & self.mask }
            self.slots[place] = old[index]
        }
        Self.release(old, oldCount)
    }
}
