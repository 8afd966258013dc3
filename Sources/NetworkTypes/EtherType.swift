/// An EtherType (IEEE 802 numbers), host byte order; any 16-bit value may occur.
@frozen public struct EtherType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public let rawValue: UInt16
    /// Makes an EtherType from its number.
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// IPv4, RFC 894.
    public static let ipv4 = EtherType(rawValue: 0x0800)
    /// ARP, RFC 826.
    public static let arp = EtherType(rawValue: 0x0806)
    /// Reverse ARP, RFC 903.
    public static let reverseARP = EtherType(rawValue: 0x8035)
    /// Customer VLAN tag, IEEE 802.1Q.
    public static let vlan = EtherType(rawValue: 0x8100)
    /// Service VLAN tag, IEEE 802.1ad.
    public static let serviceVLAN = EtherType(rawValue: 0x88a8)
    /// IPv6, RFC 2464.
    public static let ipv6 = EtherType(rawValue: 0x86dd)
    /// MPLS with unicast label, RFC 5332.
    public static let mpls = EtherType(rawValue: 0x8847)
    /// MPLS with upstream-assigned (multicast) label, RFC 5332.
    public static let mplsMulticast = EtherType(rawValue: 0x8848)
    /// Backbone service instance tag, IEEE 802.1ah.
    public static let pbb = EtherType(rawValue: 0x88e7)
    /// Link layer discovery, IEEE 802.1AB.
    public static let lldp = EtherType(rawValue: 0x88cc)
    /// Network service header, RFC 8300.
    public static let nsh = EtherType(rawValue: 0x894f)

    /// The least number that is a type; smaller ones are IEEE 802.3 lengths.
    public static let minimum = EtherType(rawValue: 0x0600)
    /// The value OpenFlow gives frames without an EtherType (IEEE 802.3 with LLC): 0x05ff.
    public static let none = EtherType(rawValue: 0x05ff)
}
