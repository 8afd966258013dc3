// Reads of network-order integers. Each checks its bounds (a trap when violated); callers test lengths first,
// so the checks never fire and mostly fold into those tests.

extension RawSpan {
    /// The byte at `offset`.
    @inlinable @inline(__always)
    package func byte(_ offset: Int) -> UInt8 { self.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// The big-endian 16-bit integer at `offset`.
    @inlinable @inline(__always)
    package func big16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The big-endian 32-bit integer at `offset`.
    @inlinable @inline(__always)
    package func big32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The big-endian 48-bit integer at `offset` (an Ethernet address).
    @inlinable @inline(__always)
    package func big48(_ offset: Int) -> UInt64 {
        UInt64(self.big32(offset)) << 16 | UInt64(self.big16(offset &+ 4))
    }

    /// The big-endian 64-bit integer at `offset`.
    @inlinable @inline(__always)
    package func big64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
