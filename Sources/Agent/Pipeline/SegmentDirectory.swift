import CLinux

/// The segments of an extendible hash table of words, and which of them holds a hash.
///
/// What ``EntryIndex`` and ``SlotIndex`` have in common. Segments are open-addressing tables of at most 512 places with
/// linear probing; zero is a free place. The high bits of a hash, as many as ``depth``, name an entry of the directory,
/// which points to a segment; its low bits are the home there. A segment that is full is split in two by the next bit,
/// two that are nearly empty are joined. So a table grows and shrinks by moving a few hundred words at a time, however
/// large it is. A table of few words is one segment, which doubles.
///
/// What a word's hash is, the owner says where words are moved: `hashOf` is asked of places that are taken.
struct SegmentDirectory: ~Copyable {
    /// The places of a segment; behind them its depth, and how many places are taken where the directory counts.
    typealias Segment = UnsafeMutablePointer<UInt64>

    /// The places of a segment, but for a single one.
    static let segmentPlaces = 512
    /// Two segments that have no more words together are joined.
    private static let joinedWordsMaximum = 127
    private static let depthMaximum: UInt32 = 24

    /// By the high bits of the hash; neighbours may be one segment.
    private var segments: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>
    /// How many bits of the hash the directory takes; 0 for a single segment.
    private(set) var depth: UInt32 = 0
    /// The places of a segment less one; less than 511 only while there is a single segment.
    private(set) var mask: Int
    /// How many segments are as deep as the directory.
    private var deepest = 1
    /// Whether segments know how many of their places are taken.
    private let counts: Bool

    /// A single segment of so many free places, a power of two.
    init(places: Int, counts: Bool) {
        self.mask = places - 1
        self.counts = counts
        self.segments = .allocate(capacity: 1)
        self.segments.initialize(to: Self.makeSegment(places, depth: 0))
    }

    deinit {
        _ = self.visit { segment in
            segment.deallocate()
            return true
        }
        self.segments.deallocate()
    }

    private static func makeSegment(_ places: Int, depth: UInt32) -> Segment {
        let segment = Segment.allocate(capacity: places + 2)
        segment.initialize(repeating: 0, count: places)
        (segment + places).initialize(to: UInt64(depth))
        (segment + places + 1).initialize(to: 0)
        return segment
    }

    @inline(__always)
    private func depth(of segment: UnsafeMutablePointer<UInt64>) -> UInt32 {
        UInt32(truncatingIfNeeded: segment[self.mask &+ 1])
    }

    /// How many places are taken, of a directory that counts.
    @inline(__always)
    func taken(_ segment: UnsafeMutablePointer<UInt64>) -> Int { Int(truncatingIfNeeded: segment[self.mask &+ 2]) }

    /// Has the count of a segment's places read into the processor's caches.
    @inline(__always)
    func prefetchCount(of segment: UnsafeMutablePointer<UInt64>) { clinux_prefetch(segment + self.mask + 2) }

    /// Notes that one more place is taken, or one less, where the directory counts.
    @inline(__always)
    func note(_ change: Int, in segment: UnsafeMutablePointer<UInt64>) {
        if self.counts { segment[self.mask &+ 2] &+= UInt64(truncatingIfNeeded: change) }
    }

    @inline(__always)
    private func place(_ hash: UInt32) -> Int {
        Int(truncatingIfNeeded: UInt64(hash) &>> UInt64(32 &- self.depth))
    }

    /// The segment that holds a hash.
    @inline(__always)
    subscript(hash: UInt32) -> UnsafeMutablePointer<UInt64> { self.segments[self.place(hash)] }

    /// Calls `visit` with every segment, until it returns false; says whether it never did.
    func visit(_ visit: (UnsafeMutablePointer<UInt64>) -> Bool) -> Bool {
        var place = 0
        let places = 1 << Int(self.depth)
        while place < places {
            let segment = self.segments[place]
            place += 1 << Int(self.depth &- self.depth(of: segment))
            if !visit(segment) { return false }
        }
        return true
    }

    /// Empties a place, and moves back those behind it that probing would no longer reach.
    @inline(__always)
    func vacate(_ segment: UnsafeMutablePointer<UInt64>, _ place: Int, hashOf: (UInt64) -> UInt32) {
        var hole = place
        var next = (place &+ 1) & self.mask
        while segment[next] != 0 {
            let home = Int(hashOf(segment[next])) & self.mask
            if (next &- home) & self.mask >= (next &- hole) & self.mask {
                segment[hole] = segment[next]
                hole = next
            }
            next = (next &+ 1) & self.mask
        }
        segment[hole] = 0
        self.note(-1, in: segment)
    }

