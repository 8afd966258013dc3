#!/usr/bin/env python3
"""Writes OpenFlow messages by whatever of os-ken's encoder the other generators leave out, as vectors.

Every class of os-ken's parsers that writes something is watched while the generators run, this one last; those that
were never used are printed, and may only be the bases of others. Besides, every match field and every error
that os-ken has a name for is written. In the same form as openvswitch-vectors.py writes:

    Tests/OpenFlowTests/Vectors/<version>/os-ken-classes.hex

What a switch says and os-ken only reads is put together from os-ken's own layouts and parts, and its parser must
read it. Needs os-ken (in a virtual environment: pip install os-ken). Usage: os-ken-classes.py [VECTORS-DIRECTORY]
"""
import importlib
import inspect
import pathlib
import runpy
import struct
import sys
import tempfile

from os_ken.ofproto import nx_match, ofproto_parser
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

VERSIONS = (0, 2, 3, 4, 5)
FRAME = bytes.fromhex("ffffffffffff00112233445588b5") + bytes(46)
WRITERS = ("_serialize_body", "_serialize_stats_body", "serialize", "to_bytes")
EXPERIMENTER = dict(type_=0xffff, experimenter=0x123456, exp_type=7, data=bytearray(b"\1\2\3\4"))
# Classes that write, but nothing by themselves: bases of others, headers alone of what is only read, and copies.
BASES = {"MsgBase", "MsgInMsgBase", "NXAction", "NXActionHeader", "_NXFlowSpec", "NiciraHeader", "NXStatsRequest",
         "OFPAction", "OFPActionHeader", "OFPActionExperimenter", "OFPActionVendor", "OFPActionDlAddr",
         "OFPActionNwAddr", "OFPActionTpPort", "OFPMatchField", "OFPPropBase", "OFPPropCommonExperimenter4ByteData",
         "OFPFlowStatsRequestBase", "OFPFlowMonitorRequestBase", "OFPExperimenterStatsRequestBase", "OFPQueueProp",
         "OFPStatsRequest", "OFPMultipartRequest", "OFPQueuePropHeader", "OFPTableFeatureProp", "NXTPacketIn2Prop"}
# What cannot be written (4.2.2): two are only read, a constructor names a variable that is not there, a writer shifts a
# tuple and returns nothing, another lacks its data, another is for what was read.
BROKEN = {"NXTFlowRemoved", "NXTPacketIn", "NXActionEncapNsh", "OFPExperimenterOxmId", "NXTRoleReply",
          "OFPTableFeaturePropUnknown"}
# Fields that no set-field may name.
READ_ONLY = {"in_phy_port", "eth_type", "eth_type_nxm", "ip_proto", "ip_proto_nxm", "tcp_flags", "tcp_flags_nxm",
             "ipv6_exthdr", "actset_output", "packet_type", "ip_frag", "conj_id", "ct_state", "ct_zone", "_recirc_id",
             "_dp_hash", "nsh_mdtype", "nsh_np", "mpls_bos"}


def watch(used):
    """Notes the classes that write, and returns those that there are, by version."""
    classes = {}
    for version in VERSIONS:
        module = importlib.import_module(f"os_ken.ofproto.ofproto_v1_{version}_parser")
        for name, kind in vars(module).items():
            if not inspect.isclass(kind) or name.startswith("MT"):
                continue
            if writes(name, kind):
                classes.setdefault(version, set()).add(name)
            for writer in WRITERS:
                if inspect.isfunction(vars(kind).get(writer)):
                    setattr(kind, writer, noted(vars(kind)[writer], used))
    return classes


def writes(name, kind):
    """Whether a class writes more than the header of what it only reads."""
    makers = {base.__name__ for base in kind.__mro__ for writer in WRITERS if writer in vars(base)}
    makers -= {"MsgBase", "OFPStatsReply", "OFPMultipartReply", "NXStatsReply"}
    if "OFPPropBase" in {base.__name__ for base in kind.__mro__} and not hasattr(kind, "serialize_body"):
        makers.discard("OFPPropBase")
    return bool(makers) or name.endswith("Request") or name == "OFPBarrierReply"


def noted(function, used):
    def call(self, *arguments, **named):
        used.add((type(self).__module__[-8:-7], type(self).__name__))
        return function(self, *arguments, **named)
    return call


