#!/usr/bin/env python3
"""Writes OpenFlow messages by os-ken's encoder, as vectors for Tests/OpenFlowTests.

One file per version that os-ken has (1.0 and 1.2 to 1.5), in the same form as openvswitch-vectors.py writes:

    Tests/OpenFlowTests/Vectors/<version>/os-ken.hex

Needs os-ken (in a virtual environment: pip install os-ken). Usage: os-ken-vectors.py [VECTORS-DIRECTORY]
"""
import pathlib
import struct
import sys

from os_ken.ofproto import (ofproto_v1_0, ofproto_v1_0_parser, ofproto_v1_2, ofproto_v1_2_parser, ofproto_v1_3,
                            ofproto_v1_3_parser, ofproto_v1_4, ofproto_v1_4_parser, ofproto_v1_5,
                            ofproto_v1_5_parser)
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

FRAME = bytes.fromhex("ffffffffffff00112233445508060001080006040001001122334455c0a80001000000000000c0a80002")


def matches(version, parser):
    """Matches by name, for versions with OXM."""
    yield "any", parser.OFPMatch()
    yield "port and addresses", parser.OFPMatch(in_port=7, eth_dst=("01:00:00:00:00:00",) * 2,
                                                eth_src="00:11:22:33:44:55")
    yield "VLAN", parser.OFPMatch(vlan_vid=0x1005, vlan_pcp=3)
    yield "any VLAN", parser.OFPMatch(vlan_vid=(0x1000, 0x1000))
    yield "TCP", parser.OFPMatch(eth_type=0x0800, ip_proto=6, ipv4_src=("10.0.0.0", "255.255.255.0"),
                                 ipv4_dst="10.1.2.3", tcp_dst=80)
    yield "UDP", parser.OFPMatch(eth_type=0x0800, ip_dscp=46, ip_ecn=1, ip_proto=17, udp_src=53)
    yield "SCTP", parser.OFPMatch(eth_type=0x0800, ip_proto=132, sctp_src=1, sctp_dst=2)
    yield "ICMP", parser.OFPMatch(eth_type=0x0800, ip_proto=1, icmpv4_type=8, icmpv4_code=0)
    yield "ARP", parser.OFPMatch(eth_type=0x0806, arp_op=1, arp_spa="10.0.0.1", arp_tpa="10.0.0.2",
                                 arp_sha="00:11:22:33:44:55", arp_tha="00:00:00:00:00:00")
    yield "neighbour solicitation", parser.OFPMatch(
        eth_type=0x86dd, ip_proto=58, ipv6_src="fe80::1", ipv6_flabel=5, icmpv6_type=135, icmpv6_code=0,
        ipv6_nd_target="fe80::2", ipv6_nd_sll="00:11:22:33:44:55")
    yield "MPLS", parser.OFPMatch(eth_type=0x8847, mpls_label=100, mpls_tc=3)
    yield "metadata", parser.OFPMatch(metadata=(0x1234, 0xffff))
    if version >= 3:
        yield "tunnel and bottom of stack", parser.OFPMatch(eth_type=0x8847, mpls_bos=1, tunnel_id=9)
        yield "PBB", parser.OFPMatch(eth_type=0x88e7, pbb_isid=5)
        yield "extension headers", parser.OFPMatch(eth_type=0x86dd, ipv6_exthdr=(0x10, 0x1ff))
    if version >= 5:
        yield "TCP flags", parser.OFPMatch(eth_type=0x0800, ip_proto=6, tcp_flags=(2, 0x12))


