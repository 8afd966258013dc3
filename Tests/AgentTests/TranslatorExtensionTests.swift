import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Nicira's actions in translation")
struct TranslatorExtensionTests {
    private let whole = FieldSlice(.register0, offset: 0, bitCount: 32)

    private static func set(_ field: MatchField, _ value: UInt128) -> Action {
        .setField(field, value: value, mask: field.allOnes)
    }

    @Test("what a clone changes shows in what it sends and nowhere else")
    func clone() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            actions: [
                .clone([Self.set(.ethernetSource, 5), .pushVLAN(.vlan), output(2)]), output(3),
            ])
        var frame = TestFrame()
        frame.source = 0x0200_0000_0001
        let result = fixture.translate(frame)
        guard result.actions.count == 6 else {
            Issue.record("\(result.actions)")
            return
        }
        #expect(result.actions[0] == .pushVLAN(tpid: 0x8100, tci: 0x1000))
        #expect(result.actions[2] == out(2) && result.actions[3] == .popVLAN && result.actions[5] == out(3))
        // The address is written back, so the megaflow must know it.
        #expect(result.mask.ethernetSource == 0xffff_ffff_ffff)
    }

    @Test("a stack gives back what was pushed last, and an empty one changes nothing")
    func stack() {
        var fixture = TranslationFixture()
        fixture.pipeline.add(
            actions: [
                Self.set(.register0, 1), .pushStack(self.whole), Self.set(.register0, 2), .pushStack(self.whole),
                .popStack(FieldSlice(.register1, offset: 0, bitCount: 32)),
                .popStack(FieldSlice(.register2, offset: 0, bitCount: 16)),
                .popStack(FieldSlice(.register1, offset: 0, bitCount: 32)),
                .resubmit(port: nil, table: TableID(rawValue: 1)),
            ])
        fixture.pipeline.add(table: 1, [MatchEntry(.register1, 2), MatchEntry(.register2, 1)], actions: [output(2)])
        #expect(fixture.translate().actions == [out(2)])
        fixture.limits.stack = 1
        #expect(fixture.translate().drops.map(\.cause).contains(.stackOverflow))
    }

    @Test("multipath depends on the fields that it hashes, spreads over all links, and keeps to its links")
    func multipath() {
        var fixture = TranslationFixture()
        var multipath = Multipath()
        multipath.hashFields = .symmetricL3L4UDP
        multipath.maximumLink = 2
        for algorithm in Multipath.Algorithm.allCases {
            multipath.algorithm = algorithm
            multipath.argument = 5
            fixture.pipeline.tables[0] = []
            fixture.pipeline.add(actions: [.multipath(multipath), .resubmit(port: nil, table: TableID(rawValue: 1))])
            fixture.pipeline.tables[1] = []
            for link in UInt32(0)...2 {
                fixture.pipeline.add(table: 1, [MatchEntry(.register0, link)], actions: [output(link + 2)])
            }
            var seen: Set<[DatapathAction]> = []
            for source in UInt32(1)...60 {
                var ip = TestFrame.IP()
                ip.source = 0x0a00_0000 + source
                ip.destination = 0x0a00_0100
                var frame = TestFrame()
                frame.payload = .ipv4(ip)
                let result = fixture.translate(frame)
                #expect(result.mask.ipv4Source == .max && result.mask.ipv4Destination == .max)
                seen.insert(result.actions)
                // Both directions of a conversation take one link.
                (ip.source, ip.destination) = (ip.destination, ip.source)
                (ip.sourcePort, ip.destinationPort) = (ip.destinationPort, ip.sourcePort)
                frame.payload = .ipv4(ip)
                #expect(fixture.translate(frame).actions == result.actions)
            }
            #expect(seen == [[out(2)], [out(3)], [out(4)]], "\(algorithm)")
        }
    }

    @Test("a bundle takes the first port that is up, or one by hash, and says so in a register where asked")
    func bundle() {
        var fixture = TranslationFixture()
        var bundle = PortBundle()
        bundle.members = [PortNumber(rawValue: 9), PortNumber(rawValue: 2), PortNumber(rawValue: 3)]
        fixture.pipeline.add(actions: [.bundle(bundle)])
        #expect(fixture.translate().actions == [out(2)])
        fixture.pipeline.addPort(2, .portDown)
        #expect(fixture.translate().actions == [out(3)])
        fixture.pipeline.addPort(3, .portDown)
        #expect(fixture.translate().actions == [])
        bundle.destination = self.whole
        bundle.algorithm = .highestRandomWeight
        fixture.pipeline.tables[0] = []
        fixture.pipeline.add(actions: [.bundle(bundle), .resubmit(port: nil, table: TableID(rawValue: 1))])
        fixture.pipeline.add(table: 1, [MatchEntry(.register0, 0xffff)], actions: [output(4)])
        #expect(fixture.translate().actions == [out(4)])
    }

    @Test("learn makes a flow of the packet, and the megaflow knows every bit that it is made of")
    func learn() throws {
        var learn = Learn()
        learn.table = TableID(rawValue: 7)
        learn.idleTimeoutSeconds = 30
        learn.specifications = [
            .init(
                bitCount: 48, source: .field(.ethernetSource, offset: 0),
                destination: .match(.ethernetDestination, offset: 0)),
            .init(bitCount: 16, source: .immediate(0x0800), destination: .match(.etherType, offset: 0)),
            .init(bitCount: 32, source: .field(.inPort, offset: 0), destination: .load(.register0, offset: 0)),
            .init(bitCount: 16, source: .field(.inPort, offset: 0), destination: .output),
        ]
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [.learn(learn), output(2)])
        var frame = TestFrame()
        frame.source = 0x0200_0000_0007
        let result = fixture.translate(frame)
        let flow = try #require(result.learnedFlows.first).flowMod
        #expect(flow.tableID.rawValue == 7 && flow.idleTimeoutSeconds == 30 && flow.priority == 0x8000)
        #expect(
            flow.match.entries == [MatchEntry(.ethernetDestination, 0x0200_0000_0007), MatchEntry(.etherType, 0x0800)])
        #expect(
            flow.instructions == [
                .applyActions([Self.set(.register0, 1), .output(PortNumber(rawValue: 1), maximumLength: 0xffff)])
            ])
        #expect(result.mask.ethernetSource == 0xffff_ffff_ffff && result.actions == [out(2)])
    }

    @Test("a flow that is learned with timeouts for its connection's end shortens them itself")
    func learnFinTimeouts() throws {
        var learn = Learn()
        learn.finIdleTimeoutSeconds = 5
        learn.finHardTimeoutSeconds = 9
        var fixture = TranslationFixture()
        fixture.pipeline.add(actions: [.learn(learn), output(2)])
        let flow = try #require(fixture.translate(TestFrame()).learnedFlows.first).flowMod
        #expect(flow.instructions == [.applyActions([.finTimeout(idleSeconds: 5, hardSeconds: 9)])])
        #expect(throws: Never.self) {
            try InstructionValidator.validate(
                [.applyActions([.learn(learn)])], facts: PacketFacts(FlowKey(), FlowMask()),
                table: TableID(rawValue: 0), tableCount: 254, version: .v1_3)
        }
    }

    @Test("learn says in its result whether the flow could be learned within the limit")
    func learnResult() {
        for isAllowed in [true, false] {
            var learn = Learn()
            learn.limit = 5
            learn.flags = .writeResult
            learn.result = FieldSlice(.register1, offset: 4, bitCount: 1)
            var fixture = TranslationFixture()
            fixture.pipeline.allowsLearning = isAllowed
            fixture.pipeline.add(actions: [
                .learn(learn), .resubmit(port: nil, table: TableID(rawValue: 1)),
            ])
            fixture.pipeline.add(table: 1, [MatchEntry(.register1, 0x10)], actions: [output(2)])
            fixture.pipeline.add(table: 1, [MatchEntry(.register1, 0)], actions: [output(3)])
            let result = fixture.translate()
            #expect(result.learnedFlows.count == (isAllowed ? 1 : 0))
            #expect(result.actions == [out(isAllowed ? 2 : 3)])
        }
    }

    @Test("ct becomes the datapath's action; the packet goes on where it says, with its registers, once it is back")
    func tracking() throws {
        var fixture = TranslationFixture()
        let table = RecirculationTable()
        fixture.recirculation = table
        fixture.capabilities.recirculation = true
        fixture.capabilities.connectionTracking = true
        var tracking = ConnectionTracking()
        tracking.flags = [.commit]
        tracking.zone = .immediate(5)
        tracking.recirculationTable = TableID(rawValue: 3)
        var nat = AddressTranslation()
        nat.flags = [.source]
        nat.addresses = .ipv4(IPv4Address(rawValue: 0x0a00_0001), last: nil)
        tracking.actions = [
            .addressTranslation(nat), .setField(.connectionMark, value: 0x10, mask: 0xf0),
        ]
        fixture.pipeline.add(actions: [Self.set(.register0, 77), .connectionTracking(tracking)])
        fixture.pipeline.add(
            table: 3, [MatchEntry(.connectionState, value: 0x20, mask: 0x20), MatchEntry(.register0, 77)],
            actions: [output(2)])
        let first = fixture.translate()
        var expected = ConnectionTrackingRequest()
        expected.commits = true
        expected.zone = 5
        expected.mark = 0x10
        expected.markMask = 0xf0
        expected.translation = .init()
        expected.translation?.direction = .source
        expected.translation?.firstAddress = 0x0a00_0001
        #expect(first.actions == [.connectionTracking(expected), .recirculate(1)] && first.drops.isEmpty)
        // The same packet again has the same id; so have translations of the same flow.
        #expect(fixture.translate(dryRun: true).actions == first.actions && table.count == 1)

        var key = TestFrame().key(inPort: 1)
        key.recirculationID = 1
        key.connectionState = 0x21
        let second = fixture.translate(key: key, entry: .thawed(table.state(of: 1)))
        #expect(second.actions == [out(2)] && second.mask.connectionState == 0x20)
        key.connectionState = 0
        #expect(fixture.translate(key: key, entry: .thawed(table.state(of: 1))).drops.map(\.cause) == [.noMatchingRule])
        let lost = fixture.translate(key: key, entry: .thawed(nil))
        #expect(lost.actions.isEmpty && lost.drops.map(\.cause) == [.recirculationLost])

        fixture.capabilities.connectionTracking = false
        #expect(fixture.translate().drops.map(\.cause) == [.connectionTrackingUnavailable])
    }

    @Test("a resubmit with the connection's tuple depends on that tuple and not on the packet's own")
    func tracked() {
        var fixture = TranslationFixture()
        fixture.capabilities.connectionTracking = true
        fixture.pipeline.add(actions: [.resubmitTracked(port: nil, table: TableID(rawValue: 1))])
        fixture.pipeline.add(
            table: 1, [MatchEntry(.etherType, 0x0800), MatchEntry(.ipv4Source, 0x0101_0101)], actions: [output(2)])
        var frame = TestFrame()
        frame.payload = .ipv4(TestFrame.IP())
        var key = frame.key(inPort: 1)
        key.connectionState = 0x21
        key.connectionProtocol = 6
        key.connectionIPv4Source = 0x0101_0101
        let result = fixture.translate(key: key)
        #expect(result.actions == [out(2)])
        #expect(result.mask.connectionIPv4Source == .max && result.mask.ipv4Source == 0)
        #expect(result.mask.connectionState == 0x20 && result.mask.connectionProtocol == 0xff)
    }

    @Test("frozen states are kept while named or new, and forgotten afterwards")
    func collection() throws {
        let table = RecirculationTable()
        let start = MonotonicTime(nanoseconds: 1_000_000_000_000)
        func state(_ number: UInt8) -> FrozenState {
            FrozenState(
                bridge: BridgeIdentifier(rawValue: 1), inPort: PortNumber(rawValue: 1),
                steps: [.table(TableID(rawValue: number))], pipelineWords: [], actionSet: [], stack: [], generation: 1)
        }
        let first = try #require(table.identifier(of: state(1), now: start))
        let second = try #require(table.identifier(of: state(2), now: start))
        #expect(first != second && table.identifier(of: state(1), now: start) == first)
        #expect(table.collect(now: start + .seconds(9), unless: []) == 0)
        #expect(table.collect(now: start + .seconds(10), unless: [first]) == 1)
        #expect(table.state(of: first) == state(1) && table.state(of: second) == nil)
        let third = try #require(table.identifier(of: state(2), now: start))
        #expect(third != second)
    }
}
