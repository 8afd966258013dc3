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
