/// A 48-bit Ethernet address (IEEE 802, EUI-48).
///
/// Held as an integer so that masks and comparisons are single instructions: the first octet on the
/// wire is the most significant of the 48 bits.
@frozen public struct MACAddress: Hashable, Sendable, BitwiseCopyable {
    /// The address as an integer below 2^48; bits 48–63 are always zero.
    public let rawValue: UInt64

    /// Makes an address from the low 48 bits of `rawValue`; higher bits are ignored.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue & 0xffff_ffff_ffff }

    /// Makes an address from its six octets in wire order.
    @inlinable public init(
        _ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8, _ fifth: UInt8,
        _ sixth: UInt8
    ) {
        let high = UInt64(first) << 40 | UInt64(second) << 32 | UInt64(third) << 24
        self.rawValue = high | UInt64(fourth) << 16 | UInt64(fifth) << 8 | UInt64(sixth)
    }

    /// The broadcast address `ff:ff:ff:ff:ff:ff`.
    public static let broadcast = MACAddress(rawValue: 0xffff_ffff_ffff)
    /// The all-zero address.
    public static let zero = MACAddress(rawValue: 0)

    /// Whether the group bit (least significant bit of the first octet) is set: multicast or broadcast.
    @inlinable public var isMulticast: Bool { self.rawValue & 0x0100_0000_0000 != 0 }
    /// Whether all 48 bits are set.
    @inlinable public var isBroadcast: Bool { self.rawValue == 0xffff_ffff_ffff }
    /// Whether the address is in 01:80:c2:00:00:00–0f, which bridges must not forward (IEEE 802.1D §7.12.6).
    @inlinable public var isLinkLocalReserved: Bool {
        self.rawValue & 0xffff_ffff_fff0 == 0x0180_c200_0000
    }

    /// The octet at `index` (0 is the first on the wire).
    ///
    /// Out of range is a programmer error.
    @inlinable public subscript(octet index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: self.rawValue >> UInt64(40 - 8 * index))
    }
}

extension MACAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Six lower-case hexadecimal octets joined by colons.
    public var description: String {
        var text = ""
        text.reserveCapacity(17)
        for index in 0..<6 {
            if index > 0 { text.append(":") }
            let octet = String(self[octet: index], radix: 16)
            if octet.utf8.count == 1 { text.append("0") }
            text.append(octet)
        }
        return text
    }

    /// Parses six one- or two-digit hexadecimal octets joined by colons; anything else gives nil.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var value: UInt64 = 0
        for part in parts {
            guard (1...2).contains(part.utf8.count), part.first != "+", part.first != "-",
                let octet = UInt8(part, radix: 16)
            else { return nil }
            value = value << 8 | UInt64(octet)
        }
        self.init(rawValue: value)
    }
}
