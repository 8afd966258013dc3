#!/usr/bin/env python3
"""Peers that no switch wants: each keeps doing the worst it can until the program is ended.

hostile_peers.py PORT TLS_PORT COUNT CERTIFICATES: COUNT peers of each kind against 127.0.0.1, those of TLS with keys of the
directory CERTIFICATES. Prints "attacking" once all have begun, and at its end (SIGTERM) what became of each kind.
Nobody here reads what the switch answers, but for the few who must hear its HELLO.
"""
import collections
import random
import selectors
import signal
import socket
import ssl
import struct
import sys
import threading


def message(kind, body=b"", version=4, transaction=1):
    return struct.pack("!BBHI", version, kind, 8 + len(body), transaction) + body


HELLO = message(0)
FLOW_REQUEST = message(18, struct.pack("!HHI", 1, 0, 0) + struct.pack("!B3xII4xQQ", 255, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0)
                       + struct.pack("!HH4x", 1, 4))
# In 1.4: a bundle that is opened, filled and never closed, and many that are opened and left.
FLOW_MOD = (struct.pack("!QQBBHHHIIIHH", 0, 0, 0, 0, 0, 0, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0)
            + struct.pack("!HH4x", 1, 4))
BUNDLE_ADD = message(34, struct.pack("!IHH", 1, 0, 0) + message(14, FLOW_MOD, version=5), version=5)
BUNDLE_OPEN = [message(33, struct.pack("!IHH", number, 0, 0), version=5) for number in range(2000)]
RANDOM = random.Random(7)

# Each kind: what is sent once, what is sent again and again, and whether to call again when the switch hangs up.
KINDS = {
    "slow loris": (HELLO[:5], b"", False),
    "long garbage": (b"\x04\x0e\xff\xff" + b"A" * 20, b"", True),
    "http": (b"GET / HTTP/1.1\r\nHost: switch\r\n\r\n", b"", True),
    "zeros": (bytes(65536), b"", True),
    "random": (RANDOM.randbytes(4096), b"", True),
    "random after hello": (HELLO + RANDOM.randbytes(65536), b"", True),
    "part of a message": (HELLO + message(14, bytes(4000))[:2000], b"", False),
    "hello flood": (HELLO, HELLO * 500, True),
    "echo flood": (HELLO, message(2, bytes(1000)) * 60, True),
    "barrier flood": (HELLO, message(20) * 2000, True),
    "multipart flood": (HELLO, FLOW_REQUEST * 500, True),
    "multipart without end": (HELLO, message(18, struct.pack("!HHI", 12, 1, 0)) * 500, True),
    "bundle without end": (message(0, version=5) + BUNDLE_OPEN[1], BUNDLE_ADD * 500, True),
    "bundles left open": (message(0, version=5), b"".join(BUNDLE_OPEN), True),
    "unknown types": (HELLO, message(99, bytes(100)) * 300, True),
    "role flood": (HELLO, message(24, struct.pack("!I4xQ", 1, 0)) * 500, True),
    "half-open TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", False),
    "random instead of TLS": (RANDOM.randbytes(4096), b"", True),
}


class Tally:
    """What one kind of peer did, and what the switch did to it."""

    def __init__(self):
        self.calls = self.sent = self.hangups = 0
        self.errors = collections.Counter()

    def hear(self, data):
        """Counts the errors at the start of what was read; who floods does not read, and hears none."""
        while len(data) >= 8:
            _, kind, length, _ = struct.unpack_from("!BBHI", data)
            if kind == 1 and length >= 12 and len(data) >= 12:
                self.errors["error %d/%d" % struct.unpack_from("!HH", data, 8)] += 1
            data = data[max(8, length):]

    def line(self, name):
        errors = ", ".join("%s x%d" % item for item in self.errors.most_common(3)) or "-"
        return "%-24s %8d %12d %8d  %s" % (name, self.calls, self.sent, self.hangups, errors)


TALLIES = collections.OrderedDict((name, Tally()) for name in list(KINDS) + ["random over TLS"])


def report(*_):
    print("%-24s %8s %12s %8s  %s" % ("kind", "calls", "bytes sent", "hung up", "errors heard"))
    for name, tally in TALLIES.items():
        print(tally.line(name))
    sys.stdout.flush()
    sys.exit(0)


class Peer:
    def __init__(self, name, port, selector):
        self.tally = TALLIES[name]
        self.first, self.again, self.calls_again = KINDS[name]
        self.port = port
        self.selector = selector
        self.call()

    def call(self):
        self.tally.calls += 1
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.pending = self.first
        self.socket.connect_ex(("127.0.0.1", self.port))
        self.selector.register(self.socket, selectors.EVENT_WRITE, self)

    def write(self):
        try:
            if not self.pending:
                self.pending = self.again
            if self.pending:
                count = self.socket.send(self.pending)
                self.tally.sent += count
                self.pending = self.pending[count:]
            elif self.calls_again:
                # The switch has heard all there is; its end of the connection says when it has had enough.
                self.selector.modify(self.socket, selectors.EVENT_READ, self)
            else:
                self.selector.unregister(self.socket)
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def read(self):
        try:
            data = self.socket.recv(65536)
            if data:
                return self.tally.hear(data)
        except BlockingIOError:
            return
        except OSError:
            pass
        self.close()

    def close(self):
        self.tally.hangups += 1
        self.selector.unregister(self.socket)
        self.socket.close()
        if self.calls_again:
            self.call()


def inside_tls(port, directory):
    """Shakes hands as a controller may, then sends anything, again and again."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=directory + "/ca.pem")
    context.check_hostname = False
    context.load_cert_chain(directory + "/controller-ecdsa.pem", directory + "/controller-ecdsa.key")
    dice = random.Random(11)
    tally = TALLIES["random over TLS"]
    while True:
        tally.calls += 1
        try:
            with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
                secure.sendall(dice.choice([b"", HELLO]))
                while True:
                    secure.sendall(dice.randbytes(4096))
                    tally.sent += 4096
        except OSError:
            tally.hangups += 1


def main():
    port, tls_port, count = map(int, sys.argv[1:4])
    for _ in range(count):
        threading.Thread(target=inside_tls, args=(tls_port, sys.argv[4]), daemon=True).start()
    selector = selectors.DefaultSelector()
    for name in KINDS:
        for _ in range(count):
            Peer(name, tls_port if "TLS" in name else port, selector)
    signal.signal(signal.SIGTERM, report)
    print("attacking", flush=True)
    while True:
        for key, events in selector.select():
            peer = key.data
            if events & selectors.EVENT_WRITE:
                peer.write()
            else:
                peer.read()


main()
