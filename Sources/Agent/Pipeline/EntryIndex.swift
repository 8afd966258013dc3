import CLinux

/// Finds the entries of one ``ClassifierSubtable`` by hash: an extendible hash table (``SegmentDirectory``).
///
/// **Slots.** Bits 48–63 are 16 bits of the hash, bits 0–47 the entry's address, zero is free. Removal shifts the
/// followers back, so that there are no tombstones. Addresses below 2^48 are what Linux gives to a process on every
/// supported processor unless it asks for more; checked where entries are made.
///
/// **Fullness.** A segment is full when an entry would come to lie more than 24 slots from its home, which happens
/// between six and eight tenths: nobody needs to count.
///
/// **Bits of the hash.** The high half is kept in the entry: its top bits lead to the segment, its low bits are the
/// home slot there. The low 16 bits of all are the slot's tag. The three are independent.
struct EntryIndex: ~Copyable {
    typealias Entry = UnsafeMutablePointer<ClassifierEntryHead>

    /// How far from its home an entry may come to lie when it is added.
    private static let distanceMaximum = 24

    private var directory = SegmentDirectory(places: 16, counts: false)
    /// How many entries there are.
    private(set) var count = 0

    /// The slots of a segment less one.
    @inline(__always)
    var slotMask: Int { self.directory.mask }

    /// The slots in which an entry of that hash may be.
    @inline(__always)
    func slots(_ high: UInt32) -> UnsafeMutablePointer<UInt64> { self.directory[high] }

    /// Has the home of that hash read into the processor's caches.
    @inline(__always)
    func prefetch(_ high: UInt32) { clinux_prefetch(self.slots(high) + (Int(high) & self.slotMask)) }

    /// The part of a slot that comes from the hash.
    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt64 { hash << 48 }

    /// The entry in a slot, or nil where it is free.
    @inline(__always)
    static func entry(in slot: UInt64) -> Entry? {
        Entry(bitPattern: UInt(slot & 0xffff_ffff_ffff))
    }

    /// The hash of the entry in a slot that is taken.
    @inline(__always)
    private static func hash(of slot: UInt64) -> UInt32 { Self.entry(in: slot)?.pointee.hash ?? 0 }

    /// Adds an entry of which no equal one is there; its head has the high half of `hash`.
    mutating func insert(_ entry: Entry, hash: UInt64) {
        let high = entry.pointee.hash
        let slot = Self.tag(hash) | UInt64(UInt(bitPattern: entry))
        // Of a single segment the count is known.
        if self.directory.depth == 0, (self.count + 1) * 4 > (self.slotMask + 1) * 3 { self.grow(high) }
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
        self.directory.vacate(segment, index) { Self.hash(of: $0) }
        self.count -= 1
        // Now and then a segment is looked at as a whole.
        if self.directory.depth > 0, entry.pointee.hash & 0x1f0 == 0 {
            self.directory.merge(entry.pointee.hash) { Self.hash(of: $0) }
        }
    }

    /// Calls `visit` with every entry, until it returns false; says whether it never did.
    func visit(_ visit: (Entry) -> Bool) -> Bool {
        self.directory.visit { segment in
            for index in 0...self.slotMask {
                guard let entry = Self.entry(in: segment[index]) else { continue }
                if !visit(entry) { return false }
            }
            return true
        }
    }

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

    /// Gives the segment of `high` more room.
    ///
    /// That one of many segments is filled to the last slot before some entry lies too far from its home does not come
    /// about: above nine tenths most additions do.
    @inline(never)
    private mutating func grow(_ high: UInt32) { self.directory.grow(high) { Self.hash(of: $0) } }
}
