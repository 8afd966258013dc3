/// What a match must have said before it may name a field (1.5 §7.2.3.8, ovs-fields(7)).
public enum MatchPrerequisite: UInt8, Sendable, Hashable {
    /// Nothing.
    case none
    /// The ingress port.
    case inPort
    /// An Ethernet packet: no packet type, or type Ethernet.
    case ethernet
    /// A VLAN tag.
    case vlan
    /// EtherType MPLS, unicast or multicast.
    case mpls
    /// EtherType PBB.
    case pbb
    /// EtherType ARP or reverse ARP.
    case arp
    /// EtherType IPv4 or IPv6.
    case ip
    /// EtherType IPv4.
    case ipv4
    /// EtherType IPv6.
    case ipv6
    /// IP protocol TCP.
    case tcp
    /// IP protocol UDP.
    case udp
    /// IP protocol SCTP.
    case sctp
    /// IP protocol ICMP over IPv4.
    case icmpv4
    /// IP protocol ICMPv6 over IPv6.
    case icmpv6
    /// ICMPv6 type neighbour solicitation or advertisement.
    case neighbourDiscovery
    /// ICMPv6 type neighbour solicitation.
    case neighbourSolicitation
    /// ICMPv6 type neighbour advertisement.
    case neighbourAdvertisement
    /// EtherType of the network service header.
    case serviceHeader
    /// A tracked connection over IPv4 or IPv6.
    case connection
    /// A tracked connection over IPv4.
    case connectionIPv4
    /// A tracked connection over IPv6.
    case connectionIPv6
}
