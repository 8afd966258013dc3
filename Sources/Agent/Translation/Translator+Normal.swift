import Datapath
import NetworkTypes
import OpenFlow

// OFPP_NORMAL: an Ethernet bridge with address learning, per VLAN (IEEE 802.1D §7, IEEE 802.1Q §8).
extension Translator {
    /// Forwards the packet as a bridge does.
    mutating func forwardNormally<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.unwildcard(.ethernetSource)
        self.unwildcard(.ethernetDestination)
        let destination = MACAddress(rawValue: self.key.ethernetDestination)
        guard !destination.isLinkLocalReserved else { return self.drop(.reservedAddress) }
        self.unwildcard(word: FlowField.vlanTCI.layout.word, bits: 0x1fff << UInt64(FlowField.vlanTCI.layout.shift))
        let port = view.port(self.inPort)
        let vlans = port?.forwarding.vlans ?? PortVLANs()
        guard let vlan = vlans.vlan(ofIdentifier: self.key.vlanTCI & 0x0fff) else { return self.drop(.vlanForbidden) }

        let learning = self.environment.learning
        let update = MACLearningUpdate(
            vlan: vlan, address: MACAddress(rawValue: self.key.ethernetSource), port: self.inPort)
        if !update.address.isMulticast, port != nil {
            if self.allowsSideEffects { learning.learn(update, now: self.now) }
            self.result.learned = update
            self.recorder?.note(.learned(update))
        }
        // Read after learning and before the lookup: what changes later calls for another translation.
        if self.result.learningGeneration == nil { self.result.learningGeneration = learning.generation }

        if !destination.isMulticast, let number = learning.port(of: destination, vlan: vlan, now: self.now),
            let port = view.port(number), port.forwarding.vlans.includes(vlan)
        {
            guard number != self.inPort else { return self.drop(.destinationBehindInPort) }
            return self.emit(to: port, vlan: vlan)
        }
        for port in view.portsInOrder
        where port.number != self.inPort && port.forwarding.vlans.includes(vlan)
            && port.description.configuration.isDisjoint(with: [.noFlood, .portDown, .noForward])
        {
            self.emit(to: port, vlan: vlan)
        }
    }

    /// Sends the packet out of a port with the tag that its VLAN has there, or without.
    private mutating func emit(to port: SwitchPort, vlan: UInt16) {
        let before = self.tags
        let outer = before.tag(0)
        let isPresent = outer.tci & 0x1000 != 0
        let identifier = outer.tci & 0x0fff
        let isTagged = port.forwarding.vlans.isTagged(vlan)
        // A priority tag without a VLAN stays where the packet has none either.
        let isRight = isTagged ? isPresent && identifier == vlan : !isPresent || identifier == 0 && vlan == 0
        if !isRight {
            self.unwildcardTags()
            // A third tag hides behind the two that the key shows.
            guard !PacketParser.isVLAN(self.key.etherType) else { return self.drop(.tooManyVLANTags) }
            _ = self.tags.pop()
            if isTagged {
                _ = self.tags.push(
                    tpid: isPresent ? outer.tpid : 0x8100, tci: (isPresent ? outer.tci & 0xe000 : 0) | vlan)
            }
            guard !isTagged || self.tags.tag(0).tci & 0x0fff == vlan else {
                self.tags = before
                return self.drop(.tooManyVLANTags)
            }
        }
        self.emit(to: port)
        self.tags = before
    }
}
