/// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
package enum Checksum {
    /// The one's complement sum of the bytes in `range` of `bytes`, folded to 16 bits and not complemented.
    ///
    /// A last odd byte counts as the high half of a word. `initial` is a sum to start with.
    package static func sum(_ bytes: RawSpan, in range: Range<Int>, initial: UInt64 = 0) -> UInt16 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount)
        // Sums native words and swaps the bytes of the result once: byte order does not matter to the sum
        // (RFC 1071 §2(B)).
        var total: UInt64 = 0
        var offset = range.lowerBound
        while range.upperBound &- offset >= 8 {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            total &+= (word & 0xffff_ffff) &+ (word >> 32)
            offset &+= 8
        }
        while range.upperBound &- offset >= 2 {
            total &+= UInt64(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < range.upperBound { total &+= UInt64(UInt16(bytes.byte(offset)).littleEndian) }
        return Self.fold(UInt64(UInt16(bigEndian: Self.fold(total))) &+ initial)
    }

    /// Folds carries until 16 bits are left.
    @inline(__always)
    package static func fold(_ sum: UInt64) -> UInt16 {
        var value = (sum & 0xffff_ffff) &+ (sum >> 32)
        value = (value & 0xffff) &+ (value >> 16 & 0xffff) &+ (value >> 32)
        value = (value & 0xffff) &+ (value >> 16)
        value = (value & 0xffff) &+ (value >> 16)
        return UInt16(truncatingIfNeeded: value)
    }

    /// The sum of the 16-bit halves of a number of up to 128 bits.
    @inline(__always)
    package static func halves(_ value: UInt128) -> UInt64 {
        var sum: UInt64 = 0
        var rest = value
        while rest != 0 {
            sum &+= UInt64(truncatingIfNeeded: rest & 0xffff)
            rest >>= 16
        }
        return sum
    }

    /// The pseudo-header's sum for TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1), neither folded nor
    /// complemented.
    package static func pseudoHeader(
        source: UInt128, destination: UInt128, proto: UInt8, length: Int
    ) -> UInt64 {
        Self.halves(source) &+ Self.halves(destination) &+ UInt64(proto)
            &+ Self.halves(UInt128(UInt32(truncatingIfNeeded: length)))
    }
}

/// What changed in the data under a checksum: words taken away and words added (RFC 1624, equation 3).
package struct ChecksumChange: Sendable, Equatable {
    private var difference: UInt64 = 0

    /// No change.
    package init() {}

    /// Replaces a 16-bit aligned field of 16, 32, 64 or 128 bits.
    @inline(__always)
    package mutating func replace<Value: FixedWidthInteger & UnsignedInteger>(_ old: Value, by new: Value) {
        // ~m of each half, so that the sum never goes below zero.
        let width = UInt64(Value.bitWidth / 16)
        self.difference &+= width &* 0xffff &- Checksum.halves(UInt128(old)) &+ Checksum.halves(UInt128(new))
    }

    /// The checksum after the change.
    @inline(__always)
    package func applied(to checksum: UInt16) -> UInt16 {
        ~Checksum.fold(UInt64(~checksum) &+ self.difference)
    }

    /// The unfinished checksum (a sum that is not complemented, see ``PacketOffload``) after the change.
    @inline(__always)
    package func applied(toPartial sum: UInt16) -> UInt16 {
        Checksum.fold(UInt64(sum) &+ self.difference)
    }
}

/// CRC-32C (Castagnoli), the checksum of SCTP (RFC 9260 appendix A).
package enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
        return value
    }

    /// The CRC of the bytes in `range`, with the four bytes at `hole` taken as zero, as it goes on the wire
    /// read as a big-endian number.
    package static func checksum(_ bytes: RawSpan, in range: Range<Int>, hole: Int) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount)
        var value = UInt32.max
        let table = Self.table
        for offset in range {
            let byte = offset >= hole && offset < hole + 4 ? 0 : bytes.byte(offset)
            value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
        }
        return (~value).byteSwapped
    }
}
