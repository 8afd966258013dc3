import NetworkTypes

extension PacketEditor {
    /// Carries out a rewrite of header fields.
    ///
    /// Metadata (priority, mark, tunnel) is not in the frame: nothing happens.
    package static func rewrite(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ rewrite: HeaderRewrite
    ) throws(PacketError) {
        switch rewrite {
        case .ethernet(let value, let mask):
            guard layout.hasEthernet else { throw .headerAbsent }
            try Self.rewriteEthernet(&packet, value, mask)
        case .ipv4(let value, let mask): try Self.rewriteIPv4(&packet, layout, value, mask)
        case .ipv6(let value, let mask): try Self.rewriteIPv6(&packet, layout, value, mask)
        case .tcp(let value, let mask):
            try Self.rewritePorts(&packet, layout, .tcp, headerLength: 20, checksumOffset: 16, value, mask)
        case .udp(let value, let mask):
            try Self.rewritePorts(&packet, layout, .udp, headerLength: 8, checksumOffset: 6, value, mask)
        case .sctp(let value, let mask): try Self.rewriteSCTP(&packet, layout, value, mask)
        case .icmp(let value, let mask): try Self.rewriteICMP(&packet, layout, value, mask)
        case .arp(let value, let mask): try Self.rewriteARP(&packet, layout, value, mask)
        case .neighbourDiscovery(let value, let mask):
            try Self.rewriteNeighbourDiscovery(&packet, layout, value, mask)
        case .mpls(let entry, let mask):
            guard Self.isMPLS(layout) else { throw .headerAbsent }
            guard layout.networkOffset + 4 <= packet.count else { throw .truncated }
            let old = packet.bytes.big32(layout.networkOffset)
            packet.store(big: Self.merge(old, entry, mask), at: layout.networkOffset)
        case .serviceHeader(let value, let mask): try Self.rewriteServiceHeader(&packet, layout, value, mask)
        case .priority, .mark, .tunnel: break
        }
    }

    /// `old` with the bits of `mask` taken from `value`.
    @inline(__always)
    static func merge<Value: FixedWidthInteger>(_ old: Value, _ value: Value, _ mask: Value) -> Value {
        old & ~mask | value & mask
    }

    private static func rewriteEthernet(
        _ packet: inout PacketBuffer, _ value: EthernetFields, _ mask: EthernetFields
    ) throws(PacketError) {
        guard packet.count >= 14 else { throw .truncated }
        let destination = packet.bytes.big48(0)
        let source = packet.bytes.big48(6)
        packet.store(
            big48: Self.merge(destination, value.destination.rawValue, mask.destination.rawValue), at: 0)
        packet.store(big48: Self.merge(source, value.source.rawValue, mask.source.rawValue), at: 6)
    }

    private static func rewriteIPv4(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: IPv4Fields, _ mask: IPv4Fields
    ) throws(PacketError) {
        let offset = layout.networkOffset
        guard layout.etherType == EtherType.ipv4.rawValue, layout.hasNetworkHeader else { throw .headerAbsent }
        guard layout.networkEnd >= offset + 20, packet.count >= layout.networkEnd else { throw .truncated }
        let source = packet.bytes.big32(offset + 12)
        let destination = packet.bytes.big32(offset + 16)
        let first = packet.bytes.big16(offset)
        let timeToLive = packet.bytes.big16(offset + 8)
        let newSource = Self.merge(source, value.source, mask.source)
        let newDestination = Self.merge(destination, value.destination, mask.destination)
        let newFirst = Self.merge(first, UInt16(value.tos), UInt16(mask.tos))
        let newTimeToLive = Self.merge(timeToLive, UInt16(value.ttl) << 8, UInt16(mask.ttl) << 8)

        var addresses = ChecksumChange()
        addresses.replace(source, by: newSource)
        addresses.replace(destination, by: newDestination)
        var header = addresses
        header.replace(first, by: newFirst)
        header.replace(timeToLive, by: newTimeToLive)
        packet.store(big: newFirst, at: offset)
        packet.store(big: newTimeToLive, at: offset + 8)
        packet.store(big: newSource, at: offset + 12)
        packet.store(big: newDestination, at: offset + 16)
        packet.store(big: header.applied(to: packet.bytes.big16(offset + 10)), at: offset + 10)
        if source != newSource || destination != newDestination {
            Self.repairTransport(&packet, layout, addresses, isIPv6: false)
        }
    }

