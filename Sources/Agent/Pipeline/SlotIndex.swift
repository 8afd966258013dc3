import OpenFlow

/// Finds the first rule of a list by what its rules have in common: an extendible hash table of slots and hashes.
///
/// Eight bytes per different key and a free place for every other one: the high half of the hash, which tells most keys
/// apart without a look at a rule, and the rule's slot. The key itself is read from the rule. Used for the lists of
/// rules of equal cookie and of equal instructions, so that deletes by them cost what they match.
///
/// **Segments**, as in ``EntryIndex``: open-addressing tables of at most 512 places with linear probing. The high bits
/// of the hash name an entry of the directory, which points to a segment; its low bits are the home there. A segment
/// that is thirteen sixteenths full is split in two by the next bit. So the table grows and shrinks by moving a few
/// hundred places at a time, however large it is.
struct SlotIndex: ~Copyable {
    /// What the rules of a list have in common.
    enum Kind {
        /// The cookie.
        case cookie
        /// The identity of the interned instruction list.
        case instructions
    }

    private typealias Segment = UnsafeMutablePointer<UInt64>

    private static let segmentPlaces = 512
    private static let depthMaximum: UInt32 = 24

    private let kind: Kind
    /// Secret, because controllers choose cookies: chosen to collide, they would make each addition a walk over all.
    private let seed: UInt64
    /// By the high bits of the hash; neighbours may be one segment.
    private var directory: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>
    /// How many bits of the hash the directory takes.
    private var depth: UInt32 = 0
    /// The places of a segment less one; less than 511 only while there is a single segment.
    private var mask = 7
    /// How many segments are as deep as the directory.
    private var deepest = 1
    /// How many keys there are.
    private(set) var count = 0

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
        self.directory = .allocate(capacity: 1)
        self.directory.initialize(to: Self.makeSegment(8, depth: 0))
    }

    deinit {
        var place = 0
        let places = 1 << Int(self.depth)
        while place < places {
            let segment = self.directory[place]
            place += 1 << Int(self.depth &- self.depth(of: segment))
            segment.deallocate()
        }
        self.directory.deallocate()
    }

    // Behind its places a segment has two more words: its depth, and how many places are taken.
    private static func makeSegment(_ places: Int, depth: UInt32) -> Segment {
        let segment = Segment.allocate(capacity: places + 2)
        segment.initialize(repeating: 0, count: places)
        (segment + places).initialize(to: UInt64(depth))
        (segment + places + 1).initialize(to: 0)
        return segment
    }

    @inline(__always)
    private func depth(of segment: Segment) -> UInt32 {
        UInt32(truncatingIfNeeded: segment[self.mask &+ 1])
    }

    @inline(__always)
    private func taken(_ segment: Segment) -> Int { Int(truncatingIfNeeded: segment[self.mask &+ 2]) }

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

    /// The place in the directory of a hash.
    @inline(__always)
    private func directoryPlace(_ hash: UInt32) -> Int {
        Int(truncatingIfNeeded: UInt64(hash) &>> UInt64(32 &- self.depth))
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
        var index = Int(hash) & self.mask
        while true {
            let place = segment[index]
            if place == 0 { return index }
            if Self.hash(in: place) == hash, self.key(of: Self.rule(place), in: rules) == key {
                return index
            }
            index = (index &+ 1) & self.mask
        }
    }

    /// The first slot of the key, or none.
    @inline(__always)
    func find(_ key: UInt64, in rules: borrowing RuleSlab) -> UInt32 {
        let hash = self.hash(key)
        let segment = self.directory[self.directoryPlace(hash)]
        return Self.rule(segment[self.place(key, hash, segment, in: rules)])
    }

    /// Sets the first slot of the key to `slot` and returns the one that it was, or none.
    @inline(__always)
    mutating func set(_ key: UInt64, to slot: UInt32, in rules: borrowing RuleSlab) -> UInt32 {
        let hash = self.hash(key)
        var segment = self.directory[self.directoryPlace(hash)]
        var place = self.place(key, hash, segment, in: rules)
        let old = Self.rule(segment[place])
        if old == RuleSlab.none {
            if (self.taken(segment) &+ 1) &* 16 > (self.mask &+ 1) &* 13 {
                segment = self.grow(hash)
                place = self.place(key, hash, segment, in: rules)
            }
            segment[self.mask &+ 2] &+= 1
            self.count &+= 1
        }
        segment[place] = UInt64(hash) << 32 | UInt64(slot &+ 1)
        return old
    }

    /// Forgets the key; its list is empty.
    mutating func remove(_ key: UInt64, in rules: borrowing RuleSlab) {
        let hash = self.hash(key)
        let segment = self.directory[self.directoryPlace(hash)]
        var hole = self.place(key, hash, segment, in: rules)
        guard segment[hole] != 0 else { return }
        var next = (hole &+ 1) & self.mask
        while segment[next] != 0 {
            let home = Int(Self.hash(in: segment[next])) & self.mask
            if (next &- home) & self.mask >= (next &- hole) & self.mask {
                segment[hole] = segment[next]
                hole = next
            }
            next = (next &+ 1) & self.mask
        }
        segment[hole] = 0
        segment[self.mask &+ 2] &-= 1
        self.count -= 1
        if self.depth > 0, self.taken(segment) * 8 < Self.segmentPlaces { self.merge(hash) }
    }

    /// Calls `visit` with the first slot of every key.
    func visit(_ visit: (UInt32) -> Void) {
        var place = 0
        let places = 1 << Int(self.depth)
        while place < places {
            let segment = self.directory[place]
            place += 1 << Int(self.depth &- self.depth(of: segment))
            for index in 0...self.mask where segment[index] != 0 { visit(Self.rule(segment[index])) }
        }
    }

    // MARK: - Growth

    /// Puts a place into a segment that has room and lacks its key.
    private func move(_ place: UInt64, to segment: Segment) {
        var index = Int(Self.hash(in: place)) & self.mask
        while segment[index] != 0 { index = (index &+ 1) & self.mask }
        segment[index] = place
        segment[self.mask &+ 2] &+= 1
    }

    /// Gives the segment of `hash` more room, and returns the one that `hash` belongs to then.
    @inline(never)
    private mutating func grow(_ hash: UInt32) -> UnsafeMutablePointer<UInt64> {
        if self.mask + 1 < Self.segmentPlaces {
            self.enlarge()
        } else {
            // Hundreds of keys that agree in 24 bits of a hash with a secret seed do not come about.
            while self.taken(self.directory[self.directoryPlace(hash)]) * 16 >= Self.segmentPlaces * 12 {
                self.split(hash)
            }
        }
        return self.directory[self.directoryPlace(hash)]
    }

    /// Doubles the single segment.
    private mutating func enlarge() {
        let old = self.directory[0]
        let places = self.mask + 1
        let segment = Self.makeSegment(places * 2, depth: 0)
        self.mask = places * 2 - 1
        for index in 0..<places where old[index] != 0 { self.move(old[index], to: segment) }
        self.directory[0] = segment
        old.deallocate()
    }

    /// Divides the segment of `hash` by the next bit of its keys' hashes.
    private mutating func split(_ hash: UInt32) {
        let old = self.directory[self.directoryPlace(hash)]
        let depth = self.depth(of: old)
        if depth == self.depth { self.deepen() }
        let halves = (
            Self.makeSegment(Self.segmentPlaces, depth: depth + 1),
            Self.makeSegment(Self.segmentPlaces, depth: depth + 1)
        )
        for index in 0...self.mask where old[index] != 0 {
            let isLow = Self.hash(in: old[index]) &>> (31 &- depth) & 1 == 0
            self.move(old[index], to: isLow ? halves.0 : halves.1)
        }
        let width = 1 << Int(self.depth &- depth)
        let first = self.directoryPlace(hash) & ~(width - 1)
        for place in first..<first + width {
            self.directory[place] = place < first + width / 2 ? halves.0 : halves.1
        }
        if depth + 1 == self.depth { self.deepest += 2 }
        old.deallocate()
    }

    /// Doubles the directory.
    private mutating func deepen() {
        precondition(self.depth < Self.depthMaximum, "a hash that does not spread")
        let places = 1 << Int(self.depth)
        let larger = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>.allocate(capacity: 2 * places)
        for place in 0..<places {
            (larger + 2 * place).initialize(to: self.directory[place])
            (larger + 2 * place + 1).initialize(to: self.directory[place])
        }
        self.directory.deallocate()
        self.directory = larger
        self.depth += 1
        self.deepest = 0
    }

    /// Joins the segment of `hash` with the one that it was split from, where both have few keys.
    private mutating func merge(_ hash: UInt32) {
        let segment = self.directory[self.directoryPlace(hash)]
        let depth = self.depth(of: segment)
        guard depth > 0 else { return }
        let width = 1 << Int(self.depth &- depth)
        let first = self.directoryPlace(hash) & ~(width - 1)
        let other = self.directory[first ^ width]
        guard self.depth(of: other) == depth,
            (self.taken(segment) + self.taken(other)) * 4 < Self.segmentPlaces
        else {
            return
        }
        segment[self.mask + 1] -= 1
        for index in 0...self.mask where other[index] != 0 { self.move(other[index], to: segment) }
        let start = min(first, first ^ width)
        for place in start..<start + 2 * width { self.directory[place] = segment }
        if depth == self.depth { self.deepest -= 2 }
        other.deallocate()
        while self.depth > 0, self.deepest == 0 { self.halve() }
    }

    /// Halves the directory, of which no segment takes all bits.
    private mutating func halve() {
        let places = 1 << Int(self.depth - 1)
        let smaller = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>.allocate(capacity: places)
        self.depth -= 1
        self.deepest = 0
        for place in 0..<places {
            let segment = self.directory[2 * place]
            (smaller + place).initialize(to: segment)
            if self.depth(of: segment) == self.depth { self.deepest += 1 }
        }
        self.directory.deallocate()
        self.directory = smaller
    }
}
