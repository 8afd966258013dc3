import NetworkTypes

/// Cuts a frame that a host left to its device to segment (GSO) into frames as they would be on the wire.
///
/// Needed where no device does it: before a packet is shown to a controller or gets an MPLS label. TCP over
/// IPv4 and IPv6, and UDP segmentation (`VIRTIO_NET_HDR_GSO_UDP_L4`), as in the kernel's `tcp_gso_segment`
/// and `udp_gso_segment`.
package enum PacketSegmenter {
    /// The most segments of one frame: 64 KiB in pieces of at least 8 bytes is refused as senseless.
    private static let segmentsMaximum = 4096

    /// Makes the segments one after another and gives each, in memory of its own, to `body`, which may end it
    /// by throwing.
    ///
    /// Throws `unsupported` for kinds of segmentation it does not know, `truncated` where the headers are not
    /// there.
    package static func segment(
        _ packet: borrowing PacketBuffer, _ layout: PacketLayout,
        _ body: (inout PacketBuffer) throws(PacketError) -> Void
    ) throws(PacketError) {
        let isIPv6 = layout.etherType == EtherType.ipv6.rawValue
        let bytes = packet.bytes
        let transport = layout.transportOffset
        guard transport != 0, isIPv6 || layout.etherType == EtherType.ipv4.rawValue else { throw .unsupported }
        let isTCP: Bool
        let headerEnd: Int
        switch (packet.offload.segmentationType, layout.ipProtocol) {
        case (1, IPProtocol.tcp.rawValue), (4, IPProtocol.tcp.rawValue):
            guard bytes.byteCount >= transport + 20 else { throw .truncated }
            isTCP = true
            headerEnd = transport + Int(bytes.byte(transport + 12) >> 4) * 4
        case (5, IPProtocol.udp.rawValue):
            isTCP = false
            headerEnd = transport + 8
        default: throw .unsupported
        }
        let size = Int(packet.offload.segmentSize)
        let end = min(bytes.byteCount, layout.networkEnd)
        // A TCP header shorter than the fields that each segment gets is the sender's lie, not a header.
        guard headerEnd >= transport + (isTCP ? 20 : 8), headerEnd <= end, size > 0 else { throw .truncated }
        guard (end - headerEnd) / size < Self.segmentsMaximum else { throw .unsupported }

        var offset = headerEnd
        var index = 0
        repeat {
            let count = min(size, end - offset)
            var segment = try PacketBuffer(copying: bytes.extracting(0..<headerEnd + count))
            for place in 0..<count { segment.store(bytes.byte(offset + place), at: headerEnd + place) }
            let isLast = offset + count >= end
            Self.finish(
                &segment, layout, isIPv6: isIPv6, isTCP: isTCP, index: index, sent: offset - headerEnd,
                isLast: isLast)
            try body(&segment)
            offset += count
            index += 1
        } while offset < end
    }

    /// Sets lengths, numbers, flags and checksums of one segment.
    private static func finish(
        _ segment: inout PacketBuffer, _ layout: PacketLayout, isIPv6: Bool, isTCP: Bool, index: Int, sent: Int,
        isLast: Bool
    ) {
        let network = layout.networkOffset
        let transport = layout.transportOffset
        let length = segment.count - transport
        let source: UInt128
        let destination: UInt128
        if isIPv6 {
            segment.store(big: UInt16(truncatingIfNeeded: segment.count - network - 40), at: network + 4)
            source = UInt128(segment.bytes.big64(network + 8)) << 64 | UInt128(segment.bytes.big64(network + 16))
            destination = UInt128(segment.bytes.big64(network + 24)) << 64 | UInt128(segment.bytes.big64(network + 32))
        } else {
            segment.store(big: UInt16(truncatingIfNeeded: segment.count - network), at: network + 2)
            let identification = segment.bytes.big16(network + 4) &+ UInt16(truncatingIfNeeded: index)
            segment.store(big: identification, at: network + 4)
            segment.store(big: UInt16(0), at: network + 10)
            segment.store(big: ~Checksum.sum(segment.bytes, in: network..<transport), at: network + 10)
            source = UInt128(segment.bytes.big32(network + 12))
            destination = UInt128(segment.bytes.big32(network + 16))
        }
        let checksumOffset: Int
        if isTCP {
            checksumOffset = transport + 16
            let sequence = segment.bytes.big32(transport + 4) &+ UInt32(truncatingIfNeeded: sent)
            segment.store(big: sequence, at: transport + 4)
            var flags = segment.bytes.byte(transport + 13)
            // FIN and PSH belong to the last segment, CWR to the first.
            if !isLast { flags &= ~0x09 }
            if index > 0 { flags &= ~0x80 }
            segment.store(flags, at: transport + 13)
        } else {
            checksumOffset = transport + 6
            segment.store(big: UInt16(truncatingIfNeeded: length), at: transport + 4)
        }
        segment.store(big: UInt16(0), at: checksumOffset)
        let pseudo = Checksum.pseudoHeader(
            source: source, destination: destination, proto: layout.ipProtocol, length: length)
        let sum = ~Checksum.sum(segment.bytes, in: transport..<segment.count, initial: pseudo)
        segment.store(big: sum == 0 && !isTCP ? 0xffff : sum, at: checksumOffset)
    }
}
