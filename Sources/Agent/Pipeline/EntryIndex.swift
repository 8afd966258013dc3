/// Finds the entries of one ``ClassifierSubtable`` by hash: an extendible hash table.
///
/// **Segments.** Slots lie in segments of at most 512, each an open-addressing table of its own with linear
/// probing. A segment is full when an entry would come to lie more than 24 slots from its home, which happens
/// between six and eight tenths: nobody needs to count. The high bits of the hash, as many as ``depth``, name an
/// entry of the directory, which points to a segment; a segment that is full is split in two by the next bit. So
/// the table grows by moving a few hundred entries at a time, however large it is: no insertion ever waits for all
/// of them to be moved. A table of few entries is one segment, of 16 slots or more.
///
/// **Slots.** Bits 48–63 are 16 bits of the hash, bits 0–47 the entry's address, zero is free. Removal shifts the
/// followers back, so that there are no tombstones. Addresses below 2^48 are what Linux gives to a process on every
/// supported processor unless it asks for more; checked where entries are made.
///
/// **Bits of the hash.** The high half is kept in the entry: its top bits lead to the segment, its low bits are the
/// home slot there. The low 16 bits of all are the slot's tag. The three are independent.
struct EntryIndex: ~Copyable {
    typealias Entry = UnsafeMutablePointer<ClassifierEntryHead>
    private typealias Segment = UnsafeMutablePointer<UInt64>

    private static let segmentSlots = 512
    private static let depthMaximum = 24
    /// How far from its home an entry may come to lie when it is added.
    private static let distanceMaximum = 24

    /// By the high bits of the hash; neighbours may be one segment.
    private var directory: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>
    /// How many bits of the hash the directory takes.
    private var depth: UInt32 = 0
    /// The slots of a segment less one; less than 511 only while there is a single segment.
    private(set) var slotMask = 15
    /// How many segments are as deep as the directory.
    private var deepest = 1
    /// How many entries there are.
    private(set) var count = 0

    init() {
        self.directory = .allocate(capacity: 1)
        self.directory.initialize(to: Self.makeSegment(16, depth: 0))
    }

    deinit {
        var place = 0
        let places = 1 << Int(self.depth)
        while place < places {
            let segment = self.directory[place]
            place += 1 << Int(self.depth &- Self.depth(of: segment, self.slotMask))
            segment.deallocate()
        }
        self.directory.deallocate()
    }

    // Behind its slots a segment has one more word: its depth.
    private static func makeSegment(_ slots: Int, depth: UInt32) -> Segment {
        let segment = Segment.allocate(capacity: slots + 1)
        segment.initialize(repeating: 0, count: slots)
        (segment + slots).initialize(to: UInt64(depth))
        return segment
    }

