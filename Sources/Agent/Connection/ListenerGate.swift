import Synchronization

/// Who may come in by a listener, and how many; any thread.
///
/// Three rules, in this order: the peer's address is in one of the ranges allowed (unix sockets have none and are left
/// to their file's permissions); the listener holds fewer connections than it may; and fewer of them have not said
/// HELLO yet than may, so that peers that only open connections (or begin TLS handshakes) cannot keep others out for
/// long.
final class ListenerGate: Sendable {
    private struct State {
        var connectionsMaximum: Int
        var halfOpenMaximum: Int
        var allowedPeers: [AddressPrefix]?
        var connections = 0
        var halfOpen = 0
        var refusedForAddress: UInt64 = 0
        var refusedForRoom: UInt64 = 0
    }

    private let state: Mutex<State>

    init(
        connectionsMaximum: Int = AgentLimits.connectionsPerListenerMaximum,
        halfOpenMaximum: Int = AgentLimits.halfOpenPerListenerMaximum, allowedPeers: [AddressPrefix]? = nil
    ) {
        self.state = Mutex(
            State(
                connectionsMaximum: connectionsMaximum, halfOpenMaximum: halfOpenMaximum, allowedPeers: allowedPeers))
    }

    /// Makes a gate as the settings of a listener say.
    convenience init(_ settings: ConnectionSettings) {
        self.init()
        self.change(settings)
    }

    /// Takes over who may come in from now on; those who are there stay.
    func change(_ settings: ConnectionSettings) {
        self.state.withLock { state in
            state.connectionsMaximum = settings.connectionsMaximum ?? AgentLimits.connectionsPerListenerMaximum
            state.halfOpenMaximum = settings.halfOpenMaximum ?? AgentLimits.halfOpenPerListenerMaximum
            state.allowedPeers = settings.allowedPeers
        }
    }

    /// Admits a peer, or throws why it is refused.
    ///
    /// - Parameter address: its IP address; nil on a unix socket.
    func admit(_ address: String?) throws(CloseReason) -> ListenerAdmission {
        let refusal = self.state.withLock { state -> CloseReason? in
            guard Self.isAllowed(address, by: state.allowedPeers) else {
                state.refusedForAddress += 1
                return .notAllowed
            }
            guard state.connections < state.connectionsMaximum, state.halfOpen < state.halfOpenMaximum else {
                state.refusedForRoom += 1
                return .tooManyConnections
            }
            state.connections += 1
            state.halfOpen += 1
            return nil
        }
        if let refusal { throw refusal }
        return ListenerAdmission(gate: self)
    }

    /// Connections held, and those among them that have not said HELLO.
    var counts: (connections: Int, halfOpen: Int) { self.state.withLock { ($0.connections, $0.halfOpen) } }

    /// Peers refused, for their address and for want of room.
    var refused: (forAddress: UInt64, forRoom: UInt64) {
        self.state.withLock { ($0.refusedForAddress, $0.refusedForRoom) }
    }

    private static func isAllowed(_ address: String?, by allowedPeers: [AddressPrefix]?) -> Bool {
        guard let allowedPeers, let address else { return true }
        return allowedPeers.contains { $0.contains(address) }
    }

    fileprivate func opened() { self.state.withLock { $0.halfOpen -= 1 } }

    fileprivate func released(wasHalfOpen: Bool) {
        self.state.withLock { state in
            state.connections -= 1
            if wasHalfOpen { state.halfOpen -= 1 }
        }
    }
}

/// One connection's place at a listener, given back when it closes; any thread.
final class ListenerAdmission: Sendable {
    private enum State { case halfOpen, open, released }
    private let gate: ListenerGate
    private let state = Mutex(State.halfOpen)

    fileprivate init(gate: ListenerGate) { self.gate = gate }

    /// A version is agreed.
    func opened() {
        let changed = self.state.withLock { state in
            guard state == .halfOpen else { return false }
            state = .open
            return true
        }
        if changed { self.gate.opened() }
    }

    /// The connection is gone.
    func release() {
        let before = self.state.withLock { state in
            defer { state = .released }
            return state
        }
        if before != .released { self.gate.released(wasHalfOpen: before == .halfOpen) }
    }
}
