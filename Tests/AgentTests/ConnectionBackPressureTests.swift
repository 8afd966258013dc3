import NIOCore
import NIOEmbedded
import OpenFlow
import Testing

@testable import Agent

/// A switch that answers each barrier and each echo of features with as many bytes as it is told.
private final class AnsweringSwitch: SwitchRequestHandler {
    var bytesPerAnswer = 8
    private(set) var opened: [UInt64] = []
    private(set) var closed: [UInt64] = []
    private(set) var handled: [UInt32] = []
    private(set) var resumed = 0

    func sessionOpened(_ session: ControllerSession) { self.opened.append(session.identifier) }
    func sessionClosed(_ session: ControllerSession) { self.closed.append(session.identifier) }
    func handle(
        _ message: Message, header: MessageHeader, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {
        self.handled.append(header.transactionID.rawValue)
        session.output += [UInt8](repeating: 0, count: self.bytesPerAnswer)
    }
    func handleDecodeError(
        _ error: OpenFlowError, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {}
    func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {}
    func runExpiry(now: MonotonicTime) -> MonotonicTime { .distantFuture }
    func barrierProgress() {}
    func resume(_ session: ControllerSession, now: MonotonicTime) { self.resumed += 1 }
    func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime) {}
}

@Suite("Back-pressure between peer, control loop and socket")
struct ConnectionBackPressureTests {
    private static func barriers(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<count { bytes += try ChannelHarness.encode(.barrierRequest, UInt32(number)) }
        return bytes
    }

    @Test("reading stops while the control loop is behind, and goes on when it has caught up")
    func controlLoopBehind() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        let connection = OpenFlowConnection(link: harness.link, origin: .listener(0), peer: "test")
        let answering = AnsweringSwitch()
        try harness.receive(try Self.barriers(AgentLimits.pendingMessagesMaximum))
        let before = harness.socket.reads
        harness.channel.read()
        #expect(harness.socket.reads == before + 1, "at the limit, but not above it")
        try harness.receive(try Self.barriers(1))
        harness.channel.read()
        #expect(harness.socket.reads == before + 1)
        // Half of it has to be handled before reading goes on, so that it does not go on and off for each message.
        var turns = 0
        while harness.socket.reads == before + 1, turns < 1000 {
            _ = connection.turn(answering, limit: AgentLimits.messagesPerTurn, now: harness.clock.now)
            harness.loop.run()
            turns += 1
        }
        #expect(turns == AgentLimits.pendingMessagesMaximum / 2 / AgentLimits.messagesPerTurn + 1)
    }

    /// A connection whose session is open.
    private static func open(
        _ harness: ChannelHarness, _ answering: AnsweringSwitch
    ) throws -> OpenFlowConnection {
        let connection = OpenFlowConnection(link: harness.link, origin: .controller(0), peer: "test")
        try harness.receive(try ChannelHarness.encode(.hello(Hello())))
        let result = connection.turn(answering, limit: 64, now: harness.clock.now)
        #expect(result == .init(opened: .v1_3, closed: nil, hasMore: false))
        #expect(connection.session?.version == .v1_3)
        return connection
    }

    @Test("a turn handles no more than its share")
    func turns() throws {
        let harness = try ChannelHarness()
        let answering = AnsweringSwitch()
        let connection = try Self.open(harness, answering)
        try harness.receive(try Self.barriers(100))
        #expect(connection.turn(answering, limit: 64, now: harness.clock.now).hasMore)
        #expect(answering.handled.count == 64)
        try harness.receive(try Self.barriers(1))
        #expect(!connection.turn(answering, limit: 64, now: harness.clock.now).hasMore)
        #expect(answering.handled == Array(0..<100) + [0])
    }

    @Test("requests wait while their answers have no room, and no answer is lost")
    func answersWithoutRoom() throws {
        let harness = try ChannelHarness()
        let answering = AnsweringSwitch()
        answering.bytesPerAnswer = 256 * 1024
        let connection = try Self.open(harness, answering)
        _ = try harness.output()
        harness.socket.holdsWrites = true
        try harness.receive(try Self.barriers(20))
        func turn() {
            _ = connection.turn(answering, limit: 64, now: harness.clock.now)
            connection.carryOutput(answering, wasWoken: true, now: harness.clock.now)
            harness.loop.run()
        }
        for _ in 0..<10 { turn() }
        let room = AgentLimits.requestOutputBytesMaximum / answering.bytesPerAnswer
        #expect(answering.handled.count == room + 1)
        #expect(connection.session?.bytesInFlight == (room + 1) * answering.bytesPerAnswer)
        // The peer reads again.
        var written = 0
        while answering.handled.count < 20 || written < 20 * answering.bytesPerAnswer {
            harness.socket.release()
            turn()
            let output = try harness.output()
            guard !output.isEmpty || harness.link.bytesInFlight > 0 else { break }
            written += output.count
        }
        #expect(answering.handled == Array(0..<20))
        #expect(written == 20 * answering.bytesPerAnswer)
        #expect(answering.resumed > 0)
    }

    @Test("a peer that goes while its requests wait is noticed, and its session closed")
    func peerGoesWhileWaiting() throws {
        let harness = try ChannelHarness()
        let answering = AnsweringSwitch()
        answering.bytesPerAnswer = 2 * 1024 * 1024
        let connection = try Self.open(harness, answering)
        harness.socket.holdsWrites = true
        try harness.receive(try Self.barriers(3))
        _ = connection.turn(answering, limit: 1, now: harness.clock.now)
        connection.carryOutput(answering, wasWoken: false, now: harness.clock.now)
        harness.loop.run()
        _ = try harness.channel.finish(acceptAlreadyClosed: true)
        let result = connection.turn(answering, limit: 64, now: harness.clock.now)
        #expect(result.closed == .closedByPeer)
        #expect(answering.closed == answering.opened)
        #expect(connection.session == nil)
    }

    @Test("echo requests of a peer that does not read their answers stop the reading")
    func echoFlood() throws {
        let harness = try ChannelHarness()
        try harness.negotiate()
        harness.socket.holdsWrites = true
        let echo = try ChannelHarness.encode(
            .echoRequest([UInt8](repeating: 1, count: AgentLimits.readBufferBytes / 2 - 100)))
        let before = harness.socket.reads
        try harness.receive(echo + echo)
        harness.channel.read()
        #expect(harness.socket.reads == before + 1)
        try harness.receive(echo)
        harness.channel.read()
        #expect(harness.socket.reads == before + 1)
        harness.socket.release()
        harness.loop.run()
        #expect(harness.socket.reads == before + 2)
    }
}
