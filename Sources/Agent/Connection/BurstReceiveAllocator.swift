import NIOCore

/// Chooses how much memory a connection reads into: little while it is idle, much as soon as there is much.
///
/// A channel keeps the buffer of its last read until the next, so that thousands of idle connections with great buffers
/// would hold great amounts of memory. A read that fills the small buffer is followed by one into the great buffer, at
/// once and in the same turn; a read that would have fitted into the small one goes back to it. There is nothing in
/// between: a buffer that grows step by step is too small for the next burst.
struct BurstReceiveAllocator: RecvByteBufferAllocator {
    /// Bytes of the small buffer.
    static let smallBytes = 2048

    private var isBurst = false

    /// Notes how much the last read got; the next buffer is always a new one.
    mutating func record(actualReadBytes: Int) -> Bool {
        self.isBurst = actualReadBytes >= Self.smallBytes
        return true
    }

    /// The buffer of the next read.
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: self.isBurst ? AgentLimits.readBufferBytes : Self.smallBytes)
    }
}
