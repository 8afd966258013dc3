/// The number of a bucket in its group (1.5).
@frozen public struct BucketID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The greatest number a bucket may have.
    @inlinable public static var maximum: BucketID { BucketID(rawValue: 0xffff_ff00) }
    /// Before the first bucket.
    @inlinable public static var first: BucketID { BucketID(rawValue: 0xffff_fffd) }
    /// After the last bucket.
    @inlinable public static var last: BucketID { BucketID(rawValue: 0xffff_fffe) }
    /// Every bucket of the group.
    @inlinable public static var all: BucketID { BucketID(rawValue: 0xffff_ffff) }
}

extension BucketID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
