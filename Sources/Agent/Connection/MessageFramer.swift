package import OpenFlow

/// Finds messages in a stream of bytes.
///
/// Only the header's length field is looked at (all versions, §7.1: bytes 2 and 3, header included). A length
/// below 8 would never end, and one above the limit would never fit: both end the stream, since nobody can say
/// where the next message begins.
package enum MessageFramer {
    /// What stands at a place in the stream.
    package enum Frame: Hashable, Sendable {
        /// A whole message.
        case message(MessageHeader)
        /// The beginning of a message; this many bytes are needed to go on (the header's eight, or the whole).
        case partial(needed: Int)
        /// A header with a length that cannot be.
        case badLength(MessageHeader)
    }

    /// What stands at the start of `bytes`.
    /// - Parameters:
    ///   - bytes: unread bytes; may hold many messages, and may end in the middle of one.
    ///   - limit: the longest message that is taken, in bytes.
    @inline(__always)
    package static func next(in bytes: UnsafeRawBufferPointer, limit: Int) -> Frame {
        guard bytes.count >= MessageHeader.byteCount else { return .partial(needed: MessageHeader.byteCount) }
        let header = Self.header(of: bytes)
        let length = Int(header.length)
        guard length >= MessageHeader.byteCount, length <= limit else { return .badLength(header) }
        return bytes.count >= length ? .message(header) : .partial(needed: length)
    }

    /// The header at the start of `bytes`, of which there are at least eight.
    @inline(__always)
    static func header(of bytes: UnsafeRawBufferPointer) -> MessageHeader {
        let word = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        return MessageHeader(
            version: UInt8(truncatingIfNeeded: word >> 56), type: UInt8(truncatingIfNeeded: word >> 48),
            length: UInt16(truncatingIfNeeded: word >> 32),
            transactionID: TransactionID(rawValue: UInt32(truncatingIfNeeded: word)))
    }
}
