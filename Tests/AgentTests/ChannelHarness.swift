import NIOCore
import NIOEmbedded
import OpenFlow
import Synchronization
import Testing

@testable import Agent

/// A clock that stands still until it is told otherwise.
final class ManualClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1_000_000_000_000)

    var now: MonotonicTime { MonotonicTime(nanoseconds: self.nanoseconds.load(ordering: .relaxed)) }

    func advance(_ duration: Duration) {
        self.nanoseconds.add(UInt64(duration.wholeNanoseconds), ordering: .relaxed)
    }
}

/// Stands between the channel and the handler under test: counts reads, and keeps writes back when told to.
final class SocketStandIn: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var reads = 0
    var holdsWrites = false
    private var held: [EventLoopPromise<Void>?] = []

    func read(context: ChannelHandlerContext) {
        self.reads += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard self.holdsWrites else {
            context.write(data, promise: promise)
            return
        }
        self.held.append(promise)
        context.write(data, promise: nil)
    }

    func release() {
        let promises = self.held
        self.held = []
        for promise in promises { promise?.succeed() }
    }
}

/// A channel with the handler under test in it, and the control loop's half of the connection.
final class ChannelHarness {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let clock = ManualClock()
    let signal: ControlLoopSignal
    let hub: ConnectionHub
    let link: ConnectionLink
    let socket = SocketStandIn()

    init(
        offered: VersionSet = .all, inactivityProbe: Duration = .zero, messageBytesMaximum: Int = 0xffff,
        connect: Bool = true
    ) throws {
        self.channel = EmbeddedChannel(loop: self.loop)
        self.signal = ControlLoopSignal(eventLoop: self.loop)
        self.hub = ConnectionHub(signal: self.signal)
        self.link = ConnectionLink(hub: self.hub)
        let clock = self.clock
        let handler = OpenFlowChannelHandler(
            link: self.link,
            settings: OpenFlowConnection.StateMachine.Settings(offered: offered, inactivityProbe: inactivityProbe),
            messageBytesMaximum: messageBytesMaximum, clock: { clock.now })
        try self.channel.pipeline.syncOperations.addHandlers([self.socket, handler])
        if connect { try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6653)).wait() }
    }

    deinit { _ = try? self.channel.finish(acceptAlreadyClosed: true) }

    func receive(_ bytes: [UInt8]) throws {
        try self.channel.writeInbound(ByteBuffer(bytes: bytes))
        self.loop.run()
    }

    func advance(_ duration: Duration) {
        self.clock.advance(duration)
        self.loop.advanceTime(by: .nanoseconds(duration.wholeNanoseconds))
    }

    /// Everything written since the last call.
    func output() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// The messages written since the last call.
    func messages() throws -> [(header: MessageHeader, message: Message)] {
        try Self.messages(in: self.output())
    }

    static func messages(in bytes: [UInt8]) throws -> [(header: MessageHeader, message: Message)] {
        var messages: [(MessageHeader, Message)] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
            let bytes = Array(rest.prefix(length))
            let version = try #require(OpenFlowVersion(rawValue: bytes[0]))
            let decoded = try MessageCodec.decode(bytes, version: version)
            messages.append((decoded.header, decoded.message))
            rest = rest.dropFirst(length)
        }
        #expect(rest.isEmpty)
        return messages
    }

    static func encode(_ message: Message, version: OpenFlowVersion = .v1_3, _ transaction: UInt32 = 1) throws
        -> [UInt8]
    {
        try MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: transaction))
    }

    /// Says HELLO for the peer and forgets what it led to.
    func negotiate(_ version: OpenFlowVersion = .v1_3) throws {
        try self.receive(try Self.encode(.hello(Hello(versions: nil)), version: version))
        _ = try self.output()
        self.link.handled(messages: self.link.takeInputs().count, bytes: 0)
    }
}

extension ConnectionInput {
    /// In a few words, for comparison.
    var summary: String {
        switch self {
        case .secured(let summary): "secured \(summary)"
        case .opened(let version): "opened \(version)"
        case .message(_, let header, let bytes): "message \(header.type) \(header.transactionID) \(bytes.count)"
        case .flowMods(let burst): "flow_mods \(burst.count - burst.next)"
        case .undecodable(let error, let bytes): "undecodable \(error.code) \(bytes.count)"
        case .closed(let reason): "closed: \(reason)"
        }
    }
}
