import Datapath
import NetworkTypes
import OpenFlow

/// What a bridge does with packets beyond what its tables say; the same as long as it runs.
package struct BridgeForwarding: Sendable, Hashable {
    /// The VLANs in which NORMAL learns nothing and sends every packet to every port.
    package var floodVLANs: Set<UInt16> = []
    /// Copies of packets for somebody who listens; at most ``mirrorsMaximum``.
    package var mirrors: [PortMirror] = []
    /// The group of the kernel's psample that samples for a set of collectors go to, by set.
    package var sampleGroups: [UInt32: UInt32] = [:]
    /// How many mirrors a bridge may have.
    package static let mirrorsMaximum = 32
    /// No mirrors, learning everywhere.
    package init() {}
}

/// Which packets are copied, and where to (ovs-vswitchd.conf.db(5), Mirror).
package struct PortMirror: Sendable, Hashable {
    /// Where copies go.
    package enum Destination: Sendable, Hashable {
        /// A port, by its name, which takes in nothing itself.
        case port(String)
        /// Every port in a VLAN, with its tag.
        case vlan(UInt16)
    }
    /// Its name.
    package var name: String
    /// Whether every packet is copied, whatever its ports.
    package var selectsAll = false
    /// The ports, by name, whose incoming packets are copied.
    package var sources: Set<String> = []
    /// The ports, by name, whose outgoing packets are copied.
    package var destinations: Set<String> = []
    /// The VLANs whose packets are copied; empty for all.
    package var vlans: Set<UInt16> = []
    /// What packets must be like to be copied, as they are where the copy would be made; nil for any.
    package var filter: MirrorFilter?
    /// Where copies go.
    package var output: Destination
    /// How many bytes of a packet are copied at most; nil for all.
    package var snapLengthBytes: UInt32?
    /// Makes a mirror of nothing.
    package init(name: String, output: Destination) {
        self.name = name
        self.output = output
    }

    /// Whether packets that come in by the port are copied.
    func selects(from port: SwitchPort) -> Bool {
        self.selectsAll || self.sources.contains(port.description.name)
    }

    /// Whether packets that go out of the port are copied.
    func selects(to port: SwitchPort) -> Bool {
        self.selectsAll || self.destinations.contains(port.description.name)
    }
}

// Mirrors: each copies a packet once at most, as it is where the first reason to do so arises.
extension Translator {
    /// Whether the port is where a mirror sends copies: it takes in nothing.
    func isMirrorOutput(_ port: SwitchPort) -> Bool {
        self.environment.forwarding.mirrors.contains { $0.output == .port(port.description.name) }
    }

    /// Copies a packet that came in by `port`.
    mutating func mirrorIngress<View: PipelineView & ~Copyable>(from port: SwitchPort, view: borrowing View) {
        self.mirror(view: view) { $0.selects(from: port) }
    }

    /// Copies a packet that goes out of `port`.
    mutating func mirrorEgress<View: PipelineView & ~Copyable>(to port: SwitchPort, view: borrowing View) {
        self.mirror(view: view) { $0.selects(to: port) }
    }

    private mutating func mirror<View: PipelineView & ~Copyable>(
        view: borrowing View, where isSelected: (PortMirror) -> Bool
    ) {
        for (index, mirror) in self.environment.forwarding.mirrors.prefix(BridgeForwarding.mirrorsMaximum).enumerated()
        {
            let bit = UInt32(1) << UInt32(index)
            guard self.mirrored & bit == 0, isSelected(mirror) else { continue }
            if !mirror.vlans.isEmpty {
                let word = FlowField.vlanTCI.layout
                self.unwildcard(word: word.word, bits: 0x1fff << UInt64(word.shift))
                let vlan = view.port(self.inPort)?.forwarding.vlans.vlan(ofIdentifier: self.key.vlanTCI & 0x0fff)
                guard let vlan, mirror.vlans.contains(vlan) else { continue }
            }
            if let filter = mirror.filter {
                var looked = filter.looked
                self.unwildcard(&looked)
                guard filter.matches(self.key) else { continue }
            }
            // Before the copy goes anywhere, which would be a reason to copy it again.
            self.mirrored |= bit
            self.recorder?.note(.note("copied by mirror \(mirror.name)"))
            let hadSent = self.hasSent
            switch mirror.output {
            case .port(let name):
                guard let port = view.portsInOrder.first(where: { $0.description.name == name }) else { continue }
                self.emitCopy(to: port, mirror, view: view)
            case .vlan(let vlan): self.mirror(mirror, into: vlan, view: view)
            }
            // A packet is not forwarded because somebody listens.
            self.hasSent = hadSent
        }
    }

    private mutating func emitCopy<View: PipelineView & ~Copyable>(
        to port: SwitchPort, _ mirror: PortMirror, view: borrowing View
    ) {
        let mirrored = self.mirrored
        self.mirrored = .max
        if port.description.configuration.isDisjoint(with: [.portDown, .noForward]) {
            self.send(to: port, maximumLength: mirror.snapLengthBytes, view: view)
        }
        self.mirrored = mirrored
    }

    /// Sends a copy to every port in a VLAN but the one it came in by; frames for bridges themselves are not copied.
    private mutating func mirror<View: PipelineView & ~Copyable>(
        _ mirror: PortMirror, into vlan: UInt16, view: borrowing View
    ) {
        self.unwildcard(.ethernetDestination)
        guard !MACAddress(rawValue: self.key.ethernetDestination).isLinkLocalReserved else { return }
        let before = self.tags
        self.unwildcardTags()
        guard !PacketParser.isVLAN(self.key.etherType) else { return self.drop(.tooManyVLANTags) }
        for port in view.portsInOrder
        where port.number != self.inPort && port.forwarding.vlans.includes(vlan) && !self.isMirrorOutput(port) {
            _ = self.tags.pop()
            if port.forwarding.vlans.isTagged(vlan) { _ = self.tags.push(tpid: 0x8100, tci: vlan) }
            self.emitCopy(to: port, mirror, view: view)
            self.tags = before
        }
    }
}
