/// Memory for the frames of one batch: handed out by moving a mark, all taken back at once.
///
/// Owned by one thread. Memory stays valid until ``reset()``; the caller calls that only when nothing of the
/// batch is in use any more. Bounded by `limitBytes`: beyond that ``allocate(_:)`` gives nil and the packet
/// is dropped.
package struct PacketArena: ~Copyable {
    private static let chunkBytes = 512 * 1024

    private var chunks: [(memory: UnsafeMutableRawPointer, capacity: Int)] = []
    private var current = 0
    private var used = 0
    private var total = 0
    private let limitBytes: Int

    /// An arena without memory yet.
    package init(limitBytes: Int = 16 * 1024 * 1024) { self.limitBytes = limitBytes }

    deinit {
        for chunk in self.chunks { chunk.memory.deallocate() }
    }

    /// Room for `count` bytes, aligned to 16; nil when the limit is reached.
    package mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let memory = self.reserve(count) else { return nil }
        self.commit(count)
        return memory
    }

    /// Room for up to `count` bytes, of which ``commit(_:)`` takes the part that came to be used; the next
    /// call may give the same.
    package mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer? {
        while self.current < self.chunks.count {
            let chunk = self.chunks[self.current]
            if chunk.capacity - self.used >= count { return chunk.memory + self.used }
            self.current += 1
            self.used = 0
        }
        let capacity = max(count, Self.chunkBytes)
        guard self.total + capacity <= self.limitBytes else { return nil }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        self.chunks.append((memory, capacity))
        self.total += capacity
        return memory
    }

    /// Takes `count` bytes of what the last ``reserve(_:)`` gave.
    package mutating func commit(_ count: Int) { self.used += (count + 15) & ~15 }

    /// Takes everything back; keeps the first chunk.
    package mutating func reset() {
        self.current = 0
        self.used = 0
        guard self.chunks.count > 1 else { return }
        for chunk in self.chunks.dropFirst() {
            chunk.memory.deallocate()
            self.total -= chunk.capacity
        }
        self.chunks.removeSubrange(1...)
    }
}
