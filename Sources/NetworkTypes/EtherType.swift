/// An EtherType (IEEE 802 numbers), host byte order; any 16-bit value may occur.
@frozen public struct EtherType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public let rawValue: UInt16
    /// Makes an EtherType from its number.
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// IPv4, RFC 894.
    @inlinable public static var ipv4: EtherType { EtherType(rawValue: 0x0800) }
    /// ARP, RFC 826.
    @inlinable public static var arp: EtherType { EtherType(rawValue: 0x0806) }
    /// Reverse ARP, RFC 903.
    @inlinable public static var reverseARP: EtherType { EtherType(rawValue: 0x8035) }
    /// Customer VLAN tag, IEEE 802.1Q.
    @inlinable public static var vlan: EtherType { EtherType(rawValue: 0x8100) }
    /// Service VLAN tag, IEEE 802.1ad.
    @inlinable public static var serviceVLAN: EtherType { EtherType(rawValue: 0x88a8) }
    /// IPv6, RFC 2464.
    @inlinable public static var ipv6: EtherType { EtherType(rawValue: 0x86dd) }
    /// MPLS with unicast label, RFC 5332.
    @inlinable public static var mpls: EtherType { EtherType(rawValue: 0x8847) }
    /// MPLS with upstream-assigned (multicast) label, RFC 5332.
    @inlinable public static var mplsMulticast: EtherType { EtherType(rawValue: 0x8848) }
    /// Backbone service instance tag, IEEE 802.1ah.
    @inlinable public static var pbb: EtherType { EtherType(rawValue: 0x88e7) }
    /// Link layer discovery, IEEE 802.1AB.
    @inlinable public static var lldp: EtherType { EtherType(rawValue: 0x88cc) }
    /// An Ethernet frame, where tunnels and labels name what they carry, RFC 1701.
    @inlinable public static var transparentEthernet: EtherType { EtherType(rawValue: 0x6558) }
    /// Network service header, RFC 8300.
    @inlinable public static var nsh: EtherType { EtherType(rawValue: 0x894f) }

    /// The least number that is a type; smaller ones are IEEE 802.3 lengths.
    @inlinable public static var minimum: EtherType { EtherType(rawValue: 0x0600) }
    /// The value OpenFlow gives frames without an EtherType (IEEE 802.3 with LLC): 0x05ff.
    @inlinable public static var none: EtherType { EtherType(rawValue: 0x05ff) }
}
