#!/usr/bin/env python3
"""Records OpenFlow messages that Open vSwitch writes, as vectors for Tests/OpenFlowTests.

Starts ovsdb-server and ovs-vswitchd with a dummy datapath in a temporary directory (no privileges, no network), runs
ovs-ofctl through a recording proxy in each version from 1.0 to 1.5, and writes one file per version:

    Tests/OpenFlowTests/Vectors/<version>/openvswitch.hex

Each vector is a line "# <direction> <command>" and a line of hexadecimal. Transaction identifiers are set to 1.

Needs Debian's openvswitch-switch and openvswitch-common. Usage: openvswitch-vectors.py [VECTORS-DIRECTORY]
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

VERSIONS = [("1.0", "OpenFlow10"), ("1.1", "OpenFlow11"), ("1.2", "OpenFlow12"),
            ("1.3", "OpenFlow13"), ("1.4", "OpenFlow14"), ("1.5", "OpenFlow15")]
LONGEST = 2200
FRAME = "ff" * 6 + "001122334455" + "88b5" + "00" * 46

FLOWS = [  # flow, first version that can say it
    ("priority=0,actions=CONTROLLER:65535", 0),
    ("in_port=1,dl_src=00:11:22:33:44:55,dl_dst=66:77:88:99:aa:bb,actions=output:2", 0),
    ("cookie=0x1234567890,idle_timeout=5,hard_timeout=9,send_flow_rem,priority=7,ip,nw_src=10.0.0.0/8,"
     "nw_dst=10.1.2.3,nw_tos=184,actions=LOCAL", 0),
    ("tcp,nw_dst=10.0.0.0/24,tp_src=80,tp_dst=1024,actions=mod_nw_src:1.2.3.4,mod_nw_dst:5.6.7.8,"
     "mod_tp_src:1,mod_tp_dst:2,mod_nw_tos:32,NORMAL", 0),
    ("udp,dl_vlan=100,dl_vlan_pcp=3,tp_dst=53,actions=strip_vlan,FLOOD", 0),
    ("dl_vlan=0xffff,actions=mod_vlan_vid:5,mod_vlan_pcp:6,ALL", 0),
    ("icmp,icmp_type=8,icmp_code=0,actions=IN_PORT", 0),
    ("arp,arp_op=1,arp_spa=10.0.0.0/8,arp_tpa=10.0.0.9,actions=drop", 0),
    ("dl_type=0x88cc,actions=mod_dl_src:01:02:03:04:05:06,mod_dl_dst:0a:0b:0c:0d:0e:0f,output:3", 0),
    ("actions=resubmit(,3),resubmit(4,),note:01.02.03.04.05.06,exit", 0),
    ("actions=load:5->NXM_NX_REG0[],move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31],set_tunnel:9", 0),
    ("actions=controller(max_len=128,id=5,reason=invalid_ttl),dec_ttl,set_queue:3,output:1,pop_queue", 0),
    ("actions=enqueue:2:7", 0),
    ("sctp,tp_dst=9,actions=drop", 1),
    ("table=3,priority=1,metadata=0x5/0xff,actions=write_metadata:0x10/0xf0,goto_table:4", 1),
    ("actions=push_vlan:0x8100,mod_vlan_vid:7,output:1", 1),
    ("mpls,mpls_label=17,mpls_tc=3,actions=pop_mpls:0x0800,output:1", 1),
    ("ip,actions=push_mpls:0x8847,set_mpls_ttl(7),dec_mpls_ttl,output:1", 1),
    ("actions=clear_actions,write_actions(output:2,group:1)", 1),
    ("icmp6,ipv6_src=2001:db8::/32,icmp_type=135,nd_target=fe80::1,nd_sll=00:01:02:03:04:05,actions=drop", 2),
    ("tcp6,ipv6_dst=::1,ipv6_label=0x12345,tcp_dst=443,actions=set_field:2001:db8::9->ipv6_src,output:1", 2),
    ("dl_vlan=9,actions=set_field:4100->vlan_vid,set_field:3->vlan_pcp,output:1", 2),
    ("ip,ip_dscp=10,ip_ecn=2,actions=set_field:20->ip_dscp,set_field:1->nw_ecn,mod_nw_ttl:9,output:1", 2),
    ("reg3=0x5/0xff,tun_id=0x99,pkt_mark=1,actions=set_field:7->reg5,output:1", 2),
    ("tcp,tcp_flags=+syn-ack,actions=drop", 2),
    ("xreg1=0x1,actions=set_field:9->xreg2,output:1", 3),
    ("actions=meter:1,output:1", 3),
    ("tun_id=5/0xf,actions=set_field:0x77->tun_id,output:NXM_NX_REG3[0..15]", 3),
    ("importance=9,priority=2,actions=output:1", 4),
    ("reg0=1,actions=set_field:0x0f/0xff->reg0,output:1", 5),
]


class Proxy:
    """Listens on a Unix socket, forwards to the switch's and keeps every message."""

    def __init__(self, path, target):
        self.target, self.messages, self.label = target, [], ""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            switch = socket.socket(socket.AF_UNIX)
            switch.connect(self.target)
            for source, sink, direction in ((client, switch, "request"), (switch, client, "reply")):
                threading.Thread(target=self.pump, args=(source, sink, direction), daemon=True).start()

    def pump(self, source, sink, direction):
        pending = b""
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if not data:
                for end in (source, sink):
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                return
            pending += data
            while len(pending) >= 8 and len(pending) >= int.from_bytes(pending[2:4], "big"):
                length = int.from_bytes(pending[2:4], "big")
                self.messages.append((self.label, direction, pending[:length]))
                pending = pending[length:]
            try:
                sink.sendall(data)
            except OSError:
                return


