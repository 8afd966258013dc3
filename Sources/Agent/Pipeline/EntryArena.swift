/// The memory of one subtable's entries: ``ClassifierEntryHead`` followed by the masked words, all of one size.
///
/// Cut from chunks that start at 1 KiB and grow to 256 KiB with the number of entries; the larger ones are whole pages,
/// which go back to the host with the subtable. Entries that are given back are used again, the last one first.
struct EntryArena: ~Copyable {
    typealias Entry = UnsafeMutablePointer<ClassifierEntryHead>

    /// Chunks of so many bytes and more are whole pages.
    private static let pagesFrom = 65_536

    /// The bytes of an entry.
    private let stride: Int
    private var chunks: [(memory: UnsafeMutableRawPointer, byteCount: Int)] = []
    private var rest: UnsafeMutableRawPointer?
    private var restBytes = 0
    private var free: Entry?
    /// How many entries are in use.
    private(set) var count = 0

    /// Makes an arena of entries with `wordCount` words behind their heads.
    init(wordCount: Int) {
        self.stride = MemoryLayout<ClassifierEntryHead>.stride + 8 * wordCount
    }

    deinit {
        for chunk in self.chunks {
            if chunk.byteCount < Self.pagesFrom {
                chunk.memory.deallocate()
            } else {
                PageMemory.release(chunk.memory, chunk.byteCount)
            }
        }
    }

    /// Gives memory for an entry, which is to be initialised.
    @inline(__always)
    mutating func take() -> Entry {
        self.count &+= 1
        guard let entry = self.free else { return self.cut() }
        self.free = entry.pointee.next
        return entry
    }

    /// Takes the memory of an entry back.
    mutating func giveBack(_ entry: Entry) {
        entry.pointee.rule = RuleSlab.none
        entry.pointee.next = self.free
        self.free = entry
        self.count &-= 1
    }

    /// Calls `visit` with every entry in the order of memory, which is quicker by far than that of an index.
    func visit(_ visit: (Entry) -> Void) {
        for (number, chunk) in self.chunks.enumerated() {
            let isLast = number == self.chunks.count - 1
            let used = isLast ? chunk.byteCount - self.restBytes : chunk.byteCount / self.stride * self.stride
            for offset in Swift.stride(from: 0, to: used, by: self.stride) {
                let entry = (chunk.memory + offset).assumingMemoryBound(to: ClassifierEntryHead.self)
                if entry.pointee.rule != RuleSlab.none { visit(entry) }
            }
        }
    }

    private mutating func cut() -> Entry {
        if self.restBytes < self.stride { self.addChunk() }
        guard let entry = self.rest else { preconditionFailure("no arena after taking one") }
        self.rest = entry + self.stride
        self.restBytes -= self.stride
        return entry.assumingMemoryBound(to: ClassifierEntryHead.self)
    }

    private mutating func addChunk() {
        // An eighth of what there is, so that little is in vain; the sizes are powers of two.
        let wanted = max(1_024, self.count * self.stride / 8)
        let bytes = min(262_144, 1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount))
        let chunk =
            bytes < Self.pagesFrom
            ? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8) : PageMemory.allocate(bytes)
        precondition(UInt(bitPattern: chunk) + UInt(bytes) < 1 << 48, "memory above the 48-bit address space")
        self.chunks.append((chunk, bytes))
        self.rest = chunk
        self.restBytes = bytes
    }
}
