/// A frame in memory with free room before it, so that pushing a tag moves twelve bytes and not the frame.
///
/// Either owns its memory (freed at the end) or views memory of somebody who outlives it: a receive ring, an
/// arena, another buffer. Memory that somebody else may still read (a frame queued for sending, the original
/// of a clone) is marked ``isShared``; ``PacketSink/makeWritable(_:)`` replaces it before the first change.
///
/// Unsafe pointers stay in this file: each access checks its offset against `count`, and the frame always
/// lies within `capacity` bytes from `memory` (every method that moves it keeps 0 ≤ start, start + count ≤
/// capacity).
package struct PacketBuffer: ~Copyable {
    /// The longest frame: what a GSO frame of 64 KiB with its headers may need.
    package static let maximumCount = 65_535 + 64
    /// Free bytes before a frame in memory of our own: room for tags and labels.
    package static let defaultHeadroom = 128

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var start: Int
    /// Whether the memory goes when this buffer goes.
    package private(set) var isOwned: Bool
    /// The length of the frame in bytes.
    package private(set) var count: Int
    /// Whether somebody else may still read this memory, so that it must not change.
    package var isShared: Bool
    /// What is left to the device that sends the frame.
    package var offload: PacketOffload
    /// Which queue of the device that sends the frame it takes (skb priority); 0 for none in particular.
    package var priority: UInt32 = 0

    /// Copies a frame into memory of its own.
    ///
    /// Frames longer than ``maximumCount`` are refused.
    package init(copying frame: RawSpan, headroom: Int = Self.defaultHeadroom) throws(PacketError) {
        guard frame.byteCount <= Self.maximumCount else { throw .tooLong }
        self.capacity = headroom + frame.byteCount
        self.memory = .allocate(byteCount: max(1, self.capacity), alignment: 16)
        self.start = headroom
        self.count = frame.byteCount
        self.isOwned = true
        self.isShared = false
        self.offload = PacketOffload()
        let target = self.memory + headroom
        let length = self.count
        frame.withUnsafeBytes { source in
            if let base = source.baseAddress { target.copyMemory(from: base, byteCount: length) }
        }
    }

    /// Views `count` bytes from `memory + start`; the caller keeps the `capacity` bytes alive for the life of
    /// the buffer.
    package init(
        viewing memory: UnsafeMutableRawPointer, capacity: Int, start: Int, count: Int,
        offload: PacketOffload = PacketOffload(), isShared: Bool = false
    ) {
        precondition(start >= 0 && count >= 0 && start + count <= capacity)
        self.memory = memory
        self.capacity = capacity
        self.start = start
        self.count = count
        self.isOwned = false
        self.isShared = isShared
        self.offload = offload
    }

    deinit {
        if self.isOwned { self.memory.deallocate() }
    }

    /// The frame's bytes.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        @inline(__always)
        get {
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(self.memory + self.start), byteCount: self.count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Free bytes before the frame.
    package var headroom: Int { self.start }

    /// Where the frame begins in memory, for queues of frames to be sent.
    ///
    /// Valid while the memory lives.
    package var unsafeStart: UnsafeMutableRawPointer {
        @inline(__always) get { self.memory + self.start }
    }

    /// The first `maximum` bytes as an array.
    package func copiedBytes(maximum: Int = .max) -> [UInt8] {
        let length = max(0, min(self.count, maximum))
        return [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
            if let base = target.baseAddress {
                UnsafeMutableRawPointer(base).copyMemory(from: self.memory + self.start, byteCount: length)
            }
            initialized = length
        }
    }

    /// A second buffer over the same memory, marked shared like this one; it must not outlive this buffer.
    package mutating func sharedView() -> PacketBuffer {
        self.isShared = true
        var view = PacketBuffer(
            viewing: self.memory, capacity: self.capacity, start: self.start, count: self.count,
            offload: self.offload, isShared: true)
        view.priority = self.priority
        return view
    }

    /// Moves the frame into memory of its own, with at least `headroom` bytes free before it, whoever reads the old.
    package mutating func moveToOwnMemory(headroom: Int = Self.defaultHeadroom) {
        let capacity = max(Self.defaultHeadroom, headroom) + self.count
        self.adopt(
            .allocate(byteCount: max(1, capacity), alignment: 16), capacity: capacity, isOwned: true)
    }

    /// Moves the frame to the end of the caller's memory of `capacity` ≥ ``defaultHeadroom`` + `count` bytes, which
    /// must outlive the buffer.
    package mutating func move(to memory: UnsafeMutableRawPointer, capacity: Int) {
        self.adopt(memory, capacity: capacity, isOwned: false)
    }

    private mutating func adopt(_ target: UnsafeMutableRawPointer, capacity: Int, isOwned: Bool) {
        precondition(capacity >= Self.defaultHeadroom + self.count)
        let start = capacity - self.count
        (target + start).copyMemory(from: self.memory + self.start, byteCount: self.count)
        if self.isOwned { self.memory.deallocate() }
        self.memory = target
        self.capacity = capacity
        self.start = start
        self.isOwned = isOwned
        self.isShared = false
    }

    /// Opens a gap of `length` bytes before the byte at `offset`, by moving what is before it; the gap's
    /// bytes are undefined.
    ///
    /// `noRoom` when memory of somebody else's has too little ``headroom``.
    package mutating func insert(_ length: Int, at offset: Int) throws(PacketError) {
        precondition(!self.isShared && offset >= 0 && offset <= self.count && length >= 0)
        guard self.count + length <= Self.maximumCount else { throw .tooLong }
        if self.start < length {
            // Memory of somebody else's is grown by whoever lends it (`PacketSink.makeWritable`), who knows
            // how long it must live.
            guard self.isOwned else { throw .noRoom }
            self.moveToOwnMemory(headroom: length)
            guard self.start >= length else { throw .noRoom }
        }
        let old = self.memory + self.start
        self.start -= length
        (self.memory + self.start).copyMemory(from: old, byteCount: offset)
        self.count += length
        self.offload.shift(by: length)
    }

    /// Removes `length` bytes at `offset`, by moving what is before them.
    package mutating func remove(_ length: Int, at offset: Int) {
        precondition(!self.isShared && offset >= 0 && length >= 0 && offset + length <= self.count)
        let old = self.memory + self.start
        (old + length).copyMemory(from: old, byteCount: offset)
        self.start += length
        self.count -= length
        self.offload.shift(by: -length)
    }

    /// Cuts the frame to at most `length` bytes.
    package mutating func truncate(to length: Int) {
        self.count = max(0, min(self.count, length))
    }

    /// Replaces the byte at `offset`.
    @inline(__always)
    package mutating func store(_ value: UInt8, at offset: Int) {
        precondition(!self.isShared && offset >= 0 && offset < self.count)
        (self.memory + (self.start &+ offset)).storeBytes(of: value, as: UInt8.self)
    }

    /// Replaces the bytes at `offset` by the integer in network byte order.
    @inline(__always)
    package mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(big value: Value, at offset: Int) {
        precondition(!self.isShared && offset >= 0 && offset &+ MemoryLayout<Value>.size <= self.count)
        (self.memory + (self.start &+ offset)).storeBytes(of: value.bigEndian, as: Value.self)
    }

    /// Replaces the six bytes at `offset` by the low 48 bits of `value` in network byte order.
    package mutating func store(big48 value: UInt64, at offset: Int) {
        self.store(big: UInt32(truncatingIfNeeded: value >> 16), at: offset)
        self.store(big: UInt16(truncatingIfNeeded: value), at: offset &+ 4)
    }
}
