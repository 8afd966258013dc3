public import NetworkTypes

/// What a datapath does to a packet: the vocabulary of the kernel's openvswitch module
/// (`<linux/openvswitch.h>`, `enum ovs_action_attr`), which the embedded datapath shares.
///
/// A list of actions is executed in order; an empty list drops the packet.
public indirect enum DatapathAction: Sendable, Hashable {
    /// Sends the packet, as it is now, out of a port.
    case output(PortIndex)
    /// Passes the packet to the handler of the port it came in by, with 64 bits of the caller's.
    case userspace(userdata: UInt64)
    /// Overwrites header or metadata fields.
    case set(HeaderRewrite)
    /// Adds an outer VLAN tag; `tci` has bit 12 set, as in ``FlowKey``.
    case pushVLAN(tpid: UInt16, tci: UInt16)
    /// Removes the outer VLAN tag; without one nothing happens.
    case popVLAN
    /// Adds an outer MPLS label stack entry and sets the EtherType.
    case pushMPLS(labelStackEntry: UInt32, etherType: UInt16)
    /// Removes the outer MPLS label stack entry and sets the EtherType to the given one; 0x6558 where the packet has no
    /// Ethernet header and one is behind the entry.
    case popMPLS(etherType: UInt16)
    /// Computes a hash over the packet's flow and stores it as the datapath hash.
    case hash(algorithm: HashAlgorithm, basis: UInt32)
    /// Looks the packet up again, with this recirculation id.
    case recirculate(UInt32)
    /// Executes the nested actions on a copy, with the given probability (of 2^32 − 1).
    case sample(probability: UInt32, [DatapathAction])
    /// Executes the nested actions on a copy.
    case clone([DatapathAction])
    /// Cuts the packet to at most this many bytes at its next output.
    case truncate(UInt32)
    /// Hands the packet to the connection tracker; what it finds is in the keys of packets that recirculate.
    case connectionTracking(ConnectionTrackingRequest)
    /// Forgets what the connection tracker found.
    case clearConnectionTracking
    /// Drops the packet where this meter says so.
    case meter(UInt32)
    /// Drops the packet, for a stated reason (counted).
    case drop(reason: UInt32)
    /// Executes one list or the other, by whether the frame is longer than so many bytes; what follows is for both.
    case checkPacketLength(maximumBytes: UInt16, longer: [DatapathAction], notLonger: [DatapathAction])
    /// Gives the packet to a group of the kernel's psample, with 64 bits of the caller's; inside a sample the group is
    /// told its probability.
    case packetSample(group: UInt32, cookie: UInt64)
    /// Adds an Ethernet header before a packet that has none.
    case pushEthernet(EthernetFields)
    /// Removes the Ethernet header of an untagged frame.
    case popEthernet
    /// Adds a network service header before everything; the packet has no Ethernet header then.
    case pushServiceHeader(ServiceHeader)
    /// Removes the network service header that a packet without an Ethernet header begins with.
    case popServiceHeader
    /// Adds an MPLS label stack entry before everything; the packet has no Ethernet header then.
    case encapsulateMPLS(labelStackEntry: UInt32, etherType: UInt16)
    /// Changes headers in a way that only software can: the kernel has no such action (``PacketEdit``).
    case edit(PacketEdit)

    /// How ``hash(algorithm:basis:)`` computes.
    public enum HashAlgorithm: UInt32, Sendable {
        /// Over the L4 five-tuple.
        case l4 = 0
        /// Over the L4 five-tuple, the same in both directions.
        case symmetricL4 = 1
    }
}

