package import OpenFlow

/// What is known of a connection or a configured controller, for people and metrics.
package struct ConnectionStatistics: Hashable, Sendable {
    /// The address called, or the peer that came in.
    package var peer: String
    /// Whether a version is agreed at present.
    package var isConnected = false
    /// Attempts to connect, successful or not; 1 for a peer that came in.
    package var attempts: UInt64 = 0
    /// Sessions that reached an agreed version.
    package var sessions: UInt64 = 0
    /// Messages handed to the switch.
    package var messagesReceived: UInt64 = 0
    /// Messages that could not be decoded.
    package var messagesUndecodable: UInt64 = 0
    /// Bytes sent by the switch.
    package var bytesSent: UInt64 = 0
    /// The version agreed on last; nil before the first session.
    package var version: OpenFlowVersion?
    /// Version and cipher of TLS and the peer's certificate; nil for plain connections.
    package var security: TLSSummary?
    /// Why the latest attempt or session ended; nil while there was no end.
    package var lastError: String?
    /// When the state last changed.
    package var lastChange = MonotonicTime.zero

    /// Makes statistics of a peer that nothing is known of.
    package init(peer: String) { self.peer = peer }

    /// Takes in what a connection to this peer has done; its version and its security are the latest.
    mutating func add(_ connection: ConnectionStatistics) {
        self.messagesReceived &+= connection.messagesReceived
        self.messagesUndecodable &+= connection.messagesUndecodable
        self.bytesSent &+= connection.bytesSent
        self.version = connection.version ?? self.version
        self.security = connection.security ?? self.security
    }
}
