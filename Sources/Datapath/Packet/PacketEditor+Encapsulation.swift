import NetworkTypes

// Headers before everything that a packet has: Ethernet, the network service header (RFC 8300), MPLS.
extension PacketEditor {
    /// Adds an Ethernet header before a packet that has none and begins with the header of `etherType`.
    package static func pushEthernet(
        _ packet: inout PacketBuffer, _ addresses: EthernetFields, etherType: UInt16
    ) throws(PacketError) {
        try packet.insert(14, at: 0)
        packet.store(big48: addresses.destination.rawValue, at: 0)
        packet.store(big48: addresses.source.rawValue, at: 6)
        packet.store(big: etherType, at: 12)
    }

    /// Removes the Ethernet header of a frame that has no VLAN tags and an EtherType in that header.
    package static func popEthernet(_ packet: inout PacketBuffer, _ layout: PacketLayout) throws(PacketError) {
        guard layout.hasEthernet, packet.count >= 14 else { throw .truncated }
        guard layout.networkOffset == 14, layout.etherType >= EtherType.minimum.rawValue else { throw .headerAbsent }
        packet.remove(14, at: 0)
    }

    /// Adds a network service header before everything.
    package static func pushServiceHeader(
        _ packet: inout PacketBuffer, _ header: ServiceHeader
    ) throws(PacketError) {
        let length = header.lengthBytes
        guard length % 4 == 0, length <= 8 + ServiceHeader.contextHeaderBytesMaximum else { throw .tooLong }
        try packet.insert(length, at: 0)
        let first =
            UInt16(header.fields.flags & 3) << 12 | UInt16(header.fields.ttl & 0x3f) << 6 | UInt16(length / 4)
        packet.store(big: first, at: 0)
        packet.store(header.metadataType, at: 2)
        packet.store(header.nextProtocol, at: 3)
        packet.store(big: header.fields.path, at: 4)
        guard let contexts = header.contextHeaders else {
            return packet.store(big: header.fields.contexts, at: 8)
        }
        for (index, byte) in contexts.enumerated() { packet.store(byte, at: 8 + index) }
    }

    /// Removes the network service header that the packet begins with; returns its next protocol.
    package static func popServiceHeader(
        _ packet: inout PacketBuffer, _ layout: PacketLayout
    ) throws(PacketError) -> UInt8 {
        guard !layout.hasEthernet, layout.etherType == ServiceHeader.etherType else { throw .headerAbsent }
        guard packet.count >= 8 else { throw .truncated }
        let length = Int(packet.bytes.big16(0) & 0x3f) * 4
        guard length >= 8, length <= packet.count else { throw .truncated }
        let nextProtocol = packet.bytes.byte(3)
        packet.remove(length, at: 0)
        return nextProtocol
    }

    /// Writes fields of the network service header; contexts where it is of metadata type 1.
    static func rewriteServiceHeader(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: ServiceHeaderFields,
        _ mask: ServiceHeaderFields
    ) throws(PacketError) {
        guard layout.etherType == ServiceHeader.etherType, layout.hasNetworkHeader else { throw .headerAbsent }
        let offset = layout.networkOffset
        guard packet.count >= offset + 8 else { throw .truncated }
        let first = packet.bytes.big16(offset)
        let length = Int(first & 0x3f) * 4
        guard length >= 8, packet.count >= offset + length else { throw .truncated }
        let bits = UInt16(value.flags & 3) << 12 | UInt16(value.ttl & 0x3f) << 6
        let bitMask = UInt16(mask.flags & 3) << 12 | UInt16(mask.ttl & 0x3f) << 6
        packet.store(big: Self.merge(first, bits, bitMask), at: offset)
        packet.store(big: Self.merge(packet.bytes.big32(offset + 4), value.path, mask.path), at: offset + 4)
        guard packet.bytes.byte(offset + 2) & 0x0f == 1, length == 24 else { return }
        for place in [0, 8] {
            let shift = UInt128(64 - 8 * place)
            let contexts = UInt64(truncatingIfNeeded: value.contexts >> shift)
            let contextMask = UInt64(truncatingIfNeeded: mask.contexts >> shift)
            let old = packet.bytes.big64(offset + 8 + place)
            packet.store(big: Self.merge(old, contexts, contextMask), at: offset + 8 + place)
        }
    }

    /// Adds an MPLS label stack entry before everything, an Ethernet header included.
    package static func encapsulateMPLS(
        _ packet: inout PacketBuffer, labelStackEntry: UInt32
    ) throws(PacketError) {
        try packet.insert(4, at: 0)
        packet.store(big: labelStackEntry, at: 0)
    }
}
