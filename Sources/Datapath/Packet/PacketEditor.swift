import NetworkTypes

/// Changes to a frame's headers: tags, labels, rewritten fields, checksums kept right.
///
/// Functions take a writable buffer (not shared) and where its headers are. They check every length and throw
/// without having changed anything; what they leave is what the kernel's openvswitch module would
/// (`net/openvswitch/actions.c`).
package enum PacketEditor {
    /// Adds an outer VLAN tag.
    ///
    /// Bit 12 of `tci` ("tag present" in a ``FlowKey``) does not go on the wire.
    package static func pushVLAN(
        _ packet: inout PacketBuffer, tpid: UInt16, tci: UInt16
    ) throws(PacketError) {
        guard packet.count >= 14 else { throw .truncated }
        try packet.insert(4, at: 12)
        packet.store(big: tpid, at: 12)
        packet.store(big: tci & ~0x1000, at: 14)
    }

    /// Removes the outer VLAN tag; a frame without one stays as it is.
    package static func popVLAN(_ packet: inout PacketBuffer) throws(PacketError) {
        guard packet.count >= 14 else { throw .truncated }
        guard packet.count >= 18, PacketParser.isVLAN(packet.bytes.big16(12)) else { return }
        packet.remove(4, at: 12)
    }

    /// Adds an outer MPLS label stack entry behind the VLAN tags and sets the EtherType before it.
    package static func pushMPLS(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, labelStackEntry: UInt32, etherType: UInt16
    ) throws(PacketError) {
        guard layout.hasNetworkHeader, layout.networkOffset <= packet.count else { throw .truncated }
        try packet.insert(4, at: layout.networkOffset)
        if layout.hasEthernet { packet.store(big: etherType, at: layout.networkOffset - 2) }
        packet.store(big: labelStackEntry, at: layout.networkOffset)
    }

    /// Removes the outer MPLS label stack entry and sets the EtherType; a frame that is not MPLS stays as it
    /// is.
    package static func popMPLS(
        _ packet: inout PacketBuffer, _ layout: PacketLayout, etherType: UInt16
    ) throws(PacketError) {
        guard Self.isMPLS(layout) else { return }
        guard layout.networkOffset + 4 <= packet.count else { throw .truncated }
        packet.remove(4, at: layout.networkOffset)
        if layout.hasEthernet { packet.store(big: etherType, at: layout.networkOffset - 2) }
    }

    /// Whether the frame's EtherType is one of MPLS.
    static func isMPLS(_ layout: PacketLayout) -> Bool {
        layout.etherType == EtherType.mpls.rawValue || layout.etherType == EtherType.mplsMulticast.rawValue
    }

    /// Finishes a checksum that was left to the device (``PacketOffload/needsChecksum``); nothing to do for a
    /// plain frame.
    ///
    /// SCTP's is a CRC-32C. An offset outside the frame (a broken header from a device) is an error.
    package static func completeChecksum(
        _ packet: inout PacketBuffer, _ layout: PacketLayout
    ) throws(PacketError) {
        guard packet.offload.needsChecksum else { return }
        let start = Int(packet.offload.checksumStart)
        let place = start + Int(packet.offload.checksumOffset)
        if layout.ipProtocol == IPProtocol.sctp.rawValue, start == layout.transportOffset {
            guard place == start + 8, layout.networkEnd >= start + 12, layout.networkEnd <= packet.count
            else { throw .truncated }
            let crc = CRC32C.checksum(packet.bytes, in: start..<layout.networkEnd, hole: place)
            packet.store(big: crc, at: place)
        } else {
            guard place + 2 <= packet.count, start <= packet.count else { throw .truncated }
            let sum = ~Checksum.sum(packet.bytes, in: start..<packet.count)
            packet.store(big: sum == 0 ? 0xffff : sum, at: place)
        }
        packet.offload.needsChecksum = false
    }
}
