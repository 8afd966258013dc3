/// The controller's opaque mark on a flow.
@frozen public struct Cookie: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt64
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The cookie of flows without one.
    @inlinable public static var none: Cookie { Cookie(rawValue: 0) }
    /// Nicira: leave the cookie alone; in a packet-in: no flow.
    @inlinable public static var unset: Cookie { Cookie(rawValue: 0xffff_ffff_ffff_ffff) }
}

extension Cookie: CustomStringConvertible {
    /// Hexadecimal with the prefix `0x`.
    public var description: String { "0x" + String(self.rawValue, radix: 16) }
}