    /// Writes a word to the first free place from its home on, of a segment that has room.
    @inline(__always)
    private func move(_ word: UInt64, _ hash: UInt32, to segment: UnsafeMutablePointer<UInt64>) {
        var place = Int(hash) & self.mask
        while segment[place] != 0 { place = (place &+ 1) & self.mask }
        segment[place] = word
        self.note(1, in: segment)
    }

    // MARK: - Growth

    /// Gives the segment of `hash` more room: doubles a single one, divides another.
    ///
    /// Of the halves one may get all the words; who needs more room then asks again.
    mutating func grow(_ hash: UInt32, hashOf: (UInt64) -> UInt32) {
        if self.mask + 1 < Self.segmentPlaces { self.enlarge(hashOf) } else { self.split(hash, hashOf) }
    }

    /// Doubles the single segment.
    private mutating func enlarge(_ hashOf: (UInt64) -> UInt32) {
        let old = self.segments[0]
        let places = self.mask + 1
        let segment = Self.makeSegment(places * 2, depth: 0)
        self.mask = places * 2 - 1
        for place in 0..<places where old[place] != 0 { self.move(old[place], hashOf(old[place]), to: segment) }
        self.segments[0] = segment
        old.deallocate()
    }

    /// Divides the segment of `hash` by the next bit of its words' hashes.
    private mutating func split(_ hash: UInt32, _ hashOf: (UInt64) -> UInt32) {
        let old = self[hash]
        let depth = self.depth(of: old)
        if depth == self.depth { self.deepen() }
        let halves = (
            Self.makeSegment(Self.segmentPlaces, depth: depth + 1),
            Self.makeSegment(Self.segmentPlaces, depth: depth + 1)
        )
        for place in 0...self.mask where old[place] != 0 {
            let hash = hashOf(old[place])
            self.move(old[place], hash, to: hash &>> (31 &- depth) & 1 == 0 ? halves.0 : halves.1)
        }
        let width = 1 << Int(self.depth &- depth)
        let first = self.place(hash) & ~(width - 1)
        for place in first..<first + width {
            self.segments[place] = place < first + width / 2 ? halves.0 : halves.1
        }
        if depth + 1 == self.depth { self.deepest += 2 }
        old.deallocate()
    }

    /// Doubles the directory.
    private mutating func deepen() {
        // Hundreds of words that agree in 24 bits of a hash with a secret seed do not come about.
        precondition(self.depth < Self.depthMaximum, "a hash that does not spread")
        let places = 1 << Int(self.depth)
        let larger = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>.allocate(capacity: 2 * places)
        for place in 0..<places {
            (larger + 2 * place).initialize(to: self.segments[place])
            (larger + 2 * place + 1).initialize(to: self.segments[place])
        }
        self.segments.deallocate()
        self.segments = larger
        self.depth += 1
        self.deepest = 0
    }

    // MARK: - Shrinking

    /// Joins the segment of `hash` with the one that it was split from, where both have few words.
    mutating func merge(_ hash: UInt32, hashOf: (UInt64) -> UInt32) {
        let segment = self[hash]
        let depth = self.depth(of: segment)
        guard depth > 0 else { return }
        let width = 1 << Int(self.depth &- depth)
        let first = self.place(hash) & ~(width - 1)
        let other = self.segments[first ^ width]
        guard self.depth(of: other) == depth,
            self.wordCount(of: segment) + self.wordCount(of: other) <= Self.joinedWordsMaximum
        else { return }
        segment[self.mask + 1] -= 1
        for place in 0...self.mask where other[place] != 0 {
            self.move(other[place], hashOf(other[place]), to: segment)
        }
        let start = min(first, first ^ width)
        for place in start..<start + 2 * width { self.segments[place] = segment }
        if depth == self.depth { self.deepest -= 2 }
        other.deallocate()
        while self.depth > 0, self.deepest == 0 { self.halve() }
    }

    private func wordCount(of segment: UnsafeMutablePointer<UInt64>) -> Int {
        guard !self.counts else { return self.taken(segment) }
        var count = 0
        for place in 0...self.mask where segment[place] != 0 { count += 1 }
        return count
    }

    /// Halves the directory, of which no segment takes all bits.
    private mutating func halve() {
        let places = 1 << Int(self.depth - 1)
        let smaller = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>.allocate(capacity: places)
        self.depth -= 1
        self.deepest = 0
        for place in 0..<places {
            let segment = self.segments[2 * place]
            (smaller + place).initialize(to: segment)
            if self.depth(of: segment) == self.depth { self.deepest += 1 }
        }
        self.segments.deallocate()
        self.segments = smaller
    }
}