def shortened(message):
    """A multipart reply that is too long, with its first entry alone; None if that is not known to be right."""
    version, kind = message[0], message[1]
    if kind != (17 if version == 1 else 19) or len(message) <= LONGEST:
        return message if len(message) <= LONGEST else None
    what = int.from_bytes(message[8:10], "big")
    body = 12 if version == 1 else 16
    if what == 12 or what == 14:
        end = body + int.from_bytes(message[body:body + 2], "big")
    elif what == 3:
        end = body + {1: 64, 2: 88, 3: 128}.get(version, 24) * 2
    else:
        return None
    cut = message[:2] + end.to_bytes(2, "big") + message[4:10] + b"\0\0" + message[12:end]
    return cut if len(cut) <= LONGEST else None


def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    run = pathlib.Path(tempfile.mkdtemp(prefix="openflow-vectors-"))
    environment = dict(os.environ, OVS_RUNDIR=str(run), OVS_DBDIR=str(run), OVS_LOGDIR=str(run),
                       OVS_SYSCONFDIR=str(run))
    daemons = []

    def command(*arguments, check=True, timeout=20):
        return subprocess.run(arguments, env=environment, check=check, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    try:
        command("ovsdb-tool", "create", str(run / "conf.db"), "/usr/share/openvswitch/vswitch.ovsschema")
        daemons.append(subprocess.Popen(
            ["ovsdb-server", str(run / "conf.db"), f"--remote=punix:{run}/db.sock", f"--unixctl={run}/db.ctl"],
            env=environment, stderr=subprocess.DEVNULL))
        database = f"--db=unix:{run}/db.sock"
        time.sleep(1)
        command("ovs-vsctl", database, "--no-wait", "init")
        daemons.append(subprocess.Popen(
            ["ovs-vswitchd", f"unix:{run}/db.sock", "--enable-dummy=override", "--disable-system",
             f"--unixctl={run}/vswitchd.ctl"], env=environment, stderr=subprocess.DEVNULL))
        command("ovs-vsctl", database, "--timeout=15", "add-br", "br0", "--", "set", "bridge", "br0",
                "datapath_type=dummy", "fail-mode=secure", "other-config:hwaddr=00:00:00:00:0a:01",
                "protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15")
        for port in (1, 2, 3):
            command("ovs-vsctl", database, "--timeout=15", "add-port", "br0", f"p{port}", "--", "set",
                    "interface", f"p{port}", "type=dummy", f"ofport_request={port}")
        proxy = Proxy(str(run / "proxy"), str(run / "br0.mgmt"))
        for index, (folder, name) in enumerate(VERSIONS):
            proxy.messages = []
            record(proxy, command, str(run), name, index)
            write(vectors / folder / "openvswitch.hex", proxy.messages, index + 1)
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(run, ignore_errors=True)


class Client:
    """A controller that sends what ovs-ofctl cannot, through the proxy."""

    def __init__(self, path, version):
        self.version, self.socket = version, socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.send(0)
        time.sleep(0.1)

    def send(self, kind, body=b"", transaction=1):
        self.socket.sendall(bytes([self.version, kind]) + (len(body) + 8).to_bytes(2, "big")
                            + transaction.to_bytes(4, "big") + body)
        time.sleep(0.05)

    def nicira(self, subtype, body=b""):
        self.send(4, (0x2320).to_bytes(4, "big") + subtype.to_bytes(4, "big") + body)

    def onf(self, subtype, body=b""):
        self.send(4, (0x4f4e4600).to_bytes(4, "big") + subtype.to_bytes(4, "big") + body)

    def close(self):
        self.socket.close()


def record_extensions(proxy, command, run, name, index, ofctl):
    """What was added to the protocol by 1.4, the ONF and Nicira."""
    switch, direct = f"unix:{run}/proxy", f"unix:{run}/br0.mgmt"
    version = index + 1

    def monitor(label, *arguments, during):
        proxy.label = f"ovs-ofctl {label}"
        process = subprocess.Popen(["ovs-ofctl", "-O", name, *arguments, f"--unixctl={run}/m.ctl"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=dict(os.environ, OVS_RUNDIR=run))
        time.sleep(0.7)
        during()
        time.sleep(0.4)
        process.terminate()
        process.wait()

    def change_flows():
        command("ovs-ofctl", "-O", name, "add-flow", direct, "cookie=0x56,priority=8,tcp,nw_src=1.2.4.0/24,actions=output:2")
        command("ovs-ofctl", "-O", name, "mod-flows", direct, "tcp,nw_src=1.2.4.0/24,actions=output:3,output:2")
        command("ovs-ofctl", "-O", name, "del-flows", direct, "tcp,nw_src=1.2.4.0/24")

    ofctl("add-flow", switch, "cookie=0x55,priority=7,tcp,nw_src=1.2.3.0/24,actions=output:2")
    for watch in ("watch:", "watch:tcp,table=0,out_port=2", "watch:!initial,!own,!actions"):
        monitor(f"monitor br0 {watch}", "monitor", switch, watch, during=change_flows)

    def pause():
        command("ovs-ofctl", "-O", name, "packet-out", direct,
                f"in_port=2,packet={FRAME},actions=load:5->NXM_NX_REG1[],controller(userdata=01.02.03,pause)")
        command("ovs-ofctl", "-O", name, "packet-out", direct,
                f"in_port=2,packet={FRAME},actions=controller(max_len=20,id=0,reason=no_match)")

    for form in ("nxt_packet_in", "nxt_packet_in2"):
        monitor(f"monitor {form}", "-P", form, "monitor", switch, "65534", "resume", during=pause)

    ofctl("add-tlv-map", switch, "{class=0xffff,type=0,len=4}->tun_metadata0,{class=1,type=2,len=124}->tun_metadata5")
    ofctl("dump-tlv-map", switch)
    ofctl("del-tlv-map", switch, "{class=0xffff,type=0,len=4}->tun_metadata0")
    ofctl("del-tlv-map", switch)
    ofctl("ct-flush-zone", switch, "7")
    ofctl("ct-flush", switch, "zone=5",
          "ct_nw_src=10.1.1.1,ct_nw_dst=10.1.1.2,ct_nw_proto=17,ct_tp_src=1,ct_tp_dst=2")
    ofctl("ct-flush", switch, "ct_nw_src=10.1.1.1,ct_nw_proto=1,icmp_type=8,icmp_code=0,icmp_id=3",
          "ct_nw_dst=10.1.1.9,ct_nw_proto=1")
    ofctl("ct-flush", switch, "ct_ipv6_src=2001:db8::1,ct_nw_proto=6,ct_tp_dst=443")
    ofctl("dump-ipfix-bridge", switch)
    ofctl("dump-ipfix-flow", switch)
    bundle = pathlib.Path(run) / "bundle"
    bundle.write_text("flow add in_port=1,actions=output:2\nflow modify in_port=1,actions=output:3\n"
                      "flow delete in_port=1\n"
                      + ("group add group_id=77,type=all,bucket=output:1\ngroup delete group_id=77\n" if index else ""))
    ofctl("bundle", switch, str(bundle))
    flows = pathlib.Path(run) / "flows"
    flows.write_text("in_port=1,actions=output:2\nin_port=2,actions=output:1\n")
    ofctl("--bundle", "add-flows", switch, str(flows))
    if index == 0 or index == 5:
        ofctl("add-group", switch, "group_id=5,type=select,selection_method=hash,selection_method_param=9,"
              "fields(ip_src,ip_dst=255.255.0.0),bucket=bucket_id:1,weight:5,output:1")
        ofctl("insert-buckets", switch, "group_id=5,command_bucket_id=last,bucket=bucket_id:2,watch_port:1,output:2")
        ofctl("insert-buckets", switch, "group_id=5,command_bucket_id=first,bucket=bucket_id:3,watch_group:1,output:2")
        for text in ("dump-groups", "dump-group-stats", "dump-group-features"):
            ofctl(text, switch)
        ofctl("remove-buckets", switch, "group_id=5,command_bucket_id=2")
    if index == 1:
        ofctl("dump-group-features", switch)
    if index == 0:
        ofctl("-F", "NXM", "add-flow", switch, "cookie=5,table=1,reg0=1,dl_vlan=9,actions=output:1")
        ofctl("-F", "NXM", "mod-flows", switch, "cookie=5/0xff,reg0=1,actions=output:2")
        ofctl("-F", "NXM", "mod-flows", switch, "cookie=6,reg0=1,actions=output:2")
        ofctl("-F", "NXM+table_id", "del-flows", switch, "cookie=5/-1,table=1")
        ofctl("-F", "NXM", "dump-flows", switch, "cookie=6/0xff")
        ofctl("-F", "NXM", "dump-aggregate", switch, "tun_id=5/0xf,cookie=5/0xff")
        ofctl("-F", "NXM", "dump-flows", switch, "out_port=2,icmp6,icmp_type=135,nd_target=fe80::1")
    record_asynchronous(proxy, command, run, index)


def record_asynchronous(proxy, command, run, index):
    """Messages that come unasked, and only to controllers that chose them."""
    version, direct = index + 1, f"unix:{run}/br0.mgmt"
    proxy.label = "raw controller"
    first, second = Client(f"{run}/proxy", version), Client(f"{run}/proxy", version)
    # By pairs of types: packet-in, port status, flow removed, role status, table status, forwarded requests.
    known = (0x3f, 7, 0x3f, 7, 0x18, 3) if index >= 4 else (7, 7, 0xf, 7, None, 3)
    masks = b"".join((2 * pair + role).to_bytes(2, "big") + b"\0\x08" + mask.to_bytes(4, "big")
                     for pair, mask in enumerate(known) if mask is not None for role in (0, 1))
    for client in (first, second):
        if index >= 4:
            client.send(28, masks)
            client.send(26)
        else:
            client.nicira(27, masks)
            client.nicira(19, b"\0\0\0\7" * 6)
            client.nicira(27, masks)
    first.nicira(20, b"\0" * 6 + b"\0\5")
    first.nicira(18)
    if index == 0:
        first.nicira(12, b"\0\0\0\2")
        first.nicira(15, b"\1" + b"\0" * 7)
        command("ovs-ofctl", "add-flow", direct, "priority=9,send_flow_rem,cookie=0x77,tcp,nw_src=1.2.3.0/24,actions=drop")
        command("ovs-ofctl", "--strict", "del-flows", direct, "priority=9,tcp,nw_src=1.2.3.0/24")
    if index >= 1:
        command("ovs-ofctl", "-O", VERSIONS[index][1], "add-group", direct, "group_id=88,type=all,bucket=output:1")
        command("ovs-ofctl", "-O", VERSIONS[index][1], "del-groups", direct, "group_id=88")
    else:
        command("ovs-ofctl", "add-group", direct, "group_id=88,type=all,bucket=output:1")
        command("ovs-ofctl", "del-groups", direct, "group_id=88")
    if index >= 3:
        command("ovs-ofctl", "-O", VERSIONS[index][1], "add-meter", direct,
                "meter=9,pktps,band=type=drop,rate=10", check=False)
        command("ovs-ofctl", "-O", VERSIONS[index][1], "del-meter", direct, "meter=9", check=False)
    # One takes the place of the other: the first is told by ROLE_STATUS.
    for client, generation in ((first, 1), (second, 2)):
        if index >= 2:
            client.send(24, b"\0\0\0\2" + b"\0" * 4 + generation.to_bytes(8, "big"))
        client.nicira(10, b"\0\0\0\1")
    if index >= 4:
        # A table of ten flows, of which nine come and go: the vacancy falls, then rises.
        command("ovs-vsctl", f"--db=unix:{run}/db.sock", "--timeout=15", "--id=@t", "create", "Flow_Table",
                "flow_limit=10", "--", "set", "bridge", "br0", "flow_tables:5=@t", check=False)
        command("ovs-ofctl", "-O", VERSIONS[index][1], "mod-table", direct, "5", "vacancy:20,80")
        for number in range(9):
            command("ovs-ofctl", "-O", VERSIONS[index][1], "add-flow", direct, f"table=5,reg0={number},actions=drop")
        command("ovs-ofctl", "-O", VERSIONS[index][1], "del-flows", direct, "table=5")
        command("ovs-vsctl", f"--db=unix:{run}/db.sock", "--timeout=15", "clear", "bridge", "br0", "flow_tables")
    # What is refused, and how; the replies follow the requests.
    proxy.label = "raw controller refused"
    second.nicira(10, b"\0\0\0\x09")
    second.nicira(28, b"\0\x63\0\4\0\0\0\0")
    second.nicira(24, b"\0\x09" + b"\0" * 6)
    second.nicira(99)
    second.send(4, b"\0\x12\x34\x56\0\0\0\1")
    second.send(99)
    if index >= 4:
        second.send(33, b"\0\0\0\1\0\x09\0\0")
        second.send(28, b"\0\0\0\x08\x80\0\0\0")
        second.send(17, b"\0" * 8 + b"\0\3\0\x08\x50\x14\0\0")
        second.send(18, b"\0\x10\0\0\0\0\0\0\0\0\0\1" + b"\xff" * 8 + b"\0\x80\xff\0\0\1\0\4\0\0\0\0")
    if index == 3:
        second.onf(2300, b"\0\0\0\1\0\x09\0\0")
    if index >= 3:
        second.send(29, b"\0\0\0\x83\0\0\0\1")
        second.send(29, b"\0\x09\0\1\0\0\0\1")
        second.send(29, b"\0\0\0\1\0\0\0\1\0\x09\0\x10\0\0\0\1\0\0\0\0\0\0\0\0")
    if index >= 1:
        second.send(15, b"\0\x09\0\0\0\0\0\1" + (b"\0" * 8 if index == 5 else b""))
        second.send(15, b"\0\0\x09\0\0\0\0\1" + (b"\0" * 8 if index == 5 else b""))
        second.send(18, b"\0\x63\0\0\0\0\0\0")
    time.sleep(0.3)
    first.close()
    second.close()


def record(proxy, command, run, name, index):
    switch = f"unix:{run}/proxy"

    def ofctl(*arguments, check=False):
        proxy.label = "ovs-ofctl " + " ".join(a for a in arguments).replace(switch, "br0")
        result = command("ovs-ofctl", "-O", name, *arguments, check=check)
        time.sleep(0.05)
        return result

    if index >= 3:
        ofctl("add-meter", switch, "meter=1,kbps,burst,stats,band=type=drop,rate=1000,burst_size=100")
    if index >= 1:
        ofctl("add-group", switch, "group_id=1,type=all,bucket=output:1,bucket=output:2")
        ofctl("add-group", switch, "group_id=2,type=select,bucket=weight:5,output:1,bucket=weight:7,output:2")
        ofctl("add-group", switch, "group_id=3,type=ff,bucket=watch_port:1,output:1")
    for flow, since in FLOWS:
        if index >= since:
            ofctl("add-flow", switch, flow)
    for text in ("show", "dump-desc", "dump-tables", "dump-flows", "dump-aggregate", "dump-ports",
                 "dump-ports-desc", "queue-stats", "get-frags", "ping"):
        ofctl(text, switch)
    for flow, since in FLOWS:
        if index >= since:
            match = flow.split("actions=")[0].rstrip(",")
            match = ",".join(p for p in match.split(",") if p.split("=")[0] not in
                             ("priority", "cookie", "idle_timeout", "hard_timeout", "send_flow_rem", "importance"))
            ofctl("dump-flows", switch, match)
    ofctl("dump-flows", switch, "out_port=2")
    if index == 0:
        # OpenFlow's own form, which ovs-ofctl uses only where it is told to.
        for text in ("dump-flows", "dump-aggregate"):
            ofctl("-F", "OpenFlow10", text, switch)
            ofctl("-F", "OpenFlow10", text, switch, "tcp,nw_dst=10.0.0.0/24,tp_src=80")
    if index <= 3:
        ofctl("queue-get-config", switch, "1")
        ofctl("queue-get-config", switch, "any")
    else:
        ofctl("queue-get-config", switch, "any")
        ofctl("queue-get-config", switch, "1", "2")
    ofctl("mod-flows", switch, "in_port=1,actions=output:3")
    ofctl("--strict", "mod-flows", switch, "priority=5,in_port=1,actions=output:3")
    ofctl("mod-port", switch, "p1", "no-forward")
    ofctl("mod-port", switch, "p1", "forward")
    ofctl("packet-out", switch, f"in_port=2,packet={FRAME},actions=output:1")
    ofctl("set-frags", switch, "drop")
    ofctl("set-frags", switch, "normal")
    ofctl("add-flow", switch, "in_port=999999,actions=output:1")
    if index >= 1:
        for text in ("dump-groups", "dump-group-stats", "dump-group-features"):
            ofctl(text, switch)
        ofctl("mod-table", switch, "1", "drop" if index < 3 else "evict")
    if index >= 3:
        for text in ("dump-meters", "meter-stats", "meter-features", "dump-table-features"):
            ofctl(text, switch)
    if index >= 4:
        ofctl("dump-table-desc", switch)
        ofctl("mod-table", switch, "1", "vacancy:20,80")
    # Asynchronous messages: packet-in, flow removed, port status, role.
    proxy.label = "ovs-ofctl monitor br0 65534"
    monitor = subprocess.Popen(["ovs-ofctl", "-O", name, "-P", "standard", "monitor", switch, "65534",
                                f"--unixctl={run}/m.ctl"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=dict(os.environ, OVS_RUNDIR=run))
    time.sleep(0.7)
    direct = f"unix:{run}/br0.mgmt"
    command("ovs-ofctl", "-O", name, "packet-out", direct,
            f"in_port=2,packet={FRAME},actions=CONTROLLER:40")
    command("ovs-ofctl", "add-flow", direct, "priority=9,send_flow_rem,cookie=0x77,tcp,nw_src=1.2.3.0/24,actions=drop")
    command("ovs-ofctl", "--strict", "del-flows", direct, "priority=9,tcp,nw_src=1.2.3.0/24")
    command("ovs-ofctl", "mod-port", direct, "p3", "no-flood")
    command("ovs-ofctl", "mod-port", direct, "p3", "flood")
    # What later versions tell, too: a bit of theirs, and a port that comes and goes.
    command("ovs-ofctl", "mod-port", direct, "p3", "no-forward")
    command("ovs-ofctl", "mod-port", direct, "p3", "forward")
    database = f"--db=unix:{run}/db.sock"
    command("ovs-vsctl", database, "--timeout=15", "add-port", "br0", "p4", "--", "set", "interface", "p4", "type=dummy",
            "ofport_request=4")
    command("ovs-vsctl", database, "--timeout=15", "del-port", "br0", "p4")
    time.sleep(0.5)
    monitor.terminate()
    monitor.wait()
    record_extensions(proxy, command, run, name, index, ofctl)
    ofctl("del-flows", switch)
    if index >= 1:
        ofctl("del-groups", switch)
    else:
        command("ovs-ofctl", "del-groups", f"unix:{run}/br0.mgmt")
    if index >= 3:
        ofctl("del-meters", switch)


def write(path, messages, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    seen, lines = set(), []
    for label, direction, message in messages:
        message = shortened(message)
        # A HELLO and messages before the version is agreed are in their own version; all others must be in this one.
        if message is None or (message[0] != version and message[1] != 0):
            continue
        message = message[:4] + b"\0\0\0\1" + message[8:]
        # A message in a bundle has the transaction of the message around it.
        inner = 16 if version >= 5 and message[1] == 34 else \
            24 if message[1] == 4 and message[8:16] == bytes.fromhex("4f4e4600000008fd") else None
        if inner is not None:
            message = message[:inner + 4] + b"\0\0\0\1" + message[inner + 8:]
        if message in seen:
            continue
        seen.add(message)
        lines.append(f"# {direction} {label}\n{message.hex()}\n")
    path.write_text("".join(lines))
    print(path, len(lines))


if __name__ == "__main__":
    main()
