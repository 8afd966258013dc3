import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Answers commands at a unix socket in the run directory, which only its owner may use.
///
/// Commands run one at a time on a thread of their own, so that a long dump keeps neither connections nor bridges
/// waiting. Part of what ``SluiceAgent`` guards.
final class ControlServer: Sendable {
    private let path: String
    private let channel: any Channel
    private let pool: NIOThreadPool
    private let logger: Logger
    private let context: CurrentControlContext

    /// Listens at `path`.
    init(path: String, context: ControlContext, group: any EventLoopGroup, logger: Logger) throws(AgentError) {
        try UnixSocketPath.prepare(path)
        let current = CurrentControlContext(context)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let maximum = AgentLimits.controlConnectionsMaximum
        let gate = ListenerGate(connectionsMaximum: maximum, halfOpenMaximum: maximum)
        let bootstrap = ServerBootstrap(group: group)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let admission = try gate.admit(nil)
                    channel.closeFuture.whenComplete { _ in admission.release() }
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(context: current, pool: pool))
                    let limit = TimeAmount.seconds(Int64(AgentLimits.controlTimeoutSeconds))
                    let timeout = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
                    channel.closeFuture.whenComplete { _ in timeout.cancel() }
                }
            }
        do {
            self.channel = try bootstrap.bind(unixDomainSocketPath: path).wait()
        } catch {
            try? pool.syncShutdownGracefully()
            throw AgentError(.failed, "cannot listen on \(path): \(error)")
        }
        chmod(path, 0o600)
        self.path = path
        self.pool = pool
        self.logger = logger
        self.context = current
    }

    /// Commands are about other bridges from now on; any thread.
    func change(_ context: ControlContext) { self.context.value.withLock { $0 = context } }

    /// Closes the socket and waits for the command that runs.
    func stop() {
        do {
            try self.channel.close().wait()
            try self.pool.syncShutdownGracefully()
        } catch {
            self.logger.warning("the control socket did not end in order: \(error)")
        }
        UnixSocketPath.remove(self.path)
    }
}

/// What commands may use, now; any thread.
private final class CurrentControlContext: Sendable {
    let value: Mutex<ControlContext>
    init(_ context: ControlContext) { self.value = Mutex(context) }
}

/// One connection: reads a request, answers it, closes.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let context: CurrentControlContext
    private let pool: NIOThreadPool
    private var request: [UInt8] = []
    private var hasRequest = false

    init(context: CurrentControlContext, pool: NIOThreadPool) {
        self.context = context
        self.pool = pool
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.hasRequest else { return }
        self.request += Self.unwrapInboundIn(data).readableBytesView
        guard let end = self.request.firstIndex(of: 10) else {
            if self.request.count > AgentLimits.controlRequestBytesMaximum { context.close(promise: nil) }
            return
        }
        self.hasRequest = true
        let words = ControlMessage.words(self.request[..<end])
        let control = self.context.value.withLock { $0 }
        let answer = self.pool.runIfActive(eventLoop: context.eventLoop) { () -> [UInt8] in
            do throws(ControlError) {
                return ControlMessage.answer(try ControlCommand.answer(words, control), isRefusal: false)
            } catch {
                return ControlMessage.answer(error.message, isRefusal: true)
            }
        }
        let channel = context.channel
        answer.whenComplete { result in
            switch result {
            case .success(let bytes):
                channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in channel.close(promise: nil) }
            case .failure: channel.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
