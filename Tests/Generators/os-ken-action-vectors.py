#!/usr/bin/env python3
"""Writes FLOW_MODs with Nicira's actions, as os-ken's encoder has them, as vectors for Tests/OpenFlowTests.

One file per version that os-ken has them in (1.0 and 1.3 to 1.5), in the same form as openvswitch-vectors.py writes:

    Tests/OpenFlowTests/Vectors/<version>/os-ken-actions.hex

Needs os-ken (in a virtual environment: pip install os-ken). Usage: os-ken-action-vectors.py [VECTORS-DIRECTORY]
"""
import pathlib
import sys

from os_ken.ofproto import (ofproto_v1_0, ofproto_v1_0_parser, ofproto_v1_3, ofproto_v1_3_parser,
                            ofproto_v1_4, ofproto_v1_4_parser, ofproto_v1_5,
                            ofproto_v1_5_parser)
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

VERSIONS = [("1.0", ofproto_v1_0, ofproto_v1_0_parser), ("1.3", ofproto_v1_3, ofproto_v1_3_parser), ("1.4", ofproto_v1_4, ofproto_v1_4_parser),
            ("1.5", ofproto_v1_5, ofproto_v1_5_parser)]


def bits(first, last):
    return first << 6 | last - first


def actions(parser):
    """Makers of action lists by name; those that a version's parser lacks raise AttributeError."""
    return {
        "resubmit": lambda: [parser.NXActionResubmit(5), parser.NXActionResubmitTable(0xfff8, 7)],
        "register move": lambda: [parser.NXActionRegMove("reg5", "reg0", 32, 0, 0)],
        "register load": lambda: [parser.NXActionRegLoad(bits(0, 15), "reg3", 0x1234)],
        "register load of the whole": lambda: [parser.NXActionRegLoad2("reg4", 7)],
        "set tunnel": lambda: [parser.NXActionSetTunnel(9), parser.NXActionSetTunnel64(1 << 40)],
        "queue": lambda: [parser.NXActionSetQueue(3), parser.NXActionPopQueue()],
        "note": lambda: [parser.NXActionNote([1, 2, 3, 4, 5, 6])],
        "exit": lambda: [parser.NXActionExit()],
        "times to live": lambda: [parser.NXActionDecTtl(), parser.NXActionDecTtlCntIds([1, 2, 3])],
        "multipath": lambda: [parser.NXActionMultipath(1, 50, 0, 3, 0, bits(0, 15), "reg1")],
        "bundle": lambda: [parser.NXActionBundle(1, 0, 50, 2, 2, 0, 0, [1, 2])],
        "bundle load": lambda: [parser.NXActionBundleLoad(1, 0, 50, 2, 2, bits(0, 31), "reg0", [1, 2])],
        "output register": lambda: [parser.NXActionOutputReg(bits(0, 15), "reg2", 64),
                                    parser.NXActionOutputReg2(bits(0, 15), "reg2", 64)],
        "learn": lambda: [parser.NXActionLearn(
            1, [parser.NXFlowSpecMatch(src=0x800, dst=("eth_type_nxm", 0), n_bits=16),
                parser.NXFlowSpecMatch(src=("reg1", 1), dst=("reg2", 3), n_bits=5),
                parser.NXFlowSpecLoad(src=0, dst=("reg4", 3), n_bits=5),
                parser.NXFlowSpecLoad(src=("reg5", 0), dst=("reg6", 0), n_bits=32),
                parser.NXFlowSpecOutput(src=("reg7", 0), n_bits=16)],
            10, 20, 100, 0x64, 3, 5, 6)],
        "fin timeout": lambda: [parser.NXActionFinTimeout(1, 2)],
        "controller": lambda: [parser.NXActionController(100, 7, 1)],
        "controller with user data": lambda: [parser.NXActionController2(max_len=64, controller_id=1, userdata=b"abc")],
        "pausing controller": lambda: [parser.NXActionController2(pause=True)],
        "sample": lambda: [parser.NXActionSample(100, 1, 2, 3), parser.NXActionSample2(100, 1, 2, 3, 4)],
        "truncated output": lambda: [parser.NXActionOutputTrunc(3, 100)],
        "conjunction": lambda: [parser.NXActionConjunction(0, 2, 10)],
        "connection": lambda: [parser.NXActionCT(1, "", 9, 4, 21, []), parser.NXActionCTClear()],
        "connection with a zone of a field": lambda: [parser.NXActionCT(0, "reg0", bits(4, 19), 255, 0, [])],
        "translation of IPv4": lambda: [parser.NXActionCT(1, "", 0, 255, 0, [
            parser.NXActionNAT(1, range_ipv4_min="10.1.12.0", range_ipv4_max="10.1.13.255", range_proto_min=1,
                               range_proto_max=1023)])],
        "translation of IPv6": lambda: [parser.NXActionCT(1, "", 0, 255, 0, [
            parser.NXActionNAT(2, range_ipv6_min="2001:db8::1", range_ipv6_max="2001:db8::9")])],
        "MPLS": lambda: [parser.NXActionPushMpls(0x8847), parser.NXActionSetMplsLabel(5), parser.NXActionSetMplsTc(3),
                         parser.NXActionSetMplsTtl(9), parser.NXActionDecMplsTtl(), parser.NXActionPopMpls(0x800)],
        "service header": lambda: [parser.NXActionDecNshTtl()],
    }


def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    for folder, protocol, parser in VERSIONS:
        lines = []
        for name, make in actions(parser).items():
            desc = ProtocolDesc(version=protocol.OFP_VERSION)
            try:
                if folder == "1.0":
                    message = parser.OFPFlowMod(desc, parser.OFPMatch(), actions=make())
                else:
                    apply = parser.OFPInstructionActions(protocol.OFPIT_APPLY_ACTIONS, make())
                    message = parser.OFPFlowMod(desc, match=parser.OFPMatch(), instructions=[apply])
                message.set_xid(1)
                message.serialize()
            except Exception as error:  # What os-ken cannot write in a version is left out there.
                print(folder, name, repr(error))
                continue
            if len(message.buf) % 8:  # os-ken forgets the padding of some.
                print(folder, name, "has", len(message.buf), "bytes")
                continue
            lines.append(f"# request os-ken {name}\n{bytes(message.buf).hex()}\n")
        path = vectors / folder / "os-ken-actions.hex"
        path.write_text("".join(lines))
        print(path, len(lines))


if __name__ == "__main__":
    main()