    private static func rewriteIPv6(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: IPv6Fields, _ mask: IPv6Fields
    ) throws(PacketError) {
        let offset = layout.networkOffset
        guard layout.etherType == EtherType.ipv6.rawValue, layout.hasNetworkHeader else { throw .headerAbsent }
        guard packet.count >= offset + 40 else { throw .truncated }
        let source = Self.address(packet.bytes, offset + 8)
        let destination = Self.address(packet.bytes, offset + 24)
        let newSource = Self.merge(source, value.source, mask.source)
        let newDestination = Self.merge(destination, value.destination, mask.destination)
        var addresses = ChecksumChange()
        addresses.replace(source, by: newSource)
        // With a routing header on the way, the pseudo-header has the last address, which is not this one.
        if !layout.hasRoutingSegments { addresses.replace(destination, by: newDestination) }

        let fieldMask = (mask.flowLabel & 0xfffff) | UInt32(mask.trafficClass) << 20
        let fields = (value.flowLabel & 0xfffff) | UInt32(value.trafficClass) << 20
        packet.store(big: Self.merge(packet.bytes.big32(offset), fields, fieldMask), at: offset)
        packet.store(Self.merge(packet.bytes.byte(offset + 7), value.hopLimit, mask.hopLimit), at: offset + 7)
        packet.store(big: newSource, at: offset + 8)
        packet.store(big: newDestination, at: offset + 24)
        if source != newSource || destination != newDestination {
            Self.repairTransport(&packet, layout, addresses, isIPv6: true)
        }
    }

    private static func rewritePorts(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ proto: IPProtocol, headerLength: Int,
        checksumOffset: Int, _ value: TransportFields, _ mask: TransportFields
    ) throws(PacketError) {
        let offset = try Self.transport(packet, layout, proto, headerLength)
        let ports = packet.bytes.big32(offset)
        let newPorts = Self.merge(ports, value.packed, mask.packed)
        var change = ChecksumChange()
        change.replace(ports, by: newPorts)
        packet.store(big: newPorts, at: offset)
        Self.repair(
            &packet, at: offset + checksumOffset, change, isPseudoHeader: false, isUDP: proto == .udp,
            isPartial: Self.isPartial(packet, layout))
    }

    /// RFC 9260: the CRC covers the ports.
    ///
    /// A CRC that was wrong before stays wrong by the same bits, as in the kernel.
    private static func rewriteSCTP(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: TransportFields,
        _ mask: TransportFields
    ) throws(PacketError) {
        let offset = try Self.transport(packet, layout, .sctp, 12)
        let range = offset..<max(offset + 12, min(packet.count, layout.networkEnd))
        let old = CRC32C.checksum(packet.bytes, in: range, hole: offset + 8)
        packet.store(big: Self.merge(packet.bytes.big32(offset), value.packed, mask.packed), at: offset)
        guard !Self.isPartial(packet, layout) else { return }
        let new = CRC32C.checksum(packet.bytes, in: range, hole: offset + 8)
        packet.store(big: packet.bytes.big32(offset + 8) ^ old ^ new, at: offset + 8)
    }

    private static func rewriteICMP(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: TransportFields,
        _ mask: TransportFields
    ) throws(PacketError) {
        let proto: IPProtocol = layout.etherType == EtherType.ipv6.rawValue ? .icmpv6 : .icmp
        let offset = try Self.transport(packet, layout, proto, 8)
        let old = packet.bytes.big16(offset)
        let fields = (value.source & 0xff) << 8 | value.destination & 0xff
        let new = Self.merge(old, fields, (mask.source & 0xff) << 8 | mask.destination & 0xff)
        var change = ChecksumChange()
        change.replace(old, by: new)
        packet.store(big: new, at: offset)
        Self.repair(
            &packet, at: offset + 2, change, isPseudoHeader: false, isUDP: false,
            isPartial: Self.isPartial(packet, layout))
    }

    private static func rewriteARP(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: ARPFields, _ mask: ARPFields
    ) throws(PacketError) {
        let offset = layout.networkOffset
        guard layout.etherType == EtherType.arp.rawValue || layout.etherType == EtherType.reverseARP.rawValue
        else { throw .headerAbsent }
        guard layout.hasNetworkHeader, packet.count >= offset + 28 else { throw .truncated }
        let operation = packet.bytes.big16(offset + 6)
        packet.store(big: Self.merge(operation, value.operation, mask.operation), at: offset + 6)
        for (place, new, newMask) in [
            (8, value.sourceHardwareAddress, mask.sourceHardwareAddress),
            (18, value.targetHardwareAddress, mask.targetHardwareAddress),
        ] {
            let old = packet.bytes.big48(offset + place)
            packet.store(big48: Self.merge(old, new.rawValue, newMask.rawValue), at: offset + place)
        }
        for (place, new, newMask) in [
            (14, value.sourceProtocolAddress, mask.sourceProtocolAddress),
            (24, value.targetProtocolAddress, mask.targetProtocolAddress),
        ] {
            packet.store(
                big: Self.merge(packet.bytes.big32(offset + place), new, newMask), at: offset + place)
        }
    }

