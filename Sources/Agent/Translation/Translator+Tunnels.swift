import Datapath
import NetworkTypes
import OpenFlow

// Tunnels: one port of the datapath stands for many of the switch's.
extension Translator {
    /// Notes that the result depends on which tunnel the packet came by.
    mutating func unwildcardTunnel() {
        self.unwildcard(.tunnelID)
        self.unwildcard(.tunnelIPv4Source)
        self.unwildcard(.tunnelIPv4Destination)
        self.unwildcard(.tunnelFlags)
        guard self.key.tunnelIPv4Destination == 0 else { return }
        self.unwildcard(.tunnelIPv6Source)
        self.unwildcard(.tunnelIPv6Destination)
    }

    /// Sends the packet out of a tunnel: what the port leaves to the flow is the packet's own.
    mutating func encapsulate(by tunnel: TunnelEndpoint) {
        var fields = TunnelFields()
        let settings = tunnel.settings
        guard let remote = self.remote(of: settings) else { return self.drop(.tunnelWithoutRemote) }
        if let address = remote.ipv4 {
            fields.ipv4Destination = address
            fields.ipv4Source = settings.local?.ipv4 ?? 0
        } else {
            fields.ipv6Destination = remote.rawValue
            if let local = settings.local, local.ipv4 == nil { fields.ipv6Source = local.rawValue }
        }
        if case .vxlanGroupPolicy = settings.tunnelProtocol {
            self.unwildcard(.tunnelGBPID)
            self.unwildcard(.tunnelGBPFlags)
            fields.policy = UInt32(self.key.tunnelGBPFlags) << 16 | UInt32(self.key.tunnelGBPID)
        }
        if case .geneve = settings.tunnelProtocol {
            guard let options = self.departingTunnelOptions() else { return self.drop(.tooManyTunnelOptions) }
            fields.options = options
        }
        // Bits of <linux/openvswitch.h>'s flags, as in keys: the outer packet may not be fragmented, and has a key.
        fields.flags = 1
        switch settings.key {
        case .fixed(let key):
            fields.identifier = key
            fields.flags |= 4
        case .flow:
            self.unwildcard(.tunnelID)
            fields.identifier = self.key.tunnelID
            fields.flags |= 4
        case nil:
            // VXLAN and Geneve always have one; GRE may do without.
            if !settings.tunnelProtocol.isGRE { fields.flags |= 4 }
        }
        self.append(.set(.tunnel(fields)))
        self.append(.output(tunnel.index))
    }

    /// The other end; nil where the flow was to say it and has not.
    private mutating func remote(of settings: TunnelSettings) -> TunnelAddress? {
        if case .fixed(let address) = settings.remote { return address }
        self.unwildcard(.tunnelIPv4Destination)
        let address = self.key.tunnelIPv4Destination
        guard address == 0 else { return TunnelAddress(IPv4Address(rawValue: address)) }
        self.unwildcard(.tunnelIPv6Destination)
        let wide = self.key.tunnelIPv6Destination
        return wide == 0 ? nil : TunnelAddress(IPv6Address(rawValue: wide))
    }
}
