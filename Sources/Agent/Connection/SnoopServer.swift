import NIOCore
import NIOPosix
import OpenFlow
import Synchronization

/// The socket where `ovs-ofctl snoop` hears what is said between the bridge and its controllers.
///
/// Those who come get our HELLO, then a copy of every message in either direction, in the version it was said in. What
/// they send is read and forgotten. A listener that does not read misses messages; nobody waits for it.
enum SnoopServer {
    /// Listens on a path, which must be free.
    static func listen(
        path: String, audience: SnoopAudience, group: any EventLoopGroup
    ) -> EventLoopFuture<any Channel> {
        let gate = ListenerGate(
            connectionsMaximum: AgentLimits.snoopersMaximum, halfOpenMaximum: AgentLimits.snoopersMaximum)
        return ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let admission = try gate.admit(nil)
                    channel.closeFuture.whenComplete { _ in admission.release() }
                    try channel.pipeline.syncOperations.addHandler(SnoopHandler(channel: channel, audience: audience))
                }
            }
            .bind(unixDomainSocketPath: path)
    }
}

/// Who listens at a bridge's snoop socket, and what there is to hear; any thread.
final class SnoopAudience: Sendable {
    private struct State {
        var taps: [ConversationTap] = []
        var ears: [any ConversationListener] = []
    }
    private let state = Mutex(State())

    /// Somebody listens, to everything that there is and will be.
    func join(_ ear: any ConversationListener) {
        self.state.withLock { state in
            state.ears.append(ear)
            for tap in state.taps { tap.add(ear) }
        }
    }

    /// Somebody listens no longer.
    func leave(_ ear: any ConversationListener) {
        self.state.withLock { state in
            state.ears.removeAll { $0 === ear }
            for tap in state.taps { tap.remove(ear) }
        }
    }

    /// There are conversations to hear.
    func hear(_ tap: ConversationTap) {
        self.state.withLock { state in
            state.taps.append(tap)
            for ear in state.ears { tap.add(ear) }
        }
    }

    /// Conversations end for good: nobody hears them from now on.
    func forget(_ tap: ConversationTap) {
        self.state.withLock { state in
            state.taps.removeAll { $0 === tap }
            for ear in state.ears { tap.remove(ear) }
        }
    }
}

/// One who listens; its channel's event loop owns the handler, the ear may be called by any thread.
private final class SnoopHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let ear: SnoopEar
    private let audience: SnoopAudience

    init(channel: any Channel, audience: SnoopAudience) {
        self.ear = SnoopEar(channel: channel)
        self.audience = audience
    }

    func channelActive(context: ChannelHandlerContext) {
        var hello: [UInt8] = []
        ConnectionCodec.append(
            .hello(Hello(versions: .all)), version: .v1_5, transactionID: .unsolicited, to: &hello)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: hello)), promise: nil)
        self.audience.join(self.ear)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.audience.leave(self.ear)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Copies what it hears to a channel, as long as that takes it.
private final class SnoopEar: ConversationListener {
    private let channel: any Channel
    private let inFlight = Atomic<Int>(0)

    init(channel: any Channel) { self.channel = channel }

    func opened(_ connection: UInt64, local: String?, remote: String?) {}

    func heard(_ bytes: [UInt8], _ direction: ConversationDirection, on connection: UInt64) {
        let count = bytes.count
        guard self.inFlight.add(count, ordering: .relaxed).newValue <= AgentLimits.snoopBytesMaximum else {
            self.inFlight.subtract(count, ordering: .relaxed)
            return
        }
        self.channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in
            self.inFlight.subtract(count, ordering: .relaxed)
        }
    }

    func closed(_ connection: UInt64) {}
}
