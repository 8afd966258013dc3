import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

/// Bridges A and B on one scripted datapath, each with ports 1 and 2 and with patch ports to the other's of the
/// same number.
private final class PatchFixture: Sendable {
    final class Tables: Sendable {
        let value = Mutex(TestPipeline(ports: [1, 2]))
    }
    let datapath: ScriptedDatapath
    let service: DatapathService
    let bridges: [BridgeDatapath<TestPipeline>]
    private let tables = [Tables(), Tables()]

    init(
        patches: [UInt32] = [9], recirculation: Bool = false, a: (inout TestPipeline) -> Void = { _ in },
        b: (inout TestPipeline) -> Void = { _ in }
    ) throws {
        self.datapath = ScriptedDatapath(recirculation: recirculation)
        let service = try DatapathService(backend: self.datapath)
        self.service = service
        self.bridges = self.tables.map { tables in
            BridgeDatapath(
                service: service, packetIns: PacketInQueue {},
                readTables: { body in tables.value.withLock { body($0) } },
                setInterfaceUp: { _, _ in DatapathError(.noSuchDevice, operation: "set up") }, onVersionFinished: {})
        }
        for (place, bridge) in self.bridges.enumerated() {
            for number: UInt32 in [1, 2] {
                self.add(number, UInt32(place) * 100 + 100 + number, to: place)
            }
            for number in patches {
                let name = { (place: Int) in "\(place)-\(number)" }
                let index = try #require(bridge.makePatchPort(named: name(place), peer: name(1 - place)))
                self.add(number, index.rawValue, to: place)
            }
        }
        self.tables[0].value.withLock { a(&$0) }
        self.tables[1].value.withLock { b(&$0) }
    }

    deinit { for bridge in self.bridges { bridge.close() } }

    private func add(_ number: UInt32, _ index: UInt32, to place: Int) {
        self.tables[place].value.withLock { tables in
            tables.addPort(number)
            tables.ports[number]?.index = PortIndex(rawValue: index)
        }
        self.bridges[place].attach(PortIndex(rawValue: index), as: PortNumber(rawValue: number))
    }

    func credits(_ place: Int) -> TestPipeline.Credits { self.tables[place].value.withLock { $0.credits } }
    func port(_ number: UInt32, of place: Int) throws -> SwitchPort {
        try #require(self.tables[place].value.withLock { $0.ports[number] })
    }
    func statistics(_ number: UInt32, of place: Int) throws -> Datapath.PortStatistics {
        try #require(self.bridges[place].statistics(of: self.port(number, of: place)))
    }

    func receive(_ frame: TestFrame = TestFrame(), by index: UInt32, reason: Upcall.Reason = .miss) {
        self.datapath.push(Upcall(reason: reason, key: frame.key(inPort: index), packet: frame.bytes))
        var scratch = HandlerScratch()
        _ = try? self.service.handleBatch(
            handler: 0, scratch: &scratch, timeoutMilliseconds: 0, clock: { UpcallFixture.start })
    }
}

@Suite("Patch ports")
struct PatchPortTests {
    private static let source = MACAddress(rawValue: TestFrame().source)
    private static let destination = MACAddress(rawValue: TestFrame().destination)
    private func toDatapath(_ index: UInt32) -> DatapathAction { .output(PortIndex(rawValue: index)) }
    private func from(_ port: UInt32) -> [MatchEntry] { [MatchEntry(.inPort, UInt128(port))] }
    private let rewrite = Action.setField(.ethernetSource, value: 9, mask: MatchField.ethernetSource.allOnes)

    @Test("an output to a patch port is an event after the actions before it, and keeps the megaflow's packets here")
    func event() throws {
        var fixture = TranslationFixture()
        let index = PortIndex.firstPatch
        fixture.pipeline.ports[4]?.index = index
        fixture.pipeline.add(actions: [output(2), self.rewrite, output(4), output(3)])
        let translation = fixture.translate()
        #expect(translation.patchOutputs == [PatchOutput(precedingActions: 2, port: index, maximumLength: nil)])
        #expect(translation.actions.count == 3 && translation.actions.last == out(3))
        #expect(translation.slowPath == .patch)
        #expect(translation.installableActions == [.userspace(userdata: UpcallCookie.slowPath(.patch).userdata)])

        var truncating = TranslationFixture()
        truncating.pipeline.ports[4]?.index = index
        truncating.pipeline.add(actions: [.outputTruncated(PortNumber(rawValue: 4), maximumLength: 20)])
        #expect(
            truncating.translate().patchOutputs == [PatchOutput(precedingActions: 0, port: index, maximumLength: 20)])

