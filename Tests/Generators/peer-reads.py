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


# Some parsers read a part that has no length for ever, and remember each turn: their memory is bounded, and, in case
# one remembers nothing, their time.
MEMORY_BYTES = 64 << 20
TIME_SECONDS = 60


def stuck(*_):
    raise TimeoutError("does not come to an end")


def fault(message):
    """What is wrong with a message, "none" where there is no parser for it, None where it is read."""
    version, kind, length, xid = struct.unpack_from("!BBHI", message)
    signal.alarm(TIME_SECONDS)
    try:
        parsed = parsers._MSG_PARSERS[version](description(version=version), version, kind, length, xid, message)
        if parsed is None:
            return "none"
        parsed.to_jsondict()
        return None
    except MemoryError:
        # What was read is let go only after this: there is no room for words of our own before.
        return "does not come to an end"
    except Exception as error:  # Whatever it is, it is what we want to know.
        return "none" if "NoneType" in str(error) else repr(error)
    finally:
        signal.alarm(0)


with open("/proc/self/statm") as statm:
    used = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
signal.signal(signal.SIGALRM, stuck)
for line in sys.stdin:
    name, text = line.rstrip("\n").split("\t")
    reason = fault(bytes.fromhex(text))
    if reason is not None:
        print(f"{name}\t{reason}")
