import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Egress tables (1.5)")
struct TranslatorEgressTests {
    private static func table(_ number: UInt8) -> TableID { TableID(rawValue: number) }
    private static func dscp(_ value: UInt128) -> Action { .setField(.ipDSCP, value: value, mask: 0x3f) }

    /// Table 10 is the first that packets pass when they leave.
    private func fixture() -> TranslationFixture {
        var fixture = TranslationFixture()
        fixture.pipeline.firstEgressTable = Self.table(10)
        return fixture
    }

    /// What is sent where, as the datapath carries it out.
    private func sent(_ result: Translation) throws -> [(port: DatapathAction?, tos: UInt8)] {
        let frame = TestFrame()
        var replay = try PacketReplay(result.actions, on: frame.bytes, key: frame.key(inPort: 101))
        let executions = replay.executions()
        return try #require(executions).map { ($0.actions.last, $0.key.ipTOS >> 2) }
    }

    @Test("a packet passes them once for each port, as a copy; what is changed there leaves with that copy alone")
    func copies() throws {
        var fixture = self.fixture()
        fixture.pipeline.add(instructions: [
            .applyActions([output(2), output(3)]), .writeActions([output(4)]),
        ])
        fixture.pipeline.add(
            table: 10, [MatchEntry(.actionSetOutput, 2)],
            instructions: [.applyActions([Self.dscp(10)]), .gotoTable(Self.table(11))])
        fixture.pipeline.add(table: 10, priority: 1, instructions: [.writeActions([Self.dscp(20)])])
        fixture.pipeline.add(table: 11, instructions: [.writeMetadata(value: 1, mask: 1)])
        let result = fixture.translate()
        let original = TestFrame().key(inPort: 1).ipTOS >> 2
        let packets = try self.sent(result)
        #expect(packets.map(\.port) == [out(2), out(3), out(4)])
        #expect(packets.map(\.tos) == [10, 20, 20] && original != 10)
        #expect(result.rules.map(\.table) == [0, 10, 11, 10, 10] && result.error == nil)
    }

    @Test("what misses there, or loses its action set, does not leave; others do")
    func drops() {
        var fixture = self.fixture()
        fixture.pipeline.add(actions: [output(2), output(3), output(4)])
        fixture.pipeline.add(table: 10, [MatchEntry(.actionSetOutput, 3)], instructions: [])
        fixture.pipeline.add(table: 10, [MatchEntry(.actionSetOutput, 4)], instructions: [.clearActions])
        let result = fixture.translate()
        #expect(result.actions == [out(3)] && result.missedTables == [Self.table(10)])
    }

    @Test("what they output by themselves leaves at once; to the controllers, packets go without passing them")
    func outputs() {
        var fixture = self.fixture()
        fixture.pipeline.add(actions: [output(2), output(.controller)])
        fixture.pipeline.add(table: 10, instructions: [.applyActions([output(4), output(.controller)])])
        let result = fixture.translate()
        #expect(result.actions == [out(4), out(2)])
        #expect(result.packetIns.map(\.reason) == [.applyAction, .applyAction])
    }

    @Test(
        "a packet may leave by the port it came in by where that was asked for; all, groups and cut packets pass, too")
    func ways() {
        var fixture = self.fixture()
        fixture.pipeline.addGroup(1, .all, [[output(3)], [output(4)]])
        fixture.pipeline.add(table: 10, instructions: [])
        for (actions, expected) in [
            ([output(.inPort)], [out(1)]), ([output(1)], []), ([output(.all)], [out(2), out(3), out(4)]),
            ([group(1)], [out(3), out(4)]),
            ([.outputTruncated(PortNumber(rawValue: 2), maximumLength: 100)], [.truncate(100), out(2)]),
        ] as [([Action], [DatapathAction])] {
            fixture.pipeline.tables[0] = []
            fixture.pipeline.add(actions: actions)
            #expect(fixture.translate().actions == expected, "\(actions)")
            #expect(fixture.translate(entry: .packetOut(actions)).actions == expected, "\(actions)")
        }
    }

    @Test("a packet that must go away there comes back there, and leaves by the port that it was about to")
    func freezes() throws {
        var fixture = self.fixture()
        fixture.recirculation = RecirculationTable()
        fixture.capabilities.recirculation = true
        fixture.capabilities.packetLengthCheck = true
        fixture.pipeline.add(actions: [output(2), output(3)])
        let bit = FieldSlice(.register0, offset: 0, bitCount: 1)
        fixture.pipeline.add(
            table: 10, [MatchEntry(.actionSetOutput, 2)],
            instructions: [
                .applyActions([.checkPacketLarger(length: 1_000, result: bit)]), .gotoTable(Self.table(11)),
            ])
        fixture.pipeline.add(table: 10, [MatchEntry(.actionSetOutput, 3)], instructions: [])
        fixture.pipeline.add(table: 11, [MatchEntry(.register0, 0)], instructions: [])
        let first = fixture.translate()
        #expect(first.actions.last == out(3) && first.actions.count == 2)
        for (identifier, expected) in [(UInt32(1), []), (2, [out(2)])] as [(UInt32, [DatapathAction])] {
            var key = TestFrame().key(inPort: 1)
            key.recirculationID = identifier
            let state = try #require(fixture.recirculation?.state(of: identifier))
            #expect(fixture.translate(key: key, entry: .thawed(state)).actions == expected)
        }
    }
}

