#!/usr/bin/env python3
"""A name server on 127.0.0.1:53 that keeps whoever asks waiting until it gets SIGUSR1; then every name is 127.0.0.1.

Prints "serving" when it can be asked, and "asked for NAME" for each question.
"""
import signal
import socket
import struct

TYPE_A, TYPE_AAAA = 1, 28


def question(query):
    """The name, its type, and the octets of the question (RFC 1035 section 4.1.2)."""
    labels, offset = [], 12
    while query[offset]:
        length = query[offset]
        labels.append(query[offset + 1:offset + 1 + length].decode())
        offset += 1 + length
    return ".".join(labels), struct.unpack_from("!H", query, offset + 1)[0], query[12:offset + 5]


def answer(query):
    """Recursion is available, there was no error; one address for type A, none for other types."""
    _, kind, asked = question(query)
    count = 1 if kind == TYPE_A else 0
    reply = query[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0) + asked
    if count:
        reply += struct.pack("!HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + socket.inet_aton("127.0.0.1")
    return reply


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    print("serving", flush=True)
    waits = True
    while True:
        query, peer = server.recvfrom(4096)
        print("asked for", question(query)[0], flush=True)
        if waits:
            signal.sigwait({signal.SIGUSR1})
            waits = False
        server.sendto(answer(query), peer)


main()