        var closed = TranslationFixture()
        closed.pipeline.addPort(4, .noForward)
        closed.pipeline.ports[4]?.index = index
        closed.pipeline.add(actions: [output(4)])
        #expect(closed.translate().patchOutputs.isEmpty && closed.translate().omissions == .blockedPort)
    }

    @Test("a packet crosses as the actions before left it; rules of the peer's bridge are credited for each packet")
    func crossing() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [self.rewrite, output(9)]) },
            b: { $0.add(self.from(9), actions: [output(1)]) })
        fixture.receive(by: 101)
        let execution = try #require(fixture.datapath.takeExecutions().first)
        #expect(Array(execution.packet[6..<12]) == [0, 0, 0, 0, 0, 9])
        #expect(execution.actions == [self.toDatapath(201)] && execution.key.inPort == PortIndex.none.rawValue)
        #expect(execution.key.ethernetSource == 9)
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 1)
        #expect(fixture.datapath.flows.count == 1 && fixture.bridges[1].flowCount.count == 0)
        guard case .userspace(let userdata) = try #require(fixture.datapath.flows.first?.actions.first) else {
            Issue.record("not a slow-path flow")
            return
        }

        // The next packet of the megaflow, which counts it for A's rule.
        fixture.receive(by: 101, reason: .action(userdata: userdata))
        #expect(fixture.datapath.executions.map(\.actions) == [[self.toDatapath(201)]])
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 2)
        let bytes = UInt64(TestFrame().bytes.count)
        let (sent, received) = (try fixture.statistics(9, of: 0), try fixture.statistics(9, of: 1))
        #expect(sent.transmittedPackets == 2 && sent.transmittedBytes == 2 * bytes && sent.receivedPackets == 0)
        #expect(received.receivedPackets == 2 && received.receivedBytes == 2 * bytes)
        #expect(received.transmittedPackets == 0)
        #expect(fixture.bridges[0].setAdministrativeState(of: try fixture.port(9, of: 0), up: false) == nil)
    }

    @Test("a packet that goes round and round is dropped after eight patch ports, and counted")
    func depth() throws {
        let fixture = try PatchFixture(
            patches: [8, 9], a: { $0.add(actions: [output(9)]) }, b: { $0.add(actions: [output(1), output(8)]) })
        fixture.receive(by: 101)
        #expect(fixture.service.counters.patchCrossings.count == 8)
        #expect(fixture.service.counters.patchDepthExceeded.count == 1)
        #expect(fixture.datapath.executions.count == 4)
    }

    @Test("a packet that multiplies is cut off, and the rest counted")
    func multiplication() throws {
        let fixture = try PatchFixture(
            patches: [6, 7, 8, 9], a: { $0.add(actions: [output(.flood)]) }, b: { $0.add(actions: [output(.flood)]) })
        fixture.receive(by: 101)
        #expect(fixture.service.counters.patchCrossings.count == UInt64(AgentLimits.patchCrossingsMaximum))
        #expect(fixture.service.counters.patchDrops.count > 0)
    }

    @Test("NORMAL floods through patch ports and learns what comes by them")
    func learning() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [output(.normal)]) }, b: { $0.add(actions: [output(.normal)]) })
        fixture.receive(by: 101)
        #expect(
            fixture.datapath.takeExecutions().map(\.actions)
                == [[self.toDatapath(102)], [self.toDatapath(201), self.toDatapath(202)]])
        let now = UpcallFixture.start
        #expect(fixture.bridges[0].learning.port(of: Self.source, vlan: 0, now: now) == PortNumber(rawValue: 1))
        #expect(fixture.bridges[1].learning.port(of: Self.source, vlan: 0, now: now) == PortNumber(rawValue: 9))

        var reply = TestFrame()
        swap(&reply.source, &reply.destination)
        fixture.receive(reply, by: 202)
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[self.toDatapath(101)]])
        #expect(fixture.bridges[0].learning.port(of: Self.destination, vlan: 0, now: now) == PortNumber(rawValue: 9))
    }

    @Test("a packet-out crosses too, and its packet-in is the peer's bridge's")
    func packetOut() throws {
        let fixture = try PatchFixture(
            a: { $0.add(self.from(9), actions: [output(2)]) },
            b: { $0.add(actions: [output(1), .output(.controller, maximumLength: .max)]) })
        let error = fixture.bridges[0].packetOut(
            packet: TestFrame().bytes, inPort: .controller, metadata: .any, actions: [self.rewrite, output(9)],
            now: UpcallFixture.start)
        #expect(error == nil)
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[self.toDatapath(201)]])
        #expect(fixture.bridges[0].packetIns.drain().events.isEmpty)
        let event = try #require(fixture.bridges[1].packetIns.drain().events.first)
        #expect(event.key.inPort == 9 && event.packet[11] == 9)

        // As if it had come in by the patch port, of which the datapath must not hear.
        _ = fixture.bridges[0].packetOut(
            packet: TestFrame().bytes, inPort: PortNumber(rawValue: 9), metadata: .any, actions: [output(.table)],
            now: UpcallFixture.start)
        let execution = try #require(fixture.datapath.executions.first)
        #expect(execution.actions == [self.toDatapath(102)] && execution.key.inPort == PortIndex.none.rawValue)
    }

    @Test("without its peer a patch port drops and counts; the peer may come back")
    func missingPeer() throws {
        let fixture = try PatchFixture(a: { $0.add(actions: [output(9)]) })
        let (here, there) = (try fixture.port(9, of: 0).index, try fixture.port(9, of: 1).index)
        #expect(fixture.bridges[0].isJoined(here))
        try fixture.bridges[1].removePort(there)
        #expect(!fixture.bridges[0].isJoined(here))
        fixture.receive(by: 101)
        #expect(fixture.service.counters.patchDrops.count == 1)
        #expect(try fixture.statistics(9, of: 0).transmitDropped == 1)
        #expect(fixture.bridges[1].makePatchPort(named: "0-9", peer: "1-9") == nil)
        #expect(fixture.bridges[1].makePatchPort(named: "1-9", peer: "other") == there)
        #expect(!fixture.bridges[0].isJoined(here))
    }

    @Test("where the datapath recirculates, each bridge has its megaflow, and both ports and rules count their packets")
    func inDatapath() throws {
        let fixture = try PatchFixture(recirculation: true) { tables in
            tables.add(actions: [.setField(.register0, value: 5, mask: 0xffff_ffff), output(9)])
        } b: { tables in
            tables.add([MatchEntry(.register0, 0), MatchEntry(.inPort, 9)], actions: [output(2)])
        }
        let frame = TestFrame()
        fixture.receive(by: 101)
        let first = try #require(fixture.datapath.flows.first)
        #expect(first.actions == [.recirculate(1)])
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[.recirculate(1)]])
        var key = frame.key(inPort: 101)
        key.recirculationID = 1
        key.connectionState = 0x22
        fixture.datapath.push(Upcall(reason: .miss, key: key, packet: frame.bytes))
        var scratch = HandlerScratch()
        _ = try fixture.service.handleBatch(
            handler: 0, scratch: &scratch, timeoutMilliseconds: 0, clock: { UpcallFixture.start })
        let second = try #require(fixture.datapath.flows.first { $0.key.recirculationID == 1 })
        #expect(second.actions == [.output(PortIndex(rawValue: 202))] && second.mask.connectionState == 0)
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 1)
        fixture.datapath.hit(first.identifier, packets: 4, bytes: 400, at: 5)
        fixture.datapath.hit(second.identifier, packets: 4, bytes: 400, at: 5)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(try fixture.statistics(9, of: 0).transmittedPackets == 5)
        #expect(try fixture.statistics(9, of: 1).receivedPackets == 5)
        #expect(fixture.credits(1)[0, 0].packets == 5)
    }
}