def actions(version, protocol, parser):
    """Actions by name."""
    yield "output", [parser.OFPActionOutput(2, 0), parser.OFPActionOutput(protocol.OFPP_CONTROLLER, 0xffff)]
    yield "reserved ports", [parser.OFPActionOutput(port, 0) for port in
                             (protocol.OFPP_IN_PORT, protocol.OFPP_NORMAL, protocol.OFPP_FLOOD, protocol.OFPP_ALL,
                              protocol.OFPP_LOCAL)]
    if version == 0:
        yield "setters", [parser.OFPActionVlanVid(5), parser.OFPActionVlanPcp(3), parser.OFPActionStripVlan(),
                          parser.OFPActionSetDlSrc(b"\0\1\2\3\4\5"), parser.OFPActionSetDlDst(b"\6\7\x08\x09\x0a\x0b"),
                          parser.OFPActionSetNwSrc(0x01020304), parser.OFPActionSetNwDst(0x05060708),
                          parser.OFPActionSetNwTos(32), parser.OFPActionSetTpSrc(1), parser.OFPActionSetTpDst(2)]
        yield "enqueue", [parser.OFPActionEnqueue(2, 7)]
        return
    yield "tags", [parser.OFPActionPushVlan(0x8100), parser.OFPActionSetField(vlan_vid=0x1007),
                   parser.OFPActionPopVlan(), parser.OFPActionPushMpls(0x8847), parser.OFPActionSetMplsTtl(5),
                   parser.OFPActionDecMplsTtl(), parser.OFPActionPopMpls(0x0800)]
    yield "times to live", [parser.OFPActionSetNwTtl(9), parser.OFPActionDecNwTtl(), parser.OFPActionCopyTtlOut(),
                            parser.OFPActionCopyTtlIn()]
    yield "queue and group", [parser.OFPActionSetQueue(3), parser.OFPActionGroup(4)]
    yield "set fields", [parser.OFPActionSetField(eth_src="00:11:22:33:44:55"),
                         parser.OFPActionSetField(ipv4_dst="10.0.0.9"), parser.OFPActionSetField(tcp_dst=443),
                         parser.OFPActionSetField(ipv6_src="2001:db8::1"), parser.OFPActionSetField(ip_dscp=10)]
    if version >= 3:
        yield "PBB", [parser.OFPActionPushPbb(0x88e7), parser.OFPActionPopPbb()]
    if version >= 5:
        yield "meter", [parser.OFPActionMeter(6)]
        yield "copy field", [parser.OFPActionCopyField(32, 0, 0, oxm_ids=[parser.OFPOxmId("ipv4_src"),
                                                                           parser.OFPOxmId("ipv4_dst")])]


def simple(desc, protocol, parser):
    """Messages that every version has."""
    yield "echo request", parser.OFPEchoRequest(desc, data=b"ping")
    yield "echo reply", reply(parser.OFPEchoReply(desc), data=b"pong")
    yield "features request", parser.OFPFeaturesRequest(desc)
    yield "get config request", parser.OFPGetConfigRequest(desc)
    yield "set config", parser.OFPSetConfig(desc, protocol.OFPC_FRAG_NORMAL, 0xffff)
    yield "barrier request", parser.OFPBarrierRequest(desc)
    yield "packet out", parser.OFPPacketOut(desc, 0xffffffff, protocol.OFPP_CONTROLLER,
                                            [parser.OFPActionOutput(protocol.OFPP_FLOOD, 0)], FRAME) \
        if protocol.OFP_VERSION < 6 else parser.OFPPacketOut(
            desc, 0xffffffff, parser.OFPMatch(in_port=protocol.OFPP_CONTROLLER),
            [parser.OFPActionOutput(protocol.OFPP_FLOOD, 0)], FRAME)


