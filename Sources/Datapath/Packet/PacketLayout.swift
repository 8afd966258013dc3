/// Where the headers of a frame begin, as ``PacketParser`` found them; offsets are bytes from the frame's
/// start.
@frozen public struct PacketLayout: Sendable, Equatable, BitwiseCopyable {
    /// Where the payload of Ethernet and its VLAN tags begins (after a SNAP header, if there is one); 0: a
    /// frame too short.
    public var networkOffset: Int = 0
    /// Where the transport header begins; 0 when the packet has none to look at (not IP, malformed, later
    /// fragment).
    public var transportOffset: Int = 0
    /// One past the last byte of the IP packet, without Ethernet padding; 0 when the packet is not IP.
    public var networkEnd: Int = 0
    /// EtherType as in ``FlowKey``.
    public var etherType: UInt16 = 0
    /// IP protocol as in ``FlowKey``; 0 when the packet is not IP.
    public var ipProtocol: UInt8 = 0
    /// Whether the packet begins with an Ethernet header; without, the network header is at offset 0.
    public var hasEthernet: Bool = true
    /// Whether an IPv6 routing header names a later destination, so that the pseudo-header's is not the
    /// address in the header.
    public var hasRoutingSegments: Bool = false

    /// A layout without headers.
    @inlinable public init() {}

    /// Whether there is anything behind Ethernet, or no Ethernet.
    var hasNetworkHeader: Bool { self.networkOffset >= 14 || !self.hasEthernet }
}