/// A change of headers for which the kernel's openvswitch module has no action.
public enum PacketEdit: Sendable, Hashable {
    /// Copies the time to live of the next header behind the outermost MPLS label stack entry into that entry.
    case copyTTLOutward
    /// Copies the time to live of the outermost MPLS label stack entry into the next header behind it.
    case copyTTLInward
    /// Adds an Ethernet header and a service instance tag (IEEE 802.1ah I-TAG) with the tag control information
    /// behind it; both of the header's addresses are those that the frame had.
    case pushServiceTag(etherType: UInt16, tci: UInt32)
    /// Removes the outer Ethernet header and the service instance tag behind it; without one nothing happens.
    case popServiceTag
    /// Writes the bits of the service instance tag's control information that `mask` has.
    case setServiceTag(tci: UInt32, mask: UInt32)
}

/// A rewrite of fields of one header, as the kernel's OVS_ACTION_ATTR_SET_MASKED takes it.
///
/// Each case has values and masks of the same shape; only bits set in the mask are written, others of
/// the value are zero. Rewrites never change what headers a packet has.
public enum HeaderRewrite: Sendable, Hashable {
    /// Ethernet addresses.
    case ethernet(EthernetFields, mask: EthernetFields)
    /// IPv4 header; the header checksum (and those of TCP, UDP over the pseudo-header) are repaired.
    case ipv4(IPv4Fields, mask: IPv4Fields)
    /// IPv6 header; transport checksums are repaired.
    case ipv6(IPv6Fields, mask: IPv6Fields)
    /// TCP ports.
    case tcp(TransportFields, mask: TransportFields)
    /// UDP ports; a zero checksum stays zero.
    case udp(TransportFields, mask: TransportFields)
    /// SCTP ports; the CRC is repaired.
    case sctp(TransportFields, mask: TransportFields)
    /// ICMP or ICMPv6 type (source) and code (destination).
    case icmp(TransportFields, mask: TransportFields)
    /// ARP over Ethernet and IPv4.
    case arp(ARPFields, mask: ARPFields)
    /// Neighbour discovery target and link-layer addresses.
    case neighbourDiscovery(NeighbourDiscoveryFields, mask: NeighbourDiscoveryFields)
    /// The outermost MPLS label stack entry.
    case mpls(labelStackEntry: UInt32, mask: UInt32)
    /// Network service header; contexts where it is of metadata type 1.
    case serviceHeader(ServiceHeaderFields, mask: ServiceHeaderFields)
    /// Queueing priority (skb priority).
    case priority(UInt32)
    /// Packet mark (skb mark).
    case mark(UInt32, mask: UInt32)
    /// Metadata of the tunnel that the packet leaves by.
    case tunnel(TunnelFields)
}

/// Ethernet addresses of a rewrite.
public struct EthernetFields: Sendable, Hashable {
    /// Source address.
    public var source: MACAddress
    /// Destination address.
    public var destination: MACAddress
    /// Makes the fields.
    public init(source: MACAddress = .zero, destination: MACAddress = .zero) {
        self.source = source
        self.destination = destination
    }
}

/// IPv4 fields of a rewrite (host byte order).
public struct IPv4Fields: Sendable, Hashable {
    /// Source address.
    public var source: UInt32
    /// Destination address.
    public var destination: UInt32
    /// Type of service: DSCP and ECN.
    public var tos: UInt8
    /// Time to live.
    public var ttl: UInt8
    /// Makes the fields.
    public init(source: UInt32 = 0, destination: UInt32 = 0, tos: UInt8 = 0, ttl: UInt8 = 0) {
        self.source = source
        self.destination = destination
        self.tos = tos
        self.ttl = ttl
    }
}

/// IPv6 fields of a rewrite (host byte order).
public struct IPv6Fields: Sendable, Hashable {
    /// Source address.
    public var source: UInt128
    /// Destination address.
    public var destination: UInt128
    /// Flow label, 20 bits.
    public var flowLabel: UInt32
    /// Traffic class: DSCP and ECN.
    public var trafficClass: UInt8
    /// Hop limit.
    public var hopLimit: UInt8
    /// Makes the fields.
    public init(
        source: UInt128 = 0, destination: UInt128 = 0, flowLabel: UInt32 = 0, trafficClass: UInt8 = 0,
        hopLimit: UInt8 = 0
    ) {
        self.source = source
        self.destination = destination
        self.flowLabel = flowLabel
        self.trafficClass = trafficClass
        self.hopLimit = hopLimit
    }
}

