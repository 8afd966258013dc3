package import NetworkTypes

/// One end of a connection.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// An address of either kind.
    package enum Address: Hashable, Sendable {
        /// IPv4.
        case ipv4(IPv4Address)
        /// IPv6.
        case ipv6(IPv6Address)
    }
    /// The address.
    package var address: Address
    /// The TCP port.
    package var port: UInt16

    /// Makes an end from its parts.
    package init(address: Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The address, an IPv6 one in brackets, a colon and the port.
    package var description: String {
        switch self.address {
        case .ipv4(let address): "\(address):\(self.port)"
        case .ipv6(let address): "[\(address)]:\(self.port)"
        }
    }
}

/// A TCP segment found in a captured packet.
package struct TCPSegment: Hashable, Sendable {
    /// The sender.
    package var source: Endpoint
    /// The receiver.
    package var destination: Endpoint
    /// The number of the first byte, or of the SYN.
    package var sequence: UInt32
    /// Whether it opens the connection.
    package var isSynchronizing: Bool
    /// Where its bytes are in the file; fewer than were sent if the capture cut the packet.
    package var payload: Range<Int>
    /// How many bytes were sent.
    package var sentByteCount: Int
}

/// What a captured packet turned out to be.
package enum CapturedContent: Hashable, Sendable {
    /// A TCP segment.
    case segment(TCPSegment)
    /// A fragment of an IP packet that carries TCP, or may in IPv6.
    case fragment(IPFragment)
    /// Anything else, or cut too short to tell.
    case other
}

extension CapturedPacket {
    /// Finds the TCP segment in the packet, below Ethernet, Linux cooked (1 and 2), loopback or bare IP headers.
    package func content(in bytes: [UInt8]) -> CapturedContent {
        var walk = HeaderWalk(
            bytes: bytes, position: self.range.lowerBound, end: min(self.range.upperBound, bytes.count))
        guard let etherType = walk.linkHeader(self.linkType) else { return .other }
        switch etherType {
        case 0x0800: return walk.ipv4()
        case 0x86dd: return walk.ipv6()
        default: return .other
        }
    }
}

extension TCPSegment {
    /// Finds the segment in a packet put together from fragments.
    ///
    /// - Parameters:
    ///   - bytes: what follows the IP header; ``payload`` is a range of these.
    ///   - nextHeader: what kind of header they begin with.
    ///   - key: whose packet it is.
    /// - Returns: nil if the packet carries something else.
    package init?(in bytes: [UInt8], nextHeader: UInt8, of key: IPFragment.Key) {
        var walk = HeaderWalk(bytes: bytes, position: 0, end: bytes.count)
        let content = walk.ipv6Payload(
            IPProtocol(rawValue: nextHeader), byteCount: bytes.count, from: key.source, to: key.destination)
        guard case .segment(let segment) = content else { return nil }
        self = segment
    }
}

/// Walks over the headers of one packet; every step is checked against the packet's end.
private struct HeaderWalk {
    let bytes: [UInt8]
    var position: Int
    var end: Int

    private var remaining: Int { self.end - self.position }

    private func half(_ offset: Int) -> UInt16 {
        UInt16(self.bytes[self.position + offset]) << 8 | UInt16(self.bytes[self.position + offset + 1])
    }

    private func word(_ offset: Int) -> UInt32 { UInt32(self.half(offset)) << 16 | UInt32(self.half(offset + 2)) }

    /// Passes over the link's header and VLAN tags; the EtherType of what follows, nil if there is none.
    mutating func linkHeader(_ linkType: UInt32) -> UInt16? {
        let (length, typeOffset): (Int, Int)
        switch linkType {
        case 1: (length, typeOffset) = (14, 12)
        case 113: (length, typeOffset) = (16, 14)
        case 276: (length, typeOffset) = (20, 0)
        case 0, 108: return self.loopback()
        // Bare IP, of either version or of one.
        case 12, 14, 101, 228, 229: return self.bareIP()
        default: return nil
        }
        guard self.remaining >= length else { return nil }
        var type = self.half(typeOffset)
        self.position += length
        while type == 0x8100 || type == 0x88a8 || type == 0x9100 {
            guard self.remaining >= 4 else { return nil }
            type = self.half(2)
            self.position += 4
        }
        return type
    }

    /// Loopback: the address family in the order of the host's bytes, whichever that was.
    private mutating func loopback() -> UInt16? {
        guard self.remaining >= 4 else { return nil }
        self.position += 4
        return self.bareIP()
    }

    private func bareIP() -> UInt16? {
        guard self.remaining >= 1 else { return nil }
        switch self.bytes[self.position] >> 4 {
        case 4: return 0x0800
        case 6: return 0x86dd
        default: return nil
        }
    }