def reply(message, **fields):
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def messages10(desc, protocol, parser):
    yield from simple(desc, protocol, parser)
    wildcards = protocol.OFPFW_ALL
    for name, match in (
            ("any", parser.OFPMatch()),
            ("port", parser.OFPMatch(in_port=3)),
            ("TCP", parser.OFPMatch(dl_type=0x0800, nw_proto=6, nw_src="10.0.0.0", nw_src_mask=8, tp_dst=80)),
            ("ARP", parser.OFPMatch(dl_type=0x0806, nw_proto=1)),
            ("VLAN", parser.OFPMatch(dl_vlan=5, dl_vlan_pcp=2))):
        yield f"flow with {name}", parser.OFPFlowMod(
            desc, match, 5, protocol.OFPFC_ADD, 10, 20, 100, 0xffffffff, protocol.OFPP_NONE,
            protocol.OFPFF_SEND_FLOW_REM, [parser.OFPActionOutput(1, 0)])
        yield f"flow request with {name}", parser.OFPFlowStatsRequest(desc, 0, match, 0xff, protocol.OFPP_NONE)
        yield f"aggregate request with {name}", parser.OFPAggregateStatsRequest(desc, 0, match, 0xff, 3)
    for name, list_ in actions(0, protocol, parser):
        yield f"actions: {name}", parser.OFPFlowMod(desc, parser.OFPMatch(), actions=list_)
    yield "port mod", parser.OFPPortMod(desc, 3, "00:11:22:33:44:55", 1, 1, 0)
    yield "description request", parser.OFPDescStatsRequest(desc, 0)
    yield "table request", parser.OFPTableStatsRequest(desc, 0)
    yield "port request", parser.OFPPortStatsRequest(desc, 0, protocol.OFPP_NONE)
    yield "queue request", parser.OFPQueueStatsRequest(desc, 0, protocol.OFPP_ALL, protocol.OFPQ_ALL)
    yield "queue config request", parser.OFPQueueGetConfigRequest(desc, 2)
    yield "Nicira role", parser.NXTRoleRequest(desc, 1)
    yield "Nicira flow mod table id", parser.NXTFlowModTableId(desc, 1)


def messages(version, desc, protocol, parser):
    yield from simple(desc, protocol, parser)
    for name, match in matches(version, parser):
        yield f"flow with {name}", parser.OFPFlowMod(
            desc, cookie=5, cookie_mask=0xff, table_id=3, command=protocol.OFPFC_ADD, idle_timeout=10,
            hard_timeout=20, priority=100, buffer_id=0xffffffff, out_port=protocol.OFPP_ANY,
            out_group=protocol.OFPG_ANY, flags=1, match=match, instructions=[])
        request = parser.OFPFlowStatsRequest if version < 5 else parser.OFPFlowDescStatsRequest
        yield f"flow request with {name}", request(
            desc, table_id=255, out_port=protocol.OFPP_ANY, out_group=protocol.OFPG_ANY, cookie=1, cookie_mask=2,
            match=match, flags=0)
    for name, list_ in actions(version, protocol, parser):
        apply = parser.OFPInstructionActions(protocol.OFPIT_APPLY_ACTIONS, list_)
        yield f"actions: {name}", parser.OFPFlowMod(desc, match=parser.OFPMatch(), instructions=[apply])
    instructions = [parser.OFPInstructionGotoTable(4), parser.OFPInstructionWriteMetadata(5, 0xff),
                    parser.OFPInstructionActions(protocol.OFPIT_WRITE_ACTIONS, [parser.OFPActionOutput(1, 0)]),
                    parser.OFPInstructionActions(protocol.OFPIT_CLEAR_ACTIONS, [])]
    yield "instructions", parser.OFPFlowMod(desc, match=parser.OFPMatch(), instructions=instructions)
    if 3 <= version < 5:
        yield "meter instruction", parser.OFPFlowMod(desc, match=parser.OFPMatch(),
                                                     instructions=[parser.OFPInstructionMeter(3)])
    yield "role request", parser.OFPRoleRequest(desc, protocol.OFPCR_ROLE_MASTER, 7) if version < 5 else \
        parser.OFPRoleRequest(desc, protocol.OFPCR_ROLE_MASTER, 2, 7)
    if version < 5:
        buckets = [parser.OFPBucket(5, 1, protocol.OFPG_ANY, [parser.OFPActionOutput(1, 0)])]
        yield "group mod", parser.OFPGroupMod(desc, protocol.OFPGC_ADD, protocol.OFPGT_SELECT, 9, buckets)
    if version < 4:
        yield "port mod", parser.OFPPortMod(desc, 3, "00:11:22:33:44:55", 1, 1, 0x20)
        yield "queue config request", parser.OFPQueueGetConfigRequest(desc, 2)
    if version >= 3:
        bands = [parser.OFPMeterBandDrop(1000, 10), parser.OFPMeterBandDscpRemark(500, 5, 1)]
        yield "meter mod", parser.OFPMeterMod(desc, protocol.OFPMC_ADD, protocol.OFPMF_KBPS, 3, bands)
        for name in ("PortDesc", "TableFeatures", "MeterFeatures", "GroupFeatures", "Desc", "TableStats"):
            request = getattr(parser, f"OFP{name if name.endswith('Stats') else name + 'Stats'}Request")
            yield f"{name} request", request(desc, 0)
        yield "get async request", parser.OFPGetAsyncRequest(desc)
        yield "meter request", parser.OFPMeterStatsRequest(desc, 0, protocol.OFPM_ALL)
    if version >= 3:
        yield "table features", parser.OFPTableFeaturesStatsRequest(
            desc, 0, [table_features(version, protocol, parser)])
    if version >= 4:
        yield from properties14(version, desc, protocol, parser)
    if version == 3:
        yield "set async", parser.OFPSetAsync(desc, [3, 1], [7, 7], [15, 0])
    yield "port request", parser.OFPPortStatsRequest(desc, 0, protocol.OFPP_ANY) if version >= 3 else \
        parser.OFPPortStatsRequest(desc, protocol.OFPP_ANY)


