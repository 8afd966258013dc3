import Glibc
import NIOCore
import NIOPosix
import OpenFlow
import Synchronization
import Testing

@testable import Agent

/// A switch that answers barriers, and remembers who came and what it was told.
private final class BarrierSwitch: SwitchRequestHandler, Sendable {
    struct Notes {
        var peers: [String] = []
        var closed = 0
        var services: [Bool] = []
        var auxiliaries: [UInt8] = []
        var forwarding: [StandaloneForwarding] = []
    }
    let notes = Mutex(Notes())

    func sessionOpened(_ session: ControllerSession) {
        self.notes.withLock {
            $0.peers.append(session.peer)
            $0.services.append(session.isService)
            $0.auxiliaries.append(session.auxiliaryID)
        }
        session.isIdentified = true
    }
    func sessionClosed(_ session: ControllerSession) { self.notes.withLock { $0.closed += 1 } }
    func handle(
        _ message: Message, header: MessageHeader, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {
        guard message == .barrierRequest else {
            session.shouldClose = true
            return
        }
        do throws(Inexpressible) {
            try MessageCodec.encode(
                .barrierReply, version: session.version, transactionID: header.transactionID, into: &session.output)
        } catch {
            Issue.record("no barrier reply in \(session.version): \(error)")
        }
    }
    func handleDecodeError(
        _ error: OpenFlowError, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {}
    func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {}
    func runExpiry(now: MonotonicTime) -> MonotonicTime { .distantFuture }
    func barrierProgress() {}
    func resume(_ session: ControllerSession, now: MonotonicTime) {}
    func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime) {
        self.notes.withLock { $0.forwarding.append(mode) }
    }
}

/// A bridge's connections on real loops and sockets, with a simple switch.
private final class ManagerHarness {
    private let ioGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let controlGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let barrierSwitch = BarrierSwitch()
    let loop: any EventLoop
    let runtime: NIOLoopBound<BridgeRuntime>
    private(set) var addresses: [ControllerAddress] = []

    init(_ configuration: ConnectionConfiguration) throws {
        let loop = self.controlGroup.next()
        let (group, barrierSwitch) = (self.ioGroup, self.barrierSwitch)
        self.loop = loop
        self.runtime = try loop.submit {
            let runtime = BridgeRuntime(
                name: "br0", signal: ControlLoopSignal(eventLoop: loop), handler: barrierSwitch,
                configuration: configuration, ioGroup: group, packetIns: nil,
                logger: AgentLoggers.silent.connection)
            return NIOLoopBound(runtime, eventLoop: loop)
        }.wait()
    }

    func start() throws {
        let runtime = self.runtime
        self.addresses = try self.loop.flatSubmit { runtime.value.start() }.wait()
    }

    func stop() throws {
        let runtime = self.runtime
        try self.loop.flatSubmit { runtime.value.stop() }.wait()
    }

    func statistics() throws -> [ConnectionStatistics] {
        let runtime = self.runtime
        return try self.loop.submit { runtime.value.connections.statistics }.wait()
    }

    /// Waits until `condition` holds; gives up after a minute.
    func wait(for what: String, _ condition: ([ConnectionStatistics]) -> Bool) throws {
        let runtime = self.runtime
        for _ in 0..<6000 {
            // Looked at on the control loop every 10 ms, in turn with what it does.
            let look = self.loop.scheduleTask(in: .milliseconds(10)) { runtime.value.connections.statistics }
            if condition(try look.futureResult.wait()) { return }
        }
        Issue.record("waited a minute for \(what)")
    }

    var port: UInt16 {
        if case .tcp(_, let port)? = self.addresses.first?.transport { return port }
        return 0
    }

    deinit {
        try? self.ioGroup.syncShutdownGracefully()
        try? self.controlGroup.syncShutdownGracefully()
    }
}

@Suite("The connections of a bridge, on real sockets", .timeLimit(.minutes(3)))
struct ConnectionManagerTests {
    private static let loopback = ControllerAddress(.passive, .tcp(host: "127.0.0.1", port: 0))

