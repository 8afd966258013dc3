/// The number of a bundle, chosen by the controller; it means a bundle of that connection only (1.4 and later, ONF
/// 1.3).
@frozen public struct BundleID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension BundleID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