def table_features(version, protocol, parser):
    """One table with every property that os-ken writes."""
    p = parser
    fields = [p.OFPOxmId("eth_dst", hasmask=True), p.OFPOxmId("vlan_vid"), p.OFPOxmId("ipv4_src", hasmask=True)]
    actions_ = [p.OFPActionId(protocol.OFPAT_OUTPUT), p.OFPActionId(protocol.OFPAT_SET_FIELD)]
    T = protocol
    properties = [p.OFPTableFeaturePropInstructions(type_=t, instruction_ids=[p.OFPInstructionId(1), p.OFPInstructionId(4)])
                  for t in (T.OFPTFPT_INSTRUCTIONS, T.OFPTFPT_INSTRUCTIONS_MISS)]
    properties += [p.OFPTableFeaturePropNextTables(type_=t, table_ids=[1, 2, 3])
                   for t in (T.OFPTFPT_NEXT_TABLES, T.OFPTFPT_NEXT_TABLES_MISS)]
    properties += [p.OFPTableFeaturePropActions(type_=t, action_ids=actions_)
                   for t in (T.OFPTFPT_WRITE_ACTIONS, T.OFPTFPT_WRITE_ACTIONS_MISS, T.OFPTFPT_APPLY_ACTIONS,
                             T.OFPTFPT_APPLY_ACTIONS_MISS)]
    kinds = [T.OFPTFPT_MATCH, T.OFPTFPT_WILDCARDS, T.OFPTFPT_WRITE_SETFIELD, T.OFPTFPT_WRITE_SETFIELD_MISS,
             T.OFPTFPT_APPLY_SETFIELD, T.OFPTFPT_APPLY_SETFIELD_MISS]
    if version == 5:
        kinds += [T.OFPTFPT_WRITE_COPYFIELD, T.OFPTFPT_WRITE_COPYFIELD_MISS, T.OFPTFPT_APPLY_COPYFIELD,
                  T.OFPTFPT_APPLY_COPYFIELD_MISS]
    properties += [p.OFPTableFeaturePropOxm(type_=t, oxm_ids=fields) for t in kinds]
    if version >= 4:
        properties.append(p.OFPTableFeaturePropNextTables(type_=T.OFPTFPT_TABLE_SYNC_FROM, table_ids=[5]))
    properties.append(p.OFPTableFeaturePropExperimenter(type_=T.OFPTFPT_EXPERIMENTER, experimenter=0x123456, exp_type=1,
                                                        data=bytearray(b"\1\2\3\4")))
    common = dict(table_id=3, name=b"third", metadata_match=0xff, metadata_write=0xf0, max_entries=100,
                  properties=properties)
    if version == 5:
        return p.OFPTableFeaturesStats(command=1, features=1, capabilities=12, **common)
    return p.OFPTableFeaturesStats(config=0, **common)


