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
    private typealias Chunk = (memory: UnsafeMutableRawPointer, byteCount: Int)
    private var chunks: [Chunk] = []
    /// How many bytes at the end of the last chunk were never given.
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
        guard let chunk = self.chunks.last, self.restBytes >= self.stride else { return self.cut(self.addChunk()) }
        return self.cut(chunk)
    }

    /// Cuts an entry from the last chunk, which has room for it.
    private mutating func cut(_ chunk: Chunk) -> Entry {
        let entry = chunk.memory + (chunk.byteCount - self.restBytes)
        self.restBytes -= self.stride
        return entry.assumingMemoryBound(to: ClassifierEntryHead.self)
    }

    private mutating func addChunk() -> Chunk {
        // An eighth of what there is, so that little is in vain; the sizes are powers of two.
        let wanted = max(1_024, self.count * self.stride / 8)
        let bytes = min(262_144, 1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount))
        let memory =
            bytes < Self.pagesFrom
            ? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8) : PageMemory.allocate(bytes)
        precondition(UInt(bitPattern: memory) + UInt(bytes) < 1 << 48, "memory above the 48-bit address space")
        let chunk = (memory: memory, byteCount: bytes)
        self.chunks.append(chunk)
        self.restBytes = bytes
        return chunk
    }
}