class Writer:
    """Messages of one version."""

    def __init__(self, version):
        self.protocol = importlib.import_module(f"os_ken.ofproto.ofproto_v1_{version}")
        self.parser = importlib.import_module(f"os_ken.ofproto.ofproto_v1_{version}_parser")
        self.version, self.desc, self.lines = version, ProtocolDesc(version=version + 1), []

    def note(self, name, data, sender="request"):
        if data[1] == 14 and len(data) % 8:
            print(f"1.{self.version}: {name} has {len(data)} bytes: os-ken forgets the padding")
            return
        self.lines.append(f"# {sender} os-ken {name}\n{bytes(data).hex()}\n")

    def message(self, name, kind, *arguments, sender="request", **named):
        """A message by a class's name and its arguments; None where the version has no such class."""
        make = getattr(self.parser, kind, None)
        if make is None:
            return
        message = make(self.desc, *arguments, **named)
        message.set_xid(1)
        message.serialize()
        self.note(name, message.buf, sender)

    def flow(self, name, actions=(), match=None, instructions=None):
        p, T = self.parser, self.protocol
        if self.version == 0:
            self.message(name, "OFPFlowMod", p.OFPMatch(), actions=list(actions))
            return
        if instructions is None:
            instructions = [p.OFPInstructionActions(T.OFPIT_APPLY_ACTIONS, list(actions))] if actions else []
        match = p.OFPMatch() if match is None else match
        if self.version == 2:
            self.message(name, "OFPFlowMod", 0, 0, 0, 0, 0, 0, 1, 0xffffffff, 0xffffffff, 0xffffffff, 0, match,
                         instructions)
        else:
            self.message(name, "OFPFlowMod", match=match, instructions=instructions)

    def reply(self, name, kind, body, multipart=None):
        """What os-ken only reads: its parser must accept it."""
        if multipart is not None:
            body = struct.pack("!HH", multipart, 0) + (b"" if self.version == 0 else bytes(4)) + body
        data = bytes([self.version + 1, kind]) + struct.pack("!HI", len(body) + 8, 1) + body
        parsed = ofproto_parser._MSG_PARSERS[self.version + 1](
            self.desc, self.version + 1, kind, len(data), 1, data)
        parsed.to_jsondict()
        self.note(name, data, "reply")


def common(w):
    """What every version has."""
    p, T = w.parser, w.protocol
    for name, kind in (("barrier reply", "OFPBarrierReply"), ("hello", "OFPHello")):
        w.message(name, kind, sender="reply")
    if w.version >= 3:
        w.message("hello with a bitmap", "OFPHello", [p.OFPHelloElemVersionBitmap([1, 4, 5])])
    if w.version >= 2:
        w.message("experimenter", "OFPExperimenter", 0x123456, 9, b"\1\2\3\4")
        any_, every = T.OFPP_ANY, T.OFPG_ANY
        first = {} if w.version == 2 else dict(flags=0)
        w.message("group statistics request", "OFPGroupStatsRequest", group_id=7, **first)
        w.message("queue statistics request", "OFPQueueStatsRequest", port_no=any_, queue_id=T.OFPQ_ALL, **first)
        w.message("aggregate request", "OFPAggregateStatsRequest", table_id=3, out_port=any_, out_group=every, cookie=1,
                  cookie_mask=2, match=p.OFPMatch(in_port=3), **first)
        for name, kind in (("description", "OFPDescStatsRequest"), ("tables", "OFPTableStatsRequest"),
                           ("group descriptions", "OFPGroupDescStatsRequest"),
                           ("group features", "OFPGroupFeaturesStatsRequest")):
            w.message(f"{name} request", kind, **first)
        if w.version < 4:
            w.message("table mod", "OFPTableMod", 3, 0)
        w.flow("action of an experimenter", [p.OFPActionExperimenterUnknown(0x123456, b"\0\0\0\7\1\2\3\4")]
               if w.version >= 3 else [p.OFPActionExperimenter(0x123456)])
    else:
        message = p.OFPVendor(w.desc)
        message.vendor, message.data = 0x123456, b"\0\0\0\7"
        message.set_xid(1)
        message.serialize()
        w.note("vendor", message.buf)
        w.message("vendor statistics request", "OFPVendorStatsRequest", 0, 0x123456, b"\0\0\0\7\1\2\3\4")
        w.flow("action of a vendor", [p.OFPActionVendorUnknown(0x123456, b"\0\0\0\7\1\2\3\4")])