def properties14(version, desc, protocol, parser):
    """What 1.4 added, and the properties that it put everywhere."""
    p, T = parser, protocol
    experimenter = dict(type_=0xffff, experimenter=0x123456, exp_type=7, data=bytearray(b"\1\2\3\4"))
    match = p.OFPMatch(in_port=1)
    yield "bundle open", p.OFPBundleCtrlMsg(desc, 7, T.OFPBCT_OPEN_REQUEST, T.OFPBF_ATOMIC,
                                            [p.OFPBundlePropExperimenter(**experimenter)])
    if version == 5:
        yield "bundle commit at a time", p.OFPBundleCtrlMsg(
            desc, 7, T.OFPBCT_COMMIT_REQUEST, T.OFPBF_TIME,
            [p.OFPBundlePropTime(type_=T.OFPBPT_TIME, scheduled_time=p.OFPTime(seconds=5, nanoseconds=9))])
    for name, message in (
            ("flow", p.OFPFlowMod(desc, match=match, instructions=[])),
            ("port mod", p.OFPPortMod(desc, 3, "00:11:22:33:44:55", 1, 1, [p.OFPPortModPropEthernet(type_=0, length=8, advertise=32)]))):
        message.set_xid(1)
        yield f"bundle add {name}", p.OFPBundleAddMsg(desc, 7, T.OFPBF_ORDERED, message, [])
    message = p.OFPGroupMod(desc, T.OFPGC_DELETE, T.OFPGT_ALL, 9, **({} if version == 4 else dict(
        command_bucket_id=T.OFPG_BUCKET_ALL, buckets=[], properties=[])))
    message.set_xid(1)
    yield "bundle add with a property", p.OFPBundleAddMsg(desc, 7, T.OFPBF_ORDERED, message,
                                                          [p.OFPBundlePropExperimenter(**experimenter)])
    yield "port mod", p.OFPPortMod(desc, 3, "00:11:22:33:44:55", 1, 1, [
        p.OFPPortModPropEthernet(type_=0, length=8, advertise=32),
        p.OFPPortModPropOptical(type_=1, length=24, configure=3, freq_lmda=1500, fl_offset=2, grid_span=3000, tx_pwr=300),
        p.OFPPortModPropExperimenter(**experimenter)])
    yield "table mod", p.OFPTableMod(desc, 4, T.OFPTC_EVICTION | T.OFPTC_VACANCY_EVENTS, [
        p.OFPTableModPropEviction(type_=T.OFPTMPT_EVICTION, flags=T.OFPTMPEF_IMPORTANCE),
        p.OFPTableModPropVacancy(type_=T.OFPTMPT_VACANCY, vacancy_down=20, vacancy_up=80, vacancy=50),
        p.OFPTableModPropExperimenter(**experimenter)])
    kinds = [T.OFPACPT_PACKET_IN_SLAVE, T.OFPACPT_PACKET_IN_MASTER, T.OFPACPT_PORT_STATUS_SLAVE,
             T.OFPACPT_PORT_STATUS_MASTER, T.OFPACPT_FLOW_REMOVED_SLAVE, T.OFPACPT_FLOW_REMOVED_MASTER,
             T.OFPACPT_ROLE_STATUS_SLAVE, T.OFPACPT_ROLE_STATUS_MASTER, T.OFPACPT_REQUESTFORWARD_SLAVE,
             T.OFPACPT_REQUESTFORWARD_MASTER]
    if version == 5:
        kinds += [T.OFPACPT_FLOW_STATS_SLAVE, T.OFPACPT_FLOW_STATS_MASTER, T.OFPACPT_CONT_STATUS_SLAVE,
                  T.OFPACPT_CONT_STATUS_MASTER]
    yield "set async", p.OFPSetAsync(desc, [p.OFPAsyncConfigPropReasons(kind, 8, 3) for kind in kinds]
                                     + [p.OFPAsyncConfigPropExperimenter(**dict(experimenter, type_=kind))
                                        for kind in (0xfffe, 0xffff)])
    yield "flow monitor", p.OFPFlowMonitorRequest(desc, 0, 7, T.OFPP_ANY, T.OFPG_ANY, T.OFPFMF_INITIAL | T.OFPFMF_NO_ABBREV,
                                                  T.OFPTT_ALL, T.OFPFMC_ADD, match)
    yield "flow monitor delete", p.OFPFlowMonitorRequest(desc, 0, 7, T.OFPP_ANY, T.OFPG_ANY, 0, T.OFPTT_ALL,
                                                         T.OFPFMC_DELETE, p.OFPMatch())
    yield "table description request", p.OFPTableDescStatsRequest(desc, 0)
    yield "queue description request", p.OFPQueueDescStatsRequest(desc, 0, 2, T.OFPQ_ALL)
    inner = p.OFPMeterMod(desc, T.OFPMC_DELETE, 0, 3, [])
    inner.set_xid(9)
    yield "forwarded meter reply", p.OFPRequestForward(desc, inner)
    yield "role status reply", reply_of(p.OFPRoleStatus, desc, T.OFPT_ROLE_STATUS, T.OFP_ROLE_STATUS_PACK_STR, 3, 0, 77)
    yield "table status reply", reply_of(p.OFPTableStatus, desc, T.OFPT_TABLE_STATUS, "!B7xHBxIHHBBBx", 3, 16, 4, 8, 3, 8,
                                         20, 80, 15)
    if version == 5:
        yield "bundle features request", p.OFPBundleFeaturesStatsRequest(desc, 0, 3, [p.OFPBundleFeaturesPropTime(
            type_=T.OFPTMPBF_TIME_CAPABILITY,
            sched_accuracy=p.OFPTime(seconds=1, nanoseconds=2), sched_max_future=p.OFPTime(seconds=3, nanoseconds=4),
            sched_max_past=p.OFPTime(seconds=5, nanoseconds=6), timestamp=p.OFPTime(seconds=7, nanoseconds=8))])
        yield "controller status request", p.OFPControllerStatusStatsRequest(desc, 0)
        yield "flow statistics request", p.OFPFlowStatsRequest(desc, table_id=3, match=match)
        yield "port description request", p.OFPPortDescStatsRequest(desc, 0, 4)
        yield "group description request", p.OFPGroupDescStatsRequest(desc, 0, 4)
        buckets = [p.OFPBucket(bucket_id=n, actions=[p.OFPActionOutput(n, 0)], properties=[
            p.OFPGroupBucketPropWeight(type_=T.OFPGBPT_WEIGHT, weight=n),
            p.OFPGroupBucketPropWatch(type_=T.OFPGBPT_WATCH_PORT, watch=n),
            p.OFPGroupBucketPropWatch(type_=T.OFPGBPT_WATCH_GROUP, watch=n),
            p.OFPGroupBucketPropExperimenter(**experimenter)]) for n in (1, 2)]
        for name, command in (("insert", T.OFPGC_INSERT_BUCKET), ("modify", T.OFPGC_MODIFY)):
            yield f"group mod {name}", p.OFPGroupMod(
                desc, command, T.OFPGT_SELECT, 9, command_bucket_id=T.OFPG_BUCKET_FIRST, buckets=buckets,
                properties=[p.OFPGroupPropExperimenter(**experimenter)])