/// Ports of a rewrite (host byte order).
public struct TransportFields: Sendable, Hashable {
    /// Source port, or ICMP type.
    public var source: UInt16
    /// Destination port, or ICMP code.
    public var destination: UInt16
    /// Makes the fields.
    public init(source: UInt16 = 0, destination: UInt16 = 0) {
        self.source = source
        self.destination = destination
    }
}

/// ARP fields of a rewrite.
public struct ARPFields: Sendable, Hashable {
    /// Sender's protocol address, host byte order.
    public var sourceProtocolAddress: UInt32
    /// Target's protocol address, host byte order.
    public var targetProtocolAddress: UInt32
    /// Operation.
    public var operation: UInt16
    /// Sender's hardware address.
    public var sourceHardwareAddress: MACAddress
    /// Target's hardware address.
    public var targetHardwareAddress: MACAddress
    /// Makes the fields.
    public init(
        sourceProtocolAddress: UInt32 = 0, targetProtocolAddress: UInt32 = 0, operation: UInt16 = 0,
        sourceHardwareAddress: MACAddress = .zero, targetHardwareAddress: MACAddress = .zero
    ) {
        self.sourceProtocolAddress = sourceProtocolAddress
        self.targetProtocolAddress = targetProtocolAddress
        self.operation = operation
        self.sourceHardwareAddress = sourceHardwareAddress
        self.targetHardwareAddress = targetHardwareAddress
    }
}

/// Neighbour discovery fields of a rewrite.
public struct NeighbourDiscoveryFields: Sendable, Hashable {
    /// Target address, host byte order.
    public var target: UInt128
    /// Source link-layer address.
    public var sourceLinkLayerAddress: MACAddress
    /// Target link-layer address.
    public var targetLinkLayerAddress: MACAddress
    /// Makes the fields.
    public init(
        target: UInt128 = 0, sourceLinkLayerAddress: MACAddress = .zero,
        targetLinkLayerAddress: MACAddress = .zero
    ) {
        self.target = target
        self.sourceLinkLayerAddress = sourceLinkLayerAddress
        self.targetLinkLayerAddress = targetLinkLayerAddress
    }
}

/// Tunnel metadata of a rewrite.
public struct TunnelFields: Sendable, Hashable {
    /// Tunnel key.
    public var identifier: UInt64
    /// Outer IPv4 source.
    public var ipv4Source: UInt32
    /// Outer IPv4 destination.
    public var ipv4Destination: UInt32
    /// Outer type of service.
    public var tos: UInt8
    /// Outer time to live.
    public var ttl: UInt8
    /// Tunnel flags, as in ``FlowKey``.
    public var flags: UInt16
    /// Outer IPv6 source, where the destination is IPv6.
    public var ipv6Source: UInt128 = 0
    /// Outer IPv6 destination; 0 for IPv4.
    public var ipv6Destination: UInt128 = 0
    /// VXLAN group-based policy: flags in bits 23–16, id in bits 15–0; nil without one.
    public var policy: UInt32?
    /// Geneve options with their headers, at most 252 bytes, a multiple of four.
    public var options: [UInt8] = []
    /// Makes the fields.
    public init(
        identifier: UInt64 = 0, ipv4Source: UInt32 = 0, ipv4Destination: UInt32 = 0, tos: UInt8 = 0,
        ttl: UInt8 = 64, flags: UInt16 = 0
    ) {
        self.identifier = identifier
        self.ipv4Source = ipv4Source
        self.ipv4Destination = ipv4Destination
        self.tos = tos
        self.ttl = ttl
        self.flags = flags
    }
}
