import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Packets that go away in the middle of their actions, and come back")
struct TranslatorFreezeTests {
    private static let bit = FieldSlice(.register0, offset: 0, bitCount: 1)
    private static func table(_ number: UInt8) -> TableID { TableID(rawValue: number) }

    private func fixture() -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.recirculation = RecirculationTable()
        fixture.capabilities.recirculation = true
        fixture.capabilities.packetLengthCheck = true
        return fixture
    }

    /// What a packet does that comes back from where `identifier` says.
    private func thaw(_ identifier: UInt32, _ fixture: TranslationFixture) throws -> Translation {
        var key = TestFrame().key(inPort: 1)
        key.recirculationID = identifier
        return fixture.translate(key: key, entry: .thawed(try #require(fixture.recirculation?.state(of: identifier))))
    }

    @Test("check_pkt_larger goes on both ways, with all that was left: actions, instructions, tables, the action set")
    func packetLength() throws {
        var fixture = self.fixture()
        fixture.pipeline.add(instructions: [
            .applyActions([.resubmit(port: nil, table: Self.table(5)), output(3)]),
            .writeActions([output(4)]), .gotoTable(Self.table(1)),
        ])
        fixture.pipeline.add(table: 5, actions: [.checkPacketLarger(length: 1000, result: Self.bit), output(2)])
        fixture.pipeline.add(table: 1, [MatchEntry(.register0, 1)], actions: [.exit])
        let first = fixture.translate()
        #expect(
            first.actions == [
                .checkPacketLength(maximumBytes: 1000, longer: [.recirculate(1)], notLonger: [.recirculate(2)])
            ])
        #expect(first.slowPath.isEmpty && first.drops.isEmpty)
        // An exit ends the pipeline, but what is in the action set is done.
        #expect(try self.thaw(1, fixture).actions == [out(2), out(3), out(4)])
        let short = try self.thaw(2, fixture)
        #expect(short.actions == [out(2), out(3)] && short.missedTables == [Self.table(1)])
    }

    @Test("where the kernel cannot compare lengths, the slow path does, and says so")
    func lengthInSlowPath() throws {
        var fixture = self.fixture()
        fixture.capabilities.packetLengthCheck = false
        fixture.pipeline.add(actions: [.pushVLAN(.vlan), .checkPacketLarger(length: 60, result: Self.bit), output(2)])
        let result = fixture.translate()
        #expect(result.slowPath == .action)
        for (size, identifier) in [(200, UInt32(1)), (50, 2)] {
            let packet = TestFrame().bytes.prefix(50) + [UInt8](repeating: 0, count: size - 50)
            var replay = try PacketReplay(result.actions, on: Array(packet), key: TestFrame().key(inPort: 101))
            let replayed = replay.executions()
            let executions = try #require(replayed)
            #expect(executions.map(\.actions) == [[.recirculate(identifier)]])
            #expect(executions.first?.packet.count == size + 4)
        }
    }

    @Test("a copy that must go away does so by itself: the packet goes on")
    func copies() throws {
        var fixture = self.fixture()
        fixture.pipeline.add(actions: [
            .clone([.checkPacketLarger(length: 60, result: Self.bit), output(2)]), output(3),
        ])
        let result = fixture.translate()
        #expect(result.actions.count == 2 && result.actions.last == out(3))
        #expect(try self.thaw(1, fixture).actions == [out(2)])
    }

    @Test("states of a packet that goes round for ever end it with its cause")
    func endless() throws {
        var fixture = self.fixture()
        fixture.pipeline.add(actions: [
            .checkPacketLarger(length: 60, result: Self.bit), .resubmit(port: nil, table: Self.table(0)),
        ])
        var result = fixture.translate()
        for _ in 0..<RecirculationTable.generationsMaximum {
            guard case .checkPacketLength(_, let longer, _)? = result.actions.last,
                case .recirculate(let identifier)? = longer.first
            else { break }
            result = try self.thaw(identifier, fixture)
        }
        #expect(result.drops.map(\.cause) == [.recirculationUnavailable] && result.actions.isEmpty)
    }

    // MARK: Pausing

    private static func pause(_ userData: [UInt8] = [7]) -> Action {
        var output = ControllerOutput()
        output.isPausing = true
        output.userData = userData
        return .controllerOutput(output)
    }

    @Test("a paused packet goes on where it was when a controller gives it back, as the controller left it")
    func resume() throws {
        let pause = Self.pause()
        let fixture = try UpcallFixture { tables in
            tables.add(instructions: [
                .applyActions([.setField(.register0, value: 5, mask: 0xffff_ffff), pause, output(2)]),
                .gotoTable(Self.table(1)),
            ])
            tables.add(table: 1, [MatchEntry(.register0, 9)], actions: [output(3)])
        }
        fixture.miss()
        #expect(fixture.datapath.takeExecutions().isEmpty)
        let event = try #require(fixture.drain().first)
        let continuation = try #require(event.continuation)
        #expect(event.userData == [7] && event.pipelineFields[.register0]?.value == 5 && event.maximumLength == .max)

        var changed = event.packet
        changed[0] = 0x06
        let fields = Match([MatchEntry(.inPort, 1), MatchEntry(.register0, 9)])
        let error = fixture.bridge.resume(
            packet: changed, fields: fields, continuation: continuation, now: UpcallFixture.start)
        #expect(error == nil)
        let executions = fixture.datapath.takeExecutions()
        #expect(executions.map(\.actions) == [[out(2), out(3)]] && executions.first?.packet == changed)
        #expect(executions.first?.key.inPort == 101)
        // Once more, without the change: nothing in table 1 matches.
        _ = fixture.bridge.resume(
            packet: event.packet, fields: .any, continuation: continuation, now: UpcallFixture.start)
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[out(2)]])
    }

    @Test("what is no continuation of this switch's, or too old, is stale; a number from it opens nothing else")
    func validation() throws {
        let pause = Self.pause()
        let fixture = try UpcallFixture { $0.add(actions: [pause, output(2)]) }
        fixture.miss()
        let event = try #require(fixture.drain().first)
        let continuation = try #require(event.continuation)
        func resume(_ bytes: [UInt8], _ packet: [UInt8]? = nil, _ fields: Match = .any) -> OpenFlowError.Code? {
            fixture.bridge.resume(
                packet: packet ?? event.packet, fields: fields, continuation: bytes, now: UpcallFixture.start)?.code
        }
        for place in continuation.indices {
            var forged = continuation
            forged[place] ^= 1
            #expect(resume(forged) == .resumeStale)
        }
        #expect(resume([]) == .resumeStale && resume(continuation + [0]) == .resumeStale)
        #expect(resume(continuation, [1, 2, 3]) == .requestBadPacket)
        #expect(resume(continuation, nil, Match([MatchEntry(.etherType, 5)])) == .requestPipelineFieldsOnly)
        // Its number, as a packet of the datapath's would have it, leads nowhere.
        var key = TestFrame().key(inPort: 101)
        key.recirculationID = 1
        fixture.handle([Upcall(reason: .miss, key: key, packet: TestFrame().bytes)])
        #expect(fixture.bridge.drops.contents.map(\.record.cause).contains(.recirculationLost))
        #expect(resume(continuation) == nil)
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(299))
        #expect(resume(continuation) == nil)
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(1000))
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(2000))
        #expect(resume(continuation) == .resumeStale)
    }

    // MARK: Samples and endings

    @Test("sampled packets are counted and reach the collector, with what the action says of them")
    func samples() throws {
        final class Collector: SampleCollector {
            let samples = Mutex<[PacketSample]>([])
            func collect(_ sample: PacketSample) { self.samples.withLock { $0.append(sample) } }
        }
        var sample = Sample()
        sample.probability = 0x8000
        sample.collectorSet = 9
        sample.observationPoint = .field(FieldSlice(.inPort, offset: 0, bitCount: 32))
        let action = Action.sample(sample)
        let fixture = try UpcallFixture { $0.add(actions: [action, output(2)]) }
        let collector = Collector()
        fixture.service.samples.setCollector(collector)
        fixture.miss()
        let flow = try #require(fixture.datapath.flows.first)
        guard case .sample(0x8000_8000, let nested)? = flow.actions.first,
            case .userspace(let userdata)? = nested.first
        else {
            Issue.record("\(flow.actions)")
            return
        }
        #expect(flow.actions.last == out(2))
        let key = TestFrame().key(inPort: 101)
        fixture.handle([Upcall(reason: .action(userdata: userdata), key: key, packet: [1, 2])])
        let taken = try #require(collector.samples.withLock { $0 }.first)
        #expect(taken.packet == [1, 2] && taken.sampling.collectorSet == 9 && taken.sampling.observationPoint == 1)
        #expect(fixture.service.samples.counts == [9: 1] && fixture.service.counters.slowPath.count == 0)
        // Nothing is executed or installed for a sample, and its meaning lives as long as the megaflow.
        #expect(fixture.datapath.flows.count == 1)
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(9))
        #expect(fixture.service.samplings.count == 1)
    }

    @Test("a connection's end shortens the timeouts of the rule that asks for it, seen first or in the megaflow")
    func finTimeout() throws {
        let fixture = try UpcallFixture { tables in
            tables.add(actions: [.finTimeout(idleSeconds: 5, hardSeconds: 9), output(2)])
        }
        fixture.miss()
        #expect(fixture.bridge.finTimeouts.take().isEmpty)
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.request(
            SwitchHarness.flowMod(.add, 1) { flowMod in
                flowMod.idleTimeoutSeconds = 60
                flowMod.instructions = [.applyActions([.finTimeout(idleSeconds: 5, hardSeconds: 9)])]
            }, session)
        let rule = try #require(harness.pipeline.read { $0.select(FlowSelector(), in: .all) }.first)
        let found = harness.pipeline.read { $0.finTimeout(of: rule) }
        #expect(found == FinTimeout(rule: rule, idleSeconds: 5, hardSeconds: 9))
        let queue = FinTimeoutQueue {}
        for _ in 0..<2 { queue.append(try #require(found)) }
        var events: [PipelineEvent] = []
        harness.control.changeObserver = { events += $0.events }
        harness.control.shorten(queue.take(), now: harness.now)
        #expect(events.count == 1 && queue.take().isEmpty)
        let flow = try #require(harness.flows(session).first)
        #expect(flow.idleTimeoutSeconds == 5 && flow.hardTimeoutSeconds == 9)
        harness.now = harness.now + .seconds(6)
        _ = harness.control.runExpiry(now: harness.now)
        #expect(harness.flows(session).isEmpty)
        harness.control.shorten([try #require(found)], now: harness.now)
        #expect(events.count == 2)
    }
}