@Suite("Egress tables as controllers set them")
struct SwitchEgressTests {
    private func features(_ replies: [Message]) -> [UInt32] {
        replies.flatMap { reply -> [UInt32] in
            guard case .multipartReply(let part) = reply, case .tableFeatures(let tables) = part.body else {
                Issue.record("\(reply)")
                return []
            }
            return tables.map(\.features)
        }
    }

    private func set(
        _ harness: SwitchHarness, _ session: ControllerSession, _ places: [(UInt8, UInt32)]
    ) -> [Message] {
        let request = places.map { table, bits in
            TableFeatures(
                tableID: TableID(rawValue: table), command: .modify, features: bits, name: "", metadataMatch: .max,
                metadataWrite: .max, maximumEntries: 100_000, properties: [])
        }
        return harness.request(.multipartRequest(MultipartRequest(body: .tableFeatures(request))), session)
    }

    @Test("the first is marked by table features, which tell of it; what cannot be is refused")
    func places() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let empty = MultipartRequest(body: .tableFeatures([]))
        let none = self.features(harness.request(.multipartRequest(empty), session))
        #expect(none.count == 254 && none[0] == 1 && none[1...].allSatisfy { $0 == 3 })
        func error(_ places: [(UInt8, UInt32)]) -> OpenFlowError.Code? {
            SwitchHarness.code(of: self.set(harness, session, places))
        }
        #expect(error([(0, 18)]) == .tableFeaturesBadFeatures)
        #expect(error([(5, 16)]) == .tableFeaturesBadFeatures)
        #expect(error([(5, 18), (6, 18)]) == .tableFeaturesBadFeatures)
        #expect(error([(5, 18), (6, 1)]) == .tableFeaturesBadFeatures)
        #expect(error([(5, 4)]) == .tableFeaturesBadFeatures)
        let set = self.features(self.set(harness, session, [(10, 18)]))
        #expect(set[9] == 1 && set[10] == 18 && set[11] == 2)
        #expect(harness.pipeline.read { $0.firstEgressTable } == TableID(rawValue: 10))
        // What is said of a table by others changes nothing of its place.
        #expect(self.features(self.set(harness, session, [(3, 0)]))[10] == 18)
        #expect(self.features(self.set(harness, session, [(10, 3)])) == none)
        #expect(harness.pipeline.read { $0.firstEgressTable } == nil)
    }

    @Test("flows keep to their side, and hold the place of their tables")
    func flows() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        func flow(_ table: UInt8, _ instructions: [Instruction]) -> OpenFlowError.Code? {
            harness.error(
                SwitchHarness.flowMod(.add, UInt32(table)) {
                    $0.tableID = TableID(rawValue: table)
                    $0.instructions = instructions
                }, session)
        }
        harness.request(groupMod(.add, 1, .all, []), session)
        // Lists that nothing can make wrong are remembered, but not beyond this.
        #expect(flow(20, [.writeActions([output(1)])]) == nil)
        #expect(SwitchHarness.code(of: self.set(harness, session, [(10, 18)])) == .tableFeaturesNotPermitted)
        #expect(harness.request(.flowMod(FlowMod(tableID: .all, command: .delete)), session).isEmpty)
        #expect(flow(3, [.gotoTable(TableID(rawValue: 10))]) == nil)
        #expect(SwitchHarness.code(of: self.set(harness, session, [(10, 18)])) == .tableFeaturesNotPermitted)
        #expect(!self.features(self.set(harness, session, [(11, 18)])).isEmpty)
        #expect(flow(4, [.gotoTable(TableID(rawValue: 12))]) == .instructionBadTableID)
        #expect(flow(12, [.gotoTable(TableID(rawValue: 13)), .applyActions([output(2)])]) == nil)
        #expect(flow(13, [.writeActions([output(1)])]) == .actionBadOutPort)
        #expect(flow(13, [.writeActions([group(1)])]) == .actionBadOutGroup)
        #expect(SwitchHarness.code(of: self.set(harness, session, [(11, 3)])) == .tableFeaturesNotPermitted)
        let modify = SwitchHarness.flowMod(.modify, 3) {
            $0.tableID = TableID(rawValue: 3)
            $0.instructions = [.gotoTable(TableID(rawValue: 200))]
        }
        #expect(harness.error(modify, session) == .instructionBadTableID)
    }
}
