/// Remembers which megaflow a packet's key hit last: direct-mapped, by a hash of the whole key.
///
/// An entry is half of the hash and a record number; whether that megaflow still exists and matches is for
/// ``MegaflowTable/isMatch(_:_:)`` to say, so nothing needs to be invalidated when flows change. Owned by one
/// thread.
struct FlowCache: ~Copyable {
    private static let entryCount = 16_384
    private let entries: UnsafeMutablePointer<UInt64>

    init() {
        self.entries = .allocate(capacity: Self.entryCount)
        self.entries.initialize(repeating: 0, count: Self.entryCount)
    }

    deinit { self.entries.deallocate() }

    /// The record remembered for that hash.
    @inline(__always)
    func candidate(_ hash: UInt64) -> UInt32? {
        let entry = self.entries[Int(truncatingIfNeeded: hash) & (Self.entryCount - 1)]
        guard entry >> 32 == hash >> 32, entry & 0xffff_ffff != 0 else { return nil }
        return UInt32(truncatingIfNeeded: entry) &- 1
    }

    /// Remembers a record for that hash in place of what was there.
    @inline(__always)
    func remember(_ hash: UInt64, record: UInt32) {
        self.entries[Int(truncatingIfNeeded: hash) & (Self.entryCount - 1)] =
            (hash & ~0xffff_ffff) | UInt64(record &+ 1)
    }
}
