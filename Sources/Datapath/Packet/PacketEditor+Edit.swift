import NetworkTypes

// What the kernel has no action for: times to live of two headers at once, and IEEE 802.1ah.
extension PacketEditor {
    /// Carries out an edit; a frame that lacks the headers that it is about is refused unchanged.
    package static func edit(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, _ edit: PacketEdit
    ) throws(PacketError) {
        switch edit {
        case .copyTTLOutward: try Self.copyTTL(&packet, layout, isInward: false)
        case .copyTTLInward: try Self.copyTTL(&packet, layout, isInward: true)
        case .pushServiceTag(let etherType, let tci):
            try Self.pushServiceTag(&packet, etherType: etherType, tci: tci)
        case .popServiceTag: try Self.popServiceTag(&packet)
        case .setServiceTag(let tci, let mask):
            guard packet.count >= 18 else { throw .truncated }
            guard packet.bytes.big16(12) == Self.serviceTagType else { throw .headerAbsent }
            packet.store(big: Self.merge(packet.bytes.big32(14), tci, mask), at: 14)
        }
    }

    private static let serviceTagType: UInt16 = 0x88e7

    /// Copies a time to live between the outermost label stack entry and what is behind it: the next entry, or at the
    /// bottom of the stack an IPv4 or IPv6 header, told by its version (RFC 4182 leaves nothing else to tell).
    private static func copyTTL(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, isInward: Bool
    ) throws(PacketError) {
        guard Self.isMPLS(layout) else { throw .headerAbsent }
        let outer = layout.networkOffset
        guard packet.count >= outer + 8 else { throw .truncated }
        let entry = packet.bytes.big32(outer)
        let inner = outer + 4
        guard entry & 0x100 != 0 else {
            let (from, to) = isInward ? (outer, inner) : (inner, outer)
            packet.store(packet.bytes.byte(from + 3), at: to + 3)
            return
        }
        let place: Int
        switch packet.bytes.byte(inner) >> 4 {
        case 4:
            guard packet.count >= inner + 20 else { throw .truncated }
            place = inner + 8
        case 6:
            guard packet.count >= inner + 40 else { throw .truncated }
            place = inner + 7
        default: throw .headerAbsent
        }
        guard isInward else {
            packet.store(packet.bytes.byte(place), at: outer + 3)
            return
        }
        let old = packet.bytes.big16(place)
        packet.store(UInt8(truncatingIfNeeded: entry), at: place)
        guard place == inner + 8 else { return }
        var change = ChecksumChange()
        change.replace(old, by: packet.bytes.big16(place))
        packet.store(big: change.applied(to: packet.bytes.big16(inner + 10)), at: inner + 10)
    }

    private static func pushServiceTag(
        _ packet: inout PacketBuffer, etherType: UInt16, tci: UInt32
    ) throws(PacketError) {
        guard packet.count >= 14 else { throw .truncated }
        let destination = packet.bytes.big48(0)
        let source = packet.bytes.big48(6)
        // Outer addresses, type and tag; the customer's header stays whole behind them.
        try packet.insert(18, at: 0)
        packet.store(big48: destination, at: 0)
        packet.store(big48: source, at: 6)
        packet.store(big: etherType, at: 12)
        packet.store(big: tci, at: 14)
    }

    private static func popServiceTag(_ packet: inout PacketBuffer) throws(PacketError) {
        guard packet.count >= 14 else { throw .truncated }
        guard packet.bytes.big16(12) == Self.serviceTagType else { return }
        guard packet.count >= 32 else { throw .truncated }
        packet.remove(18, at: 0)
    }
}
