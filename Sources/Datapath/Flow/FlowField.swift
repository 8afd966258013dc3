/// Where a field lies in the words of a key or mask.
///
/// Fields of up to 64 bits are in one word; 128-bit fields take two whole words, the high half first.
@frozen public struct FlowFieldLayout: Sendable, Equatable {
    /// Index of the (first) word.
    public let word: Int
    /// How far the field's least significant bit is from the word's.
    public let shift: Int
    /// Bits, 1…64 or 128.
    public let width: Int

    /// Makes a layout; see the properties.
    @inlinable public init(word: Int, shift: Int, width: Int) {
        self.word = word
        self.shift = shift
        self.width = width
    }
}

/// The fields of a ``FlowKey``, by name, for code that handles fields generically.
///
/// Hot code uses the accessors of `FlowKey+Fields.swift`, which compile to a shift and a mask.
public enum FlowField: UInt8, CaseIterable, Sendable {
    /// The datapath port (in a megaflow) or the switch's port number (in the pipeline) the packet came in by.
    case inPort
    /// Recirculation id; 0 for a packet fresh from a port.
    case recirculationID
    /// The packet's queueing priority (skb priority).
    case priority
    /// The packet's mark (skb mark).
    case packetMark
    /// Pipeline metadata written by the metadata instruction.
    case metadata
    /// Packet register 0.
    case register0
    /// Packet register 1.
    case register1
    /// Packet register 2.
    case register2
    /// Packet register 3.
    case register3
    /// Packet register 4.
    case register4
    /// Packet register 5.
    case register5
    /// Packet register 6.
    case register6
    /// Packet register 7.
    case register7
    /// Packet register 8.
    case register8
    /// Packet register 9.
    case register9
    /// Packet register 10.
    case register10
    /// Packet register 11.
    case register11
    /// Packet register 12.
    case register12
    /// Packet register 13.
    case register13
    /// Packet register 14.
    case register14
    /// Packet register 15.
    case register15
    /// Hash that the datapath computed for the packet.
    case datapathHash
    /// The output port in the action set.
    case actionSetOutput
    /// Conjunction id of a completed conjunctive match.
    case conjunctionID
    /// Connection tracking state bits.
    case connectionState
    /// Connection tracking zone.
    case connectionZone
    /// IP protocol of the connection's original direction.
    case connectionProtocol
    /// Connection tracking mark.
    case connectionMark
    /// Connection tracking label.
    case connectionLabel
    /// IPv4 source of the connection's original direction.
    case connectionIPv4Source
    /// IPv4 destination of the connection's original direction.
    case connectionIPv4Destination
    /// IPv6 source of the connection's original direction.
    case connectionIPv6Source
    /// IPv6 destination of the connection's original direction.
    case connectionIPv6Destination
    /// Transport source of the connection's original direction.
    case connectionTransportSource
    /// Transport destination of the connection's original direction.
    case connectionTransportDestination
    /// Packet type: namespace in the upper 16 bits, type in the lower; 0 is Ethernet.
    case packetType
    /// Tunnel key (VNI, GRE key …).
    case tunnelID
    /// Outer IPv4 source of the tunnel.
    case tunnelIPv4Source
    /// Outer IPv4 destination of the tunnel; 0 together with the IPv6 one: not tunnelled.
    case tunnelIPv4Destination
    /// Outer IPv6 source of the tunnel.
    case tunnelIPv6Source
    /// Outer IPv6 destination of the tunnel.
    case tunnelIPv6Destination
    /// Tunnel flags.
    case tunnelFlags
    /// Outer type of service.
    case tunnelTOS
    /// Outer time to live.
    case tunnelTTL
    /// Outer transport source port.
    case tunnelTransportSource
    /// Outer transport destination port.
    case tunnelTransportDestination
    /// VXLAN group-based policy id.
    case tunnelGBPID
    /// VXLAN group-based policy flags.
    case tunnelGBPFlags
    /// Ethernet destination address.
    case ethernetDestination
    /// EtherType of the payload behind all VLAN tags; 0x05ff for an 802.3 frame without one.
    case etherType
    /// Ethernet source address.
    case ethernetSource
    /// EtherType of the outer VLAN tag; 0 without a tag.
    case vlanTPID
    /// Outer VLAN tag: PCP in bits 15–13, bit 12 set when a tag is there, VLAN id in bits 11–0; 0 without a tag.
    case vlanTCI
    /// EtherType of the inner VLAN tag; 0 without one.
    case innerVLANTPID
    /// Inner VLAN tag, as ``vlanTCI``.
    case innerVLANTCI
    /// Outermost MPLS label stack entry: label 20, TC 3, bottom of stack 1, TTL 8 bits.
    case mplsLabelStackEntry0
    /// Second MPLS label stack entry.
    case mplsLabelStackEntry1
    /// Third MPLS label stack entry.
    case mplsLabelStackEntry2
    /// IPv4 source; in ARP the sender's protocol address.
    case ipv4Source
    /// IPv4 destination; in ARP the target's protocol address.
    case ipv4Destination
    /// IPv6 source address.
    case ipv6Source
    /// IPv6 destination address.
    case ipv6Destination
    /// IPv6 flow label.
    case ipv6FlowLabel
    /// IP protocol, or the last IPv6 next header.
    case ipProtocol
    /// IPv4 type of service or IPv6 traffic class: DSCP in bits 7–2, ECN in bits 1–0.
    case ipTOS
    /// IPv4 time to live or IPv6 hop limit.
    case ipTTL
    /// Fragment bits: 1 any fragment, 2 not the first one (later fragments have 3).
    case ipFragment
    /// ARP sender's hardware address; in neighbour discovery the source link-layer address.
    case arpSourceHardwareAddress
    /// ARP operation.
    case arpOperation
    /// ARP target's hardware address; in neighbour discovery the target link-layer address.
    case arpTargetHardwareAddress
    /// Target address of an ICMPv6 neighbour solicitation or advertisement.
    case neighbourDiscoveryTarget
    /// TCP, UDP or SCTP source port; ICMP or ICMPv6 type.
    case transportSource
    /// TCP, UDP or SCTP destination port; ICMP or ICMPv6 code.
    case transportDestination
    /// TCP flags, 12 bits.
    case tcpFlags
    /// Service instance identifier of an IEEE 802.1ah tag; only software keys have it.
    case serviceInstance
    /// Use-customer-address bit of an IEEE 802.1ah tag; only software keys have it.
    case serviceUsesCustomerAddress
    /// Which extension headers an IPv6 packet has, nine bits as in OpenFlow 1.3's OFPIEH_*; only software keys have it.
    case ipv6ExtensionHeaders
    /// How many bytes of tunnel options the packet has, of which keys hold ``FlowKey/tunnelOptionBytesMaximum``; in the
    /// datapath's terms alone.
    case tunnelOptionLength
    /// Network service header: flags, two bits. It shares words with IP and ARP, which no packet has beside it.
    case serviceHeaderFlags
    /// Network service header: time to live, six bits.
    case serviceHeaderTTL
    /// Network service header: metadata type, 1 or 2.
    case serviceHeaderMetadataType
    /// Network service header: next protocol.
    case serviceHeaderNextProtocol
    /// Network service header: service path identifier.
    case serviceHeaderPathID
    /// Network service header: service index.
    case serviceHeaderIndex
    /// Network service header: first context of metadata type 1.
    case serviceHeaderContext1
    /// Network service header: second context of metadata type 1.
    case serviceHeaderContext2
    /// Network service header: third context of metadata type 1.
    case serviceHeaderContext3
    /// Network service header: fourth context of metadata type 1.
    case serviceHeaderContext4

