/// An IP protocol or IPv6 next-header number (IANA protocol numbers).
@frozen public struct IPProtocol: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number.
    public let rawValue: UInt8
    /// Makes a protocol from its number.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// IPv6 hop-by-hop options, RFC 8200.
    @inlinable public static var hopByHop: IPProtocol { IPProtocol(rawValue: 0) }
    /// ICMP for IPv4, RFC 792.
    @inlinable public static var icmp: IPProtocol { IPProtocol(rawValue: 1) }
    /// IGMP, RFC 3376.
    @inlinable public static var igmp: IPProtocol { IPProtocol(rawValue: 2) }
    /// TCP, RFC 9293.
    @inlinable public static var tcp: IPProtocol { IPProtocol(rawValue: 6) }
    /// UDP, RFC 768.
    @inlinable public static var udp: IPProtocol { IPProtocol(rawValue: 17) }
    /// IPv6 routing header, RFC 8200.
    @inlinable public static var routing: IPProtocol { IPProtocol(rawValue: 43) }
    /// IPv6 fragment header, RFC 8200.
    @inlinable public static var fragment: IPProtocol { IPProtocol(rawValue: 44) }
    /// Generic routing encapsulation, RFC 2784.
    @inlinable public static var gre: IPProtocol { IPProtocol(rawValue: 47) }
    /// Encapsulating security payload, RFC 4303.
    @inlinable public static var esp: IPProtocol { IPProtocol(rawValue: 50) }
    /// Authentication header, RFC 4302.
    @inlinable public static var authentication: IPProtocol { IPProtocol(rawValue: 51) }
    /// ICMPv6, RFC 4443.
    @inlinable public static var icmpv6: IPProtocol { IPProtocol(rawValue: 58) }
    /// IPv6 no next header, RFC 8200.
    @inlinable public static var noNextHeader: IPProtocol { IPProtocol(rawValue: 59) }
    /// IPv6 destination options, RFC 8200.
    @inlinable public static var destinationOptions: IPProtocol { IPProtocol(rawValue: 60) }
    /// SCTP, RFC 9260.
    @inlinable public static var sctp: IPProtocol { IPProtocol(rawValue: 132) }
}
