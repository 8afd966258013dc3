#!/usr/bin/env python3
"""Records the FLOW_MODs that ovs-ofctl writes for every action and match field it knows, for Tests/OpenFlowTests.

Listens on a Unix socket as a switch that agrees to everything, lets ovs-ofctl add one flow after the other in each
version from 1.0 to 1.5, and writes one file per version:

    Tests/OpenFlowTests/Vectors/<version>/openvswitch-flows.hex

Each vector is a line "# request <flow>" and a line of hexadecimal. Transaction identifiers are set to 1. What ovs-ofctl
cannot say in a version is left out there.

Needs Debian's openvswitch-common. Usage: openvswitch-flow-vectors.py [--refused]
[VECTORS-DIRECTORY]; with --refused it lists what is left out.
"""
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

VERSIONS = [("1.0", "OpenFlow10"), ("1.1", "OpenFlow11"), ("1.2", "OpenFlow12"),
            ("1.3", "OpenFlow13"), ("1.4", "OpenFlow14"), ("1.5", "OpenFlow15")]

ACTIONS = [
    "drop", "output:1", "LOCAL", "IN_PORT", "NORMAL", "FLOOD", "ALL", "CONTROLLER:128", "enqueue:1:2",
    "controller(max_len=100,reason=no_match,id=7)", "controller(userdata=01.02.03.04.05,pause)",
    "controller(max_len=64,id=3,reason=invalid_ttl,userdata=ff,meter_id=5)", "controller(pause)",
    "output:reg1[0..15]", "output:reg2[]", "output:nsh_spi[]", "output(port=1,max_len=100)", "group:5",
    "bundle(eth_src,50,hrw,ofport,slaves:1,2,3)", "bundle(symmetric_l4,0,active_backup,ofport,slaves:4)",
    "bundle(nw_src,7,hrw,ofport,slaves:)", "bundle_load(symmetric_l3l4+udp,9,hrw,ofport,reg0[0..15],slaves:1,2,3,4,5)",
    "bundle_load(nw_dst,9,active_backup,ofport,reg3[],slaves:9)",
    "multipath(eth_src,50,modulo_n,1,0,reg0[])", "multipath(symmetric_l3l4,7,hash_threshold,16,2,reg1[4..8])",
    "multipath(symmetric_l4,0,hrw,3,0,reg5[0..1])", "multipath(nw_src,0,iter_hash,200,12,tun_id[5..20])",
    "multipath(symmetric_l3,0,modulo_n,65536,0,reg0[0..15])",
    "strip_vlan", "pop_vlan", "push_vlan:0x8100", "push_vlan:0x88a8", "push_mpls:0x8847", "pop_mpls:0x0806",
    "set_field:7->mpls_label", "set_mpls_label(1048575)", "set_mpls_tc(7)", "set_mpls_ttl(200)", "dec_mpls_ttl",
    "mod_dl_src:00:11:22:33:44:55", "mod_dl_dst:01:00:5e:00:00:01", "mod_nw_src:192.0.2.1", "mod_nw_dst:192.0.2.2",
    "mod_vlan_vid:4095", "mod_vlan_pcp:7", "mod_nw_tos:252", "mod_nw_ecn:3", "mod_nw_ttl:255", "mod_tp_src:65535",
    "mod_tp_dst:1",
    "set_field:00:11:22:33:44:55->eth_src", "set_field:01:00:00:00:00:00/01:00:00:00:00:00->eth_dst",
    "set_field:4100->vlan_vid", "set_field:10.0.0.0/255.0.0.0->ip_src", "set_field:2001:db8::1->ipv6_dst",
    "set_field:2001:db8::/ffff:ffff::->ipv6_src", "set_field:0x12345->ipv6_label", "set_field:1->arp_op",
    "set_field:10.1.1.1->arp_spa", "set_field:00:00:00:00:00:01->arp_tha", "set_field:53->udp_dst",
    "set_field:9->sctp_src", "set_field:8->icmp_type", "set_field:3->icmpv6_code", "set_field:fe80::1->nd_target",
    "set_field:00:01:02:03:04:05->nd_sll", "set_field:46->ip_dscp", "set_field:64->nw_ttl",
    "set_field:0x1234/0xff00->reg0", "set_field:0xabcdef->reg15", "set_field:0x123456789abcdef->xreg7",
    "set_field:0x1234567890abcdef1234567890abcdef->xxreg3", "set_field:0x0f0f/0xff0f->xxreg0", "set_field:5->pkt_mark",
    "set_field:0x99->metadata", "set_field:0x77/0xff->tun_id", "set_field:10.2.2.2->tun_dst",
    "set_field:2001:db8::2->tun_ipv6_src", "set_field:3->tun_gbp_id", "set_field:1->tun_gbp_flags", "set_field:oam->tun_flags",
    "set_field:0x123456->nsh_spi", "set_field:200->nsh_si", "set_field:0xaa/0xff->nsh_c1", "set_field:3->nsh_ttl",
    "set_field:5->tun_erspan_idx", "set_field:2->in_port", "set_field:0x1003->vlan_tci",
    "load:5->reg0[]", "load:0xabc->reg1[4..15]", "load:1->reg2[31]", "load:0x5f->vlan_tci[0..11]",
    "load:0xffff->in_port[]", "load:0x112233445566->eth_dst[]", "load:0x1->xreg2[60..63]", "load:9->nw_tos[]",
    "load:0xfedcba9876543210->tun_id[]", "load:0xffffffffffffffff->xxreg1[64..127]", "load:7->ct_mark[]",
    "move:reg0[0..15]->reg1[16..31]", "move:eth_src[]->eth_dst[]", "move:in_port[0..15]->reg3[0..15]",
    "move:xxreg0[]->xxreg1[]", "move:nsh_c1[]->reg0[]", "move:reg0[]->nsh_c2[]", "move:tun_id[0..31]->metadata[32..63]",
    "move:vlan_tci[0..11]->reg1[0..11]", "push:reg0[0..15]", "pop:reg1[8..23]", "push:nsh_c1[]", "pop:xxreg2[]",
    "push:eth_src[]", "dec_ttl", "dec_ttl(1,2,3)", "dec_ttl(9)", "dec_nsh_ttl", "set_tunnel:0x1234", "set_tunnel64:0x123456789a",
    "set_queue:99", "pop_queue", "resubmit:4", "resubmit(,5)", "resubmit(6,7)", "resubmit(LOCAL,8)", "resubmit(,9,ct)",
    "resubmit(3,9,ct)", "note:00.11.22.33", "note:01.02.03.04.05.06.07.08.09", "note:", "exit", "meter:7",
    "write_metadata:0x1234/0xffff", "write_metadata:0x99", "goto_table:9", "clear_actions", "meter:3,output:1",
    "write_actions(output:1,set_field:5->reg0,push_vlan:0x8100,dec_ttl)", "fin_timeout(idle_timeout=5,hard_timeout=10)",
    "fin_timeout(hard_timeout=30)", "conjunction(1,1/2)", "conjunction(4294967295,64/64)", "debug_slow",
    "learn(table=1,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
    "learn(table=2,idle_timeout=10,hard_timeout=20,fin_idle_timeout=5,fin_hard_timeout=10,priority=10,cookie=0xfedcba9876543210,"
    "in_port=99,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG1[16..31])",
    "learn(table=3,send_flow_rem,delete_learned,eth_type=0x800,ip_dst=10.1.2.3,load:0x1234->reg2[4..19])",
    "learn(table=4,eth_type=0x86dd,ipv6_src=2001:db8::1,load:5->tun_id[])",
    "learn(table=5,limit=3,eth_src,output:reg0[0..15])", "learn(table=6,limit=9,result_dst=reg0[5],eth_dst=eth_src,load:1->reg1[])",
    "learn(table=7,result_dst=xreg2[63],vlan_vid,load:eth_src[]->metadata[0..47])", "learn()",
    "sample(probability=100,collector_set_id=5,obs_domain_id=6,obs_point_id=7)",
    "sample(probability=65535,collector_set_id=1,sampling_port=3)",
    "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,sampling_port=5,ingress)",
    "sample(probability=1,collector_set_id=2,sampling_port=LOCAL,egress)",
    "sample(probability=9,collector_set_id=2,obs_domain_id=NXM_NX_REG0[0..31],obs_point_id=reg1[0..15])",
    "clone(output:1)", "clone()", "clone(push_vlan:0x8100,set_field:4101->vlan_vid,output:2),output:3",
    "clone(clone(clone(output:1),resubmit(,2)),exit)", "ct_clear", "check_pkt_larger(1500)->reg0[0]",
    "check_pkt_larger(65535)->xreg1[63]", "delete_field:tun_metadata0", "delete_field:tun_metadata63",
    "encap(ethernet)", "encap(nsh)", "encap(nsh(md_type=1))", "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))",
    "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678),tlv(0x2000,20,0xfedcba98765432)))", "encap(mpls)",
    "encap(mpls(ether_type=0x8847))", "encap(mpls_mc)", "decap", "decap()", "decap(packet_type(ns=0,type=0))",
    "decap(packet_type(ns=1,type=0x894f))", "copy_ttl_in", "push_pbb:0x88e7",
]
IP_ACTIONS = [
    "ct", "ct()", "ct(commit)", "ct(commit,force)", "ct(table=5)", "ct(table=5,zone=9)", "ct(zone=reg0[4..19])",
    "ct(commit,zone=NXM_NX_REG1[0..15],exec(load:1->ct_mark[]))", "ct(commit,exec(set_field:0x5/0xf->ct_mark))",
    "ct(commit,exec(set_field:0x1234567890abcdef->ct_label))", "ct(commit,exec(move:reg0[]->ct_mark[]))",
    "ct(commit,exec(move:xxreg0[]->ct_label[],load:3->ct_mark[0..3]))", "ct(nat)", "ct(commit,nat)", "ct(table=3,nat)",
    "ct(commit,nat(src))", "ct(commit,nat(dst))", "ct(commit,nat(src=10.0.0.1))", "ct(commit,nat(src=10.0.0.1-10.0.0.9))",
    "ct(commit,nat(dst=10.0.0.1:80))", "ct(commit,nat(dst=10.0.0.1-10.0.0.9:80-90))",
    "ct(commit,nat(src=10.0.0.1-10.0.0.9:80-90,persistent,hash))", "ct(commit,nat(src=10.0.0.1,random))",
    "ct(commit,nat(src=[2001:db8::1]))", "ct(commit,nat(src=2001:db8::1))", "ct(commit,nat(src=2001:db8::1-2001:db8::9))",
    "ct(commit,nat(dst=[2001:db8::1]:80))", "ct(commit,nat(dst=[2001:db8::1-2001:db8::9]:80-90,random,persistent))",
    "ct(commit,alg=ftp)", "ct(commit,alg=tftp,nat(src=1.2.3.4),exec(set_field:1->ct_mark),table=1,zone=2)",
    "clone(ct(commit,nat(src=1.1.1.1)),output:1)",
]
MATCHES = [
    "in_port=1", "in_port=LOCAL", "metadata=0x5", "metadata=0x5/0xff", "dl_src=00:11:22:33:44:55",
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_type=0x88b5", "dl_type=0x05ff", "dl_vlan=5", "dl_vlan=0xffff",
    "dl_vlan=5,dl_vlan_pcp=3", "dl_vlan_pcp=3", "vlan_tci=0x1005", "vlan_tci=0", "vlan_tci=0x1000/0x1000",
    "vlan_tci=0x1005/0x1fff", "vlan_tci=0x0005/0x00ff", "vlan_vid=0x1005/0x100f", "ip", "ip,nw_src=10.0.0.0/8",
    "ip,nw_src=10.0.0.1/255.0.0.255", "ip,nw_dst=192.0.2.7", "ip,nw_proto=47", "ip,nw_tos=184", "ip,ip_dscp=46", "ip,nw_ecn=2",
    "ip,nw_ttl=64", "ip,ip_frag=yes", "ip,ip_frag=no", "ip,ip_frag=first", "ip,ip_frag=later", "ip,ip_frag=not_later",
    "tcp", "tcp,tp_src=80", "tcp,tcp_dst=0x100/0xff00", "tcp,tcp_flags=syn", "tcp,tcp_flags=+ack-fin", "tcp,tcp_flags=0xfff",
    "udp,udp_src=53,udp_dst=54", "udp,udp_src=0/0xfff0", "sctp,sctp_src=1,sctp_dst=2", "icmp,icmp_type=8,icmp_code=0",
    "arp", "arp,arp_op=2", "arp,arp_op=0x101", "arp,arp_spa=10.0.0.0/24,arp_tpa=10.0.0.1", "arp,arp_sha=00:00:00:00:00:01",
    "arp,arp_tha=00:00:00:00:00:02/00:00:00:00:00:ff", "rarp,arp_op=3", "ipv6", "ipv6,ipv6_src=2001:db8::/32",
    "ipv6,ipv6_dst=::1", "ipv6,ipv6_dst=::1/::ffff", "ipv6,ipv6_label=0x54321", "ipv6,ipv6_label=0x100/0xf00", "ipv6,nw_ttl=9",
    "tcp6,tcp_src=443", "udp6,udp_dst=53", "sctp6,sctp_dst=9", "icmp6,icmpv6_type=128,icmpv6_code=0",
    "icmp6,icmp_type=135,nd_target=fe80::1", "icmp6,icmp_type=135,nd_target=fe80::/10", "icmp6,icmp_type=135,nd_sll=00:00:00:00:00:01",
    "icmp6,icmp_type=136,nd_tll=00:00:00:00:00:01", "icmp6,icmp_type=136,nd_tll=00:00:00:00:00:01/00:00:00:00:00:ff",
    "icmp6,icmp_type=136,nd_reserved=0x20000000", "icmp6,icmp_type=136,nd_options_type=2",
    "mpls,mpls_label=100", "mpls,mpls_tc=3", "mpls,mpls_bos=1", "mpls,mpls_ttl=64", "mplsm,mpls_label=7",
    "reg0=1", "reg15=0xffffffff", "reg7=0x5/0xf", "xreg0=1", "xreg7=0x500000000/0xf00000000", "xxreg0=5",
    "xxreg3=0x10000000000000000/0xffff0000000000000000", "pkt_mark=1", "pkt_mark=1/3", "conj_id=7", "recirc_id=0", "dp_hash=1/0xff",
    "tun_id=5", "tun_id=5/0xff", "tun_src=10.0.0.0/8", "tun_dst=10.0.0.1", "tun_ipv6_src=2001:db8::/32", "tun_ipv6_dst=::1",
    "tun_flags=oam", "tun_flags=-oam", "tun_gbp_id=5", "tun_gbp_id=5/0xff", "tun_gbp_flags=1/1", "tun_erspan_ver=1",
    "tun_erspan_idx=5", "tun_erspan_dir=1", "tun_erspan_hwid=3", "tun_gtpu_flags=1", "tun_gtpu_msgtype=255",
    "ct_state=+trk+est", "ct_state=-trk", "ct_state=+new-rpl+inv", "ct_zone=5", "ct_mark=1", "ct_mark=1/0xf",
    "ct_label=0x1234567890abcdef1234567890abcdef", "ct_label=1/1", "ct_state=+trk,ip,ct_nw_src=10.0.0.1",
    "ct_state=+trk,ip,ct_nw_dst=10.0.0.0/8", "ct_state=+trk,ip,ct_nw_proto=6,ct_tp_src=1,ct_tp_dst=2/0xfffe",
    "ct_state=+trk,ipv6,ct_ipv6_src=::1,ct_ipv6_dst=2001:db8::/32", "actset_output=5", "packet_type=(1,0x800)",
    "packet_type=(1,0x894f),nsh_si=5", "dl_type=0x894f,nsh_flags=1/1", "dl_type=0x894f,nsh_mdtype=1", "dl_type=0x894f,nsh_np=3",
    "dl_type=0x894f,nsh_spi=0x123456,nsh_si=255", "dl_type=0x894f,nsh_c1=1,nsh_c2=2,nsh_c3=3,nsh_c4=4/0xf",
    "dl_type=0x894f,nsh_ttl=63", "tun_metadata0=0x1234", "tun_metadata1=0x12/0xff",
    *(",".join(f"tun_metadata{number}={number}" for number in range(first, min(first + 10, 64)))
      for first in range(2, 64, 10)),
]


