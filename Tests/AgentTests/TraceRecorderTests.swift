import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Drops and traces of translations")
struct TraceRecorderTests {
    private func drops(_ prepare: (inout TranslationFixture) -> Void, frame: TestFrame = TestFrame()) -> [DropCause] {
        var fixture = TranslationFixture()
        prepare(&fixture)
        return fixture.translate(frame).drops.map(\.cause)
    }

    @Test("a packet that goes somewhere has no drop; one that does not has its cause")
    func causes() {
        #expect(self.drops { $0.pipeline.add(actions: [output(2)]) } == [])
        #expect(self.drops { $0.pipeline.add(actions: [output(.controller)]) } == [])
        #expect(self.drops { _ in } == [.noMatchingRule])
        #expect(self.drops { $0.pipeline.missesGoToControllers = true } == [])
        #expect(self.drops { $0.pipeline.add(actions: []) } == [.noOutput])
        #expect(self.drops { $0.pipeline.add(actions: [output(77)]) } == [.missingPort])
        #expect(self.drops { $0.pipeline.add(actions: [output(1)]) } == [.outputToInPort])
        #expect(self.drops { $0.pipeline.add(actions: [output(77), output(2)]) } == [.missingPort])
        #expect(self.drops { $0.pipeline.ports[1] = nil } == [.unknownInPort])
        #expect(
            self.drops {
                $0.pipeline.addPort(1, .noReceive)
                $0.pipeline.add(actions: [output(2)])
            } == [.receptionForbidden])
        #expect(
            self.drops {
                $0.pipeline.addPort(2, .noForward)
                $0.pipeline.add(actions: [output(2)])
            } == [.outputForbidden])
        #expect(
            self.drops {
                $0.limits.depth = 3
                $0.pipeline.add(actions: [.resubmit(port: nil, table: nil)])
            } == [.depthExceeded])
    }

    @Test("drops name the table that led to them, and are counted with the packets of their megaflow")
    func counted() throws {
        let fixture = try UpcallFixture { tables in
            tables.add(instructions: [.gotoTable(TableID(rawValue: 3))])
        }
        fixture.miss()
        let record = DropRecord(table: TableID(rawValue: 3), cause: .noMatchingRule)
        #expect(fixture.bridge.drops.contents.map(\.record) == [record])
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 4, bytes: 400, at: 5)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.bridge.drops.contents.map(\.packets) == [5])
        // The packets that come after a change are counted as what they then are.
        fixture.change { $0.add(priority: 500, actions: [output(88)]) }
        fixture.service.revalidateOnce(now: UpcallFixture.start)
        fixture.datapath.hit(name, packets: 2, bytes: 200, at: 6)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.bridge.drops.contents.map(\.record.cause) == [.missingPort, .noMatchingRule])
        #expect(fixture.bridge.drops.contents.map(\.packets) == [2, 5])
    }

    @Test("a traced translation is the same as one that is not, with its steps beside it")
    func same() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            actions: [
                .setField(.ethernetSource, value: 5, mask: 0xffff_ffff_ffff),
                .resubmit(port: nil, table: TableID(rawValue: 2)), output(77),
            ])
        fixture.pipeline.add(table: 2, actions: [output(2), .decrementNetworkTTL])
        let plain = fixture.translate(TestFrame(), dryRun: true)
        let recorder = TraceRecorder()
        let traced = Translator.translate(
            key: TestFrame().key(inPort: 1), entry: .pipeline, view: fixture.pipeline,
            environment: TranslationEnvironment(
                capabilities: fixture.capabilities, learning: fixture.learning, limits: fixture.limits),
            now: fixture.now, allowsSideEffects: false, recorder: recorder)
        #expect(plain.actions == traced.actions && plain.mask == traced.mask && plain.drops == traced.drops)
        let texts = recorder.entries.map { "\($0.depth) \($0.step)" }
        #expect(texts.contains { $0.hasPrefix("0 changed(Datapath.FlowField.ethernetSource") }, "\(texts)")
        #expect(texts.contains { $0.hasPrefix("1 output(") }, "\(texts)")
        #expect(texts.contains { $0.hasPrefix("0 dropped(") }, "\(texts)")
    }

    @Test("steps beyond the limit are counted and not kept")
    func bounded() {
        let recorder = TraceRecorder()
        for _ in 0..<(TraceRecorder.stepsMaximum + 7) { recorder.note(.note("x")) }
        #expect(recorder.entries.count == TraceRecorder.stepsMaximum && recorder.omittedCount == 7)
    }

    @Test("requests and answers at the control socket survive the way there and back")
    func messages() throws {
        let words = ["trace", "br0", "in_port=1, ip"]
        let bytes = try #require(ControlMessage.request(words))
        #expect(bytes.last == 10 && ControlMessage.words(bytes.dropLast()) == words)
        #expect(ControlMessage.request(["a\nb"]) == nil)
        let answer = ControlMessage.answer("one\ntwo", isRefusal: true)
        let read = try #require(ControlMessage.read(answer: answer))
        #expect(read.text == "one\ntwo" && read.isRefusal)
        for cut in answer.indices { #expect(ControlMessage.read(answer: Array(answer[..<cut])) == nil) }
    }
}
