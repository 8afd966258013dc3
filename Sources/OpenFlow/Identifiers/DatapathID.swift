/// The 64-bit identity of a switch; usually the low 48 bits are a MAC address.
@frozen public struct DatapathID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt64
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension DatapathID: CustomStringConvertible {
    /// Sixteen lower-case hexadecimal digits.
    public var description: String {
        let digits = String(self.rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