class Raw:
    """A message that os-ken parses but does not write."""

    def __init__(self, buf):
        self.buf = buf

    def set_xid(self, _):
        pass

    def serialize(self):
        pass


def reply_of(parser, desc, kind, form, *values):
    """A message by os-ken's own layout, which its parser must accept."""
    body = struct.pack(form, *values)
    buf = bytes([desc.ofproto.OFP_VERSION, kind]) + struct.pack("!HI", len(body) + 8, 1) + body
    parser.parser(desc, desc.ofproto.OFP_VERSION, kind, len(buf), 1, buf)
    return Raw(buf)


def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    for version, protocol, parser in ((0, ofproto_v1_0, ofproto_v1_0_parser), (2, ofproto_v1_2, ofproto_v1_2_parser),
                                      (3, ofproto_v1_3, ofproto_v1_3_parser), (4, ofproto_v1_4, ofproto_v1_4_parser),
                                      (5, ofproto_v1_5, ofproto_v1_5_parser)):
        desc = ProtocolDesc(version=protocol.OFP_VERSION)
        make = messages10(desc, protocol, parser) if version == 0 else messages(version, desc, protocol, parser)
        lines = []
        for name, message in make:
            message.set_xid(1)
            message.serialize()
            sender = "reply" if name.endswith("reply") else "request"
            lines.append(f"# {sender} os-ken {name}\n{bytes(message.buf).hex()}\n")
        path = vectors / f"1.{version}" / "os-ken.hex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))
        print(path, len(lines))


if __name__ == "__main__":
    main()
