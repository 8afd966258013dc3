import CLinux

/// Says of a hash that no entry has it, or that one may: counters by hash, for the end of a stage of a lookup.
///
/// One 8-bit counter per place, a power of two of them, at least twice as many as are not zero while few entries
/// need counting anew. A counter that once reached 255 stays there: it then only fails to help. So do filters that
/// could grow no further.
struct StageFilter: ~Copyable {
    /// Entries beyond which a filter is not counted anew, for that would take too long.
    private static let recountedEntriesMaximum = 131_072
    private static let placesMaximum = 1 << 18

    private var counters: UnsafeMutablePointer<UInt8>
    private var mask = 15
    /// How many counters are not zero.
    private var occupied = 0

    init() { self.counters = Self.make(16) }

    deinit { self.counters.deallocate() }

    private static func make(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        let counters = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        counters.initialize(repeating: 0, count: count)
        return counters
    }

    /// Whether an entry may begin with `hash`.
    @inline(__always)
    func mayHold(_ hash: UInt64) -> Bool { self.counters[Int(truncatingIfNeeded: hash) & self.mask] != 0 }

    /// Has the counter of a hash read into the processor's caches.
    @inline(__always)
    func prefetch(_ hash: UInt64) { clinux_prefetch(self.counters + (Int(truncatingIfNeeded: hash) & self.mask)) }

    /// Counts an entry that begins with `hash`.
    @inline(__always)
    mutating func add(_ hash: UInt64) {
        let counter = self.counters + (Int(truncatingIfNeeded: hash) & self.mask)
        if counter.pointee == 0 { self.occupied &+= 1 }
        if counter.pointee != .max { counter.pointee &+= 1 }
    }

    /// Takes an entry that was counted out again.
    @inline(__always)
    mutating func remove(_ hash: UInt64) {
        let counter = self.counters + (Int(truncatingIfNeeded: hash) & self.mask)
        if counter.pointee != .max { counter.pointee &-= 1 }
        if counter.pointee == 0 { self.occupied &-= 1 }
    }

    /// Whether the filter should grow, with so many entries to be counted anew.
    @inline(__always)
    func isCrowded(entries: Int) -> Bool {
        self.occupied &* 2 > self.mask && entries <= Self.recountedEntriesMaximum
            && self.mask < Self.placesMaximum - 1
    }

    /// Makes room; all entries are to be added again.
    mutating func enlarge() {
        self.counters.deallocate()
        let count = (self.mask + 1) * 4
        self.counters = Self.make(count)
        self.mask = count - 1
        self.occupied = 0
    }
}
