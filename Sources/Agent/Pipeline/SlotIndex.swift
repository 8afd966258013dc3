import CLinux
import OpenFlow

/// Finds the first rule of a list by what its rules have in common: an extendible hash table (``SegmentDirectory``).
///
/// Eight bytes per different key and a free place for every other one: the high half of the hash, which tells most keys
/// apart without a look at a rule, and the rule's slot. The key itself is read from the rule. Used for the lists of
/// rules of equal cookie and of equal instructions, so that deletes by them cost what they match.
///
/// A segment that is thirteen sixteenths full is split.
struct SlotIndex: ~Copyable {
    /// What the rules of a list have in common.
    enum Kind {
        /// The cookie.
        case cookie
        /// The identity of the interned instruction list.
        case instructions
    }

    private typealias Segment = UnsafeMutablePointer<UInt64>

    private let kind: Kind
    /// Secret, because controllers choose cookies: chosen to collide, they would make each addition a walk over all.
    private let seed: UInt64
    private var directory = SegmentDirectory(places: 8, counts: true)
    /// How many keys there are.
    private(set) var count = 0

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
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

    /// The high half of the hash of a key of 64 bits.
    @inline(__always)
    private func hash(_ key: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: WordHash.combine(self.seed, key) >> 32)
    }

    /// The hash in a place that is taken.
    @inline(__always)
    private static func hash(in place: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: place >> 32) }

    /// The rule's slot in a place that is taken, none in a free one.
    @inline(__always)
    private static func rule(_ place: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: place) &- 1 }

    /// Where in `segment` the key is, or the free place where its search ended.
    @inline(__always)
    private func place(
        _ key: UInt64, _ hash: UInt32, _ segment: Segment, in rules: borrowing RuleSlab
    ) -> Int {
        var index = Int(hash) & self.directory.mask
        while true {
            let place = segment[index]
            if place == 0 { return index }
            if Self.hash(in: place) == hash, self.key(of: Self.rule(place), in: rules) == key {
                return index
            }
            index = (index &+ 1) & self.directory.mask
        }
    }

    /// Has the memory where the key is or comes to lie read into the processor's caches.
    @inline(__always)
    func prefetch(_ key: UInt64) {
        let hash = self.hash(key)
        let segment = self.directory[hash]
        clinux_prefetch(segment + (Int(hash) & self.directory.mask))
        self.directory.prefetchCount(of: segment)
    }

    /// The first slot of the key, or none.
    @inline(__always)
    func find(_ key: UInt64, in rules: borrowing RuleSlab) -> UInt32 {
        let hash = self.hash(key)
        let segment = self.directory[hash]
        return Self.rule(segment[self.place(key, hash, segment, in: rules)])
    }

    /// Sets the first slot of the key to `slot` and returns the one that it was, or none.
    @inline(__always)
    mutating func set(_ key: UInt64, to slot: UInt32, in rules: borrowing RuleSlab) -> UInt32 {
        let hash = self.hash(key)
        var segment = self.directory[hash]
        var place = self.place(key, hash, segment, in: rules)
        let old = Self.rule(segment[place])
        if old == RuleSlab.none {
            if (self.directory.taken(segment) &+ 1) &* 16 > (self.directory.mask &+ 1) &* 13 {
                segment = self.grow(hash)
                place = self.place(key, hash, segment, in: rules)
            }
            self.directory.note(1, in: segment)
            self.count &+= 1
        }
        segment[place] = UInt64(hash) << 32 | UInt64(slot &+ 1)
        return old
    }

    /// Forgets the key; its list is empty.
    mutating func remove(_ key: UInt64, in rules: borrowing RuleSlab) {
        let hash = self.hash(key)
        let segment = self.directory[hash]
        let place = self.place(key, hash, segment, in: rules)
        guard segment[place] != 0 else { return }
        self.directory.vacate(segment, place) { Self.hash(in: $0) }
        self.count -= 1
        if self.directory.depth > 0, self.directory.taken(segment) * 8 < SegmentDirectory.segmentPlaces {
            self.directory.merge(hash) { Self.hash(in: $0) }
        }
    }

    /// Calls `visit` with the first slot of every key.
    func visit(_ visit: (UInt32) -> Void) {
        _ = self.directory.visit { segment in
            for index in 0...self.directory.mask where segment[index] != 0 { visit(Self.rule(segment[index])) }
            return true
        }
    }

    /// Gives the segment of `hash` more room, and returns the one that `hash` belongs to then.
    @inline(never)
    private mutating func grow(_ hash: UInt32) -> UnsafeMutablePointer<UInt64> {
        let isSingle = self.directory.mask + 1 < SegmentDirectory.segmentPlaces
        // Hundreds of keys that agree in 24 bits of a hash with a secret seed do not come about.
        repeat {
            self.directory.grow(hash) { Self.hash(in: $0) }
        } while !isSingle && self.directory.taken(self.directory[hash]) * 16 >= SegmentDirectory.segmentPlaces * 12
        return self.directory[hash]
    }
}
