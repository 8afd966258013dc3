package import OpenFlow

/// What kind of packet a packet-in brings: kinds share queues and rates fairly, so that a storm of one does not drown
/// the others.
///
/// What controllers need to know the network by has kinds of its own, whatever raised it; the rest is told apart by why
/// it was raised.
package enum PacketInClass: UInt8, CaseIterable, Hashable, Sendable {
    /// LLDP (0x88cc) and BDDP (0x8942): how controllers find links.
    case linkDiscovery
    /// ARP and IPv6 neighbour discovery (RFC 4861): how hosts are found.
    case addressResolution
    /// An action of a flow, a group or a packet-out asked for it.
    case action
    /// No flow matched.
    case miss
    /// Its TTL ran out.
    case invalidTTL

    /// The class of a frame, raised for a reason.
    package init(_ packet: [UInt8], reason: PacketInReason) {
        if let found = Self.protocolClass(packet) {
            self = found
            return
        }
        switch reason {
        case .tableMiss: self = .miss
        case .invalidTTL: self = .invalidTTL
        case .applyAction, .actionSet, .group, .packetOut: self = .action
        }
    }

    /// The class that the frame's protocol has, behind at most two VLAN tags.
    private static func protocolClass(_ packet: [UInt8]) -> PacketInClass? {
        var offset = 12
        for _ in 0..<3 {
            guard packet.count >= offset + 2 else { return nil }
            switch UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1]) {
            case 0x88cc, 0x8942: return .linkDiscovery
            case 0x0806: return .addressResolution
            case 0x86dd:
                // Neighbour discovery has no extension headers before it: next header 58, types 133 to 137.
                guard packet.count > offset + 42, packet[offset + 8] == 58 else { return nil }
                return (133...137).contains(packet[offset + 42]) ? .addressResolution : nil
            case 0x8100, 0x88a8: offset += 4
            default: return nil
            }
        }
        return nil
    }

    /// Its name in logs and metrics.
    package var name: String {
        switch self {
        case .linkDiscovery: "link discovery"
        case .addressResolution: "address resolution"
        case .action: "action"
        case .miss: "table miss"
        case .invalidTTL: "invalid TTL"
        }
    }
}

/// Whose part of a queue a packet-in takes: packets of one class from one port.
package struct PacketInShare: Hashable, Sendable {
    /// What kind.
    package var packetClass: PacketInClass
    /// Where it came in.
    package var port: UInt32

    /// Makes a share.
    package init(_ packetClass: PacketInClass, port: UInt32) {
        self.packetClass = packetClass
        self.port = port
    }
}
