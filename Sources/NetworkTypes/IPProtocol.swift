/// An IP protocol or IPv6 next-header number (IANA protocol numbers).
@frozen public struct IPProtocol: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number.
    public let rawValue: UInt8
    /// Makes a protocol from its number.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// IPv6 hop-by-hop options, RFC 8200.
    public static let hopByHop = IPProtocol(rawValue: 0)
    /// ICMP for IPv4, RFC 792.
    public static let icmp = IPProtocol(rawValue: 1)
    /// IGMP, RFC 3376.
    public static let igmp = IPProtocol(rawValue: 2)
    /// TCP, RFC 9293.
    public static let tcp = IPProtocol(rawValue: 6)
    /// UDP, RFC 768.
    public static let udp = IPProtocol(rawValue: 17)
    /// IPv6 routing header, RFC 8200.
    public static let routing = IPProtocol(rawValue: 43)
    /// IPv6 fragment header, RFC 8200.
    public static let fragment = IPProtocol(rawValue: 44)
    /// Generic routing encapsulation, RFC 2784.
    public static let gre = IPProtocol(rawValue: 47)
    /// Encapsulating security payload, RFC 4303.
    public static let esp = IPProtocol(rawValue: 50)
    /// Authentication header, RFC 4302.
    public static let authentication = IPProtocol(rawValue: 51)
    /// ICMPv6, RFC 4443.
    public static let icmpv6 = IPProtocol(rawValue: 58)
    /// IPv6 no next header, RFC 8200.
    public static let noNextHeader = IPProtocol(rawValue: 59)
    /// IPv6 destination options, RFC 8200.
    public static let destinationOptions = IPProtocol(rawValue: 60)
    /// SCTP, RFC 9260.
    public static let sctp = IPProtocol(rawValue: 132)
}
