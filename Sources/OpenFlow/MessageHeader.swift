/// The eight bytes before every message (all versions: version, type, length, transaction).
@frozen public struct MessageHeader: Hashable, Sendable, BitwiseCopyable {
    /// The wire version; may be one that this module does not know.
    public var version: UInt8
    /// The message type, numbered per version.
    public var type: UInt8
    /// The length of the whole message, header included; at least 8 if parsed.
    public var length: UInt16
    /// Pairs replies with requests.
    public var transactionID: TransactionID

    /// How many bytes a header has.
    public static let byteCount = 8

    /// Makes a header from its parts.
    @inlinable public init(version: UInt8, type: UInt8, length: UInt16, transactionID: TransactionID) {
        self.version = version
        self.type = type
        self.length = length
        self.transactionID = transactionID
    }
}

extension MessageHeader {
    /// Reads a header; nil where there are not yet eight bytes.
    ///
    /// Throws `requestBadLength` for a length below eight, with which no stream could go on. Any version
    /// and type are allowed here: what a version means is for ``MessageCodec`` and the connection to say.
    public static func parse(_ bytes: RawSpan) throws(OpenFlowError) -> MessageHeader? {
        guard bytes.byteCount >= Self.byteCount else { return nil }
        let first = UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self))
        let transaction = UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let length = UInt16(truncatingIfNeeded: first)
        guard length >= Self.byteCount else {
            throw OpenFlowError(.requestBadLength, offset: 2, value: UInt64(length), limit: 8)
        }
        return MessageHeader(
            version: UInt8(truncatingIfNeeded: first >> 24), type: UInt8(truncatingIfNeeded: first >> 16),
            length: length, transactionID: TransactionID(rawValue: transaction))
    }
}
