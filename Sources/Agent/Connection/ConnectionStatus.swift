package import OpenFlow

/// What a bridge's connections are like at one moment, taken on its control loop; for people and metrics.
package struct ConnectionStatus: Sendable {
    /// A configured controller, or a peer that came in.
    package struct Peer: Sendable {
        /// What is known of the connection, and of those before it.
        package var statistics: ConnectionStatistics
        /// Its role; nil without a session.
        package var role: ControllerRole?
        /// Bytes that it has not taken yet.
        package var bytesInFlight = 0
        /// Packet-ins that its present session did not get.
        package var packetInsDropped = PacketInTally()
    }
    /// A socket that others come in by.
    package struct Listener: Sendable {
        /// Its address, as configured.
        package var address: ControllerAddress
        /// Connections held, and those among them that have not said HELLO.
        package var connections: Int
        /// Those among them that have not said HELLO.
        package var halfOpen: Int
        /// Peers refused for their addresses.
        package var refusedForAddress: UInt64
        /// Peers refused for want of room.
        package var refusedForRoom: UInt64
    }
    /// A certificate in use.
    package struct Certificate: Sendable {
        /// What it is, such as `our certificate /etc/sluice/cert.pem`.
        package var what: String
        /// The certificate.
        package var certificate: TLSCertificate
    }
    /// A file that conversations are recorded to.
    package struct Recording: Sendable {
        /// Its path.
        package var path: String
        /// Messages left out because too much waited to be written.
        package var omitted: UInt64
    }

    /// When it was taken.
    package var time: MonotonicTime
    /// The bridge's fail mode.
    package var failMode: FailMode
    /// What the fail mode does now, and would do without controllers.
    package var failModeSummary: String
    /// The configured controllers, in order.
    package var controllers: [Peer]
    /// The listeners, in order.
    package var listeners: [Listener]
    /// The peers that came in, the oldest first, at most as many as ``AgentLimits/reportedPeersMaximum``.
    package var peers: [Peer]
    /// How many peers there are.
    package var peerCount: Int
    /// Ours and the authorities'.
    package var certificates: [Certificate]
    /// How often certificates and keys were taken in anew.
    package var certificateReloads: UInt64
    /// The recordings.
    package var recordings: [Recording]
    /// What the switch has done.
    package var counters: SwitchCounters
    /// What has become of packets that were kept for controllers.
    package var keptPackets: PacketBuffers.Counters

    /// Takes the status of a manager, on its control loop.
    init(_ manager: ConnectionManager, now: MonotonicTime) {
        self.time = now
        self.failMode = manager.configuration.failMode
        self.failModeSummary = manager.failMode.summary(now: now)
        self.controllers = manager.controllers.map { controller in
            var peer = Peer(statistics: controller.statistics)
            if let connection = controller.connection { peer.add(connection, manager.handler) }
            return peer
        }
        self.listeners = manager.listeners.map { listener in
            let (counts, refused) = (listener.gate.counts, listener.gate.refused)
            return Listener(
                address: listener.address, connections: counts.connections, halfOpen: counts.halfOpen,
                refusedForAddress: refused.forAddress, refusedForRoom: refused.forRoom)
        }
        let arrivals = manager.connections.values.filter {
            if case .listener = $0.origin { true } else { false }
        }
        self.peerCount = arrivals.count
        self.peers = arrivals.sorted { $0.identifier < $1.identifier }.prefix(AgentLimits.reportedPeersMaximum).map {
            var peer = Peer(statistics: $0.statistics, role: $0.session?.role, bytesInFlight: $0.bytesInFlight)
            if let session = $0.session { peer.packetInsDropped = manager.handler.packetInsDropped(of: session) }
            return peer
        }
        self.certificates = manager.bootstrap.tls.certificatesInUse.map {
            Certificate(what: $0.what, certificate: $0.certificate)
        }
        self.certificateReloads = manager.bootstrap.tls.reloads
        self.recordings = manager.recorders.sorted { $0.key < $1.key }.map {
            Recording(path: $0.key, omitted: $0.value.omitted)
        }
        self.counters = manager.handler.counters
        self.keptPackets = manager.handler.keptPackets
    }
}

extension ConnectionStatus.Peer {
    /// Adds what only the connection that is up knows.
    fileprivate mutating func add(_ connection: OpenFlowConnection, _ handler: any SwitchRequestHandler) {
        self.statistics.add(connection.statistics)
        self.role = connection.session?.role
        self.bytesInFlight = connection.bytesInFlight
        if let session = connection.session { self.packetInsDropped = handler.packetInsDropped(of: session) }
    }
}
