/// The number of a bucket in its group (1.5).
@frozen public struct BucketID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The greatest number a bucket may have.
    public static let maximum = BucketID(rawValue: 0xffff_ff00)
    /// Before the first bucket.
    public static let first = BucketID(rawValue: 0xffff_fffd)
    /// After the last bucket.
    public static let last = BucketID(rawValue: 0xffff_fffe)
    /// Every bucket of the group.
    public static let all = BucketID(rawValue: 0xffff_ffff)
}

extension BucketID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
