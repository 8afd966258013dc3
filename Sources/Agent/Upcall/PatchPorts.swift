package import Datapath
import Synchronization

extension PortIndex {
    /// Indices from here on, but for ``none``, are patch ports': no datapath gives them to a port of its own.
    static let firstPatch = PortIndex(rawValue: 0xffff_0000)

    /// Whether it is that of a patch port, which exists in the agent alone and is never named to a datapath.
    package var isPatch: Bool { self != .none && self.rawValue >= Self.firstPatch.rawValue }
}

/// The patch ports of one datapath's bridges: which are there, which are joined, and what went through them.
///
/// A patch port names its peer; two are joined while both are there and name each other. Any thread.
package final class PatchPorts: Sendable {
    private struct Entry {
        var name: String
        var peer: String
        var statistics = PortStatistics()
        /// What went through within the datapath.
        let transmitted = TrafficCounter()
        let received = TrafficCounter()
        /// What went nowhere for want of a peer.
        let dropped = TrafficCounter()
    }
    private struct State {
        var entries: [PortIndex: Entry] = [:]
        var indices: [String: PortIndex] = [:]

        func peer(of index: PortIndex) -> PortIndex? {
            guard let entry = self.entries[index], let peer = self.indices[entry.peer],
                self.entries[peer]?.peer == entry.name
            else { return nil }
            return peer
        }
    }
    private let state = Mutex(State())

    /// None.
    init() {}

    /// Adds a port; nil where one of that name is there already or every index is taken.
    func add(name: String, peer: String) -> PortIndex? {
        self.state.withLock { state in
            guard state.indices[name] == nil else { return nil }
            for rawValue in PortIndex.firstPatch.rawValue..<PortIndex.none.rawValue {
                let index = PortIndex(rawValue: rawValue)
                guard state.entries[index] == nil else { continue }
                state.entries[index] = Entry(name: name, peer: peer)
                state.indices[name] = index
                return index
            }
            return nil
        }
    }

    /// Removes a port, if it is there.
    func remove(_ index: PortIndex) {
        self.state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: index) else { return }
            state.indices[entry.name] = nil
        }
    }

    /// The port that packets sent to `index` come out of; nil while it is not joined.
    package func peer(of index: PortIndex) -> PortIndex? { self.state.withLock { $0.peer(of: index) } }

    /// Counts a packet that goes through the port, and returns its peer; without one, counts the packet as dropped.
    func cross(_ index: PortIndex, bytes: Int) -> PortIndex? {
        self.state.withLock { state in
            guard let peer = state.peer(of: index) else {
                state.entries[index]?.statistics.transmitDropped &+= 1
                return nil
            }
            let bytes = UInt64(truncatingIfNeeded: bytes)
            state.entries[index]?.statistics.transmittedPackets &+= 1
            state.entries[index]?.statistics.transmittedBytes &+= bytes
            state.entries[peer]?.statistics.receivedPackets &+= 1
            state.entries[peer]?.statistics.receivedBytes &+= bytes
            return peer
        }
    }

    /// The port's peer and the counters of what goes through them; nil while it is not joined.
    func crossing(of index: PortIndex) -> (peer: PortIndex, counters: [TrafficCounter])? {
        self.state.withLock { state in
            guard let peer = state.peer(of: index), let entry = state.entries[index], let other = state.entries[peer]
            else { return nil }
            return (peer, [entry.transmitted, other.received])
        }
    }

    /// The counter of packets that go nowhere at the port; nil where there is none.
    func dropCounter(of index: PortIndex) -> TrafficCounter? { self.state.withLock { $0.entries[index]?.dropped } }

    /// What went through the port; nil where there is none.
    package func statistics(of index: PortIndex) -> PortStatistics? {
        self.state.withLock { state in
            guard let entry = state.entries[index] else { return nil }
            var statistics = entry.statistics
            statistics.transmittedPackets &+= entry.transmitted.packetCount
            statistics.transmittedBytes &+= entry.transmitted.byteCount
            statistics.transmitDropped &+= entry.dropped.packetCount
            statistics.receivedPackets &+= entry.received.packetCount
            statistics.receivedBytes &+= entry.received.byteCount
            return statistics
        }
    }
}
