/// A tunnel protocol that a datapath's port may speak (`enum ovs_vport_type`).
public enum TunnelProtocol: Sendable, Hashable {
    /// VXLAN (RFC 7348) by UDP to this port.
    case vxlan(port: UInt16)
    /// VXLAN with the group-based policy extension (draft-smith-vxlan-group-policy), by UDP to this port.
    case vxlanGroupPolicy(port: UInt16)
    /// Geneve (RFC 8926) by UDP to this port.
    case geneve(port: UInt16)
    /// VXLAN with the generic protocol extension (draft-ietf-nvo3-vxlan-gpe), by UDP to this port: packets of any type.
    case vxlanGenericProtocol(port: UInt16)
    /// GRE (RFC 2784, RFC 2890), Ethernet within.
    case gre
    /// GRE as ``gre``, packets of any type within.
    case greAnyType
    /// GRE as ``gre``, over IPv6.
    case greIPv6

    /// Whether it is GRE: its key has 32 bits, and there may be none.
    public var isGRE: Bool { self == .gre || self == .greIPv6 || self == .greAnyType }

    /// Whether packets without an Ethernet header may come by it, and may be sent.
    public var carriesAnyType: Bool {
        switch self {
        case .vxlanGenericProtocol, .greAnyType: true
        default: false
        }
    }

    /// Whether the kernel's datapath takes a device for it that it does not make itself.
    public var needsDevice: Bool { self.carriesAnyType || self == .greIPv6 }

    /// Whether a port of that name is one whose device was made for it (``needsDevice``).
    public static func isOwnDevice(_ name: String) -> Bool {
        name == Self.greIPv6.portName || name == Self.greAnyType.portName || name.hasPrefix("vxlan_gpe_")
    }

    /// The name of the datapath's one port for the protocol, which tunnels of all peers and keys share.
    public var portName: String {
        switch self {
        case .vxlan(let port), .vxlanGroupPolicy(let port): "vxlan_sys_\(port)"
        case .geneve(let port): "genev_sys_\(port)"
        case .vxlanGenericProtocol(let port): "vxlan_gpe_\(port)"
        case .gre: "gre_sys"
        case .greAnyType: "gre_sys_any"
        case .greIPv6: "ip6gre_sys"
        }
    }
}
