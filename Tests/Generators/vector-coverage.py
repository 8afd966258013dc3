#!/usr/bin/env python3
"""Tells which messages the vectors cover: rows are messages and multiparts, columns versions, cells how many of whom.

Writes Tests/OpenFlowTests/Vectors/COVERAGE.md. Usage: vector-coverage.py [VECTORS-DIRECTORY]
"""
import collections
import pathlib
import re
import sys

NAMES10 = ["HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "VENDOR", "FEATURES_REQUEST", "FEATURES_REPLY",
           "GET_CONFIG_REQUEST", "GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS",
           "PACKET_OUT", "FLOW_MOD", "PORT_MOD", "MULTIPART_REQUEST", "MULTIPART_REPLY", "BARRIER_REQUEST",
           "BARRIER_REPLY", "QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY"]
NAMES = NAMES10[:4] + ["VENDOR"] + NAMES10[5:15] + [
    "GROUP_MOD", "PORT_MOD", "TABLE_MOD", "MULTIPART_REQUEST", "MULTIPART_REPLY", "BARRIER_REQUEST", "BARRIER_REPLY",
    "QUEUE_GET_CONFIG_REQUEST", "QUEUE_GET_CONFIG_REPLY", "ROLE_REQUEST", "ROLE_REPLY", "GET_ASYNC_REQUEST",
    "GET_ASYNC_REPLY", "SET_ASYNC", "METER_MOD", "ROLE_STATUS", "TABLE_STATUS", "REQUESTFORWARD", "BUNDLE_CONTROL",
    "BUNDLE_ADD", "CONTROLLER_STATUS"]
PARTS = ["DESC", "FLOW", "AGGREGATE", "TABLE", "PORT", "QUEUE", "GROUP", "GROUP_DESC", "GROUP_FEATURES", "METER",
         "METER_CONFIG", "METER_FEATURES", "TABLE_FEATURES", "PORT_DESC", "TABLE_DESC", "QUEUE_DESC", "FLOW_MONITOR",
         "FLOW_STATS", "CONTROLLER_STATUS", "BUNDLE_FEATURES"]
MAKERS = {"openvswitch": "o", "openvswitch-flows": "o", "os-ken": "k", "os-ken-actions": "k", "os-ken-classes": "k",
          "os-ken-packets": "t"}


def name(message):
    names = NAMES10 if message[0] == 1 else NAMES
    kind = names[message[1]] if message[1] < len(names) else f"type {message[1]}"
    if kind.startswith("MULTIPART") and len(message) >= 10:
        part = int.from_bytes(message[8:10], "big")
        kind += " " + (PARTS[part] if part < len(PARTS) else "EXPERIMENTER")
    return kind


def main():
    vectors = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                           pathlib.Path(__file__).resolve().parent.parent / "OpenFlowTests" / "Vectors")
    counts = collections.defaultdict(collections.Counter)
    for path in vectors.glob("1.*/*.hex"):
        if path.stem not in MAKERS:
            continue
        for line in path.read_text().splitlines():
            if not line.startswith("#") and re.fullmatch("(?:[0-9a-f]{2})+", line):
                message = bytes.fromhex(line)
                # What is refused has no name, or another version.
                if name(message).startswith("type ") or message[0] != int(path.parent.name[2:]) + 1:
                    continue
                counts[name(message), message[0]][MAKERS[path.stem]] += 1
    order = list(dict.fromkeys(NAMES10 + NAMES))
    rows = sorted({row for row, _ in counts}, key=lambda row: (order.index(row.split()[0]), row.split()[1:]))
    lines = ["Messages of others among the vectors, by `Tests/Generators/vector-coverage.py`: o of Open vSwitch and",
             "ovs-ofctl, k of os-ken's encoder, t of os-ken's tests. What is empty is of no such version.", "",
             "| Message | 1.0 | 1.1 | 1.2 | 1.3 | 1.4 | 1.5 |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = []
        for version in range(1, 7):
            counter = counts[row, version]
            cells.append(" ".join(f"{counter[maker]}{maker}" for maker in "okt" if counter[maker]))
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    (vectors / "COVERAGE.md").write_text("\n".join(lines) + "\n")
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