class Switch:
    """Agrees to any version that is offered, and answers barriers and statistics with nothing in them."""

    def __init__(self, path):
        self.messages = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            with client:
                self.serve(client)

    def serve(self, client):
        pending = b""
        while True:
            data = client.recv(65536)
            if not data:
                return
            pending += data
            while len(pending) >= 8 and len(pending) >= int.from_bytes(pending[2:4], "big"):
                length = int.from_bytes(pending[2:4], "big")
                message, pending = pending[:length], pending[length:]
                version, kind = message[0], message[1]
                if kind == 0:
                    client.sendall(bytes([version, 0, 0, 8]) + message[4:8])
                elif kind == 2:
                    client.sendall(bytes([version, 3]) + message[2:])
                elif kind == (18 if version == 1 else 20):
                    client.sendall(bytes([version, kind + 1, 0, 8]) + message[4:8])
                else:
                    self.messages.append(message)


def main():
    names = [argument for argument in sys.argv[1:] if argument != "--refused"]
    vectors = pathlib.Path(names[0] if names else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    run = pathlib.Path(tempfile.mkdtemp(prefix="openflow-vectors-"))
    flows = [f"actions={a}" for a in ACTIONS] + [f"ip,actions={a}" for a in ACTIONS if a.startswith(("mod_", "set_field", "dec"))]
    flows += [f"tcp,actions={a}" for a in ACTIONS if a.startswith("mod_tp")]
    flows += [f"{p},actions={a}" for a in ACTIONS if a.startswith("set_field") for p in
              ("ipv6", "arp", "udp", "sctp", "icmp", "icmp6,icmp_type=135", "dl_vlan=1", "mpls", "dl_type=0x894f")]
    flows += [f"dl_type=0x894f,actions={a}" for a in ACTIONS if "nsh" in a]
    flows += [f"mpls,actions={a}" for a in ACTIONS if "mpls" in a]
    flows += [f"tcp,actions={a}" for a in IP_ACTIONS] + [f"udp,actions={a}" for a in IP_ACTIONS if "tftp" in a]
    flows += [f"tcp,ct_state=+trk+est,actions={a}" for a in ACTIONS if a.endswith(",ct)")]
    flows += [f"{m},actions=drop" for m in MATCHES]
    try:
        switch = Switch(str(run / "switch"))
        for folder, name in VERSIONS:
            seen, lines, refused = set(), [], []
            for flow in flows:
                switch.messages = []
                result = subprocess.run(["ovs-ofctl", "-O", name, "--no-names", "--timeout=10", "add-flow", f"unix:{run}/switch", flow],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                if result.returncode != 0:
                    refused.append(flow)
                    continue
                for message in switch.messages:
                    message = message[:4] + b"\0\0\0\1" + message[8:]
                    if message not in seen:
                        seen.add(message)
                        lines.append(f"# request {flow}\n{message.hex()}\n")
            path = vectors / folder / "openvswitch-flows.hex"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines))
            print(path, len(lines), "refused", len(refused))
            if "--refused" in sys.argv:
                print("\n".join("  " + flow for flow in refused))
    finally:
        shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    main()