    mutating func ipv4() -> CapturedContent {
        guard self.remaining >= 20, self.bytes[self.position] >> 4 == 4 else { return .other }
        let headerLength = Int(self.bytes[self.position] & 15) * 4
        let totalLength = Int(self.half(2))
        guard headerLength >= 20, totalLength >= headerLength, self.remaining >= headerLength,
            self.bytes[self.position + 9] == IPProtocol.tcp.rawValue
        else { return .other }
        let source = Endpoint.Address.ipv4(IPv4Address(rawValue: self.word(12)))
        let destination = Endpoint.Address.ipv4(IPv4Address(rawValue: self.word(16)))
        let (identification, fragment) = (self.half(4), self.half(6))
        self.position += headerLength
        // More fragments follow, or this is not the first.
        if fragment & 0x3fff != 0 {
            let key = IPFragment.Key(
                source: source, destination: destination, identification: UInt32(identification),
                ipProtocol: IPProtocol.tcp.rawValue)
            return self.fragment(
                key, IPProtocol.tcp.rawValue, offset: Int(fragment & 0x1fff) * 8, hasMore: fragment & 0x2000 != 0,
                byteCount: totalLength - headerLength)
        }
        return self.tcp(source, destination, byteCount: totalLength - headerLength)
    }

    mutating func ipv6() -> CapturedContent {
        guard self.remaining >= 40, self.bytes[self.position] >> 4 == 6 else { return .other }
        let left = Int(self.half(4))
        let next = IPProtocol(rawValue: self.bytes[self.position + 6])
        let source = Endpoint.Address.ipv6(self.address(8))
        let destination = Endpoint.Address.ipv6(self.address(24))
        self.position += 40
        return self.ipv6Payload(next, byteCount: left, from: source, to: destination)
    }

    /// A fragment whose bytes begin here.
    private func fragment(
        _ key: IPFragment.Key, _ nextHeader: UInt8, offset: Int, hasMore: Bool, byteCount: Int
    ) -> CapturedContent {
        .fragment(
            IPFragment(
                key: key, nextHeader: nextHeader, offset: offset, hasMore: hasMore,
                payload: self.position..<min(self.end, self.position + byteCount), sentByteCount: byteCount))
    }

    /// What follows the first header of IPv6; also what follows the header of a packet put together, of either kind.
    mutating func ipv6Payload(
        _ first: IPProtocol, byteCount: Int, from source: Endpoint.Address, to destination: Endpoint.Address
    ) -> CapturedContent {
        var (next, left) = (first, byteCount)
        // Extension headers of eight bytes and more; each step moves on, so that the walk ends.
        while next == .hopByHop || next == .routing || next == .destinationOptions || next == .fragment {
            guard self.remaining >= 8, left >= 8 else { return .other }
            if next == .fragment {
                let (place, nextHeader) = (self.half(2), self.bytes[self.position])
                guard place & 0xfff9 == 0 else {
                    let isPossible =
                        [IPProtocol.tcp, .hopByHop, .routing, .destinationOptions]
                        .contains { $0.rawValue == nextHeader }
                    guard isPossible else { return .other }
                    let key = IPFragment.Key(
                        source: source, destination: destination, identification: self.word(4), ipProtocol: 0)
                    self.position += 8
                    return self.fragment(
                        key, nextHeader, offset: Int(place & 0xfff8), hasMore: place & 1 != 0, byteCount: left - 8)
                }
            }
            let length = next == .fragment ? 8 : (Int(self.bytes[self.position + 1]) + 1) * 8
            guard self.remaining >= length, left >= length else { return .other }
            next = IPProtocol(rawValue: self.bytes[self.position])
            self.position += length
            left -= length
        }
        guard next == .tcp else { return .other }
        return self.tcp(source, destination, byteCount: left)
    }

    private func address(_ offset: Int) -> IPv6Address {
        let (a, b) = (UInt64(self.word(offset)), UInt64(self.word(offset + 4)))
        let (c, d) = (UInt64(self.word(offset + 8)), UInt64(self.word(offset + 12)))
        return IPv6Address(high: a << 32 | b, low: c << 32 | d)
    }

    /// `byteCount` is what the IP header says that header and payload were long.
    private func tcp(_ source: Endpoint.Address, _ destination: Endpoint.Address, byteCount: Int) -> CapturedContent {
        guard self.remaining >= 20, byteCount >= 20 else { return .other }
        let headerLength = Int(self.bytes[self.position + 12] >> 4) * 4
        guard headerLength >= 20, headerLength <= byteCount else { return .other }
        let flags = self.bytes[self.position + 13]
        let start = min(self.end, self.position + headerLength)
        let sent = byteCount - headerLength
        return .segment(
            TCPSegment(
                source: Endpoint(address: source, port: self.half(0)),
                destination: Endpoint(address: destination, port: self.half(2)), sequence: self.word(4),
                isSynchronizing: flags & 2 != 0,
                payload: start..<min(self.end, start + sent), sentByteCount: sent))
    }
}