GROUPS = {"HELLO_FAILED": "HFC", "BAD_REQUEST": "BRC", "BAD_ACTION": "BAC", "BAD_INSTRUCTION": "BIC",
          "BAD_MATCH": "BMC", "FLOW_MOD_FAILED": "FMFC", "GROUP_MOD_FAILED": "GMFC", "PORT_MOD_FAILED": "PMFC",
          "TABLE_MOD_FAILED": "TMFC",
          "QUEUE_OP_FAILED": "QOFC", "SWITCH_CONFIG_FAILED": "SCFC", "ROLE_REQUEST_FAILED": "RRFC",
          "METER_MOD_FAILED": "MMFC", "TABLE_FEATURES_FAILED": "TFFC", "BAD_PROPERTY": "BPC",
          "ASYNC_CONFIG_FAILED": "ACFC", "FLOW_MONITOR_FAILED": "MOFC", "BUNDLE_FAILED": "BFC"}


def errors(w):
    """Every error that has a name."""
    T = w.protocol
    for name, type_ in sorted(vars(T).items()):
        group = GROUPS.get(name[6:]) if name.startswith("OFPET_") else None
        for code_name, code in sorted(vars(T).items()):
            if group and code_name.startswith(f"OFP{group}_"):
                w.message(f"error {code_name} reply", "OFPErrorMsg", type_, code, bytes(64), sender="reply")
    if w.version >= 2:
        w.message("error of an experimenter reply", "OFPErrorMsg", 0xffff, data=bytes(16), exp_type=2300,
                  experimenter=0x4f4e4600, sender="reply")


# Prerequisites of fields by the beginnings of their names, and fields that may be masked in every version.
NEEDS = (("ipv4", dict(eth_type=0x0800)), ("ipv6_nd_sll", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=135)),
         ("ipv6_nd_tll", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=136)),
         ("ipv6_nd", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=135)), ("ipv6", dict(eth_type=0x86dd)),
         ("ip_", dict(eth_type=0x0800)), ("nw_", dict(eth_type=0x0800)), ("tcp", dict(eth_type=0x0800, ip_proto=6)),
         ("udp", dict(eth_type=0x0800, ip_proto=17)), ("sctp", dict(eth_type=0x0800, ip_proto=132)),
         ("icmpv4", dict(eth_type=0x0800, ip_proto=1)), ("icmpv6", dict(eth_type=0x86dd, ip_proto=58)),
         ("arp", dict(eth_type=0x0806)), ("mpls", dict(eth_type=0x8847)), ("pbb", dict(eth_type=0x88e7)),
         ("vlan_pcp", dict(vlan_vid=0x1005)), ("in_phy_port", dict(in_port=1)),
         ("ip_src", dict(eth_type=0x0800)), ("ip_dst", dict(eth_type=0x0800)),
             ("nd_sll", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=135)),
             ("nd_tll", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=136)),
             ("nd_target", dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=135)),
             ("icmp_", dict(eth_type=0x0800, ip_proto=1)), ("nsh", dict(eth_type=0x894f)),
             ("ct_nw", dict(eth_type=0x0800, ct_state=0x20)), ("ct_ipv6", dict(eth_type=0x86dd, ct_state=0x20)),
             ("ct_tp", dict(eth_type=0x0800, ct_state=0x20, ct_nw_proto=6)))
NXM = {"nw_tos", "nd_target", "nd_sll", "nd_tll", "ip_frag", "ipv6_label", "nw_ttl", "mpls_ttl"}
VALUES = {"vlan_vid": 0x1007, "eth_type": 0x88b5, "eth_type_nxm": 0x88b5, "ip_proto": 200, "ip_proto_nxm": 200,
          "ip_dscp": 46, "ip_ecn": 2, "ip_ecn_nxm": 2, "vlan_pcp": 5, "mpls_tc": 5, "mpls_bos": 1, "pbb_uca": 1,
          "arp_op": 2,
          "icmpv6_type": 128, "ip_frag": 1, "ip_tos_nxm": 0xb8, "nw_ecn": 2, "ct_state": 0x21, "tun_flags": 1,
          "packet_type": (1 << 16) | 0x0800, "in_phy_port": 2, "in_port": 3, "in_port_nxm": 3, "nw_tos": 0xb8}
