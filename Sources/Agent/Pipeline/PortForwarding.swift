package import Datapath

/// What a port does with packets beyond what controllers are told of it.
package struct PortForwarding: Sendable, Hashable {
    /// The tunnel that it is; nil for none.
    package var tunnel: TunnelEndpoint?
    /// Which VLANs NORMAL has on it, and how they are tagged.
    package var vlans = PortVLANs()
    /// The queues of its device.
    package var queues: [DeviceQueue] = []
    /// An ordinary port in every VLAN.
    package init() {}
}

/// Which VLANs a port is in, and which of them goes without a tag there (IEEE 802.1Q; ovs-vswitchd.conf.db(5)).
package struct PortVLANs: Sendable, Hashable {
    /// How a port treats tags.
    package enum Mode: String, CaseIterable, Sendable, Hashable {
        /// In every VLAN of ``trunks``; untagged packets are in VLAN 0.
        case trunk
        /// In one VLAN, always without a tag.
        case access
        /// As a trunk, but untagged packets are in ``tag``'s VLAN, which leaves with a tag.
        case nativeTagged = "native-tagged"
        /// As a trunk, but untagged packets are in ``tag``'s VLAN, which leaves without.
        case nativeUntagged = "native-untagged"
        /// In one VLAN, which customers' own tags are hidden behind (IEEE 802.1ad).
        case dot1qTunnel = "dot1q-tunnel"
    }
    /// How tags are treated.
    package var mode = Mode.trunk
    /// The VLAN of untagged packets, in every mode but ``Mode/trunk``.
    package var tag: UInt16 = 0
    /// The VLANs of a trunk; empty for all.
    package var trunks: Set<UInt16> = []

    /// The customers' VLANs that a tunnel takes, 0 for untagged packets; empty for all.
    package var customers: Set<UInt16> = []
    /// The type of the tag that packets from a tunnel get.
    package var serviceType: UInt16 = 0x88a8

    /// A trunk of all VLANs.
    package init() {}

    /// The VLAN of a packet that comes in with that VLAN identifier, 0 for none; nil where it may not come in.
    package func vlan(ofIdentifier identifier: UInt16) -> UInt16? {
        switch self.mode {
        case .access: return identifier == 0 ? self.tag : nil
        case .dot1qTunnel: return self.customers.isEmpty || self.customers.contains(identifier) ? self.tag : nil
        case .trunk: return self.includes(identifier) ? identifier : nil
        case .nativeTagged, .nativeUntagged:
            let vlan = identifier == 0 ? self.tag : identifier
            return self.includes(vlan) ? vlan : nil
        }
    }

    /// Whether the port is in a VLAN.
    package func includes(_ vlan: UInt16) -> Bool {
        switch self.mode {
        case .access, .dot1qTunnel: vlan == self.tag
        case .trunk: self.trunks.isEmpty || self.trunks.contains(vlan)
        case .nativeTagged, .nativeUntagged: vlan == self.tag || self.trunks.isEmpty || self.trunks.contains(vlan)
        }
    }

    /// Whether packets of a VLAN leave the port with a tag.
    package func isTagged(_ vlan: UInt16) -> Bool {
        switch self.mode {
        case .access, .dot1qTunnel: false
        case .trunk, .nativeTagged: vlan != 0
        case .nativeUntagged: vlan != 0 && vlan != self.tag
        }
    }
}
