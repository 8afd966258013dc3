import OpenFlow

/// Finds the first rule of a list by what its rules have in common: a hash table that stores nothing but slots.
///
/// Four bytes per different key, at most three quarters full; the key is read from the rule. Used for the lists
/// of rules of
/// equal cookie and of equal instructions, so that deletes by them cost what they match.
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
    private var slots: UnsafeMutablePointer<UInt32>
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

    deinit { self.slots.deallocate() }

    private static func make(_ count: Int) -> UnsafeMutablePointer<UInt32> {
        let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        slots.initialize(repeating: RuleSlab.none, count: count)
        return slots
    }

    /// The hash of a key of 64 bits.
    @inline(__always)
    func hash(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: WordHash.combine(self.seed, key))
    }

    /// The first slot of the key, or none.
    @inline(__always)
    func find(_ key: UInt64, in rules: borrowing RuleSlab) -> UInt32 {
        var index = self.hash(key) & self.mask
        while self.slots[index] != RuleSlab.none {
            if self.key(of: self.slots[index], in: rules) == key { return self.slots[index] }
            index = (index &+ 1) & self.mask
        }
        return RuleSlab.none
    }

    /// Sets the first slot of the key to `slot` and returns the one that it was, or none.
    @inline(__always)
    mutating func set(_ key: UInt64, to slot: UInt32, in rules: borrowing RuleSlab) -> UInt32 {
        if (self.count + 1) * 4 > (self.mask + 1) * 3 { self.resize(to: (self.mask + 1) * 2, in: rules) }
        var index = self.hash(key) & self.mask
        while self.slots[index] != RuleSlab.none {
            if self.key(of: self.slots[index], in: rules) == key {
                let old = self.slots[index]
                self.slots[index] = slot
                return old
            }
            index = (index &+ 1) & self.mask
        }
        self.slots[index] = slot
        self.count += 1
        return RuleSlab.none
    }

    /// Forgets the key; its list is empty.
    mutating func remove(_ key: UInt64, in rules: borrowing RuleSlab) {
        var hole = self.hash(key) & self.mask
        while self.slots[hole] != RuleSlab.none, self.key(of: self.slots[hole], in: rules) != key {
            hole = (hole &+ 1) & self.mask
        }
        guard self.slots[hole] != RuleSlab.none else { return }
        var next = (hole &+ 1) & self.mask
        while self.slots[next] != RuleSlab.none {
            let home = self.hash(self.key(of: self.slots[next], in: rules)) & self.mask
            if (next &- home) & self.mask >= (next &- hole) & self.mask {
                self.slots[hole] = self.slots[next]
                hole = next
            }
            next = (next &+ 1) & self.mask
        }
        self.slots[hole] = RuleSlab.none
        self.count -= 1
        if self.mask > 7, self.count * 8 < self.mask { self.resize(to: (self.mask + 1) / 2, in: rules) }
    }

    /// Calls `visit` with the first slot of every key.
    func forEach(_ visit: (UInt32) -> Void) {
        for index in 0...self.mask where self.slots[index] != RuleSlab.none { visit(self.slots[index]) }
    }

    private mutating func resize(to count: Int, in rules: borrowing RuleSlab) {
        let old = self.slots
        let oldCount = self.mask + 1
        self.slots = Self.make(count)
        self.mask = count - 1
        for index in 0..<oldCount where old[index] != RuleSlab.none {
            var place = self.hash(self.key(of: old[index], in: rules)) & self.mask
            while self.slots[place] != RuleSlab.none { place = (place &+ 1) & self.mask }
            self.slots[place] = old[index]
        }
        old.deallocate()
    }
}