MASKED = {"metadata", "eth_dst", "eth_src", "vlan_vid", "ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa", "arp_sha",
          "arp_tha",
          "ipv6_src", "ipv6_dst", "ipv6_flabel", "pbb_isid", "tunnel_id", "ipv6_exthdr", "tcp_flags", "reg0", "reg15",
          "xxreg0", "pkt_reg3", "tun_ipv4_src", "ct_mark", "ct_label", "pkt_mark", "eth_dst_nxm", "ipv4_src_nxm",
          "vlan_tci", "tun_id_nxm", "nsh_c1", "ct_state"}


def value(name, length):
    if name in VALUES:
        return VALUES[name].to_bytes(length, "big")
    wide = {"ipv6_flabel": 0x54321, "mpls_label": 0x54321, "ipv6_label": 0x54321, "ipv6_exthdr": 0x155,
            "tcp_flags": 0x812,
            "tcp_flags_nxm": 0x812, "nsh_spi": 0x123456}.get(name)
    if wide is not None:
        return wide.to_bytes(length, "big")
    return bytes((0x21 + index) & 0x7f for index in range(length))


def fields(w):
    """Every field that has a name, in a match and with a mask, and in a set-field."""
    p, T = w.parser, w.protocol
    for kind in T.oxm_types:
        name = kind.name
        needs = next((need for start, need in NEEDS if name.startswith(start)), {})
        # os-ken puts fields in the order of their numbers: prerequisites must be of the same class.
        if name.endswith("_nxm") or name in NXM:
            needs = {key + "_nxm" if key in ("eth_type", "ip_proto", "icmpv6_type") else key: item
                     for key, item in needs.items()}
        needs = {key: item for key, item in needs.items() if key != name}
        try:
            plain = kind.type.to_user(value(name, kind.type.size))
            w.flow(f"field {name}", match=p.OFPMatch(**needs, **{name: plain}))
            if name not in READ_ONLY:
                w.flow(f"set field {name}", [p.OFPActionSetField(**{name: plain})])
            if name in MASKED:
                full = value(name, kind.type.size)
                mask = full[:-1] + bytes([full[-1] | 1])
                w.flow(f"field {name} with a mask", match=p.OFPMatch(
                    **needs, **{name: (plain, kind.type.to_user(mask))}))
        except Exception as error:
            print(w.version, "field", name, repr(error))


def nicira(w):
    """Nicira's actions and messages that another generator leaves out."""
    p, T = w.parser, w.protocol
    if hasattr(p, "NXActionStackPush"):
        w.flow("stack", [p.NXActionStackPush("reg2", 0, 15), p.NXActionStackPop("reg3", 8, 23)])
        w.flow("action of Nicira's that is unknown", [p.NXActionUnknown(222, bytes(6))])
    if hasattr(p, "NXActionEncapEther"):
        w.flow("encapsulation", [p.NXActionEncapEther()])
    if w.version >= 3:
        w.message("packet-in format", "NXTSetPacketInFormatMsg", 2)
        parts = ((p.NXTPacketIn2PropPacket, FRAME), (p.NXTPacketIn2PropFullLen, struct.pack("!I", 60)),
                 (p.NXTPacketIn2PropTableId, b"\3"), (p.NXTPacketIn2PropCookie, struct.pack("!4xQ", 0x55)),
                 (p.NXTPacketIn2PropReason, b"\1"),
                 (p.NXTPacketIn2PropMetadata, bytes.fromhex("8000000400000003")),
                 (p.NXTPacketIn2PropContinuation, bytes(12)), (p.NXTPacketIn2PropUserData, b"\1\2\3"))
        w.message("packet-in 2 reply", "NXTPacketIn2", [make(type_=make._PROP_TYPE, data=data) for make, data in parts],
                  sender="reply")
        buffer = p.NXTPacketIn2PropBufferId
        w.message("packet-in 2 of a buffer reply", "NXTPacketIn2",
                  [buffer(type_=buffer._PROP_TYPE, data=struct.pack("!I", 7))], sender="reply")
    if w.version:
        return
    rule = nx_match.ClsRule()
    rule.set_in_port(3)
    rule.set_dl_type(0x0800)
    rule.set_nw_proto(6)
    rule.set_nw_src_masked(0x0a000000, 0xff000000)
    rule.set_tp_dst(80)
    rule.set_tun_id(9)
    rule.set_reg_masked(2, 5, 0xff)
    empty = nx_match.ClsRule()
    for name, chosen in (("every", empty), ("a", rule)):
        w.message(f"Nicira flow with {name} match", "NXTFlowMod", 5, T.OFPFC_ADD, 10, 20, rule=chosen,
                  actions=[p.OFPActionOutput(1, 0)])
        w.message(f"Nicira flow request with {name} match", "NXFlowStatsRequest", 0, 0xffff, 0xff, rule=chosen)
        w.message(f"Nicira aggregate request with {name} match", "NXAggregateStatsRequest", 0, 3, 1, rule=chosen)
    w.message("Nicira flow format", "NXTSetFlowFormat", 2)
    w.message("Nicira packet-in format", "NXTSetPacketInFormat", 1)
    w.message("Nicira flow age", "NXTFlowAge")
    w.message("Nicira controller id", "NXTSetControllerId", 9)
    w.message("Nicira asynchronous configuration", "NXTSetAsyncConfig", [1, 2], [3, 4], [5, 6])
    vendor = struct.pack("!I", 0x2320)
    w.reply("Nicira role reply", T.OFPT_VENDOR, vendor + struct.pack("!II", T.NXT_ROLE_REPLY, 1))
    match = bytes.fromhex("000000020003" "000006020800")
    w.reply("Nicira flow removed reply", T.OFPT_VENDOR, vendor + struct.pack("!I", T.NXT_FLOW_REMOVED) + struct.pack(
        T.NX_FLOW_REMOVED_PACK_STR, 5, 6, 1, 7, 8, 9, len(match), 10, 11) + match + bytes(4))
    w.reply("Nicira packet-in reply", T.OFPT_VENDOR, vendor + struct.pack("!I", T.NXT_PACKET_IN) + struct.pack(
        T.NX_PACKET_IN_PACK_STR, 0xffffffff, len(FRAME), 1, 3, 5, len(match)) + match + bytes(6) + FRAME)