    private static func depth(of segment: Segment, _ slotMask: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: segment[slotMask + 1])
    }

    private static func count(of segment: Segment, _ slotMask: Int) -> Int {
        var count = 0
        for index in 0...slotMask where segment[index] != 0 { count += 1 }
        return count
    }

    /// The place in the directory of a hash whose high half is `high`.
    @inline(__always)
    private func place(_ high: UInt32) -> Int {
        Int(truncatingIfNeeded: UInt64(high) &>> UInt64(32 &- self.depth))
    }

    /// The slots in which an entry of that hash may be.
    @inline(__always)
    func slots(_ high: UInt32) -> UnsafeMutablePointer<UInt64> { self.directory[self.place(high)] }

    /// The part of a slot that comes from the hash.
    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt64 { hash << 48 }

    /// The entry in a slot, or nil where it is free.
    @inline(__always)
    static func entry(in slot: UInt64) -> Entry? {
        Entry(bitPattern: UInt(slot & 0xffff_ffff_ffff))
    }

    /// Adds an entry of which no equal one is there; its head has the high half of `hash`.
    mutating func insert(_ entry: Entry, hash: UInt64) {
        let high = entry.pointee.hash
        let slot = Self.tag(hash) | UInt64(UInt(bitPattern: entry))
        // Of a single segment the count is known.
        if self.depth == 0, (self.count + 1) * 4 > (self.slotMask + 1) * 3 { self.grow(high) }
        while !self.put(slot, high, self.slots(high)) { self.grow(high) }
        self.count += 1
    }

    /// Puts `new` where `old`, an entry of the same hash, is.
    mutating func replace(_ old: Entry, by new: Entry) {
        let (segment, index) = self.find(old)
        segment[index] = segment[index] & ~0xffff_ffff_ffff | UInt64(UInt(bitPattern: new))
    }

    /// Takes an entry out.
    mutating func remove(_ entry: Entry) {
        let (segment, index) = self.find(entry)
        self.vacate(segment, index)
        self.count -= 1
        // Now and then a segment is looked at as a whole.
        if self.depth > 0, entry.pointee.hash & 0x1f0 == 0 { self.merge(entry.pointee.hash) }
    }

    /// Calls `visit` with every entry, until it returns false; says whether it never did.
    func visit(_ visit: (Entry) -> Bool) -> Bool {
        var place = 0
        let places = 1 << Int(self.depth)
        while place < places {
            let segment = self.directory[place]
            place += 1 << Int(self.depth &- Self.depth(of: segment, self.slotMask))
            for index in 0...self.slotMask {
                guard let entry = Self.entry(in: segment[index]) else { continue }
                if !visit(entry) { return false }
            }
        }
        return true
    }

    // MARK: - Within a segment

    private func find(_ entry: Entry) -> (UnsafeMutablePointer<UInt64>, Int) {
        let segment = self.slots(entry.pointee.hash)
        var index = Int(entry.pointee.hash) & self.slotMask
        while let found = Self.entry(in: segment[index]) {
            if found == entry { return (segment, index) }
            index = (index &+ 1) & self.slotMask
        }
        preconditionFailure("an entry that is not in its index was named")
    }

    /// Writes a slot to the first free place from its home on; says whether there is one that is near enough.
    @inline(__always)
    private func put(_ slot: UInt64, _ high: UInt32, _ segment: UnsafeMutablePointer<UInt64>) -> Bool {
        var index = Int(high) & self.slotMask
        var distance = 0
        while segment[index] != 0 {
            index = (index &+ 1) & self.slotMask
            distance &+= 1
            if distance > Self.distanceMaximum { return false }
        }
        segment[index] = slot
        return true
    }

    /// Writes a slot to the first free place from its home on, of a segment that has room.
    private func move(_ slot: UInt64, _ high: UInt32, to segment: UnsafeMutablePointer<UInt64>) {
        var index = Int(high) & self.slotMask
        while segment[index] != 0 { index = (index &+ 1) & self.slotMask }
        segment[index] = slot
    }

    /// Empties a slot and moves back those behind it that probing would no longer reach.
    private func vacate(_ segment: UnsafeMutablePointer<UInt64>, _ index: Int) {
        var hole = index
        var next = (index &+ 1) & self.slotMask
        while let entry = Self.entry(in: segment[next]) {
            let home = Int(entry.pointee.hash) & self.slotMask
            if (next &- home) & self.slotMask >= (next &- hole) & self.slotMask {
                segment[hole] = segment[next]
                hole = next
            }
            next = (next &+ 1) & self.slotMask
        }
        segment[hole] = 0
    }

    // MARK: - Growth

    /// Gives the segment of `high` more room.
    ///
    /// That one of many segments is filled to the last slot before some entry lies too far from its home does not come
    /// about: above nine tenths most additions do.
    private mutating func grow(_ high: UInt32) {
        if self.slotMask + 1 < Self.segmentSlots { self.enlarge() } else { self.split(high) }
    }

    /// Doubles the single segment.
    private mutating func enlarge() {
        let old = self.directory[0]
        let oldSlots = self.slotMask + 1
        let segment = Self.makeSegment(oldSlots * 2, depth: 0)
        self.slotMask = oldSlots * 2 - 1
        for index in 0..<oldSlots {
            guard let entry = Self.entry(in: old[index]) else { continue }
            self.move(old[index], entry.pointee.hash, to: segment)
        }
        self.directory[0] = segment
        old.deallocate()
    }

    /// Divides the segment of `high` by the next bit of its entries' hashes.
    private mutating func split(_ high: UInt32) {
        let old = self.slots(high)
        let depth = Self.depth(of: old, self.slotMask)
        if depth == self.depth { self.deepen() }
        let halves = (
            Self.makeSegment(Self.segmentSlots, depth: depth + 1), Self.makeSegment(Self.segmentSlots, depth: depth + 1)
        )
        for index in 0...self.slotMask {
            guard let entry = Self.entry(in: old[index]) else { continue }
            let hash = entry.pointee.hash
            self.move(old[index], hash, to: hash &>> (31 &- depth) & 1 == 0 ? halves.0 : halves.1)
        }
        let width = 1 << Int(self.depth &- depth)
        let first = self.place(high) & ~(width - 1)
        for place in first..<first + width {
            self.directory[place] = place < first + width / 2 ? halves.0 : halves.1
        }
        if depth + 1 == self.depth { self.deepest += 2 }
        old.deallocate()
    }

    /// Doubles the directory.
    private mutating func deepen() {
        // Hundreds of entries that agree in 24 bits of a hash with a secret basis do not come about.
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

    /// Joins the segment of `high` with the one that it was split from, where both have few entries.
    private mutating func merge(_ high: UInt32) {
        let segment = self.slots(high)
        let depth = Self.depth(of: segment, self.slotMask)
        guard depth > 0 else { return }
        let width = 1 << Int(self.depth &- depth)
        let first = self.place(high) & ~(width - 1)
        let other = self.directory[first ^ width]
        let sum = Self.count(of: segment, self.slotMask) + Self.count(of: other, self.slotMask)
        guard Self.depth(of: other, self.slotMask) == depth, sum <= 128 else { return }
        segment[self.slotMask + 1] -= 1
        for index in 0...self.slotMask {
            guard let entry = Self.entry(in: other[index]) else { continue }
            self.move(other[index], entry.pointee.hash, to: segment)
        }
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
            if Self.depth(of: segment, self.slotMask) == self.depth { self.deepest += 1 }
        }
        self.directory.deallocate()
        self.directory = smaller
    }
}