    @Test("peers come in by TCP and by unix socket, each in its own version")
    func listeners() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/br0.mgmt"
        let harness = try ManagerHarness(
            ConnectionConfiguration(listeners: [Self.loopback, ControllerAddress(.passive, .unix(path: path))]))
        try harness.start()
        #expect(harness.addresses.map { $0.description }.last == "punix:\(path)")
        let tcp = try ConnectionPeer.connect(port: harness.port)
        let unix = try ConnectionPeer.connect(path: path)
        try tcp.negotiate(.v1_0)
        try unix.negotiate(.v1_3)
        for (peer, version) in [(tcp, OpenFlowVersion.v1_0), (unix, .v1_3)] {
            try peer.send(.barrierRequest, version: version, 77)
            let reply = try #require(try peer.receive())
            #expect(reply.message == .barrierReply)
            #expect(reply.header.version == version.rawValue)
            #expect(reply.header.transactionID.rawValue == 77)
        }
        #expect(harness.barrierSwitch.notes.withLock { $0.services } == [true, true])
        #expect(harness.barrierSwitch.notes.withLock { $0.peers.contains("unix") })
        #expect(try harness.statistics().map { $0.messagesReceived } == [1, 1])
        try harness.stop()
        #expect(try tcp.receive() == nil)
        #expect(try unix.receive() == nil)
        #expect(access(path, F_OK) != 0)
        #expect(harness.barrierSwitch.notes.withLock { $0.closed } == 2)
    }

    @Test("an address in use is named, with the exit status of its kind")
    func addressInUse() throws {
        let other = try ConnectionPeerListener()
        let address = ControllerAddress(.passive, .tcp(host: "127.0.0.1", port: other.port))
        let harness = try ManagerHarness(ConnectionConfiguration(listeners: [address]))
        do {
            try harness.start()
            Issue.record("two listen on port \(other.port)")
        } catch let error as AgentError {
            #expect(error.code == .addressInUse)
            #expect(error.message == "cannot listen on \(address): Address already in use")
        }
        try harness.stop()
    }

