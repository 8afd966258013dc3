import OpenFlow
import Support
import Testing

/// The text of flows, against what ovs-ofctl makes of the same lines.
@Suite("Text beside ovs-ofctl", .enabled(if: !UserModeLinux.isGuest, "needs no kernel of its own"))
struct OfctlTextTests {
    private static let flows: [String] = [
        "tcp,dl_vlan=10,dl_vlan_pcp=3,dl_src=01:02:03:04:05:06,nw_src=10.0.0.0/8,tp_dst=80,"
            + "tp_src=0x10/0xf0,nw_tos=16,nw_ecn=1,nw_ttl=3 actions=drop",
        "ct_state=+trk+est-new,ct_zone=5,ct_mark=1,ct_label=1,udp,ct_nw_src=1.2.3.4,"
            + "ct_nw_dst=1.2.0.0/16,ct_nw_proto=17,ct_tp_src=5,ct_tp_dst=6,metadata=1 actions=2",
        "tcp6,in_port=1,dl_dst=01:02:03:04:05:06,ipv6_src=::1,ipv6_label=4,tcp_flags=+syn-ack,"
            + "nw_tos=16,nw_ttl=4,tun_id=3,tun_src=1.2.3.4,tun_gbp_id=4,tun_gbp_flags=3,tun_flags=+oam,"
            + "reg0=1,pkt_mark=3,conj_id=4 actions=drop",
        "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1,nd_sll=00:00:00:00:00:01 actions=drop",
        "arp,arp_spa=1.2.3.4,arp_tpa=1.2.3.4/31,arp_op=1,arp_sha=00:00:00:00:00:01,"
            + "arp_tha=00:00:00:00:00:01/ff:ff:ff:00:00:00 actions=drop",
        "mpls,mpls_label=5,mpls_tc=3,mpls_ttl=4,mpls_bos=1 actions=pop_mpls:0x800,dec_ttl",
        "dl_type=0x894f,nsh_flags=3,nsh_mdtype=1,nsh_np=3,nsh_spi=0x123,nsh_si=4,nsh_c1=1,"
            + "nsh_c2=2/3,nsh_ttl=6 actions=drop",
        "ip,nw_proto=4,nw_src=1.2.0.4/255.255.0.255,nw_frag=yes,in_port=LOCAL,tun_erspan_ver=2,"
            + "tun_erspan_dir=1,tun_erspan_hwid=4 actions=drop",
        "ip,nw_frag=not_later actions=drop",
        "ip,tun_erspan_ver=1,tun_erspan_idx=3,tun_gtpu_flags=4,tun_gtpu_msgtype=5 actions=drop",
        "sctp6,tp_src=7,ipv6_label=5/0xff,ct_state=0,vlan_vid=0x100a/0x100f,vlan_pcp=4 actions=drop",
        "table=3,udp6,ipv6_src=fe80::/10,idle_timeout=5,cookie=7,send_flow_rem,check_overlap,"
            + "importance=5,priority=3,hard_timeout=4 actions=output:1",
        "in_port=1 actions=meter:3,clear_actions,write_actions(output:1,set_field:5->reg0),"
            + "write_metadata:5/7,goto_table:5",
        "tcp actions=controller,controller:100,controller(reason=action,max_len=50,id=3),LOCAL,"
            + "IN_PORT,NORMAL,FLOOD,ALL,in_port",
        "tcp actions=output(port=1,max_len=100),output:NXM_NX_REG0[],output:xxreg0[0..15]",
        "tcp actions=move:reg0[0..3]->reg1[4..7],load:5->reg2[],load:5->reg2[1..3],"
            + "set_field:1->reg3,set_field:1/3->reg3,mod_dl_src:00:11:22:33:44:55,"
            + "set_field:1.2.3.4->ip_src,set_field:5->tcp_src,set_field:4->ip_dscp,set_field:1->nw_ecn,"
            + "mod_nw_ttl:3",
        "dl_vlan=5 actions=pop_vlan,push_vlan:0x88a8,set_field:4100->vlan_vid,set_field:3->vlan_pcp",
        "tcp actions=dec_ttl,dec_ttl(1,2),set_queue:1,pop_queue,note:01.02.03.04.05.06,resubmit:1,"
            + "resubmit(,2),resubmit(1,2),exit,group:5",
        "tcp actions=ct(commit,table=3,zone=5,nat(src=1.2.3.4-1.2.3.9:1-50,random),"
            + "exec(load:1->ct_mark[]),alg=ftp),ct(zone=reg0[0..15],force,commit),ct(nat),ct_clear,ct,"
            + "ct(commit,nat(dst=1.2.3.4,persistent))",
        "tcp6 actions=ct(commit,nat(src=fe80::1-fe80::9,hash)),ct(commit,nat(dst=[fe80::1]:80))",
        "tcp actions=learn(table=3,hard_timeout=5,eth_type=0x800,nw_src=nw_dst,load:reg0[]->reg1[],"
            + "output:in_port,NXM_OF_ETH_SRC[]=NXM_OF_ETH_DST[])",
        "tcp actions=learn(table=1,idle_timeout=1,fin_idle_timeout=2,hard_timeout=3,"
            + "fin_hard_timeout=4,priority=5,send_flow_rem,delete_learned,cookie=6,limit=7,"
            + "result_dst=reg0[8],NXM_OF_VLAN_TCI[0..11],load:5->reg2[0..7])",
        "tcp actions=clone(output:1,dec_ttl),bundle(eth_src,50,hrw,ofport,slaves:4,8),"
            + "bundle_load(symmetric_l4,50,active_backup,ofport,reg0[],members:4,8),multipath(nw_src,50,"
            + "iter_hash,16,5,reg0[0..4])",
        "conj_id=4,tcp actions=conjunction(5,1/2),conjunction(6,2/3)",
        "tcp actions=sample(probability=5,collector_set_id=1,obs_domain_id=2,obs_point_id=3,"
            + "sampling_port=1,egress),push:reg0[],pop:reg0[3..5],fin_timeout(idle_timeout=3,"
            + "hard_timeout=4),check_pkt_larger(100)->reg0[3]",
        "tcp actions=encap(nsh(md_type=1)),encap(ethernet),decap(),decap(packet_type(ns=1,"
            + "type=0x894f))",
        "tcp actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))",
        "tcp actions=controller(reason=no_match,max_len=50,id=3,userdata=01.02,pause,meter_id=3)",
        "tcp actions=push_mpls:0x8848,set_field:4->mpls_label,set_field:1->mpls_tc,dec_mpls_ttl",
        "actions=output:1,2,3",
        "priority=0 actions=drop",
    ]

    @Test("a flow is understood and printed as ovs-ofctl does", arguments: Self.flows)
    func flow(_ line: String) throws {
        let theirs = try Command.require(["ovs-ofctl", "-O", "OpenFlow15", "parse-flow", line]).split(separator: "\n")
        let ours = Message.flowMod(try FlowMod(text: line)).text(
            version: .v1_5, transactionID: TransactionID(rawValue: 1))
        #expect(theirs.last.map(String.init) == ours)
    }

    @Test(
        "what ovs-ofctl refuses is refused",
        arguments: [
            "tcpp actions=drop", "ip,nw_src=1.2.3.4/33 actions=drop", "tcp actions=outputt:1",
            "tcp actions=goto_table:256", "table=256 actions=drop", "tcp actions=conjunction(1,3/2)",
            "tcp actions=move:reg0[0..3]->reg1[0..4]", "tcp actions=set_field:1->nosuch",
            "tcp,tcp_dst=70000 actions=drop",
        ])
    func refused(_ line: String) throws {
        #expect(try !Command.run(["ovs-ofctl", "-O", "OpenFlow15", "parse-flow", line]).succeeded)
        #expect(throws: TextError.self) { try FlowMod(text: line) }
    }
}