def statistics13(w):
    """Requests and bands that came with 1.3, and ONF's extensions of it."""
    p, T = w.parser, w.protocol
    w.message("experimenter statistics request", "OFPExperimenterStatsRequest", 0, 0x123456, 7, b"\1\2\3\4\5\6\7\x08")
    w.message("meter configuration request", "OFPMeterConfigStatsRequest", 0, 7)
    w.message("meter description request", "OFPMeterDescStatsRequest", 0, 7)
    w.message("meter of every band", "OFPMeterMod", T.OFPMC_MODIFY, T.OFPMF_KBPS | T.OFPMF_BURST | T.OFPMF_STATS, 7, [
        p.OFPMeterBandDrop(1000, 10), p.OFPMeterBandDscpRemark(2000, 20, 1),
        p.OFPMeterBandExperimenter(9, 9, 0x123456)])
    if w.version == 3:
        w.message("ONF bundle control", "ONFBundleCtrlMsg", 7, T.ONF_BCT_OPEN_REQUEST, T.ONF_BF_ATOMIC, [])
        inner = p.OFPFlowMod(w.desc, match=p.OFPMatch(in_port=1), instructions=[])
        inner.set_xid(1)
        w.message("ONF bundle add", "ONFBundleAddMsg", 7, T.ONF_BF_ORDERED, inner, [])
        w.message("ONF flow monitor", "ONFFlowMonitorStatsRequest", 0, [
            p.ONFFlowMonitorRequest(7, 0x3f, p.OFPMatch(in_port=3, eth_type=0x800), 2, 4)])
    properties = [p.OFPTableFeaturePropOxm(type_=T.OFPTFPT_MATCH, oxm_ids=[p.OFPOxmId("eth_type")])]
    properties.append(p.OFPTableFeaturePropExperimenter(
        **dict(EXPERIMENTER, type_=T.OFPTFPT_EXPERIMENTER_MISS, data=bytearray())))
    features = dict(table_id=4, name=b"x", metadata_match=1, metadata_write=2, max_entries=3, properties=properties)
    features.update(dict(command=0, features=1, capabilities=0) if w.version == 5 else dict(config=3))
    w.message("table features with a property for misses", "OFPTableFeaturesStatsRequest", 0,
              [p.OFPTableFeaturesStats(**features)])


