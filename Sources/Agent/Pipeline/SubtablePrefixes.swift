import Synchronization

/// The ``PrefixSet``s of one subtable, made when a lookup first has a use for them.
///
/// **Cost.** An insertion into a subtable that no packet has missed costs the look at a pointer. The first lookup that
/// misses makes the sets of all slices, a few milliseconds at most: a subtable of more than ``entriesMaximum`` entries
/// has none, for there the addresses lie so close that little would be gained.
///
/// **Threads.** Readers of the table make the sets, one of them while the others go without; the thread that changes
/// the table, while nobody reads, adds to them and drops them. A set that is there is never behind its entries.
struct SubtablePrefixes: ~Copyable {
    /// Entries above which a subtable has no sets.
    static let entriesMaximum = 65_536
    /// What the address is while a reader makes the sets.
    private static let making: UInt = 1

    /// The slices, in the order of the key.
    let slices: [PrefixSlice]
    /// The address of the sets, one for each slice; 0 while there are none.
    private let address = Atomic<UInt>(0)
    /// How many entries have gone since the sets were made.
    private var removals = 0

    /// Finds the slices of a subtable with those words: `masks` of the words `indices` of a key.
    init(
        _ masks: UnsafePointer<UInt64>, _ indices: UnsafePointer<UInt8>, wordCount: Int, stageEnds: (Int) -> Int
    ) {
        var slices: [PrefixSlice] = []
        for position in 0..<wordCount {
            for place in PrefixSlice.places where place.word == Int(indices[position]) {
                let bits = UInt32(truncatingIfNeeded: masks[position] >> place.shift) << UInt32(32 - place.width)
                let length = min(place.width, (~bits).leadingZeroBitCount)
                guard length > 0 else { continue }
                slices.append(
                    PrefixSlice(
                        position: position, word: place.word, shift: place.shift, width: place.width, length: length,
                        stageStart: stageEnds(position)))
            }
        }
        self.slices = slices
    }

    deinit { Self.release(self.address.load(ordering: .relaxed), self.slices.count) }

    private static func sets(_ address: UInt) -> UnsafeMutablePointer<PrefixSet>? {
        address == Self.making ? nil : UnsafeMutablePointer(bitPattern: address)
    }

    private static func release(_ address: UInt, _ count: Int) {
        guard let sets = Self.sets(address) else { return }
        sets.deinitialize(count: count)
        sets.deallocate()
    }

    // MARK: - Lookups

    /// The slice whose value in `key` differs from all entries' soonest, and in how many leading bits; nil where every
    /// slice before word `end` of the subtable has some entry's value, or where that is not known.
    ///
    /// Slices of earlier stages come before those of later ones, of which more must be looked at.
    func difference(
        of key: UnsafePointer<UInt64>, before end: Int, _ entries: borrowing EntryArena
    ) -> (slice: PrefixSlice, bits: Int)? {
        guard let first = self.slices.first, first.position < end, let sets = self.sets(entries) else { return nil }
        var best: (slice: PrefixSlice, bits: Int)?
        for (number, slice) in self.slices.enumerated() {
            guard slice.position < end else { break }
            if let best, best.slice.stageStart < slice.stageStart { break }
            if let bits = sets[number].bitsThatDiffer(slice.value(key[slice.word])), bits < best?.bits ?? .max {
                best = (slice, bits)
            }
        }
        return best
    }

    /// The sets, made where they are not there yet.
    private func sets(_ entries: borrowing EntryArena) -> UnsafeMutablePointer<PrefixSet>? {
        let address = self.address.load(ordering: .acquiring)
        guard address == 0 else { return Self.sets(address) }
        guard entries.count <= Self.entriesMaximum else { return nil }
        let isMine = self.address.compareExchange(
            expected: 0, desired: Self.making, ordering: .acquiringAndReleasing
        ).exchanged
        guard isMine else { return nil }
        let sets = self.make(entries)
        self.address.store(UInt(bitPattern: sets), ordering: .releasing)
        return sets
    }

    @inline(never)
    private func make(_ entries: borrowing EntryArena) -> UnsafeMutablePointer<PrefixSet> {
        let sets = UnsafeMutablePointer<PrefixSet>.allocate(capacity: self.slices.count)
        for (number, slice) in self.slices.enumerated() {
            var values: [UInt32] = []
            values.reserveCapacity(entries.count)
            entries.visit { values.append(slice.value(ClassifierEntryHead.words($0)[slice.position])) }
            (sets + number).initialize(to: PrefixSet(values))
        }
        return sets
    }

    // MARK: - Changes

    /// An entry has been added.
    @inline(__always)
    mutating func inserted(_ entry: UnsafeMutablePointer<ClassifierEntryHead>, of entryCount: Int) {
        // No reader is about: nobody is making sets.
        if let sets = Self.sets(self.address.load(ordering: .relaxed)) { self.add(entry, to: sets, entryCount) }
    }

    @inline(never)
    private mutating func add(
        _ entry: UnsafeMutablePointer<ClassifierEntryHead>, to sets: UnsafeMutablePointer<PrefixSet>, _ entryCount: Int
    ) {
        guard entryCount <= Self.entriesMaximum else { return self.drop() }
        let words = ClassifierEntryHead.words(entry)
        for (number, slice) in self.slices.enumerated() {
            sets[number].insert(slice.value(words[slice.position]))
        }
    }

    /// An entry has been removed; `entryCount` are left.
    @inline(__always)
    mutating func removed(of entryCount: Int) {
        guard Self.sets(self.address.load(ordering: .relaxed)) != nil else { return }
        self.removals += 1
        // Values that nobody has any more are forgotten when they may be the most.
        if self.removals > entryCount { self.drop() }
    }

    private mutating func drop() {
        Self.release(self.address.exchange(0, ordering: .relaxed), self.slices.count)
        self.removals = 0
    }
}
