extension MatchField {
    /// One row per field but tunnel metadata, in the order of the cases.
    ///
    /// The columns are those of openvswitch's meta-flow.h and ovs-fields(7), and of the OXM tables of the
    /// specifications (1.2 §A.2.3.7, 1.3 §7.2.3.7, 1.5 §7.2.3.8).
    static let fixedLengthRows: [Row] = [
        Row(
            .inPort, "in_port", bits: 32, bytes: 4, [.writable], .none,
            oxm: .basic(0), since: .v1_2, nicira: .nicira0(0)),
        Row(
            .inPhysicalPort, "in_phy_port", bits: 32, bytes: 4, [], .inPort,
            oxm: .basic(1), since: .v1_2),
        Row(
            .metadata, "metadata", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .basic(2), since: .v1_2),
        Row(
            .ethernetDestination, "eth_dst", bits: 48, bytes: 6, [.maskable, .writable], .ethernet,
            oxm: .basic(3), since: .v1_2, nicira: .nicira0(1)),
        Row(
            .ethernetSource, "eth_src", bits: 48, bytes: 6, [.maskable, .writable], .ethernet,
            oxm: .basic(4), since: .v1_2, nicira: .nicira0(2)),
        Row(
            .etherType, "eth_type", bits: 16, bytes: 2, [], .ethernet,
            oxm: .basic(5), since: .v1_2, nicira: .nicira0(3)),
        Row(
            .vlanID, "vlan_vid", bits: 13, bytes: 2, [.maskable, .writable], .ethernet,
            oxm: .basic(6), since: .v1_2),
        Row(
            .vlanPriority, "vlan_pcp", bits: 3, bytes: 1, [.writable], .vlan,
            oxm: .basic(7), since: .v1_2),
        Row(
            .ipDSCP, "ip_dscp", bits: 6, bytes: 1, [.writable], .ip,
            oxm: .basic(8), since: .v1_2),
        Row(
            .ipECN, "nw_ecn", bits: 2, bytes: 1, [.writable], .ip,
            oxm: .basic(9), since: .v1_2, nicira: .nicira1(28)),
        Row(
            .ipProtocol, "nw_proto", bits: 8, bytes: 1, [], .ip,
            oxm: .basic(10), since: .v1_2, nicira: .nicira0(6)),
        Row(
            .ipv4Source, "ip_src", bits: 32, bytes: 4, [.maskable, .writable], .ipv4,
            oxm: .basic(11), since: .v1_2, nicira: .nicira0(7)),
        Row(
            .ipv4Destination, "ip_dst", bits: 32, bytes: 4, [.maskable, .writable], .ipv4,
            oxm: .basic(12), since: .v1_2, nicira: .nicira0(8)),
        Row(
            .tcpSource, "tcp_src", bits: 16, bytes: 2, [.maskable, .writable], .tcp,
            oxm: .basic(13), since: .v1_2, nicira: .nicira0(9)),
        Row(
            .tcpDestination, "tcp_dst", bits: 16, bytes: 2, [.maskable, .writable], .tcp,
            oxm: .basic(14), since: .v1_2, nicira: .nicira0(10)),
        Row(
            .udpSource, "udp_src", bits: 16, bytes: 2, [.maskable, .writable], .udp,
            oxm: .basic(15), since: .v1_2, nicira: .nicira0(11)),
        Row(
            .udpDestination, "udp_dst", bits: 16, bytes: 2, [.maskable, .writable], .udp,
            oxm: .basic(16), since: .v1_2, nicira: .nicira0(12)),
        Row(
            .sctpSource, "sctp_src", bits: 16, bytes: 2, [.maskable, .writable], .sctp,
            oxm: .basic(17), since: .v1_2),
        Row(
            .sctpDestination, "sctp_dst", bits: 16, bytes: 2, [.maskable, .writable], .sctp,
            oxm: .basic(18), since: .v1_2),
        Row(
            .icmpv4Type, "icmp_type", bits: 8, bytes: 1, [.writable], .icmpv4,
            oxm: .basic(19), since: .v1_2, nicira: .nicira0(13)),
        Row(
            .icmpv4Code, "icmp_code", bits: 8, bytes: 1, [.writable], .icmpv4,
            oxm: .basic(20), since: .v1_2, nicira: .nicira0(14)),
        Row(
            .arpOperation, "arp_op", bits: 16, bytes: 2, [.writable], .arp,
            oxm: .basic(21), since: .v1_2, nicira: .nicira0(15)),
        Row(
            .arpSourceProtocolAddress, "arp_spa", bits: 32, bytes: 4, [.maskable, .writable], .arp,
            oxm: .basic(22), since: .v1_2, nicira: .nicira0(16)),
        Row(
            .arpTargetProtocolAddress, "arp_tpa", bits: 32, bytes: 4, [.maskable, .writable], .arp,
            oxm: .basic(23), since: .v1_2, nicira: .nicira0(17)),
        Row(
            .arpSourceHardwareAddress, "arp_sha", bits: 48, bytes: 6, [.maskable, .writable], .arp,
            oxm: .basic(24), since: .v1_2, nicira: .nicira1(17)),
        Row(
            .arpTargetHardwareAddress, "arp_tha", bits: 48, bytes: 6, [.maskable, .writable], .arp,
            oxm: .basic(25), since: .v1_2, nicira: .nicira1(18)),
        Row(
            .ipv6Source, "ipv6_src", bits: 128, bytes: 16, [.maskable, .writable], .ipv6,
            oxm: .basic(26), since: .v1_2, nicira: .nicira1(19)),
        Row(
            .ipv6Destination, "ipv6_dst", bits: 128, bytes: 16, [.maskable, .writable], .ipv6,
            oxm: .basic(27), since: .v1_2, nicira: .nicira1(20)),
        Row(
            .ipv6FlowLabel, "ipv6_label", bits: 20, bytes: 4, [.maskable, .writable], .ipv6,
            oxm: .basic(28), since: .v1_2, nicira: .nicira1(27)),
        Row(
            .icmpv6Type, "icmpv6_type", bits: 8, bytes: 1, [.writable], .icmpv6,
            oxm: .basic(29), since: .v1_2, nicira: .nicira1(21)),
        Row(
            .icmpv6Code, "icmpv6_code", bits: 8, bytes: 1, [.writable], .icmpv6,
            oxm: .basic(30), since: .v1_2, nicira: .nicira1(22)),
        Row(
            .neighbourDiscoveryTarget, "nd_target", bits: 128, bytes: 16, [.maskable, .writable], .neighbourDiscovery,
            oxm: .basic(31), since: .v1_2, nicira: .nicira1(23)),
        Row(
            .neighbourDiscoverySourceAddress, "nd_sll", bits: 48, bytes: 6, [.maskable, .writable],
            .neighbourSolicitation,
            oxm: .basic(32), since: .v1_2, nicira: .nicira1(24)),
        Row(
            .neighbourDiscoveryTargetAddress, "nd_tll", bits: 48, bytes: 6, [.maskable, .writable],
            .neighbourAdvertisement,
            oxm: .basic(33), since: .v1_2, nicira: .nicira1(25)),
        Row(
            .mplsLabel, "mpls_label", bits: 20, bytes: 4, [.writable], .mpls,
            oxm: .basic(34), since: .v1_2),
        Row(
            .mplsTrafficClass, "mpls_tc", bits: 3, bytes: 1, [.writable], .mpls,
            oxm: .basic(35), since: .v1_2),
        Row(
            .mplsBottomOfStack, "mpls_bos", bits: 1, bytes: 1, [], .mpls,
            oxm: .basic(36), since: .v1_3),
        Row(
            .pbbServiceID, "pbb_isid", bits: 24, bytes: 3, [.maskable, .writable], .pbb,
            oxm: .basic(37), since: .v1_3),
        Row(
            .tunnelID, "tun_id", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .basic(38), since: .v1_3, nicira: .nicira1(16)),
        Row(
            .ipv6ExtensionHeaders, "ipv6_exthdr", bits: 9, bytes: 2, [.maskable], .ipv6,
            oxm: .basic(39), since: .v1_3),
        Row(
            .pbbUseCustomerAddress, "pbb_uca", bits: 1, bytes: 1, [.writable], .pbb,
            oxm: .basic(41), since: .v1_4),
        Row(
            .tcpFlags, "tcp_flags", bits: 12, bytes: 2, [.maskable], .tcp,
            oxm: .basic(42), since: .v1_5, nicira: .nicira1(34)),
        Row(
            .actionSetOutput, "actset_output", bits: 32, bytes: 4, [], .none,
            oxm: .basic(43), since: .v1_5, nicira: .onf(43)),
        Row(
            .packetType, "packet_type", bits: 32, bytes: 4, [], .none,
            oxm: .basic(44), since: .v1_5),
        Row(
            .register0, "reg0", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(0)),
        Row(
            .register1, "reg1", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(1)),
        Row(
            .register2, "reg2", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(2)),
        Row(
            .register3, "reg3", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(3)),
        Row(
            .register4, "reg4", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(4)),
        Row(
            .register5, "reg5", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(5)),
        Row(
            .register6, "reg6", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(6)),
        Row(
            .register7, "reg7", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(7)),
        Row(
            .register8, "reg8", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(8)),
        Row(
            .register9, "reg9", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(9)),
        Row(
            .register10, "reg10", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(10)),
        Row(
            .register11, "reg11", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(11)),
        Row(
            .register12, "reg12", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(12)),
        Row(
            .register13, "reg13", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(13)),
        Row(
            .register14, "reg14", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(14)),
        Row(
            .register15, "reg15", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(15)),
        Row(
            .register16, "reg16", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(17)),
        Row(
            .register17, "reg17", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(18)),
        Row(
            .register18, "reg18", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(19)),
        Row(
            .register19, "reg19", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(20)),
        Row(
            .register20, "reg20", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(21)),
        Row(
            .register21, "reg21", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(22)),
        Row(
            .register22, "reg22", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(23)),
        Row(
            .register23, "reg23", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(24)),
        Row(
            .register24, "reg24", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(25)),
        Row(
            .register25, "reg25", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(26)),
        Row(
            .register26, "reg26", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(27)),
        Row(
            .register27, "reg27", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(28)),
        Row(
            .register28, "reg28", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(29)),
        Row(
            .register29, "reg29", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(30)),
        Row(
            .register30, "reg30", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(31)),
        Row(
            .register31, "reg31", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(32)),
        Row(
            .extendedRegister0, "xreg0", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(0), since: .v1_3),
        Row(
            .extendedRegister1, "xreg1", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(1), since: .v1_3),
        Row(
            .extendedRegister2, "xreg2", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(2), since: .v1_3),
        Row(
            .extendedRegister3, "xreg3", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(3), since: .v1_3),
        Row(
            .extendedRegister4, "xreg4", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(4), since: .v1_3),
        Row(
            .extendedRegister5, "xreg5", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(5), since: .v1_3),
        Row(
            .extendedRegister6, "xreg6", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(6), since: .v1_3),
        Row(
            .extendedRegister7, "xreg7", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(7), since: .v1_3),
        Row(
            .extendedRegister8, "xreg8", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(8), since: .v1_3),
        Row(
            .extendedRegister9, "xreg9", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(9), since: .v1_3),
        Row(
            .extendedRegister10, "xreg10", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(10), since: .v1_3),
        Row(
            .extendedRegister11, "xreg11", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(11), since: .v1_3),
        Row(
            .extendedRegister12, "xreg12", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(12), since: .v1_3),
        Row(
            .extendedRegister13, "xreg13", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(13), since: .v1_3),
        Row(
            .extendedRegister14, "xreg14", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(14), since: .v1_3),
        Row(
            .extendedRegister15, "xreg15", bits: 64, bytes: 8, [.maskable, .writable], .none,
            oxm: .packetRegister(15), since: .v1_3),
        Row(
            .doubleExtendedRegister0, "xxreg0", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(111)),
        Row(
            .doubleExtendedRegister1, "xxreg1", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(112)),
        Row(
            .doubleExtendedRegister2, "xxreg2", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(113)),
        Row(
            .doubleExtendedRegister3, "xxreg3", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(114)),
        Row(
            .doubleExtendedRegister4, "xxreg4", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(33)),
        Row(
            .doubleExtendedRegister5, "xxreg5", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(34)),
        Row(
            .doubleExtendedRegister6, "xxreg6", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(35)),
        Row(
            .doubleExtendedRegister7, "xxreg7", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(36)),
        Row(
            .vlanTCI, "vlan_tci", bits: 16, bytes: 2, [.maskable, .writable], .ethernet,
            nicira: .nicira0(4)),
        Row(
            .ipTTL, "nw_ttl", bits: 8, bytes: 1, [.writable], .ip,
            nicira: .nicira1(29)),
        Row(
            .ipFragment, "ip_frag", bits: 2, bytes: 1, [.maskable], .ip,
            nicira: .nicira1(26)),
        Row(
            .mplsTTL, "mpls_ttl", bits: 8, bytes: 1, [.writable], .mpls,
            nicira: .nicira1(30)),
        Row(
            .packetMark, "pkt_mark", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(33)),
        Row(
            .datapathHash, "dp_hash", bits: 32, bytes: 4, [.maskable], .none,
            nicira: .nicira1(35)),
        Row(
            .recirculationID, "recirc_id", bits: 32, bytes: 4, [], .none,
            nicira: .nicira1(36)),
        Row(
            .conjunctionID, "conj_id", bits: 32, bytes: 4, [], .none,
            nicira: .nicira1(37)),
        Row(
            .tunnelIPv4Source, "tun_src", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(31)),
        Row(
            .tunnelIPv4Destination, "tun_dst", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(32)),
        Row(
            .tunnelIPv6Source, "tun_ipv6_src", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(109)),
        Row(
            .tunnelIPv6Destination, "tun_ipv6_dst", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(110)),
        Row(
            .tunnelFlags, "tun_flags", bits: 1, bytes: 2, [.maskable, .writable], .none,
            nicira: .nicira1(104)),
        Row(
            .tunnelGBPID, "tun_gbp_id", bits: 16, bytes: 2, [.maskable, .writable], .none,
            nicira: .nicira1(38)),
        Row(
            .tunnelGBPFlags, "tun_gbp_flags", bits: 8, bytes: 1, [.maskable, .writable], .none,
            nicira: .nicira1(39)),
        Row(
            .tunnelERSPANIndex, "tun_erspan_idx", bits: 20, bytes: 4, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(11)),
        Row(
            .tunnelERSPANVersion, "tun_erspan_ver", bits: 4, bytes: 1, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(12)),
        Row(
            .tunnelERSPANDirection, "tun_erspan_dir", bits: 1, bytes: 1, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(13)),
        Row(
            .tunnelERSPANHardwareID, "tun_erspan_hwid", bits: 6, bytes: 1, [.maskable, .writable], .none,
            nicira: .niciraExperimenter(14)),
        Row(
            .tunnelGTPUFlags, "tun_gtpu_flags", bits: 8, bytes: 1, [.maskable], .none,
            nicira: .niciraExperimenter(15)),
        Row(
            .tunnelGTPUMessageType, "tun_gtpu_msgtype", bits: 8, bytes: 1, [.maskable], .none,
            nicira: .niciraExperimenter(16)),
        Row(
            .connectionState, "ct_state", bits: 32, bytes: 4, [.maskable], .none,
            nicira: .nicira1(105)),
        Row(
            .connectionZone, "ct_zone", bits: 16, bytes: 2, [], .none,
            nicira: .nicira1(106)),
        Row(
            .connectionMark, "ct_mark", bits: 32, bytes: 4, [.maskable, .writable], .none,
            nicira: .nicira1(107)),
        Row(
            .connectionLabel, "ct_label", bits: 128, bytes: 16, [.maskable, .writable], .none,
            nicira: .nicira1(108)),
        Row(
            .connectionProtocol, "ct_nw_proto", bits: 8, bytes: 1, [], .connection,
            nicira: .nicira1(119)),
        Row(
            .connectionIPv4Source, "ct_nw_src", bits: 32, bytes: 4, [.maskable], .connectionIPv4,
            nicira: .nicira1(120)),
        Row(
            .connectionIPv4Destination, "ct_nw_dst", bits: 32, bytes: 4, [.maskable], .connectionIPv4,
            nicira: .nicira1(121)),
        Row(
            .connectionIPv6Source, "ct_ipv6_src", bits: 128, bytes: 16, [.maskable], .connectionIPv6,
            nicira: .nicira1(122)),
        Row(
            .connectionIPv6Destination, "ct_ipv6_dst", bits: 128, bytes: 16, [.maskable], .connectionIPv6,
            nicira: .nicira1(123)),
        Row(
            .connectionTransportSource, "ct_tp_src", bits: 16, bytes: 2, [.maskable], .connection,
            nicira: .nicira1(124)),
        Row(
            .connectionTransportDestination, "ct_tp_dst", bits: 16, bytes: 2, [.maskable], .connection,
            nicira: .nicira1(125)),
        Row(
            .neighbourDiscoveryReserved, "nd_reserved", bits: 32, bytes: 4, [.writable], .neighbourDiscovery,
            nicira: .ericsson(1)),
        Row(
            .neighbourDiscoveryOptionsType, "nd_options_type", bits: 8, bytes: 1, [.writable], .neighbourDiscovery,
            nicira: .ericsson(2)),
        Row(
            .serviceHeaderFlags, "nsh_flags", bits: 8, bytes: 1, [.maskable, .writable], .serviceHeader,
            nicira: .serviceHeader(1)),
        Row(
            .serviceHeaderMetadataType, "nsh_mdtype", bits: 8, bytes: 1, [], .serviceHeader,
            nicira: .serviceHeader(2)),
        Row(
            .serviceHeaderNextProtocol, "nsh_np", bits: 8, bytes: 1, [], .serviceHeader,
            nicira: .serviceHeader(3)),
        Row(
            .serviceHeaderPathID, "nsh_spi", bits: 24, bytes: 4, [.writable], .serviceHeader,
            nicira: .serviceHeader(4)),
        Row(
            .serviceHeaderIndex, "nsh_si", bits: 8, bytes: 1, [.writable], .serviceHeader,
            nicira: .serviceHeader(5)),
        Row(
            .serviceHeaderContext1, "nsh_c1", bits: 32, bytes: 4, [.maskable, .writable], .serviceHeader,
            nicira: .serviceHeader(6)),
        Row(
            .serviceHeaderContext2, "nsh_c2", bits: 32, bytes: 4, [.maskable, .writable], .serviceHeader,
            nicira: .serviceHeader(7)),
        Row(
            .serviceHeaderContext3, "nsh_c3", bits: 32, bytes: 4, [.maskable, .writable], .serviceHeader,
            nicira: .serviceHeader(8)),
        Row(
            .serviceHeaderContext4, "nsh_c4", bits: 32, bytes: 4, [.maskable, .writable], .serviceHeader,
            nicira: .serviceHeader(9)),
        Row(
            .serviceHeaderTTL, "nsh_ttl", bits: 8, bytes: 1, [.writable], .serviceHeader,
            nicira: .serviceHeader(10)),
    ]
}