def queues(w):
    """The configuration of queues until 1.3."""
    p, T = w.parser, w.protocol
    properties = bytearray()
    for make, rate in ((p.OFPQueuePropMinRate, 100), (p.OFPQueuePropMaxRate, 900)):
        part = make(rate)
        buffer = bytearray()
        part.serialize(buffer, 0)
        # It writes the header alone, as of the other.
        properties += buffer[:8] + struct.pack("!H6x", rate)
    if w.version >= 3:
        part = p.OFPQueuePropExperimenter(0x123456, [1, 2, 3, 4, 5, 6, 7, 8])
        part.property, part.len = T.OFPQT_EXPERIMENTER, 24
        buffer = bytearray()
        part.serialize(buffer, 0)
        properties += buffer + struct.pack("!I4x", 0x123456) + bytes(range(8))
    body = struct.pack(T.OFP_QUEUE_GET_CONFIG_REPLY_PACK_STR, 3) + struct.pack(
        T.OFP_PACKET_QUEUE_PACK_STR, 5, 3, T.OFP_PACKET_QUEUE_SIZE + len(properties)) + properties
    w.reply("queue configuration reply", T.OFPT_QUEUE_GET_CONFIG_REPLY, body)


def packed(form, kind, *values):
    """A property of those that os-ken only reads, by its layout."""
    return struct.pack(form, kind, struct.calcsize(form), *values)


def properties14(w):
    """Properties of what switches say, since 1.4."""
    p, T = w.parser, w.protocol
    parts = [packed(T.OFP_PORT_DESC_PROP_ETHERNET_PACK_STR, 0, 1, 2, 3, 4, 5, 6),
             packed(T.OFP_PORT_DESC_PROP_OPTICAL_PACK_STR, 1, 3, *range(1, 9)),
             p.OFPPortDescPropExperimenter(**EXPERIMENTER).serialize()]
    if w.version == 5:
        ids = [p.OFPOxmId("in_port"), p.OFPOxmId("metadata", hasmask=True)]
        parts += [p.OFPPortDescPropOxm(type_=kind, oxm_ids=ids).serialize()
                  for kind in (T.OFPPDPT_PIPELINE_INPUT, T.OFPPDPT_PIPELINE_OUTPUT)]
        parts.append(p.OFPPortDescPropRecirculate(type_=T.OFPPDPT_RECIRCULATE, port_nos=[4, 5, 6]).serialize())

    def padded(part):
        return bytes(part) + bytes(-len(part) % 8)

    body = b"".join(padded(part) for part in parts)
    port = struct.pack(T.OFP_PORT_PACK_STR, 3, 40 + len(body), b"\0\1\2\3\4\5", b"eth0", 1, 4) + body
    w.reply("port descriptions reply", T.OFPT_MULTIPART_REPLY, port, T.OFPMP_PORT_DESC)
    w.reply("port status reply", T.OFPT_PORT_STATUS, struct.pack("!B7x", 2) + port)
    body = b"".join(padded(part) for part in (
        packed(T.OFP_PORT_STATS_PROP_ETHERNET_PACK_STR, 0, 1, 2, 3, 4),
        packed(T.OFP_PORT_STATS_PROP_OPTICAL_PACK_STR, 1, *range(1, 12)),
        p.OFPPortStatsPropExperimenter(**EXPERIMENTER).serialize()))
    w.reply("port statistics reply", T.OFPT_MULTIPART_REPLY, struct.pack(
        T.OFP_PORT_STATS_PACK_STR, 80 + len(body), 3, *range(1, 11)) + body, T.OFPMP_PORT_STATS)
    body = b"".join(padded(part) for part in (
        packed(T.OFP_QUEUE_DESC_PROP_MIN_RATE_PACK_STR, 1, 100),
        packed(T.OFP_QUEUE_DESC_PROP_MAX_RATE_PACK_STR, 2, 900),
        p.OFPQueueDescPropExperimenter(**EXPERIMENTER).serialize()))
    w.reply("queue descriptions reply", T.OFPT_MULTIPART_REPLY, struct.pack(
        T.OFP_QUEUE_DESC_PACK_STR, 3, 5, 16 + len(body)) + body, T.OFPMP_QUEUE_DESC)
    body = padded(p.OFPQueueStatsPropExperimenter(**EXPERIMENTER).serialize())
    w.reply("queue statistics reply", T.OFPT_MULTIPART_REPLY, struct.pack(
        T.OFP_QUEUE_STATS_PACK_STR, 48 + len(body), 3, 5, 1, 2, 3, 4, 5) + body, T.OFPMP_QUEUE_STATS)
    w.reply("role status with a property reply", T.OFPT_ROLE_STATUS, struct.pack(
        T.OFP_ROLE_STATUS_PACK_STR, 3, 2, 77) + padded(p.OFPRolePropExperimenter(
            **dict(EXPERIMENTER, type_=0xffff)).serialize()))


