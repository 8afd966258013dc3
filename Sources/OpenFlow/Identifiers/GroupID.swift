/// The number of a group.
@frozen public struct GroupID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The greatest number a group may have.
    @inlinable public static var maximum: GroupID { GroupID(rawValue: 0xffff_ff00) }
    /// Every group: in deletes and statistics requests.
    @inlinable public static var all: GroupID { GroupID(rawValue: 0xffff_fffc) }
    /// No restriction by group: in deletes and statistics requests of flows.
    @inlinable public static var any: GroupID { GroupID(rawValue: 0xffff_ffff) }
}

extension GroupID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
