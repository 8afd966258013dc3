import Synchronization

/// Which way messages went.
package enum ConversationDirection: Hashable, Sendable {
    /// From the peer to us.
    case received
    /// From us to the peer.
    case sent
}

/// Gets copies of what is said on connections; called on their I/O loops, and must not wait.
protocol ConversationListener: AnyObject, Sendable {
    /// A connection is open, between these IP addresses; nil on a unix socket.
    func opened(_ connection: UInt64, local: String?, remote: String?)
    /// Whole messages, one after the other.
    func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64)
    /// The connection is over.
    func closed(_ connection: UInt64)
}

/// Where connections are listened to, by recorders and by those who came to the snoop socket; any thread.
///
/// While nobody listens, a connection pays one look at a flag for each batch of messages.
package final class ConversationTap: Sendable {
    private let flag = Atomic<Bool>(false)
    private let listeners = Mutex<[any ConversationListener]>([])

    /// Makes a tap that nobody listens to.
    package init() {}

    /// Whether anybody listens.
    var isActive: Bool { self.flag.load(ordering: .relaxed) }

    /// Adds a listener.
    func add(_ listener: any ConversationListener) {
        self.listeners.withLock { $0.append(listener) }
        self.flag.store(true, ordering: .relaxed)
    }

    /// Takes a listener out.
    func remove(_ listener: any ConversationListener) {
        let isEmpty = self.listeners.withLock { listeners in
            listeners.removeAll { $0 === listener }
            return listeners.isEmpty
        }
        if isEmpty { self.flag.store(false, ordering: .relaxed) }
    }

    /// Passes on that a connection opened.
    func opened(_ connection: UInt64, local: String?, remote: String?) {
        guard self.isActive else { return }
        for listener in self.listeners.withLock({ $0 }) { listener.opened(connection, local: local, remote: remote) }
    }

    /// Passes on whole messages.
    func pass(_ bytes: @autoclosure () -> [UInt8], _ direction: ConversationDirection, on connection: UInt64) {
        guard self.isActive else { return }
        let copy = bytes()
        guard !copy.isEmpty else { return }
        for listener in self.listeners.withLock({ $0 }) { listener.heard(copy, direction, on: connection) }
    }

    /// Passes on that a connection is over.
    func closed(_ connection: UInt64) {
        guard self.isActive else { return }
        for listener in self.listeners.withLock({ $0 }) { listener.closed(connection) }
    }
}