def properties15(w):
    """Statistics and statuses since 1.5."""
    p, T = w.parser, w.protocol
    statistics = p.OFPStats(duration=(5, 6), idle_time=(7, 8), flow_count=9, packet_count=10, byte_count=11)
    trigger = p.OFPInstructionStatTrigger(3, p.OFPStats(packet_count=100, duration=(1, 2)))
    w.flow("statistics trigger", instructions=[trigger])

    def written(part):
        buffer = bytearray()
        part.serialize(buffer, 0)
        return bytes(buffer)

    counters, match = written(p.OFPStats(duration=(5, 6), idle_time=(7, 8), packet_count=10, byte_count=11)), \
        written(p.OFPMatch(in_port=3))
    w.reply("aggregate reply", T.OFPT_MULTIPART_REPLY, written(p.OFPStats(
        flow_count=9, packet_count=10, byte_count=11)), T.OFPMP_AGGREGATE_STATS)
    w.reply("flow counters reply", T.OFPT_MULTIPART_REPLY, struct.pack(
        "!H2xBBH", 8 + len(match) + len(counters), 3, 1, 9) + match + counters, T.OFPMP_FLOW_STATS)
    w.reply("flow removed reply", T.OFPT_FLOW_REMOVED, struct.pack("!BBHHHQ", 3, 1, 9, 10, 20, 0x55) + match + counters)
    uri = b"tcp:192.0.2.1:6653"
    properties = [struct.pack("!HH", T.OFPCSPT_URI, 4 + len(uri)) + uri,
                  p.OFPControllerStatusPropExperimenter(**EXPERIMENTER).serialize()]
    body = b"".join(bytes(part) + bytes(-len(part) % 8) for part in properties)
    status = struct.pack("!HHIBB6x", 16 + len(body), 7, 2, 1, 0) + body
    w.reply("statuses of a controller reply", T.OFPT_MULTIPART_REPLY, status, T.OFPMP_CONTROLLER_STATUS)
    w.reply("controller status reply", T.OFPT_CONTROLLER_STATUS, status)
    # Its reader takes what follows the first property for another body: in the request, which it only writes, there are
    # both.
    other = p.OFPBundleFeaturesPropExperimenter(**EXPERIMENTER)
    time = p.OFPBundleFeaturesPropTime(
        type_=T.OFPTMPBF_TIME_CAPABILITY, sched_accuracy=p.OFPTime(1, 2), sched_max_future=p.OFPTime(3, 4),
        sched_max_past=p.OFPTime(5, 6), timestamp=p.OFPTime(7, 8))
    w.message("bundle features request with two properties", "OFPBundleFeaturesStatsRequest", 0, 3, [time, other])
    w.message("table features with packet types", "OFPTableFeaturesStatsRequest", 0, [p.OFPTableFeaturesStats(
        table_id=4, command=0, features=1, name=b"x", metadata_match=1, metadata_write=2, capabilities=0, max_entries=3,
        properties=[p.OFPTableFeaturePropOxmValues(type_=T.OFPTFPT_PACKET_TYPES, packet_type=0x10800)])])


def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    used = set()
    classes = watch(used)
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            (pathlib.Path(folder) / f"1.{version}").mkdir()
        for script in ("os-ken-vectors.py", "os-ken-action-vectors.py"):
            sys.argv = [script, folder]
            runpy.run_path(str(here / script))["main"]()
    for version in VERSIONS:
        w = Writer(version)
        common(w)
        errors(w)
        nicira(w)
        if version >= 2:
            fields(w)
        if version >= 3:
            statistics13(w)
        if 2 <= version <= 3:
            queues(w)
        if version >= 4:
            properties14(w)
        if version == 5:
            properties15(w)
        path = vectors / f"1.{version}" / "os-ken-classes.hex"
        path.write_text("".join(w.lines))
        print(path, len(w.lines))
    for version in VERSIONS:
        names = {name for v, name in used if v == str(version)}
        left = sorted(name for name in classes[version] - names - BASES - BROKEN
                      )
        if left:
            sys.exit(f"1.{version}: not used: {' '.join(left)}")


if __name__ == "__main__":
    main()
