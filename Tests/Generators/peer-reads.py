#!/usr/bin/env python3
"""Reads OpenFlow messages by Ryu's (or os-ken's) parsers, and tells which of them it cannot read.

Each line of the input is a name, a tab and a message in hexadecimal; each line of the output is the name of a message
that the parser fails at, a tab and how. What it has no parser for, such as what
a controller would not be sent, is named with `none`.
"""
import importlib
import importlib.util
import logging
import resource
import signal
import struct
import sys

logging.disable(logging.CRITICAL)
package = "os_ken" if importlib.util.find_spec("os_ken") else "ryu"
parsers = importlib.import_module(f"{package}.ofproto.ofproto_parser")
description = importlib.import_module(f"{package}.ofproto.ofproto_protocol").ProtocolDesc
for version in ("1_0", "1_2", "1_3", "1_4", "1_5"):
    importlib.import_module(f"{package}.ofproto.ofproto_v{version}_parser")



def stuck(*_):
    raise TimeoutError("does not come to an end")


# Some parsers read a part that has no length for ever, and remember each turn: time and memory are bounded.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
signal.signal(signal.SIGALRM, stuck)
for line in sys.stdin:
    name, text = line.rstrip("\n").split("\t")
    message = bytes.fromhex(text)
    version, kind, length, xid = struct.unpack_from("!BBHI", message)
    signal.alarm(20)
    try:
        parser = parsers._MSG_PARSERS[version]
        parsed = parser(description(version=version), version, kind, length, xid, message)
        if parsed is None:
            print(f"{name}\tnone")
        else:
            parsed.to_jsondict()
    except Exception as error:  # Whatever it is, it is what we want to know.
        print(f"{name}\tnone" if "NoneType" in str(error) else f"{name}\t{error!r}")
