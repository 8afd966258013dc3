import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Opens channels with the handler of an OpenFlow connection in them; any thread.
///
/// All channels read into a fixed buffer of 64 KiB, and a few times per turn: measured best for batches of
/// small messages, while a buffer that adapts shrinks in the pauses and is too small for the next burst.
struct ConnectionBootstrap: Sendable {
    /// The I/O loops.
    let group: any EventLoopGroup
    /// The rules' parameters.
    let settings: OpenFlowConnection.StateMachine.Settings
    /// Where connections are announced.
    let hub: ConnectionHub
    /// Keys and certificates of those addresses that need them.
    var tls = TLSContexts()

    /// Calls a controller; the future fails if it cannot be reached in time.
    ///
    /// Names are resolved off the event loops, and all addresses of a name are tried. The handler is added to
    /// the one channel that comes of it; until then nothing is read, so that no byte goes by unseen.
    func connect(
        _ address: ControllerAddress, timeout: Duration
    ) -> (attempt: ConnectionAttempt, channel: EventLoopFuture<any Channel>) {
        let link = ConnectionLink(hub: self.hub)
        let attempt = ConnectionAttempt(link: link)
        let (settings, tls) = (self.settings, self.tls)
        let bootstrap = ClientBootstrap(group: self.group)
            .connectTimeout(.nanoseconds(max(timeout, .seconds(1)).wholeNanoseconds))
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: AgentLimits.readBufferBytes)
            )
            .channelOption(.maxMessagesPerRead, value: AgentLimits.readsPerTurn)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try attempt.add(channel) }
            }
        let connected =
            switch address.transport {
            case .tcp(let host, let port), .tls(let host, let port):
                bootstrap.connect(host: host ?? "localhost", port: Int(port))
            case .unix(let path):
                bootstrap.connect(unixDomainSocketPath: path)
            }
        let configured = connected.flatMap { channel in
            channel.eventLoop.submit {
                try Self.configure(channel, address, link: link, settings: settings, tls: tls)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return channel
            }
        }
        return (attempt, configured)
    }

    /// Listens; connections are announced to the hub as arrivals of the listener of that index.
    func listen(_ address: ControllerAddress, index: Int, count: ListenerCount) -> EventLoopFuture<any Channel> {
        let (hub, settings, tls) = (self.hub, self.settings, self.tls)
        let bootstrap = ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: AgentLimits.listenBacklog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: address.isTCP ? 1 : 0)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: AgentLimits.readBufferBytes)
            )
            .childChannelOption(.maxMessagesPerRead, value: AgentLimits.readsPerTurn)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard count.admit() else { throw CloseReason.tooManyConnections }
                    channel.closeFuture.whenComplete { _ in count.release() }
                    let link = ConnectionLink(hub: hub)
                    let peer = Self.name(of: channel, address)
                    hub.connectionArrived(ConnectionHub.Arrival(link: link, listener: index, peer: peer))
                    try Self.configure(channel, address, link: link, settings: settings, tls: tls)
                }
            }
        switch address.transport {
        case .tcp(let host, let port), .tls(let host, let port):
            return bootstrap.bind(host: host ?? "0.0.0.0", port: Int(port))
        case .unix(let path):
            return bootstrap.bind(unixDomainSocketPath: path)
        }
    }

    private static func configure(
        _ channel: any Channel, _ address: ControllerAddress, link: ConnectionLink,
        settings: OpenFlowConnection.StateMachine.Settings, tls: TLSContexts
    ) throws {
        if address.isTCP { try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1) }
        if let handler = try tls.handler(for: address) { try channel.pipeline.syncOperations.addHandler(handler) }
        try channel.pipeline.syncOperations.addHandler(OpenFlowChannelHandler(link: link, settings: settings))
    }

    /// The peer as logs and statistics name it.
    private static func name(of channel: any Channel, _ listener: ControllerAddress) -> String {
        guard let address = channel.remoteAddress, let host = address.ipAddress, let port = address.port else {
            return "unix"
        }
        return Self.name(ofHost: host, port: port, usesTLS: listener.needsTLS)
    }

    /// A peer's name from its address as the socket gives it.
    ///
    /// An IPv4 peer of a socket that listens in IPv6 has an address mapped into IPv6 (RFC 4291 section 2.5.5.2), and
    /// is named as IPv4.
    static func name(ofHost host: String, port: Int, usesTLS: Bool) -> String {
        let kind = usesTLS ? "ssl" : "tcp"
        let mapped = "::ffff:"
        if host.hasPrefix(mapped), host.utf8.contains(UInt8(ascii: ".")) {
            return "\(kind):\(host.dropFirst(mapped.utf8.count)):\(port)"
        }
        return host.utf8.contains(UInt8(ascii: ":")) ? "\(kind):[\(host)]:\(port)" : "\(kind):\(host):\(port)"
    }
}

/// A call that has been made and not been answered; any thread.
final class ConnectionAttempt: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var isCancelled = false
    }

    /// The link of the connection that may come of it.
    let link: ConnectionLink
    private let state = Mutex(State())

    init(link: ConnectionLink) { self.link = link }

    /// Notes the channel of one of the peer's addresses; throws where nobody wants it any more.
    func add(_ channel: any Channel) throws {
        let isCancelled = self.state.withLock { state in
            if !state.isCancelled { state.channels.append(channel) }
            return state.isCancelled
        }
        if isCancelled { throw CloseReason.shutdown }
    }

    /// Makes the call fail at once, unless its name is still being resolved.
    func cancel() {
        let channels = self.state.withLock { state in
            defer { state.channels = [] }
            state.isCancelled = true
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }
}

/// How many connections a listener holds; any thread.
final class ListenerCount: Sendable {
    private let current = Atomic<Int>(0)
    private let refusedCount = Atomic<UInt64>(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Whether one more is taken in.
    func admit() -> Bool {
        guard self.current.add(1, ordering: .relaxed).newValue <= self.maximum else {
            self.current.subtract(1, ordering: .relaxed)
            self.refusedCount.add(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// One has gone.
    func release() { self.current.subtract(1, ordering: .relaxed) }

    /// Connections closed at once for want of room.
    var refused: UInt64 { self.refusedCount.load(ordering: .relaxed) }
}

extension ControllerAddress {
    /// Whether TCP is underneath.
    var isTCP: Bool {
        switch self.transport {
        case .tcp, .tls: true
        case .unix: false
        }
    }
}
