/// An IPv4 address (RFC 791); the first octet on the wire is the most significant of the 32 bits.
@frozen public struct IPv4Address: Hashable, Sendable, BitwiseCopyable {
    /// The address in host byte order.
    public let rawValue: UInt32

    /// Makes an address from an integer in host byte order.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Makes an address from its four octets in wire order.
    @inlinable public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        let high = UInt32(first) << 24 | UInt32(second) << 16
        self.rawValue = high | UInt32(third) << 8 | UInt32(fourth)
    }
}

extension IPv4Address: CustomStringConvertible, LosslessStringConvertible {
    /// Dotted decimal.
    public var description: String {
        let value = self.rawValue
        return "\(value >> 24).\(value >> 16 & 0xff).\(value >> 8 & 0xff).\(value & 0xff)"
    }

    /// Parses four decimal octets joined by dots; anything else gives nil.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                let octet = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.init(rawValue: value)
    }
}