    /// Target and link-layer address options (RFC 4861); an option that is not there is not added.
    private static func rewriteNeighbourDiscovery(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ value: NeighbourDiscoveryFields,
        _ mask: NeighbourDiscoveryFields
    ) throws(PacketError) {
        guard layout.etherType == EtherType.ipv6.rawValue else { throw .headerAbsent }
        let start = try Self.transport(packet, layout, .icmpv6, 24)
        guard packet.bytes.byte(start) == 135 || packet.bytes.byte(start) == 136 else { throw .headerAbsent }
        var change = ChecksumChange()
        let target = Self.address(packet.bytes, start + 8)
        let newTarget = Self.merge(target, value.target, mask.target)
        change.replace(target, by: newTarget)
        packet.store(big: newTarget, at: start + 8)
        var offset = start + 24
        while packet.count - offset >= 8 {
            let length = Int(packet.bytes.byte(offset + 1)) * 8
            guard length != 0, length <= packet.count - offset else { break }
            let isSource = packet.bytes.byte(offset) == 1
            if length == 8, isSource || packet.bytes.byte(offset) == 2 {
                let new = isSource ? value.sourceLinkLayerAddress : value.targetLinkLayerAddress
                let newMask = isSource ? mask.sourceLinkLayerAddress : mask.targetLinkLayerAddress
                let old = packet.bytes.big48(offset + 2)
                let merged = Self.merge(old, new.rawValue, newMask.rawValue)
                change.replace(old, by: merged)
                packet.store(big48: merged, at: offset + 2)
            }
            offset += length
        }
        Self.repair(
            &packet, at: start + 2, change, isPseudoHeader: false, isUDP: false,
            isPartial: Self.isPartial(packet, layout))
    }
}

// MARK: - Checksums

extension PacketEditor {
    /// Where the transport header begins, when it is that of `proto` and at least `headerLength` bytes of it
    /// are there.
    private static func transport(
        _ packet: borrowing PacketBuffer, _ layout: PacketLayout, _ proto: IPProtocol, _ headerLength: Int
    ) throws(PacketError) -> Int {
        guard layout.ipProtocol == proto.rawValue, layout.transportOffset != 0 else { throw .headerAbsent }
        guard packet.count >= layout.transportOffset + headerLength else { throw .truncated }
        return layout.transportOffset
    }

    /// Whether the checksum of the transport header is left to the device.
    private static func isPartial(_ packet: borrowing PacketBuffer, _ layout: PacketLayout) -> Bool {
        packet.offload.needsChecksum && Int(packet.offload.checksumStart) == layout.transportOffset
    }

    /// Repairs the checksum over the pseudo-header of TCP, UDP and (over IPv6) ICMPv6, where the header is
    /// there.
    private static func repairTransport(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ change: ChecksumChange, isIPv6: Bool
    ) {
        guard layout.transportOffset != 0 else { return }
        let checksumOffset: Int
        let headerLength: Int
        switch layout.ipProtocol {
        case IPProtocol.tcp.rawValue: (checksumOffset, headerLength) = (16, 20)
        case IPProtocol.udp.rawValue: (checksumOffset, headerLength) = (6, 8)
        case IPProtocol.icmpv6.rawValue where isIPv6: (checksumOffset, headerLength) = (2, 8)
        default: return
        }
        guard packet.count >= layout.transportOffset + headerLength else { return }
        Self.repair(
            &packet, at: layout.transportOffset + checksumOffset, change, isPseudoHeader: true,
            isUDP: layout.ipProtocol == IPProtocol.udp.rawValue, isPartial: Self.isPartial(packet, layout))
    }

    /// Applies `change` to the checksum at `offset`.
    ///
    /// A checksum left to the device holds the sum over the pseudo-header, so only changes there concern it.
    /// UDP's 0 means "none" and stays; a result of 0 is written as 0xffff (RFC 768).
    private static func repair(
        _ packet: inout PacketBuffer, at offset: Int, _ change: ChecksumChange, isPseudoHeader: Bool,
        isUDP: Bool, isPartial: Bool
    ) {
        let old = packet.bytes.big16(offset)
        if isPartial {
            if isPseudoHeader { packet.store(big: change.applied(toPartial: old), at: offset) }
            return
        }
        if isUDP, old == 0 { return }
        let new = change.applied(to: old)
        packet.store(big: isUDP && new == 0 ? 0xffff : new, at: offset)
    }

    private static func address(_ bytes: RawSpan, _ offset: Int) -> UInt128 {
        UInt128(bytes.big64(offset)) << 64 | UInt128(bytes.big64(offset + 8))
    }
}

extension TransportFields {
    /// Source and destination as the first four bytes of a transport header.
    fileprivate var packed: UInt32 { UInt32(self.source) << 16 | UInt32(self.destination) }
}
