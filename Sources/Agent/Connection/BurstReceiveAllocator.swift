import NIOCore

/// Chooses how much memory a connection reads into: little while it is idle, much as soon as there is much.
///
/// A channel keeps its first buffer for as long as it lives (`NIOPooledRecvBufferAllocator`), so that the first is
/// tiny: a HELLO fits, and thousands of idle connections hold next to nothing. Later ones are given back when what
/// was read has been handled. A read that fills the small buffer is followed by one into the great buffer; a read that
/// would have fitted into the small one goes back to it. There is nothing in between: a buffer that grows step by step
/// is too small for the next burst.
struct BurstReceiveAllocator: RecvByteBufferAllocator {
    /// Bytes of the small buffer.
    static let smallBytes = 2048

    /// Bytes of the buffer that is kept.
    static let firstBytes = 64

    private var isFirst = true
    private var isBurst = false

    /// Notes how much the last read got; the next buffer is always a new one.
    mutating func record(actualReadBytes: Int) -> Bool {
        // What fills the first buffer may be the beginning of anything, and is followed by a small one.
        self.isBurst = actualReadBytes >= Self.smallBytes
        self.isFirst = false
        return true
    }

    /// The buffer of the next read.
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        if self.isFirst { return allocator.buffer(capacity: Self.firstBytes) }
        return allocator.buffer(capacity: self.isBurst ? AgentLimits.readBufferBytes : Self.smallBytes)
    }
}
