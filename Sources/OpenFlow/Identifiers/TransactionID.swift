/// Pairs a reply with its request; chosen by the requester.
@frozen public struct TransactionID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// What messages carry that answer no request.
    @inlinable public static var unsolicited: TransactionID { TransactionID(rawValue: 0) }
}

extension TransactionID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
