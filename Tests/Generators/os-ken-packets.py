#!/usr/bin/env python3
"""Collects the OpenFlow messages that os-ken's own tests read, as vectors for Tests/OpenFlowTests.

They come with os-ken's package (Apache-2.0): captures of Open vSwitch and other switches and controllers, and one
message of nearly every kind of every version that os-ken has (1.0 and 1.2 to 1.5). What switches say, its parser reads
here, too; what only controllers say it writes and has no parser for. In the same form as openvswitch-vectors.py
writes:

    Tests/OpenFlowTests/Vectors/<version>/os-ken-packets.hex

Needs os-ken (in a virtual environment: pip install os-ken). Usage: os-ken-packets.py [VECTORS-DIRECTORY]
"""
import pathlib
import sys

import os_ken
from os_ken.ofproto import ofproto_parser, ofproto_v1_0_parser, ofproto_v1_2_parser, ofproto_v1_3_parser  # noqa: F401
from os_ken.ofproto import ofproto_v1_4_parser, ofproto_v1_5_parser  # noqa: F401
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    data = pathlib.Path(os_ken.__file__).parent / "tests" / "packet_data"
    for version in (0, 2, 3, 4, 5):
        desc = ProtocolDesc(version=version + 1)
        lines = []
        for path in sorted((data / f"of1{version}").glob("*.packet")):
            name = path.stem.replace(f"libofproto-OFP1{version}-", "").replace("_", " ")
            message = bytearray(path.read_bytes())
            got, kind, length, _ = ofproto_parser.header(message)
            if got != version + 1 or length != len(message):
                print(f"{path.name}: not one message of this version", file=sys.stderr)
                continue
            message[4:8] = (1).to_bytes(4, "big")
            parser = ofproto_parser._MSG_PARSERS[got]
            try:
                parser(desc, got, kind, length, 1, bytes(message))
                sender = "reply"
            except TypeError:
                sender = "request"
            except Exception as error:
                print(f"{path.name}: os-ken does not read it: {error!r}", file=sys.stderr)
                continue
            lines.append(f"# {sender} os-ken packet {name}\n{message.hex()}\n")
        (vectors / f"1.{version}" / "os-ken-packets.hex").write_text("".join(lines))
        print(version, len(lines))


if __name__ == "__main__":
    main()
