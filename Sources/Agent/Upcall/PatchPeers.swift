package import Datapath
package import OpenFlow

/// Where packets sent to a patch port come out.
package struct PatchPeer: Sendable {
    /// The bridge.
    package var bridge: BridgeIdentifier
    /// Its port.
    package var port: PortNumber
    /// The counters of the ports: what was sent to the one and received by the other.
    package var counters: [TrafficCounter]
}

/// Finds where patch ports lead; implemented by the service, which knows all bridges.
package protocol PatchPeers: AnyObject, Sendable {
    /// Where packets sent to the patch port come out; nil while it leads nowhere. Any thread.
    func patchPeer(of index: PortIndex) -> PatchPeer?
}

extension DatapathService: PatchPeers {
    /// Where packets sent to the patch port come out.
    package func patchPeer(of index: PortIndex) -> PatchPeer? {
        guard let (peer, counters) = self.patchPorts.crossing(of: index), let port = self.port(peer) else { return nil }
        return PatchPeer(bridge: port.bridge.identifier, port: port.number, counters: counters)
    }
}

// Patch ports in the datapath: a packet that leaves one bridge is looked up again as one that comes into the other, so
// that each bridge has megaflows of its own for it and neither's tables are held while the other's are read.
extension Translator {
    /// Sends the packet, as it is now, on to the bridge that the patch port leads to; false where that takes a handler.
    mutating func crossInDatapath(_ index: PortIndex) -> Bool {
        guard self.environment.capabilities.recirculation, let recirculation = self.environment.recirculation,
            let peers = self.environment.patchPeers
        else { return false }
        guard let peer = peers.patchPeer(of: index) else {
            self.drop(.patchPeerMissing)
            return true
        }
        guard self.generation < RecirculationTable.generationsMaximum,
            let identifier = recirculation.identifier(
                of: FrozenState(
                    bridge: peer.bridge, inPort: peer.port, steps: [.ingress],
                    pipelineWords: [UInt64](repeating: 0, count: 9), actionSet: [], stack: [],
                    generation: self.generation + 1), now: self.now)
        else {
            self.drop(.recirculationUnavailable)
            return true
        }
        self.result.counters += peer.counters
        self.append(.recirculate(identifier))
        return true
    }

    /// Takes in a packet that another bridge has sent: what the connection tracker said there is not known here.
    mutating func arrive<View: PipelineView & ~Copyable>(view: borrowing View) {
        self.key.connectionState = 0
        self.constant.connectionState = .max
        for word in 13...20 {
            self.key.words[word] = 0
            self.constant.words[word] = .max
        }
        self.key.connectionTransportSource = 0
        self.key.connectionTransportDestination = 0
        self.constant.connectionTransportSource = .max
        self.constant.connectionTransportDestination = .max
        self.receive(view: view)
    }
}
