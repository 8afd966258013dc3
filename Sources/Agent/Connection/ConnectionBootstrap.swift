import Glibc
import Logging
import NIOCore
import NIOPosix
import OpenFlow
import Synchronization

/// Opens channels with the handler of an OpenFlow connection in them; any thread.
///
/// Channels read 64 KiB at once in a burst, and a few times per turn (``BurstReceiveAllocator``): measured best for
/// batches of small messages.
struct ConnectionBootstrap: Sendable {
    /// The I/O loops.
    let group: any EventLoopGroup
    /// The I/O loops of connections with TLS, so that no other waits for their handshakes; nil for the same as others'.
    var secureGroup: (any EventLoopGroup)?
    /// Where connections are announced.
    let hub: ConnectionHub
    /// Keys and certificates of those addresses that need them.
    var tls = TLSContexts()

    private func group(for address: ControllerAddress) -> any EventLoopGroup {
        address.needsTLS ? self.secureGroup ?? self.group : self.group
    }

    /// Calls a controller; the future fails if it cannot be reached in time.
    ///
    /// Names are resolved off the event loops, and all addresses of a name are tried. The handler is added to
    /// the one channel that comes of it; until then nothing is read, so that no byte goes by unseen.
    func connect(
        _ address: ControllerAddress, _ settings: ConnectionSettings, tap: ConversationTap?, timeout: Duration
    ) -> (attempt: ConnectionAttempt, channel: EventLoopFuture<any Channel>) {
        let link = ConnectionLink(hub: self.hub, tap: tap)
        let attempt = ConnectionAttempt(link: link)
        let tls = self.tls
        var bootstrap = ClientBootstrap(group: self.group(for: address))
            .connectTimeout(.nanoseconds(max(timeout, .seconds(1)).wholeNanoseconds))
            .channelOption(.recvAllocator, value: BurstReceiveAllocator())
            .channelOption(.maxMessagesPerRead, value: AgentLimits.readsPerTurn)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Before the first packet goes out.
                    if address.isTCP { ConnectionSocket.apply(settings, to: channel) }
                    try attempt.add(channel)
                }
            }
        if address.isTCP, let local = settings.localAddress,
            let target = try? SocketAddress(ipAddress: local, port: 0)
        {
            bootstrap = bootstrap.bind(to: target)
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
                try Self.configure(channel, address, settings, link: link, tls: tls)
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return channel
            }
        }
        return (attempt, configured)
    }

    /// Listens; connections are announced to the hub as arrivals of the listener of that number, and are as `terms`
    /// say when they come.
    func listen(
        _ address: ControllerAddress, _ terms: ListenerTerms, identifier: Int, gate: ListenerGate,
        tap: ConversationTap?, logger: Logger
    ) -> EventLoopFuture<any Channel> {
        let hub = self.hub
        let bootstrap = ServerBootstrap(group: self.group(for: address))
            .serverChannelOption(.backlog, value: AgentLimits.listenBacklog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: address.isTCP ? 1 : 0)
            .childChannelOption(.recvAllocator, value: BurstReceiveAllocator())
            .childChannelOption(.maxMessagesPerRead, value: AgentLimits.readsPerTurn)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = Self.name(of: channel, address)
                    let (settings, tls) = terms.current
                    let admission: ListenerAdmission
                    do throws(CloseReason) {
                        admission = try gate.admit(channel.remoteAddress?.ipAddress)
                    } catch {
                        logger.notice("\(address): \(peer) refused: \(error)")
                        throw error
                    }
                    channel.closeFuture.whenComplete { _ in admission.release() }
                    if address.isTCP { ConnectionSocket.apply(settings, to: channel) }
                    let link = ConnectionLink(hub: hub, tap: tap, admission: admission)
                    hub.connectionArrived(ConnectionHub.Arrival(link: link, listener: identifier, peer: peer))
                    try Self.configure(channel, address, settings, link: link, tls: tls)
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
        _ channel: any Channel, _ address: ControllerAddress, _ settings: ConnectionSettings, link: ConnectionLink,
        tls: TLSContexts
    ) throws {
        if let handler = try tls.handler(for: address, serverName: settings.serverName) {
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        let rules = OpenFlowConnection.StateMachine.Settings(
            offered: settings.protocols ?? .all, inactivityProbe: settings.inactivityProbe ?? .zero)
        try channel.pipeline.syncOperations.addHandler(
            OpenFlowChannelHandler(link: link, settings: rules, usesTLS: address.needsTLS))
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

/// What connections that come in by a listener are like, from the next one on; any thread.
final class ListenerTerms: Sendable {
    private let state: Mutex<(settings: ConnectionSettings, tls: TLSContexts)>

    init(_ settings: ConnectionSettings, _ tls: TLSContexts) { self.state = Mutex((settings, tls)) }

    /// Their settings, keys and certificates, now.
    var current: (settings: ConnectionSettings, tls: TLSContexts) { self.state.withLock { $0 } }

    /// Sets what the next connection is like.
    func change(_ settings: ConnectionSettings, _ tls: TLSContexts) {
        self.state.withLock { $0 = (settings, tls) }
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

extension ControllerAddress {
    /// Whether TCP is underneath.
    var isTCP: Bool {
        switch self.transport {
        case .tcp, .tls: true
        case .unix: false
        }
    }
}
