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
    }

    /// Sends the packet out of a tunnel: what the port leaves to the flow is the packet's own.
    mutating func encapsulate(by tunnel: TunnelEndpoint) {
        var fields = TunnelFields()
        let settings = tunnel.settings
        switch settings.remote {
        case .fixed(let address): fields.ipv4Destination = address.rawValue
        case .flow:
            self.unwildcard(.tunnelIPv4Destination)
            fields.ipv4Destination = self.key.tunnelIPv4Destination
            guard fields.ipv4Destination != 0 else { return self.drop(.tunnelWithoutRemote) }
        }
        if let local = settings.local { fields.ipv4Source = local.rawValue }
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
            if settings.tunnelProtocol != .gre { fields.flags |= 4 }
        }
        self.append(.set(.tunnel(fields)))
        self.append(.output(tunnel.index))
    }
}
