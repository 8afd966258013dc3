/// Walks the attributes of a message, or of a nested attribute, in place.
///
/// `while reader.advance() { switch reader.type { … reader.uint32() … } }`. The error is sticky: an attribute that
/// exceeds its surroundings, or a value shorter than its type, sets ``isMalformed`` and ends the walk; typed getters
/// then give 0. Nothing in a message can make a reader trap or read outside its span.
package struct NetlinkReader: ~Escapable {
    private let bytes: RawSpan
    private var next: Int = 0
    private var payloadStart: Int = 0
    private var payloadEnd: Int = 0
    /// The current attribute's type, without its flags (`NLA_TYPE_MASK`).
    package private(set) var type: UInt16 = 0
    /// Whether something did not add up so far.
    package private(set) var isMalformed = false

    /// Walks `bytes`.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Goes to the next attribute; false at the end or where the bytes make no sense.
    package mutating func advance() -> Bool {
        let left = self.bytes.byteCount &- self.next
        guard !self.isMalformed, left > 0 else { return false }
        // Fewer than four bytes can only be the padding of what came before.
        guard left >= 4 else { return false }
        let length = Int(self.bytes.host16(self.next))
        guard length >= 4, length <= left else {
            self.isMalformed = true
            return false
        }
        self.type = self.bytes.host16(self.next &+ 2) & 0x3fff
        self.payloadStart = self.next &+ 4
        self.payloadEnd = self.next &+ length
        self.next = min(self.next &+ ((length &+ 3) & ~3), self.bytes.byteCount)
        return true
    }

    /// The current attribute's payload.
    package var payload: RawSpan {
        @_lifetime(copy self)
        get { self.bytes.extracting(self.payloadStart..<self.payloadEnd) }
    }

    /// The payload's length in bytes.
    package var count: Int { self.payloadEnd &- self.payloadStart }

    /// A reader of the payload as attributes; has an error of its own.
    package var nested: NetlinkReader {
        @_lifetime(copy self)
        get { NetlinkReader(self.payload) }
    }

    /// Records that the message makes no sense (for checks above this type).
    package mutating func markMalformed() { self.isMalformed = true }

    /// Whether the payload has at least `count` bytes; records the error where not.
    package mutating func has(_ count: Int) -> Bool {
        if self.count >= count { return true }
        self.isMalformed = true
        return false
    }

    /// The payload as an 8-bit integer.
    package mutating func uint8() -> UInt8 { self.has(1) ? self.bytes.byte(self.payloadStart) : 0 }
    /// The payload as a 16-bit integer in host byte order.
    package mutating func uint16() -> UInt16 { self.has(2) ? self.bytes.host16(self.payloadStart) : 0 }
    /// The payload as a 32-bit integer in host byte order.
    package mutating func uint32() -> UInt32 { self.has(4) ? self.bytes.host32(self.payloadStart) : 0 }
    /// The payload as a 64-bit integer in host byte order.
    package mutating func uint64() -> UInt64 { self.has(8) ? self.bytes.host64(self.payloadStart) : 0 }
    /// The payload as a 16-bit integer in network byte order.
    package mutating func big16() -> UInt16 { self.has(2) ? self.bytes.big16(self.payloadStart) : 0 }
    /// The payload as a 32-bit integer in network byte order.
    package mutating func big32() -> UInt32 { self.has(4) ? self.bytes.big32(self.payloadStart) : 0 }
    /// The payload as a 64-bit integer in network byte order.
    package mutating func big64() -> UInt64 { self.has(8) ? self.bytes.big64(self.payloadStart) : 0 }
    /// The payload as a 128-bit integer in network byte order.
    package mutating func big128() -> UInt128 { self.has(16) ? self.bytes.big128(self.payloadStart) : 0 }

    /// The payload as text up to a zero byte; bytes that are not UTF-8 are replaced.
    package func text() -> String {
        let payload = self.payload
        return payload.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// A copy of the payload.
    package func array() -> [UInt8] {
        let payload = self.payload
        return payload.withUnsafeBytes { Array($0) }
    }
}

// Reads of integers as netlink carries them: host byte order, at any offset. Each checks its bounds (a trap when
// violated); callers test lengths first.
extension RawSpan {
    /// The 16-bit integer at `offset`, host byte order.
    @inline(__always)
    package func host16(_ offset: Int) -> UInt16 { self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self) }
    /// The 32-bit integer at `offset`, host byte order.
    @inline(__always)
    package func host32(_ offset: Int) -> UInt32 { self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    /// The 64-bit integer at `offset`, host byte order.
    @inline(__always)
    package func host64(_ offset: Int) -> UInt64 { self.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    /// The big-endian 128-bit integer at `offset`.
    @inline(__always)
    package func big128(_ offset: Int) -> UInt128 {
        UInt128(self.big64(offset)) << 64 | UInt128(self.big64(offset &+ 8))
    }
}
