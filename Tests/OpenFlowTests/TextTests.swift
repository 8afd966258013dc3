import NetworkTypes
import Testing

@testable import OpenFlow

@Suite("Text in the manner of ovs-ofctl")
struct TextTests {
    @Test("Flows that ovs-ofctl sent are printed as they were typed")
    func flows() throws {
        let expected = ["tcp,nw_dst=10.0.0.0/24,tp_src=80,tp_dst=1024", "dl_src=00:11:22:33:44:55"]
        let vectors = try Vector.load("openvswitch").filter { $0.version == .v1_3 && $0.title.contains("add-flow") }
        for typed in expected {
            let vector = try #require(vectors.first { $0.title.contains(typed) })
            guard case .flowMod(let flow) = try MessageCodec.decode(vector.bytes, version: .v1_3).message else {
                Issue.record("not a flow")
                continue
            }
            #expect(flow.match.description.contains(typed))
        }
    }

    @Test("Actions and matches")
    func samples() {
        #expect(Match.any.description == "any")
        #expect([Instruction]().actionsText == "drop")
        #expect(
            [
                Instruction.applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0), .popVLAN]),
                .gotoTable(TableID(rawValue: 3)),
            ].actionsText == "output:2,pop_vlan,goto_table:3")
        #expect(
            MatchEntry(.ipv4Source, value: 0x0a00_0000, mask: 0xffff_fff0).description == "nw_src=10.0.0.0/28")
        #expect(MatchEntry(.metadata, value: 5, mask: 0xff).description == "metadata=0x5/0xff")
        #expect(
            Action.setField(.vlanID, value: 0x1005, mask: MatchField.vlanID.allOnes).description
                == "set_field:4101->vlan_vid")
        #expect(Action.resubmit(port: nil, table: TableID(rawValue: 4)).description == "resubmit(,4)")
    }

    /// Lines whose text is the form that ovs-ofctl (3.1) prints.
    static let matches: [String] = [
        "tcp,dl_vlan=10,dl_vlan_pcp=3,nw_src=10.0.0.0/8,nw_tos=16,nw_ecn=1,nw_ttl=3,tp_src=0x10/0xf0,tp_dst=80",
        "ct_state=-new+est+trk,ct_zone=5,ct_mark=0x1,ct_label=0x1,ct_nw_src=1.2.3.4,"
            + "ct_nw_dst=1.2.0.0/16,ct_nw_proto=17,ct_tp_src=5,ct_tp_dst=6,udp,metadata=0x1",
        "icmp,icmp_type=3,icmp_code=4",
        "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1,nd_sll=00:00:00:00:00:01,nd_reserved=3,nd_options_type=1",
        "mpls,mpls_label=5,mpls_tc=3,mpls_ttl=4,mpls_bos=1",
        "dl_type=0x894f,nsh_flags=3,nsh_ttl=6,nsh_mdtype=1,nsh_np=3,nsh_spi=0x123,"
            + "nsh_si=4,nsh_c1=0x1,nsh_c2=0x2/0x3,nsh_c3=0x4,nsh_c4=0x5",
        "packet_type=(1,0x800),nw_src=1.2.3.4",
        "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,dl_type=0x88cc",
        "ip,tun_erspan_ver=1,tun_erspan_idx=0x3,gtpu_flags=0x4,gtpu_msgtype=5,"
            + "in_port=LOCAL,nw_src=1.2.0.4/255.255.0.255,nw_proto=4,nw_frag=yes",
        "ip,in_port=CONTROLLER,nw_frag=no", "rarp",
        "ct_state=0,sctp6,vlan_tci=0x900a/0xf00f,ipv6_label=0x00005/0x000ff,tp_src=7",
        "pkt_mark=0x3,recirc_id=0x5,dp_hash=0x3,conj_id=4,actset_output=3,ct_mark=0x4,"
            + "eth,tcp6,reg0=0x1,tun_id=0x3,tun_src=1.2.3.4,tun_gbp_id=4,tun_gbp_flags=0x3,"
            + "tun_flags=+oam,metadata=0x3,in_port=1,dl_dst=01:02:03:04:05:06,ipv6_src=::1,"
            + "ipv6_label=0x00004,nw_tos=16,nw_ttl=4,tcp_flags=+syn-ack",
        "tun_ipv6_src=fe80::/12,tun_ipv6_dst=::4,vlan_tci=0x1000/0x1000",
        "ip,tun_flags=-oam,nw_frag=first", "tcp,tcp_flags=syn|ack",
        "tcp,tcp_flags=fin|syn|rst|psh|ack|urg|ece|cwr|ns|[200]|[400]|[800]",
        "tcp,tcp_flags=-fin+syn-rst+ack+[200]", "ct_state=new|trk", "ct_state=+new-est+trk",
        "arp,arp_spa=1.2.3.4,arp_tpa=1.2.3.4/31,arp_op=1,arp_sha=00:00:00:00:00:01,"
            + "arp_tha=00:00:00:00:00:00/ff:ff:ff:00:00:00",
        "ct_label=0x5/0xffffffffffffffffffff,mpls,reg1=0,tun_id=0/0x4,metadata=0,mpls_label=3",
        "icmp6,icmp_type=136,nd_target=fe80::/64,nd_tll=00:00:00:00:00:01", "vlan_tci=0x5003/0xf003", "dl_vlan_pcp=3",
        "vlan_tci=0x0000/0x1fff", "vlan_tci=0x0123/0x0fff",
    ]

    @Test("A match in ovs-ofctl's own form is printed again as it was", arguments: Self.matches)
    func matchForms(_ text: String) throws {
        let match = try Match(text: text)
        #expect(match.description == text)
        #expect(try Match(text: match.description) == match)
    }

    @Test(
        "Other spellings of a match mean the same",
        arguments: [
            (
                "eth_src=00:11:22:33:44:55,dl_type=2048,ip_src=10.1.2.3/255.255.0.0",
                "ip,dl_src=00:11:22:33:44:55,nw_src=10.1.0.0/16"
            ),
            ("dl_type=0x806,nw_src=1.2.3.4,nw_proto=2", "arp,arp_spa=1.2.3.4,arp_op=2"),
            ("ip,nw_proto=6 tcp_dst=80", "tcp,tp_dst=80"), ("dl_vlan=0xffff", "vlan_tci=0x0000/0x1fff"),
            ("ip,tcp,tp_src=5", "tcp,tp_src=5"), ("ip_dscp=4,ip", "ip,nw_tos=16"), ("NXM_NX_REG3=7", "reg3=0x7"),
            ("vlan_tci=0x1123/0xffff", "dl_vlan=291,dl_vlan_pcp=0"), ("in_port=local", "in_port=LOCAL"),
            ("in_port=65534", "in_port=LOCAL"), ("udp,tp_src=*", "udp"), ("nw_src=0.0.0.0/0", "any"),
        ])
    func spellings(_ typed: String, printed: String) throws {
        #expect(try Match(text: typed).description == printed)
    }

    /// Actions in the form that ovs-ofctl prints.
    static let actions: [String] = [
        "output:1", "LOCAL", "IN_PORT", "NORMAL", "CONTROLLER:65535", "CONTROLLER:100",
        "controller(reason=no_match,max_len=50,id=3)",
        "controller(reason=no_match,max_len=50,id=3,userdata=01.02,pause,meter_id=3)", "output(port=1,max_len=100)",
        "output:NXM_NX_REG0[]", "output:NXM_NX_XXREG0[0..15]", "move:NXM_NX_REG0[0..3]->NXM_NX_REG1[4..7]",
        "set_field:0xa/0xe->reg2", "set_field:0x1->reg3", "mod_vlan_vid:3", "mod_vlan_pcp:3", "pop_vlan",
        "push_vlan:0x88a8", "set_field:00:11:22:33:44:55->eth_src", "set_field:1.2.3.4->ip_src", "set_field:4->ip_dscp",
        "dec_ttl", "dec_ttl(1,2)", "set_queue:1", "pop_queue", "note:01.02", "resubmit:1", "resubmit(,2)",
        "resubmit(1,2)", "resubmit(,2,ct)", "exit", "group:5", "enqueue:1:2", "mod_tp_src:5", "mod_nw_ttl:4",
        "ct(commit,table=3,zone=5,nat(src=1.2.3.4-1.2.3.9:1-50,random),exec(set_field:0x1->ct_mark),alg=ftp)",
        "ct(commit,force,zone=NXM_NX_REG0[0..15])", "ct(nat)", "ct(nat(dst=[fe80::1-fe80::5]:80,persistent))",
        "ct(nat(src=fe80::1))", "ct(nat(src,hash))", "ct()", "ct_clear",
        "learn(table=3,hard_timeout=5,eth_type=0x800,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],"
            + "load:NXM_NX_REG0[]->NXM_NX_REG1[],"
            + "output:NXM_OF_IN_PORT[],NXM_OF_ETH_SRC[]=NXM_OF_ETH_DST[],"
            + "NXM_OF_VLAN_TCI[0..11],load:0x5->NXM_NX_REG2[0..7])",
        "learn(table=3,idle_timeout=1,hard_timeout=3,fin_idle_timeout=2,fin_hard_timeout=4,priority=5,send_flow_rem,"
            + "delete_learned,cookie=0x6,limit=7,result_dst=NXM_NX_REG0[8])",
        "clone(output:1,dec_ttl)", "bundle(eth_src,50,hrw,ofport,members:4,8)",
        "bundle_load(eth_src,50,hrw,ofport,NXM_NX_REG0[],members:4,8)",
        "multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])",
        "conjunction(5,1/2)", "push:NXM_NX_REG0[]", "pop:NXM_NX_REG0[3..5]",
        "sample(probability=5,collector_set_id=1,obs_domain_id=2,obs_point_id=3,sampling_port=1,egress)",
        "fin_timeout(idle_timeout=3,hard_timeout=4)", "check_pkt_larger(100)->NXM_NX_REG0[3]", "encap(nsh(md_type=1))",
        "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))", "encap(ethernet)", "decap()",
        "decap(packet_type(ns=1,type=0x894f))", "dec_nsh_ttl", "push_mpls:0x8848", "pop_mpls:0x0800", "set_mpls_ttl(2)",
        "dec_mpls_ttl", "encap(mpls)", "copy_ttl_out", "copy_ttl_in", "push_pbb:0x88e7", "pop_pbb",
        "experimenter(0x1234,0102)",
    ]

    @Test("An action in ovs-ofctl's own form is printed again as it was", arguments: Self.actions)
    func actionForms(_ text: String) throws {
        let actions = try [Action](text: text)
        #expect(actions.text == text)
        #expect(try [Action](text: actions.text) == actions)
    }

    @Test(
        "Other spellings of an action mean the same",
        arguments: [
            ("1", "output:1"), ("controller", "CONTROLLER:65535"), ("strip_vlan", "pop_vlan"),
            ("load:5->reg2[1..3]", "set_field:0xa/0xe->reg2"), ("load:0x5->NXM_NX_REG2[]", "set_field:0x5->reg2"),
            ("mod_nw_tos:16", "set_field:4->ip_dscp"),
            ("mod_dl_dst:00:00:00:00:00:01", "set_field:00:00:00:00:00:01->eth_dst"),
            ("set_tunnel:5", "set_field:0x5->tun_id"), ("set_mpls_ttl:2", "set_mpls_ttl(2)"),
            ("output:reg0", "output:NXM_NX_REG0[]"), ("output:in_port", "IN_PORT"), ("enqueue(1,2)", "enqueue:1:2"),
            ("normal,flood, all", "NORMAL,FLOOD,ALL"), ("drop", ""), ("", ""),
        ])
    func actionSpellings(_ typed: String, printed: String) throws {
        #expect(try [Action](text: typed).text == printed)
    }

    @Test(
        "Flows, groups, meters and packets-out are read back from what is printed",
        arguments: [
            "add actions=drop", "delete", "delete table=3,out_port=4,out_group=5,tcp",
            "modify_strict cookie=0x5/0xff,table=3,priority=9,ip actions=NORMAL",
            "add cookie=0x7,table=3,idle_timeout=5,hard_timeout=4,importance=9,send_flow_rem,"
                + "check_overlap,reset_counts,"
                + "no_packet_counts,no_byte_counts,priority=3,udp6,ipv6_src=fe80::/10 "
                + "actions=meter:3,output:1,clear_actions,write_actions(set_field:0x5->reg0,"
                + "output:2),write_metadata:0x5/0x7,goto_table:5",
        ])
    func flowLines(_ text: String) throws {
        let flow = try FlowMod(text: text)
        #expect(flow.description == text)
        #expect(try FlowMod(text: flow.description) == flow)
    }

    @Test("What ovs-ofctl dump-flows prints is read")
    func dumpedFlow() throws {
        let line =
            " cookie=0x1234, duration=1.020s, table=2, n_packets=0, n_bytes=0, idle_timeout=5, idle_age=1, "
            + "priority=7,ip,nw_src=10.0.0.0/8 actions=LOCAL"
        let flow = try FlowMod(text: line)
        #expect(flow.text == "cookie=0x1234,table=2,idle_timeout=5,priority=7,ip,nw_src=10.0.0.0/8 actions=LOCAL")
    }

    @Test("Groups, meters and packets-out")
    func others() throws {
        for text in [
            "add group_id=1,type=select,bucket=weight:5,watch_port:1,watch_group:2,"
                + "actions=output:1,bucket=actions=output:2",
            "delete group_id=all",
            "add group_id=1,type=select,selection_method=hash,selection_method_param=5,"
                + "fields(ip_src,ip_dst=255.255.0.0),bucket=actions=output:1",
            "insert_bucket group_id=4,command_bucket_id=last,type=all,bucket=bucket_id:9,actions=drop",
        ] { #expect(try GroupMod(text: text).description == text) }
        #expect(try GroupMod(text: "group_id=3,type=indirect,bucket=output:4,dec_ttl").buckets[0].actions.count == 2)
        for text in [
            "add meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100 "
                + "type=dscp_remark rate=5 prec_level=1",
            "delete meter=all", "modify meter=slowpath pktps bands=type=drop rate=1",
        ] { #expect(try MeterMod(text: text).description == text) }
        #expect(
            try MeterMod(text: "meter=1,kbps,bands=type=drop,rate=1000").bands == [MeterBand(kind: .drop, rate: 1000)])
        let text = "in_port=CONTROLLER,metadata=0x5,packet=00112233 actions=output:1"
        #expect(try PacketOut(text: text).description == text)
        #expect(try PacketOut(text: "packet=00 in_port=3 actions=1").inPort == PortNumber(rawValue: 3))
    }

    @Test(
        "An error tells the column, what was read, and what is allowed",
        arguments: [
            ("tcp,nw_src=1.2.3.400 actions=drop", 12, "1.2.3.400", "an IPv4 address such as 192.0.2.1"),
            ("tcp,nw_src=1.2.3.4/33 actions=drop", 20, "33", "a prefix length from 0 to 32"),
            ("nw_src=1.2.3.4 actions=drop", 1, "nw_src=1.2.3.4", "ip beside ip_src"),
            ("tcpp actions=drop", 1, "tcpp", "a field or protocol"),
            ("table=256 actions=drop", 7, "256", "a table from 0 to 255"),
            ("actions=outputt:1", 9, "outputt", "an action of ovs-actions(7)"), ("tcp", 4, "", "actions="),
            ("actions=clone(output:1", 14, "(output:1", "a ')' for every '('"),
            ("actions=set_field:1->tcp_flags", 22, "tcp_flags", "a field that actions may set"),
            ("tp_dst=80 actions=drop", 1, "tp_dst", "a protocol that has ports (tcp, udp, sctp ...) beside tp_dst"),
            ("table=1,table=2 actions=drop", 9, "table=2", "table once"),
            ("actions=move:reg0[0..3]->reg1[0..4]", 26, "reg1[0..4]", "4 bits, as many as the source has,"),
            ("priority=010 actions=drop", 10, "010", "a priority from 0 to 65535"),
            ("in_port=1/3 actions=drop", 11, "3", "no mask, as in_port has none,"),
            ("actions=goto_table:1,goto_table:2", 22, "goto_table:2", "each instruction once"),
        ])
    func errors(_ text: String, column: Int, found: String, expected: String) {
        do throws(TextError) {
            let flow = try FlowMod(text: text)
            Issue.record("read as \(flow)")
        } catch {
            #expect(error == TextError(column: column, found: found, expected: expected))
        }
    }

    @Test("Nesting is bounded")
    func nesting() {
        let text = String(repeating: "clone(", count: 100) + "output:1" + String(repeating: ")", count: 100)
        #expect(throws: TextError.self) { try [Action](text: text) }
        let fine = String(repeating: "clone(", count: 16) + "output:1" + String(repeating: ")", count: 16)
        #expect(throws: Never.self) { try [Action](text: fine) }
    }
}
