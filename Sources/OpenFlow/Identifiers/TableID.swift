/// The number of a flow table, 0…254, or all of them.
@frozen public struct TableID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt8
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Every table: in deletes and statistics requests.
    @inlinable public static var all: TableID { TableID(rawValue: 255) }
}

extension TableID: CustomStringConvertible {
    /// The number in decimal, or `all`.
    public var description: String { self == .all ? "all" : String(self.rawValue) }
}
