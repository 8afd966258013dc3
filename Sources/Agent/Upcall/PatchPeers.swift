package import Datapath
package import OpenFlow

/// Where packets sent to a patch port come out.
package struct PatchPeer: Sendable {
    /// The bridge.
    package var bridge: any UpcallBridge
    /// Its port.
    package var port: PortNumber
    /// The two ports of the datapath's bridges, which megaflows that go through them depend on.
    package var indices: [PortIndex]
    /// The counters of the ports: what was sent to the one and received by the other.
    package var counters: [TrafficCounter]
}

/// Finds where patch ports lead; implemented by the service, which knows all bridges.
package protocol PatchPeers: AnyObject, Sendable {
    /// Where packets sent to the patch port come out; nil while it leads nowhere. Any thread.
    func patchPeer(of index: PortIndex) -> PatchPeer?
    /// The counter of packets that go nowhere at the patch port; nil where there is no such port. Any thread.
    func patchDrops(at index: PortIndex) -> TrafficCounter?
}

extension DatapathService: PatchPeers {
    /// Where packets sent to the patch port come out.
    package func patchPeer(of index: PortIndex) -> PatchPeer? {
        guard let (peer, counters) = self.patchPorts.crossing(of: index), let port = self.port(peer) else { return nil }
        return PatchPeer(bridge: port.bridge, port: port.number, indices: [index, peer], counters: counters)
    }

    /// The counter of packets that go nowhere at the patch port.
    package func patchDrops(at index: PortIndex) -> TrafficCounter? { self.patchPorts.dropCounter(of: index) }
}
