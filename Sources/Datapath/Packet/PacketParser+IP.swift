import NetworkTypes

extension PacketParser {
    /// IPv4 (RFC 791).
    ///
    /// A header that is cut short or shorter than 20 bytes leaves every field of layer 3 zero.
    @inline(__always)
    static func parseIPv4(_ frame: RawSpan, into key: inout FlowKey, _ layout: inout PacketLayout) {
        let offset = layout.networkOffset
        let room = frame.byteCount &- offset
        guard room >= 20 else { return }
        let headerLength = Int(frame.byte(offset) & 0x0f) &* 4
        guard headerLength >= 20, room >= headerLength else { return }

        let proto = frame.byte(offset &+ 9)
        let fragment = frame.big16(offset &+ 6)
        var fragmentBits: UInt64 = 0
        if fragment & 0x1fff != 0 {
            fragmentBits = 3
        } else if fragment & 0x2000 != 0 {
            fragmentBits = 1
        }
        key.words[35] = frame.big64(offset &+ 12)
        key.words[40] =
            UInt64(proto) << 24 | UInt64(frame.byte(offset &+ 1)) << 16
            | UInt64(frame.byte(offset &+ 8)) << 8 | fragmentBits
        layout.ipProtocol = proto
        let totalLength = Int(frame.big16(offset &+ 2))
        layout.networkEnd = offset &+ (totalLength >= headerLength ? min(totalLength, room) : room)
        guard fragmentBits != 3 else { return }
        layout.transportOffset = offset &+ headerLength
        Self.parseTransport(frame, at: layout.transportOffset, proto, isIPv6: false, into: &key)
    }

    /// IPv6 (RFC 8200) and its extension headers, in the kernel's way.
    ///
    /// A chain that is cut short gives "no next header" (59) and no transport; a later fragment gives 44.
    static func parseIPv6(_ frame: RawSpan, into key: inout FlowKey, _ layout: inout PacketLayout) {
        let offset = layout.networkOffset
        guard frame.byteCount &- offset >= 40 else { return }
        let first = frame.big32(offset)
        key.words[36] = frame.big64(offset &+ 8)
        key.words[37] = frame.big64(offset &+ 16)
        key.words[38] = frame.big64(offset &+ 24)
        key.words[39] = frame.big64(offset &+ 32)
        let payloadLength = Int(frame.big16(offset &+ 4))
        let room = frame.byteCount &- offset &- 40
        layout.networkEnd = offset &+ 40 &+ (payloadLength == 0 ? room : min(payloadLength, room))

        let chain = Self.walkExtensions(
            frame, at: offset &+ 40, first: frame.byte(offset &+ 6), &layout.hasRoutingSegments)
        layout.ipProtocol = chain.proto
        key.words[40] =
            UInt64(first & 0xfffff) << 32 | UInt64(chain.proto) << 24
            | UInt64(first >> 20 & 0xff) << 16 | UInt64(frame.byte(offset &+ 7)) << 8
            | chain.fragmentBits
        key.words[46] = UInt64(chain.headers)
        guard chain.transportOffset != 0, chain.transportOffset <= frame.byteCount else { return }
        layout.transportOffset = chain.transportOffset
        Self.parseTransport(
            frame, at: chain.transportOffset, chain.proto, isIPv6: true, into: &key)
    }

    /// What the extension headers lead to; `transportOffset` is 0 where there is no transport header to read.
    private struct ExtensionChain {
        var proto: UInt8
        var fragmentBits: UInt64
        var transportOffset: Int
        /// Which headers there are: OFPIEH_* of OpenFlow 1.3 §7.2.3.7.
        var headers: UInt16 = 0
    }

    /// Follows the extension headers from `start`; each is at least eight bytes, so the walk ends with the
    /// packet.
    private static func walkExtensions(
        _ frame: RawSpan, at start: Int, first: UInt8, _ hasRoutingSegments: inout Bool
    ) -> ExtensionChain {
        let cut = IPProtocol.noNextHeader.rawValue
        var offset = start
        var next = first
        var fragmentBits: UInt64 = 0
        var present = ExtensionHeaders()
        while Self.isExtension(next), next != cut {
            let room = frame.byteCount &- offset
            present.note(next)
            let short = ExtensionChain(
                proto: cut, fragmentBits: fragmentBits, transportOffset: 0, headers: present.bits)
            guard room >= 2 else { return short }
            let following = frame.byte(offset)
            var length = (Int(frame.byte(offset &+ 1)) &+ 1) &* 8
            switch next {
            case IPProtocol.fragment.rawValue:
                fragmentBits = 1
                guard room >= 4 else {
                    return ExtensionChain(proto: cut, fragmentBits: 1, transportOffset: 0, headers: present.bits)
                }
                if frame.big16(offset &+ 2) & 0xfff8 != 0 {
                    // The kernel knows a later fragment only by a payload that is no extension header itself.
                    let isPlain = !Self.isExtension(following) || following == cut
                    return ExtensionChain(
                        proto: isPlain ? IPProtocol.fragment.rawValue : cut, fragmentBits: isPlain ? 3 : 1,
                        transportOffset: 0, headers: present.bits)
                }
                length = 8
            case IPProtocol.routing.rawValue:
                guard room >= 4 else { return short }
                if frame.byte(offset &+ 3) != 0 { hasRoutingSegments = true }
            case IPProtocol.authentication.rawValue:
                length = (Int(frame.byte(offset &+ 1)) &+ 2) &* 4
            default: break
            }
            next = following
            offset &+= length
        }
        present.note(next)
        return ExtensionChain(
            proto: next, fragmentBits: fragmentBits, transportOffset: offset, headers: present.bits)
    }