    /// Where the field lies; one row per field, no two overlap but the network service header's and those of IP (a test
    /// checks).
    @inlinable public var layout: FlowFieldLayout {
        switch self {
        case .inPort: FlowFieldLayout(word: 0, shift: 32, width: 32)
        case .recirculationID: FlowFieldLayout(word: 0, shift: 0, width: 32)
        case .priority: FlowFieldLayout(word: 1, shift: 32, width: 32)
        case .packetMark: FlowFieldLayout(word: 1, shift: 0, width: 32)
        case .metadata: FlowFieldLayout(word: 2, shift: 0, width: 64)
        case .register0: FlowFieldLayout(word: 3, shift: 32, width: 32)
        case .register1: FlowFieldLayout(word: 3, shift: 0, width: 32)
        case .register2: FlowFieldLayout(word: 4, shift: 32, width: 32)
        case .register3: FlowFieldLayout(word: 4, shift: 0, width: 32)
        case .register4: FlowFieldLayout(word: 5, shift: 32, width: 32)
        case .register5: FlowFieldLayout(word: 5, shift: 0, width: 32)
        case .register6: FlowFieldLayout(word: 6, shift: 32, width: 32)
        case .register7: FlowFieldLayout(word: 6, shift: 0, width: 32)
        case .register8: FlowFieldLayout(word: 7, shift: 32, width: 32)
        case .register9: FlowFieldLayout(word: 7, shift: 0, width: 32)
        case .register10: FlowFieldLayout(word: 8, shift: 32, width: 32)
        case .register11: FlowFieldLayout(word: 8, shift: 0, width: 32)
        case .register12: FlowFieldLayout(word: 9, shift: 32, width: 32)
        case .register13: FlowFieldLayout(word: 9, shift: 0, width: 32)
        case .register14: FlowFieldLayout(word: 10, shift: 32, width: 32)
        case .register15: FlowFieldLayout(word: 10, shift: 0, width: 32)
        case .datapathHash: FlowFieldLayout(word: 11, shift: 32, width: 32)
        case .actionSetOutput: FlowFieldLayout(word: 11, shift: 0, width: 32)
        case .conjunctionID: FlowFieldLayout(word: 12, shift: 32, width: 32)
        case .connectionState: FlowFieldLayout(word: 12, shift: 0, width: 32)
        case .connectionZone: FlowFieldLayout(word: 13, shift: 48, width: 16)
        case .connectionProtocol: FlowFieldLayout(word: 13, shift: 40, width: 8)
        case .connectionMark: FlowFieldLayout(word: 13, shift: 0, width: 32)
        case .connectionLabel: FlowFieldLayout(word: 14, shift: 0, width: 128)
        case .connectionIPv4Source: FlowFieldLayout(word: 16, shift: 32, width: 32)
        case .connectionIPv4Destination: FlowFieldLayout(word: 16, shift: 0, width: 32)
        case .connectionIPv6Source: FlowFieldLayout(word: 17, shift: 0, width: 128)
        case .connectionIPv6Destination: FlowFieldLayout(word: 19, shift: 0, width: 128)
        case .connectionTransportSource: FlowFieldLayout(word: 21, shift: 48, width: 16)
        case .connectionTransportDestination: FlowFieldLayout(word: 21, shift: 32, width: 16)
        case .packetType: FlowFieldLayout(word: 21, shift: 0, width: 32)
        case .tunnelID: FlowFieldLayout(word: 22, shift: 0, width: 64)
        case .tunnelIPv4Source: FlowFieldLayout(word: 23, shift: 32, width: 32)
        case .tunnelIPv4Destination: FlowFieldLayout(word: 23, shift: 0, width: 32)
        case .tunnelIPv6Source: FlowFieldLayout(word: 24, shift: 0, width: 128)
        case .tunnelIPv6Destination: FlowFieldLayout(word: 26, shift: 0, width: 128)
        case .tunnelFlags: FlowFieldLayout(word: 28, shift: 48, width: 16)
        case .tunnelTOS: FlowFieldLayout(word: 28, shift: 40, width: 8)
        case .tunnelTTL: FlowFieldLayout(word: 28, shift: 32, width: 8)
        case .tunnelTransportSource: FlowFieldLayout(word: 28, shift: 16, width: 16)
        case .tunnelTransportDestination: FlowFieldLayout(word: 28, shift: 0, width: 16)
        case .tunnelGBPID: FlowFieldLayout(word: 29, shift: 48, width: 16)
        case .tunnelGBPFlags: FlowFieldLayout(word: 29, shift: 40, width: 8)
        case .ethernetDestination: FlowFieldLayout(word: 30, shift: 16, width: 48)
        case .etherType: FlowFieldLayout(word: 30, shift: 0, width: 16)
        case .ethernetSource: FlowFieldLayout(word: 31, shift: 16, width: 48)
        case .vlanTPID: FlowFieldLayout(word: 32, shift: 48, width: 16)
        case .vlanTCI: FlowFieldLayout(word: 32, shift: 32, width: 16)
        case .innerVLANTPID: FlowFieldLayout(word: 32, shift: 16, width: 16)
        case .innerVLANTCI: FlowFieldLayout(word: 32, shift: 0, width: 16)
        case .mplsLabelStackEntry0: FlowFieldLayout(word: 33, shift: 32, width: 32)
        case .mplsLabelStackEntry1: FlowFieldLayout(word: 33, shift: 0, width: 32)
        case .mplsLabelStackEntry2: FlowFieldLayout(word: 34, shift: 32, width: 32)
        case .ipv4Source: FlowFieldLayout(word: 35, shift: 32, width: 32)
        case .ipv4Destination: FlowFieldLayout(word: 35, shift: 0, width: 32)
        case .ipv6Source: FlowFieldLayout(word: 36, shift: 0, width: 128)
        case .ipv6Destination: FlowFieldLayout(word: 38, shift: 0, width: 128)
        case .ipv6FlowLabel: FlowFieldLayout(word: 40, shift: 32, width: 20)
        case .ipProtocol: FlowFieldLayout(word: 40, shift: 24, width: 8)
        case .ipTOS: FlowFieldLayout(word: 40, shift: 16, width: 8)
        case .ipTTL: FlowFieldLayout(word: 40, shift: 8, width: 8)
        case .ipFragment: FlowFieldLayout(word: 40, shift: 0, width: 8)
        case .arpSourceHardwareAddress: FlowFieldLayout(word: 41, shift: 16, width: 48)
        case .arpOperation: FlowFieldLayout(word: 41, shift: 0, width: 16)
        case .arpTargetHardwareAddress: FlowFieldLayout(word: 42, shift: 16, width: 48)
        case .neighbourDiscoveryTarget: FlowFieldLayout(word: 43, shift: 0, width: 128)
        case .transportSource: FlowFieldLayout(word: 45, shift: 48, width: 16)
        case .transportDestination: FlowFieldLayout(word: 45, shift: 32, width: 16)
        case .tcpFlags: FlowFieldLayout(word: 45, shift: 16, width: 16)
        case .serviceInstance: FlowFieldLayout(word: 46, shift: 40, width: 24)
        case .serviceUsesCustomerAddress: FlowFieldLayout(word: 46, shift: 32, width: 1)
        case .ipv6ExtensionHeaders: FlowFieldLayout(word: 46, shift: 0, width: 9)
        case .tunnelOptionLength: FlowFieldLayout(word: 47, shift: 0, width: 16)
        case .serviceHeaderFlags: FlowFieldLayout(word: 35, shift: 56, width: 8)
        case .serviceHeaderTTL: FlowFieldLayout(word: 35, shift: 48, width: 8)
        case .serviceHeaderMetadataType: FlowFieldLayout(word: 35, shift: 40, width: 8)
        case .serviceHeaderNextProtocol: FlowFieldLayout(word: 35, shift: 32, width: 8)
        case .serviceHeaderPathID: FlowFieldLayout(word: 35, shift: 8, width: 24)
        case .serviceHeaderIndex: FlowFieldLayout(word: 35, shift: 0, width: 8)
        case .serviceHeaderContext1: FlowFieldLayout(word: 36, shift: 32, width: 32)
        case .serviceHeaderContext2: FlowFieldLayout(word: 36, shift: 0, width: 32)
        case .serviceHeaderContext3: FlowFieldLayout(word: 37, shift: 32, width: 32)
        case .serviceHeaderContext4: FlowFieldLayout(word: 37, shift: 0, width: 32)
        }
    }
}
