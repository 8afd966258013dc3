/// A header, pipeline or metadata field that a flow can match or an action can set.
///
/// One case per meaning, whatever its encodings (1.0 and 1.1 fixed matches, OXM, NXM, experimenter OXM).
/// The facts of each are one row of `MatchField.table`. Values are integers in host byte order, in
/// ``MatchEntry``: addresses with the first octet on the wire most significant. Names in text are those of
/// ovs-fields(7).
public enum MatchField: UInt8, CaseIterable, Sendable, Hashable, BitwiseCopyable {
    /// Port the packet came in by, a ``PortNumber``.
    case inPort
    /// Physical port below a logical ingress port, a ``PortNumber``.
    case inPhysicalPort
    /// Pipeline metadata.
    case metadata
    /// Ethernet destination address.
    case ethernetDestination
    /// Ethernet source address.
    case ethernetSource
    /// EtherType after VLAN tags; 0x05ff where the frame has none.
    case etherType
    /// VLAN identifier with bit 12 (0x1000) saying that there is a tag; 0 means no tag.
    case vlanID
    /// VLAN priority code point.
    case vlanPriority
    /// Differentiated services code point of IPv4 or IPv6.
    case ipDSCP
    /// Explicit congestion notification of IPv4 or IPv6.
    case ipECN
    /// IP protocol, after IPv6 extension headers.
    case ipProtocol
    /// IPv4 source address.
    case ipv4Source
    /// IPv4 destination address.
    case ipv4Destination
    /// TCP source port.
    case tcpSource
    /// TCP destination port.
    case tcpDestination
    /// UDP source port.
    case udpSource
    /// UDP destination port.
    case udpDestination
    /// SCTP source port.
    case sctpSource
    /// SCTP destination port.
    case sctpDestination
    /// ICMP type.
    case icmpv4Type
    /// ICMP code.
    case icmpv4Code
    /// ARP operation.
    case arpOperation
    /// ARP source IPv4 address.
    case arpSourceProtocolAddress
    /// ARP target IPv4 address.
    case arpTargetProtocolAddress
    /// ARP source Ethernet address.
    case arpSourceHardwareAddress
    /// ARP target Ethernet address.
    case arpTargetHardwareAddress
    /// IPv6 source address.
    case ipv6Source
    /// IPv6 destination address.
    case ipv6Destination
    /// IPv6 flow label.
    case ipv6FlowLabel
    /// ICMPv6 type.
    case icmpv6Type
    /// ICMPv6 code.
    case icmpv6Code
    /// Target address of an ICMPv6 neighbour solicitation or advertisement.
    case neighbourDiscoveryTarget
    /// Source link-layer address of an ICMPv6 neighbour solicitation.
    case neighbourDiscoverySourceAddress
    /// Target link-layer address of an ICMPv6 neighbour advertisement.
    case neighbourDiscoveryTargetAddress
    /// Label of the outermost MPLS shim.
    case mplsLabel
    /// Traffic class of the outermost MPLS shim.
    case mplsTrafficClass
    /// Bottom-of-stack bit of the outermost MPLS shim.
    case mplsBottomOfStack
    /// Service instance identifier of the PBB tag.
    case pbbServiceID
    /// Logical port metadata: tunnel key.
    case tunnelID
    /// Which IPv6 extension headers are present, nine bits.
    case ipv6ExtensionHeaders
    /// Use-customer-address bit of the PBB tag.
    case pbbUseCustomerAddress
    /// TCP flags, 12 bits.
    case tcpFlags
    /// Port that the action set outputs to, a ``PortNumber``.
    case actionSetOutput
    /// Packet type: name space in the upper 16 bits, type in the lower.
    case packetType
    /// Register 0.
    case register0
    /// Register 1.
    case register1
    /// Register 2.
    case register2
    /// Register 3.
    case register3
    /// Register 4.
    case register4
    /// Register 5.
    case register5
    /// Register 6.
    case register6
    /// Register 7.
    case register7
    /// Register 8.
    case register8
    /// Register 9.
    case register9
    /// Register 10.
    case register10
    /// Register 11.
    case register11
    /// Register 12.
    case register12
    /// Register 13.
    case register13
    /// Register 14.
    case register14
    /// Register 15.
    case register15
    /// Register 16.
    case register16
    /// Register 17.
    case register17
    /// Register 18.
    case register18
    /// Register 19.
    case register19
    /// Register 20.
    case register20
    /// Register 21.
    case register21
    /// Register 22.
    case register22
    /// Register 23.
    case register23
    /// Register 24.
    case register24
    /// Register 25.
    case register25
    /// Register 26.
    case register26
    /// Register 27.
    case register27
    /// Register 28.
    case register28
    /// Register 29.
    case register29
    /// Register 30.
    case register30
    /// Register 31.
    case register31
    /// Packet register 0: registers 0 (upper half) and 1.
    case extendedRegister0
    /// Packet register 1: registers 2 (upper half) and 3.
    case extendedRegister1
    /// Packet register 2: registers 4 (upper half) and 5.
    case extendedRegister2
    /// Packet register 3: registers 6 (upper half) and 7.
    case extendedRegister3
    /// Packet register 4: registers 8 (upper half) and 9.
    case extendedRegister4
    /// Packet register 5: registers 10 (upper half) and 11.
    case extendedRegister5
    /// Packet register 6: registers 12 (upper half) and 13.
    case extendedRegister6
    /// Packet register 7: registers 14 (upper half) and 15.
    case extendedRegister7
    /// Packet register 8: registers 16 (upper half) and 17.
    case extendedRegister8
    /// Packet register 9: registers 18 (upper half) and 19.
    case extendedRegister9
    /// Packet register 10: registers 20 (upper half) and 21.
    case extendedRegister10
    /// Packet register 11: registers 22 (upper half) and 23.
    case extendedRegister11
    /// Packet register 12: registers 24 (upper half) and 25.
    case extendedRegister12
    /// Packet register 13: registers 26 (upper half) and 27.
    case extendedRegister13
    /// Packet register 14: registers 28 (upper half) and 29.
    case extendedRegister14
    /// Packet register 15: registers 30 (upper half) and 31.
    case extendedRegister15
    /// Registers 0 (most significant) to 3 as one.
    case doubleExtendedRegister0
    /// Registers 4 (most significant) to 7 as one.
    case doubleExtendedRegister1
    /// Registers 8 (most significant) to 11 as one.
    case doubleExtendedRegister2
    /// Registers 12 (most significant) to 15 as one.
    case doubleExtendedRegister3
    /// Registers 16 (most significant) to 19 as one.
    case doubleExtendedRegister4
    /// Registers 20 (most significant) to 23 as one.
    case doubleExtendedRegister5
    /// Registers 24 (most significant) to 27 as one.
    case doubleExtendedRegister6
    /// Registers 28 (most significant) to 31 as one.
    case doubleExtendedRegister7
    /// Whole VLAN tag control information with bit 12 saying that there is a tag; 0 means no tag.
    case vlanTCI
    /// IPv4 time to live or IPv6 hop limit.
    case ipTTL
    /// Fragment: bit 0 any fragment, bit 1 not the first.
    case ipFragment
    /// Time to live of the outermost MPLS shim.
    case mplsTTL
    /// Mark of the packet in the host (skb mark).
    case packetMark
    /// Hash computed by the datapath.
    case datapathHash
    /// Recirculation identifier.
    case recirculationID
    /// Identifier of a satisfied conjunction.
    case conjunctionID
    /// Outer IPv4 source address of a tunnel.
    case tunnelIPv4Source
    /// Outer IPv4 destination address of a tunnel.
    case tunnelIPv4Destination
    /// Outer IPv6 source address of a tunnel.
    case tunnelIPv6Source
    /// Outer IPv6 destination address of a tunnel.
    case tunnelIPv6Destination
    /// Tunnel flags; bit 0 is OAM.
    case tunnelFlags
    /// VXLAN group policy identifier.
    case tunnelGBPID
    /// VXLAN group policy flags.
    case tunnelGBPFlags
    /// ERSPAN index.
    case tunnelERSPANIndex
    /// ERSPAN version.
    case tunnelERSPANVersion
    /// ERSPAN direction.
    case tunnelERSPANDirection
    /// ERSPAN hardware identifier.
    case tunnelERSPANHardwareID
    /// GTP-U flags.
    case tunnelGTPUFlags
    /// GTP-U message type.
    case tunnelGTPUMessageType
    /// Connection tracking state bits.
    case connectionState
    /// Connection tracking zone.
    case connectionZone
    /// Connection tracking mark.
    case connectionMark
    /// Connection tracking label.
    case connectionLabel
    /// IP protocol of the connection in its original direction.
    case connectionProtocol
    /// IPv4 source of the connection in its original direction.
    case connectionIPv4Source
    /// IPv4 destination of the connection in its original direction.
    case connectionIPv4Destination
    /// IPv6 source of the connection in its original direction.
    case connectionIPv6Source
    /// IPv6 destination of the connection in its original direction.
    case connectionIPv6Destination
    /// Source port of the connection in its original direction.
    case connectionTransportSource
    /// Destination port of the connection in its original direction.
    case connectionTransportDestination
    /// Reserved word of a neighbour discovery message.
    case neighbourDiscoveryReserved
    /// Type of the first option of a neighbour discovery message.
    case neighbourDiscoveryOptionsType
    /// Network service header: flags.
    case serviceHeaderFlags
    /// Network service header: metadata type.
    case serviceHeaderMetadataType
    /// Network service header: next protocol.
    case serviceHeaderNextProtocol
    /// Network service header: service path identifier.
    case serviceHeaderPathID
    /// Network service header: service index.
    case serviceHeaderIndex
    /// Network service header: context header 1.
    case serviceHeaderContext1
    /// Network service header: context header 2.
    case serviceHeaderContext2
    /// Network service header: context header 3.
    case serviceHeaderContext3
    /// Network service header: context header 4.
    case serviceHeaderContext4
    /// Network service header: time to live.
    case serviceHeaderTTL
    /// Tunnel metadata option 0, of variable length.
    case tunnelMetadata0
    /// Tunnel metadata option 1, of variable length.
    case tunnelMetadata1
    /// Tunnel metadata option 2, of variable length.
    case tunnelMetadata2
    /// Tunnel metadata option 3, of variable length.
    case tunnelMetadata3
    /// Tunnel metadata option 4, of variable length.
    case tunnelMetadata4
    /// Tunnel metadata option 5, of variable length.
    case tunnelMetadata5
    /// Tunnel metadata option 6, of variable length.
    case tunnelMetadata6
    /// Tunnel metadata option 7, of variable length.
    case tunnelMetadata7
    /// Tunnel metadata option 8, of variable length.
    case tunnelMetadata8
    /// Tunnel metadata option 9, of variable length.
    case tunnelMetadata9
    /// Tunnel metadata option 10, of variable length.
    case tunnelMetadata10
    /// Tunnel metadata option 11, of variable length.
    case tunnelMetadata11
    /// Tunnel metadata option 12, of variable length.
    case tunnelMetadata12
    /// Tunnel metadata option 13, of variable length.
    case tunnelMetadata13
    /// Tunnel metadata option 14, of variable length.
    case tunnelMetadata14
    /// Tunnel metadata option 15, of variable length.
    case tunnelMetadata15
    /// Tunnel metadata option 16, of variable length.
    case tunnelMetadata16
    /// Tunnel metadata option 17, of variable length.
    case tunnelMetadata17
    /// Tunnel metadata option 18, of variable length.
    case tunnelMetadata18
    /// Tunnel metadata option 19, of variable length.
    case tunnelMetadata19
    /// Tunnel metadata option 20, of variable length.
    case tunnelMetadata20
    /// Tunnel metadata option 21, of variable length.
    case tunnelMetadata21
    /// Tunnel metadata option 22, of variable length.
    case tunnelMetadata22
    /// Tunnel metadata option 23, of variable length.
    case tunnelMetadata23
    /// Tunnel metadata option 24, of variable length.
    case tunnelMetadata24
    /// Tunnel metadata option 25, of variable length.
    case tunnelMetadata25
    /// Tunnel metadata option 26, of variable length.
    case tunnelMetadata26
    /// Tunnel metadata option 27, of variable length.
    case tunnelMetadata27
    /// Tunnel metadata option 28, of variable length.
    case tunnelMetadata28
    /// Tunnel metadata option 29, of variable length.
    case tunnelMetadata29
    /// Tunnel metadata option 30, of variable length.
    case tunnelMetadata30
    /// Tunnel metadata option 31, of variable length.
    case tunnelMetadata31
    /// Tunnel metadata option 32, of variable length.
    case tunnelMetadata32
    /// Tunnel metadata option 33, of variable length.
    case tunnelMetadata33
    /// Tunnel metadata option 34, of variable length.
    case tunnelMetadata34
    /// Tunnel metadata option 35, of variable length.
    case tunnelMetadata35
    /// Tunnel metadata option 36, of variable length.
    case tunnelMetadata36
    /// Tunnel metadata option 37, of variable length.
    case tunnelMetadata37
    /// Tunnel metadata option 38, of variable length.
    case tunnelMetadata38
    /// Tunnel metadata option 39, of variable length.
    case tunnelMetadata39
    /// Tunnel metadata option 40, of variable length.
    case tunnelMetadata40
    /// Tunnel metadata option 41, of variable length.
    case tunnelMetadata41
    /// Tunnel metadata option 42, of variable length.
    case tunnelMetadata42
    /// Tunnel metadata option 43, of variable length.
    case tunnelMetadata43
    /// Tunnel metadata option 44, of variable length.
    case tunnelMetadata44
    /// Tunnel metadata option 45, of variable length.
    case tunnelMetadata45
    /// Tunnel metadata option 46, of variable length.
    case tunnelMetadata46
    /// Tunnel metadata option 47, of variable length.
    case tunnelMetadata47
    /// Tunnel metadata option 48, of variable length.
    case tunnelMetadata48
    /// Tunnel metadata option 49, of variable length.
    case tunnelMetadata49
    /// Tunnel metadata option 50, of variable length.
    case tunnelMetadata50
    /// Tunnel metadata option 51, of variable length.
    case tunnelMetadata51
    /// Tunnel metadata option 52, of variable length.
    case tunnelMetadata52
    /// Tunnel metadata option 53, of variable length.
    case tunnelMetadata53
    /// Tunnel metadata option 54, of variable length.
    case tunnelMetadata54
    /// Tunnel metadata option 55, of variable length.
    case tunnelMetadata55
    /// Tunnel metadata option 56, of variable length.
    case tunnelMetadata56
    /// Tunnel metadata option 57, of variable length.
    case tunnelMetadata57
    /// Tunnel metadata option 58, of variable length.
    case tunnelMetadata58
    /// Tunnel metadata option 59, of variable length.
    case tunnelMetadata59
    /// Tunnel metadata option 60, of variable length.
    case tunnelMetadata60
    /// Tunnel metadata option 61, of variable length.
    case tunnelMetadata61
    /// Tunnel metadata option 62, of variable length.
    case tunnelMetadata62
    /// Tunnel metadata option 63, of variable length.
    case tunnelMetadata63
}