    /// Which extension headers a packet has, and whether they come as RFC 8200 §4.1 wants: OFPIEH_* of OpenFlow 1.3
    /// §7.2.3.7.
    private struct ExtensionHeaders {
        var bits: UInt16 = 0
        private var lastRank = 0
        private var destinationCount = 0

        /// Notes the next header in the chain; one that is none of them changes nothing.
        mutating func note(_ next: UInt8) {
            let bit: UInt16
            var rank: Int
            switch next {
            case 59: (bit, rank) = (1 << 0, self.lastRank)
            case 50: (bit, rank) = (1 << 1, 6)
            case 51: (bit, rank) = (1 << 2, 5)
            case 60: (bit, rank) = (1 << 3, self.lastRank <= 2 ? 2 : 7)
            case 44: (bit, rank) = (1 << 4, 4)
            case 43: (bit, rank) = (1 << 5, 3)
            case 0: (bit, rank) = (1 << 6, 1)
            default: return
            }
            // Destination options may be there twice: before a routing header, and at the end.
            if next == 60 { self.destinationCount += 1 }
            if self.bits & bit != 0, next != 60 || self.destinationCount > 2 { self.bits |= 1 << 7 }
            if rank < self.lastRank { self.bits |= 1 << 8 }
            self.bits |= bit
            self.lastRank = max(rank, self.lastRank)
        }
    }

    /// The headers that the kernel's `ipv6_ext_hdr` names: hop-by-hop, routing, fragment, AH, none,
    /// destination options.
    @inline(__always)
    private static func isExtension(_ next: UInt8) -> Bool {
        switch next {
        case 0, 43, 44, 51, 59, 60: true
        default: false
        }
    }

    /// Ports, flags, ICMP type and code; a header that is not whole leaves them zero.
    ///
    /// IGMP has no fields in the kernel's key.
    @inline(__always)
    private static func parseTransport(
        _ frame: RawSpan, at offset: Int, _ proto: UInt8, isIPv6: Bool, into key: inout FlowKey
    ) {
        let room = frame.byteCount &- offset
        switch proto {
        case IPProtocol.tcp.rawValue:
            guard room >= 20 else { return }
            let flags = frame.big16(offset &+ 12)
            let headerLength = Int(flags >> 12) &* 4
            guard headerLength >= 20, room >= headerLength else { return }
            key.words[45] = UInt64(frame.big32(offset)) << 32 | UInt64(flags & 0x0fff) << 16
        case IPProtocol.udp.rawValue:
            guard room >= 8 else { return }
            key.words[45] = UInt64(frame.big32(offset)) << 32
        case IPProtocol.sctp.rawValue:
            guard room >= 12 else { return }
            key.words[45] = UInt64(frame.big32(offset)) << 32
        case IPProtocol.icmp.rawValue where !isIPv6:
            guard room >= 8 else { return }
            Self.setTypeAndCode(frame, at: offset, into: &key)
        case IPProtocol.icmpv6.rawValue where isIPv6:
            guard room >= 8 else { return }
            Self.setTypeAndCode(frame, at: offset, into: &key)
            if frame.byte(offset &+ 1) == 0 {
                Self.parseNeighbourDiscovery(frame, at: offset, into: &key)
            }
        default: break
        }
    }

    @inline(__always)
    private static func setTypeAndCode(_ frame: RawSpan, at offset: Int, into key: inout FlowKey) {
        key.words[45] = UInt64(frame.byte(offset)) << 48 | UInt64(frame.byte(offset &+ 1)) << 32
    }

    /// Target and link-layer addresses of a neighbour solicitation or advertisement (RFC 4861 §4.3, §4.4,
    /// §4.6.1).
    ///
    /// An option given twice makes the whole message invalid: all three fields stay zero.
    private static func parseNeighbourDiscovery(
        _ frame: RawSpan, at start: Int, into key: inout FlowKey
    ) {
        let type = frame.byte(start)
        guard type == 135 || type == 136, frame.byteCount &- start >= 24 else { return }
        var source: UInt64 = 0
        var target: UInt64 = 0
        var offset = start &+ 24
        while frame.byteCount &- offset >= 8 {
            let length = Int(frame.byte(offset &+ 1)) &* 8
            guard length != 0, length <= frame.byteCount &- offset else { break }
            if length == 8 {
                switch frame.byte(offset) {
                case 1:
                    guard source == 0 else { return }
                    source = frame.big48(offset &+ 2)
                case 2:
                    guard target == 0 else { return }
                    target = frame.big48(offset &+ 2)
                default: break
                }
            }
            offset &+= length
        }
        key.words[41] = source << 16
        key.words[42] = target << 16
        key.words[43] = frame.big64(start &+ 8)
        key.words[44] = frame.big64(start &+ 16)
    }
}
