package import Datapath
package import OpenFlow

/// What a match says of its packets as far as prerequisites ask: which headers they have.
///
/// The places of the fields are those of ``FlowField/layout``; a test compares them.
struct PacketFacts {
    /// The EtherType, or -1 where the match does not say it exactly.
    var etherType: Int32
    /// The IP protocol, or -1.
    var ipProtocol: Int32
    /// The ICMPv6 type, or -1.
    var icmpType: Int32
    /// Whether there is a VLAN tag.
    var isTagged: Bool
    /// Whether the ingress port is said.
    let hasInPort: Bool
    /// Whether packets may be Ethernet frames.
    var isEthernet: Bool
    /// Whether the connection tracker has seen the packets: bit 5 of the connection state.
    let isTracked: Bool

    /// What 64 words of values under 64 words of masks say.
    @inline(__always)
    init(values: UnsafePointer<UInt64>, masks: UnsafePointer<UInt64>) {
        let packetType = masks[21] & 0xffff_ffff == 0xffff_ffff ? values[21] & 0xffff_ffff : 0
        if packetType >> 16 == 1 {
            self.etherType = Int32(truncatingIfNeeded: packetType & 0xffff)
        } else {
            self.etherType = masks[30] & 0xffff == 0xffff ? Int32(truncatingIfNeeded: values[30] & 0xffff) : -1
        }
        self.ipProtocol = masks[40] >> 24 & 0xff == 0xff ? Int32(truncatingIfNeeded: values[40] >> 24 & 0xff) : -1
        self.icmpType = masks[45] >> 48 & 0xff == 0xff ? Int32(truncatingIfNeeded: values[45] >> 48) : -1
        self.isTagged = masks[32] & values[32] & 0x1000 << 32 != 0
        self.hasInPort = masks[0] >> 32 == 0xffff_ffff
        self.isEthernet = masks[21] & 0xffff_ffff == 0 || values[21] & 0xffff_ffff == 0
        self.isTracked = masks[12] & values[12] & 0x20 != 0
    }

    /// What a key under a mask says.
    init(_ key: FlowKey, _ mask: FlowMask) {
        self = withUnsafePointer(to: key) { key in
            withUnsafePointer(to: mask) { mask in
                // Key and mask are their words and nothing else.
                PacketFacts(
                    values: UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self),
                    masks: UnsafeRawPointer(mask).assumingMemoryBound(to: UInt64.self))
            }
        }
    }

    /// What a match says.
    init(_ match: MatchWords) { self.init(values: match.values, masks: match.masks) }

    private var isIP: Bool { self.etherType == 0x0800 || self.etherType == 0x86dd }
    private var isICMPv6: Bool { self.etherType == 0x86dd && self.ipProtocol == 58 }

    /// Whether every packet has what `prerequisite` asks for.
    func satisfy(_ prerequisite: MatchPrerequisite) -> Bool {
        switch prerequisite {
        case .none: true
        case .inPort: self.hasInPort
        case .ethernet: self.isEthernet
        case .vlan: self.isTagged
        case .mpls: self.etherType == 0x8847 || self.etherType == 0x8848
        case .pbb: self.etherType == 0x88e7
        case .arp: self.etherType == 0x0806 || self.etherType == 0x8035
        case .ip: self.isIP
        case .ipv4: self.etherType == 0x0800
        case .ipv6: self.etherType == 0x86dd
        case .tcp: self.isIP && self.ipProtocol == 6
        case .udp: self.isIP && self.ipProtocol == 17
        case .sctp: self.isIP && self.ipProtocol == 132
        case .icmpv4: self.etherType == 0x0800 && self.ipProtocol == 1
        case .icmpv6: self.isICMPv6
        case .neighbourDiscovery: self.isICMPv6 && (self.icmpType == 135 || self.icmpType == 136)
        case .neighbourSolicitation: self.isICMPv6 && self.icmpType == 135
        case .neighbourAdvertisement: self.isICMPv6 && self.icmpType == 136
        case .serviceHeader: self.etherType == 0x894f
        case .connection: self.isIP && self.isTracked
        case .connectionIPv4: self.etherType == 0x0800 && self.isTracked
        case .connectionIPv6: self.etherType == 0x86dd && self.isTracked
        }
    }
}

extension MatchPrerequisite {
    /// Whether every packet that `key` under `mask` matches has what this prerequisite asks for.
    package func isSatisfied(by key: FlowKey, _ mask: FlowMask) -> Bool {
        self == .none || PacketFacts(key, mask).satisfy(self)
    }
}
