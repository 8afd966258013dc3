import Datapath
import NetworkTypes
import OpenFlow

// OFPP_NORMAL: an Ethernet bridge with address learning, per VLAN (IEEE 802.1D §7, IEEE 802.1Q §8).
extension Translator {
    /// The VLAN that NORMAL has a packet in.
    private struct NormalVLAN {
        /// Its identifier; 0 for none.
        var identifier: UInt16
        /// The tag type that it gets where it comes from a port that hides customers' tags; else nil.
        var serviceType: UInt16?
    }

    /// Forwards the packet as a bridge does.
    mutating func forwardNormally<View: PipelineView & ~Copyable>(view: borrowing View) {
        guard self.key.packetType == 0 else { return self.drop(.portCarriesEthernet) }
        self.unwildcard(.ethernetSource)
        self.unwildcard(.ethernetDestination)
        let destination = MACAddress(rawValue: self.key.ethernetDestination)
        guard !destination.isLinkLocalReserved else { return self.drop(.reservedAddress) }
        self.unwildcard(word: FlowField.vlanTCI.layout.word, bits: 0x1fff << UInt64(FlowField.vlanTCI.layout.shift))
        let port = view.port(self.inPort)
        let vlans = port?.forwarding.vlans ?? PortVLANs()
        guard let identifier = vlans.vlan(ofIdentifier: self.key.vlanTCI & 0x0fff) else {
            return self.drop(.vlanForbidden)
        }
        let vlan = NormalVLAN(
            identifier: identifier, serviceType: vlans.mode == .dot1qTunnel ? vlans.serviceType : nil)
        guard !self.environment.forwarding.floodVLANs.contains(identifier) else {
            return self.flood(in: vlan, view: view)
        }

        let learning = self.environment.learning
        let update = MACLearningUpdate(
            vlan: identifier, address: MACAddress(rawValue: self.key.ethernetSource), port: self.inPort)
        if !update.address.isMulticast, port != nil {
            if self.allowsSideEffects { learning.learn(update, now: self.now) }
            self.result.learned = update
            self.recorder?.note(.learned(update))
        }
        // Read after learning and before the lookup: what changes later calls for another translation.
        if self.result.learningGeneration == nil { self.result.learningGeneration = learning.generation }

        if !destination.isMulticast, let number = learning.port(of: destination, vlan: identifier, now: self.now),
            let port = view.port(number), port.forwarding.vlans.includes(identifier)
        {
            guard number != self.inPort else { return self.drop(.destinationBehindInPort) }
            return self.emit(to: port, in: vlan, view: view)
        }
        self.flood(in: vlan, view: view)
    }

    private mutating func flood<View: PipelineView & ~Copyable>(in vlan: NormalVLAN, view: borrowing View) {
        for port in view.portsInOrder
        where port.number != self.inPort && port.forwarding.vlans.includes(vlan.identifier)
            && port.description.configuration.isDisjoint(with: [.noFlood, .portDown, .noForward])
            && !self.isMirrorOutput(port)
        {
            self.emit(to: port, in: vlan, view: view)
        }
    }

    /// Sends the packet out of a port with the tag that its VLAN has there, or without.
    private mutating func emit<View: PipelineView & ~Copyable>(
        to port: SwitchPort, in vlan: NormalVLAN, view: borrowing View
    ) {
        let before = self.tags
        let outer = before.tag(0)
        let isPresent = outer.tci & 0x1000 != 0
        let wanted = port.forwarding.vlans.isTagged(vlan.identifier)
        if port.forwarding.vlans.mode == .dot1qTunnel, !port.forwarding.vlans.customers.isEmpty {
            // What the customer's tag is to be is looked at behind the service's.
            self.unwildcardTags()
            let customer = (vlan.serviceType == nil ? before.tag(1) : outer).tci & 0x0fff
            guard port.forwarding.vlans.customers.contains(customer) else { return }
        }
        if let serviceType = vlan.serviceType {
            guard wanted else { return self.emit(to: port, view: view) }
            self.unwildcardTags()
            guard
                self.tags.push(
                    tpid: serviceType, tci: (isPresent ? outer.tci & 0xe000 : 0) | vlan.identifier)
            else { return self.drop(.tooManyVLANTags) }
            self.emit(to: port, view: view)
            self.tags = before
            return
        }
        let identifier = outer.tci & 0x0fff
        // A priority tag without a VLAN stays where the packet has none either.
        let isRight =
            wanted
            ? isPresent && identifier == vlan.identifier : !isPresent || identifier == 0 && vlan.identifier == 0
        if !isRight {
            self.unwildcardTags()
            // A third tag hides behind the two that the key shows.
            guard !PacketParser.isVLAN(self.key.etherType) else { return self.drop(.tooManyVLANTags) }
            _ = self.tags.pop()
            if wanted {
                _ = self.tags.push(
                    tpid: isPresent ? outer.tpid : 0x8100, tci: (isPresent ? outer.tci & 0xe000 : 0) | vlan.identifier)
            }
            guard !wanted || self.tags.tag(0).tci & 0x0fff == vlan.identifier else {
                self.tags = before
                return self.drop(.tooManyVLANTags)
            }
        }
        self.emit(to: port, view: view)
        self.tags = before
    }
}
