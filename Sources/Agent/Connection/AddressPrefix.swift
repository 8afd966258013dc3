import NetworkTypes

/// A range of IP addresses that share their first bits, such as `192.0.2.0/24` or `2001:db8::/32`.
///
/// IPv4 is held as IPv6 maps it (RFC 4291 §2.5.5.2), so that a socket of either family finds it.
package struct AddressPrefix: Hashable, Sendable {
    private let bits: UInt128
    private let mask: UInt128
    private let text: String

    private static let mappedPrefix: UInt128 = 0xffff << 32

    /// Parses an address, or an address and a number of bits after a slash; bits after those must be zero.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let address = Self.bits(of: first) else { return nil }
        let width = first.contains(":") ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]),
                (0...width).contains(given)
            else { return nil }
            length = given
        }
        let hostBits = width - length
        let mask = hostBits == 128 ? 0 : UInt128.max << UInt128(hostBits)
        guard address & ~mask == 0 else { return nil }
        self.bits = address
        self.mask = mask
        self.text = text
    }

    /// Whether an address, in text as sockets name it, lies in the range; a zone after `%` is left out of account.
    package func contains(_ address: String) -> Bool {
        guard let bits = Self.bits(of: String(address.prefix { $0 != "%" })) else { return false }
        return bits & self.mask == self.bits
    }

    private static func bits(of text: String) -> UInt128? {
        if let address = IPv4Address(text) { return Self.mappedPrefix | UInt128(address.rawValue) }
        let mapped = "::ffff:"
        if text.lowercased().hasPrefix(mapped), let address = IPv4Address(String(text.dropFirst(mapped.count))) {
            return Self.mappedPrefix | UInt128(address.rawValue)
        }
        return IPv6Address(text)?.rawValue
    }
}

extension AddressPrefix: CustomStringConvertible {
    /// As it was written.
    package var description: String { self.text }
}