    @Test("a socket that nobody listens on any more is replaced, one in use and a file are not")
    func staleSocket() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/br0.mgmt"
        let configuration = ConnectionConfiguration(listeners: [ControllerAddress(.passive, .unix(path: path))])
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(stale)
        let first = try ManagerHarness(configuration)
        try first.start()
        let second = try ManagerHarness(configuration)
        #expect(throws: AgentError(.addressInUse, "")) { try second.start() }
        try second.stop()
        // The one that is in use is still there.
        try ConnectionPeer.connect(path: path).negotiate()
        try first.stop()
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        close(file)
        let third = try ManagerHarness(configuration)
        #expect(throws: AgentError(.addressInUse, "")) { try third.start() }
        try third.stop()
    }

    @Test("a controller is called, called again when it has gone, and let go at the end")
    func controller() throws {
        let listener = try ConnectionPeerListener()
        let address = ControllerAddress(.active, .tcp(host: "127.0.0.1", port: listener.port))
        let harness = try ManagerHarness(
            ConnectionConfiguration(controllers: [address], maxBackoff: .milliseconds(50)))
        try harness.start()
        for _ in 0..<3 {
            let peer = try listener.accept()
            try peer.negotiate()
            try peer.send(.barrierRequest, 1)
            #expect(try peer.receive()?.message == .barrierReply)
        }
        let last = try listener.accept()
        try last.negotiate()
        try harness.wait(for: "the fourth session") { $0.first?.sessions == 4 }
        let statistics = try #require(try harness.statistics().first)
        #expect(statistics.lastError == "connection closed by peer")
        #expect(statistics.attempts == 4)
        #expect(statistics.isConnected)
        #expect(harness.barrierSwitch.notes.withLock { $0.services } == [false, false, false, false])
        try harness.stop()
        #expect(try last.receive() == nil)
    }

    @Test("a controller that is not there is tried again until it is, by name as well")
    func unreachableController() throws {
        let port: UInt16
        do { port = try ConnectionPeerListener().port }
        let address = ControllerAddress(.active, .tcp(host: "localhost", port: port))
        let harness = try ManagerHarness(
            ConnectionConfiguration(controllers: [address], maxBackoff: .milliseconds(50)))
        try harness.start()
        try harness.wait(for: "three attempts") { ($0.first?.attempts ?? 0) >= 3 }
        #expect(try harness.statistics().first?.lastError == "Connection refused")
        let listener = try ConnectionPeerListener(port: port)
        try listener.accept().negotiate()
        try harness.wait(for: "a session") { $0.first?.sessions == 1 }
        try harness.stop()
    }

    @Test("a controller that says HELLO and goes in one breath counts as a session, and is called again")
    func shortSession() throws {
        let listener = try ConnectionPeerListener()
        let address = ControllerAddress(.active, .tcp(host: "127.0.0.1", port: listener.port))
        let harness = try ManagerHarness(
            ConnectionConfiguration(controllers: [address], maxBackoff: .milliseconds(50)))
        try harness.start()
        for _ in 0..<5 { try listener.accept().negotiate() }
        let last = try listener.accept()
        try harness.wait(for: "five sessions") { $0.first?.sessions == 5 }
        try last.negotiate()
        try harness.wait(for: "the sixth session") { $0.first?.sessions == 6 && $0.first?.isConnected == true }
        #expect(harness.barrierSwitch.notes.withLock { $0.closed } == 5)
        try harness.stop()
    }

    @Test("auxiliary connections follow the main one, speak its version, come back, and go with it")
    func auxiliaries() throws {
        let listener = try ConnectionPeerListener()
        let address = ControllerAddress(.active, .tcp(host: "127.0.0.1", port: listener.port))
        var configuration = ConnectionConfiguration(controllers: [address], maxBackoff: .milliseconds(50))
        configuration.defaults.auxiliaryConnections = 2
        let harness = try ManagerHarness(configuration)
        try harness.start()
        let main = try listener.accept()
        try main.negotiate(.v1_4)
        var auxiliaries = [try listener.accept(), try listener.accept()]
        for auxiliary in auxiliaries {
            let hello = try #require(try auxiliary.receive())
            #expect(hello.message == .hello(Hello(versions: [.v1_4])))
            try auxiliary.send(.hello(Hello()), version: .v1_4)
            try auxiliary.send(.barrierRequest, version: .v1_4, 3)
            #expect(try auxiliary.receive()?.message == .barrierReply)
        }
        #expect(harness.barrierSwitch.notes.withLock { $0.auxiliaries.sorted() } == [0, 1, 2])
        #expect(try harness.statistics().first?.attempts == 1, "the controller was called once")
        auxiliaries.removeLast()
        let again = try listener.accept()
        try again.negotiate(.v1_4)
        try again.send(.barrierRequest, version: .v1_4, 4)
        #expect(try again.receive()?.message == .barrierReply)
        main.finish()
        #expect(try again.receive() == nil && auxiliaries[0].receive() == nil, "they go with the main one")
        let next = try listener.accept()
        try next.negotiate(.v1_0)
        try harness.wait(for: "the second session") { $0.first?.sessions == 2 }
        try harness.stop()
    }

    @Test("a listener admits whom it is told to, and no more than it may")
    func restrictions() throws {
        var configuration = ConnectionConfiguration(listeners: [Self.loopback])
        configuration.defaults.halfOpenMaximum = 1
        configuration.settings[Self.loopback] = ConnectionSettings()
        configuration.settings[Self.loopback]?.protocols = [.v1_4]
        let harness = try ManagerHarness(configuration)
        try harness.start()
        let silent = try ConnectionPeer.connect(port: harness.port)
        let hello = try #require(try silent.receive())
        #expect(hello.message == .hello(Hello(versions: [.v1_4])), "the listener's own protocols")
        let refused = try ConnectionPeer.connect(port: harness.port)
        #expect(try refused.receive() == nil)
        try silent.send(.hello(Hello()), version: .v1_4)
        try silent.send(.barrierRequest, version: .v1_4, 1)
        #expect(try silent.receive()?.message == .barrierReply)
        let next = try ConnectionPeer.connect(port: harness.port)
        try next.negotiate(.v1_4)
        try harness.stop()

        configuration.settings[Self.loopback]?.allowedPeers = try [#require(AddressPrefix("192.0.2.0/24"))]
        let closed = try ManagerHarness(configuration)
        try closed.start()
        #expect(try ConnectionPeer.connect(port: closed.port).receive() == nil)
        try closed.stop()
    }

    @Test("several controllers at once, each with its own session")
    func severalControllers() throws {
        let listeners = try (0..<3).map { _ in try ConnectionPeerListener() }
        let addresses = listeners.map { ControllerAddress(.active, .tcp(host: "127.0.0.1", port: $0.port)) }
        let harness = try ManagerHarness(ConnectionConfiguration(controllers: addresses))
        try harness.start()
        let peers = try listeners.map { try $0.accept() }
        for peer in peers { try peer.negotiate() }
        for peer in peers { try peer.send(.barrierRequest, 5) }
        for peer in peers { #expect(try peer.receive()?.message == .barrierReply) }
        #expect(try harness.statistics().map { $0.isConnected } == [true, true, true])
        try harness.stop()
    }

    @Test("the end does not wait for a controller that cannot be reached")
    func stopWhileConnecting() throws {
        // An address of the documentation range: nobody answers there, nor refuses.
        let address = ControllerAddress(.active, .tcp(host: "192.0.2.1", port: 6653))
        let harness = try ManagerHarness(ConnectionConfiguration(controllers: [address]))
        try harness.start()
        try harness.stop()
        #expect(try harness.statistics().first?.isConnected == false)
    }

    @Test(
        "a switch without controllers forwards visibly, one with controllers out of reach hiddenly, until one is back")
    func failMode() throws {
        let alone = try ManagerHarness(ConnectionConfiguration())
        try alone.start()
        #expect(alone.barrierSwitch.notes.withLock { $0.forwarding } == [.visibleFlow])
        try alone.stop()

        let port: UInt16
        do { port = try ConnectionPeerListener().port }
        let address = ControllerAddress(.active, .tcp(host: "127.0.0.1", port: port))
        let harness = try ManagerHarness(
            ConnectionConfiguration(
                controllers: [address], maxBackoff: .milliseconds(50), inactivityProbe: .milliseconds(100)))
        try harness.start()
        let notes = harness.barrierSwitch
        try harness.wait(for: "standalone forwarding") { _ in
            notes.notes.withLock { $0.forwarding } == [.hiddenFlow]
        }
        let listener = try ConnectionPeerListener(port: port)
        let peer = try listener.accept()
        try peer.negotiate()
        try harness.wait(for: "the end of standalone forwarding") { _ in
            notes.notes.withLock { $0.forwarding.last } == StandaloneForwarding.none
        }
        try harness.stop()
    }

    @Test("garbage on the OpenFlow port ends that connection alone, with its error")
    func garbage() throws {
        let harness = try ManagerHarness(ConnectionConfiguration(listeners: [Self.loopback]))
        try harness.start()
        let good = try ConnectionPeer.connect(port: harness.port)
        try good.negotiate()
        let bad = try ConnectionPeer.connect(port: harness.port)
        _ = try bad.receive()
        try bad.send([4, 0, 0, 7, 0, 0, 0, 1])
        guard case .error(let error)? = try bad.receive()?.message else {
            Issue.record("no error")
            return
        }
        #expect(error.error == .known(.requestBadLength))
        #expect(try bad.receive() == nil)
        try good.send(.barrierRequest, 3)
        #expect(try good.receive()?.message == .barrierReply)
        try harness.stop()
    }

    @Test("answers come in order and whole to a peer that floods requests and reads late")
    func flood() throws {
        // A peer that the machine keeps waiting for long is not to be asked for a sign of life meanwhile.
        let harness = try ManagerHarness(
            ConnectionConfiguration(listeners: [Self.loopback], inactivityProbe: .zero))
        try harness.start()
        let peer = try ConnectionPeer.connect(port: harness.port)
        try peer.negotiate()
        let count = 100_000
        var bytes: [UInt8] = []
        for number in 0..<UInt32(count) {
            bytes += [4, 20, 0, 8] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        try peer.send(bytes)
        var next: UInt32 = 0
        while next < count, let reply = try peer.receive() {
            guard reply.header.transactionID.rawValue == next else {
                Issue.record("\(reply.header.transactionID) came for \(next)")
                break
            }
            next += 1
        }
        #expect(next == count)
        try harness.stop()
    }

    @Test("a listener takes in only as many as it may hold")
    func connectionLimit() throws {
        var configuration = ConnectionConfiguration(listeners: [Self.loopback])
        configuration.connectionsPerListener = 5
        let harness = try ManagerHarness(configuration)
        try harness.start()
        let peers = try (0..<5).map { _ in
            let peer = try ConnectionPeer.connect(port: harness.port)
            try peer.negotiate()
            return peer
        }
        let refused = try ConnectionPeer.connect(port: harness.port)
        #expect(try refused.receive() == nil)
        try peers.first?.send(.barrierRequest, 9)
        #expect(try peers.first?.receive()?.message == .barrierReply)
        try harness.stop()
    }
}
