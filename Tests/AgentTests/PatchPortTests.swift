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
        let value = ReadWriteLock(TestPipeline(ports: [1, 2]))
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
                readTables: { body in tables.value.read { body($0) } },
                readTablesWithin: { body in tables.value.readWithin { body($0) } },
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
        self.tables[0].value.write { a(&$0) }
        self.tables[1].value.write { b(&$0) }
    }

    deinit { for bridge in self.bridges { bridge.close() } }

    private func add(_ number: UInt32, _ index: UInt32, to place: Int) {
        self.tables[place].value.write { tables in
            tables.addPort(number)
            tables.ports[number]?.index = PortIndex(rawValue: index)
        }
        self.bridges[place].attach(PortIndex(rawValue: index), as: PortNumber(rawValue: number))
    }

    /// Changes a bridge's tables, gives them the next version and says so; returns the version.
    @discardableResult
    func change(_ place: Int, _ body: (inout TestPipeline) -> Void) -> UInt64 {
        let version = self.tables[place].value.write { tables in
            body(&tables)
            tables.version += 1
            return tables.version
        }
        self.bridges[place].tablesChanged(version: version) { $0 = .everything }
        return version
    }

    func credits(_ place: Int) -> TestPipeline.Credits { self.tables[place].value.read { $0.credits } }
    func port(_ number: UInt32, of place: Int) throws -> SwitchPort {
        try #require(self.tables[place].value.read { $0.ports[number] })
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

    @Test("a packet cut short at a patch port is an event after the actions before it, and keeps the packets here")
    func event() throws {
        var fixture = TranslationFixture()
        let index = PortIndex.firstPatch
        fixture.pipeline.ports[4]?.index = index
        let cut = Action.outputTruncated(PortNumber(rawValue: 4), maximumLength: 20)
        fixture.pipeline.add(actions: [output(2), self.rewrite, cut, output(3)])
        let translation = fixture.translate()
        #expect(translation.patchOutputs == [PatchOutput(precedingActions: 2, port: index, maximumLength: 20)])
        #expect(translation.actions.count == 3 && translation.actions.last == out(3))
        #expect(translation.slowPath == .patch)
        #expect(translation.installableActions == [.userspace(userdata: UpcallCookie.slowPath(.patch).userdata)])

        var closed = TranslationFixture()
        closed.pipeline.addPort(4, .noForward)
        closed.pipeline.ports[4]?.index = index
        closed.pipeline.add(actions: [output(4), cut])
        #expect(closed.translate().patchOutputs.isEmpty && closed.translate().omissions == .blockedPort)
    }

    @Test("one megaflow does what both bridges say; each bridge's rules and both ports are credited with its packets")
    func crossing() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [self.rewrite, output(9), output(2)]) },
            b: { tables in
                tables.add(
                    self.from(9),
                    actions: [.setField(.ethernetSource, value: 5, mask: MatchField.ethernetSource.allOnes), output(1)])
            })
        fixture.receive(by: 101)
        func sets(_ source: UInt64, mask: UInt64) -> DatapathAction {
            .set(
                .ethernet(
                    EthernetFields(source: MACAddress(rawValue: source)),
                    mask: EthernetFields(source: MACAddress(rawValue: mask))))
        }
        // What B makes of its copy is taken back before A goes on.
        let expected = [
            sets(5, mask: 0xffff_ffff_ffff), self.toDatapath(201), sets(9 & 0xc, mask: 5 ^ 9), self.toDatapath(102),
        ]
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [expected])
        #expect(fixture.datapath.flows.map(\.actions) == [expected])
        #expect(fixture.bridges.map(\.flowCount.count) == [1, 1])
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 1)

        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 4, bytes: 400, at: 5)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.credits(0)[0, 0].packets == 5 && fixture.credits(1)[0, 0].packets == 5)
        let bytes = UInt64(TestFrame().bytes.count) + 400
        let (sent, received) = (try fixture.statistics(9, of: 0), try fixture.statistics(9, of: 1))
        #expect(sent.transmittedPackets == 5 && sent.transmittedBytes == bytes && sent.receivedPackets == 0)
        #expect(received.receivedPackets == 5 && received.receivedBytes == bytes && received.transmittedPackets == 0)
        #expect(fixture.bridges[0].setAdministrativeState(of: try fixture.port(9, of: 0), up: false) == nil)
    }

    @Test("what one bridge knows of the packet beside its headers, the other does not")
    func metadata() throws {
        let fixture = try PatchFixture(
            a: { tables in
                tables.add(
                    instructions: [
                        .writeMetadata(value: 7, mask: .max),
                        .applyActions([.setField(.register0, value: 5, mask: 0xffff_ffff), output(9)]),
                        .gotoTable(TableID(rawValue: 1)),
                    ])
                tables.add(
                    table: 1, [MatchEntry(.register0, 5), MatchEntry(.metadata, 7)], actions: [output(2)])
            },
            b: { tables in
                tables.add(
                    [MatchEntry(.register0, 0), MatchEntry(.metadata, 0), MatchEntry(.inPort, 9)],
                    actions: [.setField(.register0, value: 6, mask: 0xffff_ffff), output(1)])
            })
        fixture.receive(by: 101)
        let flow = try #require(fixture.datapath.flows.first)
        #expect(flow.actions == [self.toDatapath(201), self.toDatapath(102)])
        #expect(flow.mask.metadata == 0 && flow.mask.words[3] == 0)
    }

    @Test("a change of the other bridge's tables is waited for, and repairs the megaflow")
    func revalidation() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [output(9)]) }, b: { $0.add(actions: [output(1)]) })
        fixture.receive(by: 101)
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 3, bytes: 300, at: 5)
        let version = fixture.change(1) { $0.add(priority: 500, actions: [output(2)]) }
        #expect(fixture.bridges[1].finishedVersion < version)
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).repaired == 1)
        #expect(fixture.bridges[1].finishedVersion == version)
        #expect(fixture.datapath.flows.map(\.actions) == [[self.toDatapath(202)]])
        // What came before is the old rule's.
        #expect(fixture.credits(1)[0, 0].packets == 4)
        fixture.datapath.hit(name, packets: 2, bytes: 200, at: 6)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.credits(1)[0, 0].packets == 4 && fixture.credits(1)[0, 1].packets == 2)
        #expect(fixture.credits(0)[0, 0].packets == 6)
        // Nothing to do: the version that the megaflow agrees with is known for each bridge.
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).examined == 0)

        // Once it no longer goes there, the other bridge does not wait for it.
        fixture.change(0) { $0.add(priority: 500, actions: [output(2)]) }
        fixture.service.revalidateOnce(now: UpcallFixture.start)
        #expect(fixture.bridges.map(\.flowCount.count) == [1, 0])
        let next = fixture.change(1) { _ in }
        #expect(fixture.bridges[1].finishedVersion == next)
    }

    @Test("without the patch port, or its bridge, the megaflows that went through it are gone")
    func removal() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [output(9)]) }, b: { $0.add(actions: [output(1)]) })
        fixture.receive(by: 101)
        #expect(fixture.bridges.map(\.flowCount.count) == [1, 1])
        try fixture.bridges[1].removePort(try fixture.port(9, of: 1).index)
        #expect(fixture.datapath.flows.isEmpty && fixture.bridges.map(\.flowCount.count) == [0, 0])

        let closing = try PatchFixture(
            a: { $0.add(actions: [output(9)]) }, b: { $0.add(actions: [output(1)]) })
        closing.receive(by: 101)
        closing.bridges[1].close()
        #expect(closing.datapath.flows.isEmpty && closing.bridges[0].flowCount.count == 0)
    }

    @Test("a packet that goes round and round is dropped after eight patch ports, with its cause")
    func depth() throws {
        let fixture = try PatchFixture(
            patches: [8, 9], a: { $0.add(actions: [output(9)]) }, b: { $0.add(actions: [output(1), output(8)]) })
        fixture.receive(by: 101)
        #expect(fixture.service.counters.patchCrossings.count == 8)
        #expect(
            fixture.datapath.takeExecutions().map(\.actions)
                == [[DatapathAction](repeating: self.toDatapath(201), count: 4)])
        let causes = fixture.bridges.map { $0.drops.contents.map(\.record.cause) }
        #expect(causes == [[.tooManyPatchPorts], []])
        #expect(fixture.credits(0)[0, 0].packets == 5 && fixture.credits(1)[0, 0].packets == 4)
    }

    @Test("a packet that multiplies is cut off, with the cause")
    func multiplication() throws {
        let fixture = try PatchFixture(
            patches: [6, 7, 8, 9], a: { $0.add(actions: [output(.flood)]) }, b: { $0.add(actions: [output(.flood)]) })
        fixture.receive(by: 101)
        #expect(fixture.service.counters.patchCrossings.count == UInt64(AgentLimits.patchCrossingsMaximum))
        let causes = Set(fixture.bridges.flatMap { $0.drops.contents.map(\.record.cause) })
        #expect(causes == [.tooManyPatchPorts])
        #expect(fixture.datapath.executions.count == 1)
    }

    @Test("NORMAL floods through patch ports and learns what comes by them")
    func learning() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [output(.normal)]) }, b: { $0.add(actions: [output(.normal)]) })
        fixture.receive(by: 101)
        #expect(
            fixture.datapath.takeExecutions().map(\.actions)
                == [[self.toDatapath(102), self.toDatapath(201), self.toDatapath(202)]])
        let now = UpcallFixture.start
        #expect(fixture.bridges[0].learning.port(of: Self.source, vlan: 0, now: now) == PortNumber(rawValue: 1))
        #expect(fixture.bridges[1].learning.port(of: Self.source, vlan: 0, now: now) == PortNumber(rawValue: 9))

        var reply = TestFrame()
        swap(&reply.source, &reply.destination)
        fixture.receive(reply, by: 202)
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[self.toDatapath(101)]])
        #expect(fixture.bridges[0].learning.port(of: Self.destination, vlan: 0, now: now) == PortNumber(rawValue: 9))
        // B has learned where the destination is, which the first megaflow did not know.
        fixture.service.revalidateOnce(now: now)
        #expect(Set(fixture.datapath.flows.map(\.actions)) == [[self.toDatapath(202)], [self.toDatapath(101)]])
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
        #expect(fixture.datapath.takeExecutions().map { $0.actions.last } == [self.toDatapath(201)])
        #expect(fixture.bridges[0].packetIns.drain().events.isEmpty)
        let event = try #require(fixture.bridges[1].packetIns.drain().events.first)
        #expect(event.inPort.rawValue == 9 && event.packet[11] == 9)
        #expect(fixture.credits(1)[0, 0].packets == 1)

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
        #expect(fixture.bridges[0].drops.contents.map(\.record.cause) == [.patchPeerMissing])
        #expect(try fixture.statistics(9, of: 0).transmitDropped == 1)
        #expect(fixture.bridges[1].makePatchPort(named: "0-9", peer: "1-9") == nil)
        #expect(fixture.bridges[1].makePatchPort(named: "1-9", peer: "other") == there)
        #expect(!fixture.bridges[0].isJoined(here))
    }

    @Test("a packet that the other bridge sends through the datapath comes back there")
    func recirculation() throws {
        var tracking = ConnectionTracking()
        tracking.recirculationTable = TableID(rawValue: 4)
        let track = Action.connectionTracking(tracking)
        let fixture = try PatchFixture(recirculation: true) { tables in
            tables.add(actions: [output(9), output(2)])
        } b: { tables in
            tables.add(self.from(9), actions: [track])
            tables.add(table: 4, self.from(9), actions: [output(1)])
        }
        fixture.receive(by: 101)
        let frame = TestFrame()
        let first = try #require(fixture.datapath.flows.first)
        let nested: [DatapathAction] = [.connectionTracking(ConnectionTrackingRequest()), .recirculate(1)]
        // The tracker's verdict is not for the packet as the first bridge has it.
        #expect(
            first.actions == [.clone(nested), self.toDatapath(102)]
                || first.actions
                    == [.sample(probability: .max, nested), self.toDatapath(102)]
        )
        var key = frame.key(inPort: 101)
        key.recirculationID = 1
        key.connectionState = 0x22
        fixture.datapath.push(Upcall(reason: .miss, key: key, packet: frame.bytes))
        var scratch = HandlerScratch()
        _ = try fixture.service.handleBatch(
            handler: 0, scratch: &scratch, timeoutMilliseconds: 0, clock: { UpcallFixture.start })
        let second = try #require(fixture.datapath.flows.first { $0.key.recirculationID == 1 })
        #expect(second.actions == [self.toDatapath(201)])
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[4, 0].packets == 1)
        #expect(fixture.bridges.map(\.flowCount.count) == [1, 2])
    }

    @Test("a packet cut short goes on by a handler, and the rules of the peer's bridge are credited for each")
    func cutShort() throws {
        let fixture = try PatchFixture(
            a: { $0.add(actions: [self.rewrite, .outputTruncated(PortNumber(rawValue: 9), maximumLength: 20)]) },
            b: { $0.add(self.from(9), actions: [output(1)]) })
        fixture.receive(by: 101)
        let execution = try #require(fixture.datapath.takeExecutions().first)
        #expect(execution.packet.count == 20 && Array(execution.packet[6..<12]) == [0, 0, 0, 0, 0, 9])
        #expect(execution.actions == [self.toDatapath(201)] && execution.key.inPort == PortIndex.none.rawValue)
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 1)
        #expect(fixture.datapath.flows.count == 1 && fixture.bridges[1].flowCount.count == 0)
        guard case .userspace(let userdata) = try #require(fixture.datapath.flows.first?.actions.first) else {
            Issue.record("not a slow-path flow")
            return
        }
        fixture.receive(by: 101, reason: .action(userdata: userdata))
        #expect(fixture.credits(0)[0, 0].packets == 1 && fixture.credits(1)[0, 0].packets == 2)
        #expect(try fixture.statistics(9, of: 1).receivedPackets == 2)
    }

    @Test("handlers of two bridges that lead to each other do not wait for each other's writers")
    func contention() async throws {
        let tables = [ReadWriteLock(0), ReadWriteLock(0)]
        await withTaskGroup(of: Void.self) { group in
            for place in [0, 1] {
                group.addTask {
                    for _ in 0..<500 {
                        tables[place].read { _ in
                            tables[1 - place].readWithin { _ in
                                tables[place].readWithin { value in #expect(value >= 0) }
                            }
                        }
                    }
                }
                group.addTask { for _ in 0..<500 { tables[place].write { $0 += 1 } } }
            }
        }
        #expect(tables.map { $0.read { $0 } } == [500, 500])
    }
}
