import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Which megaflows a change of tables concerns")
struct TableChangesTests {
    /// Tables, and megaflows made from them as handlers make them.
    private struct Bridge: ~Copyable {
        let fixture = TranslationFixture()
        var state = PipelineState(tableCount: 4, seed: 7)
        var flows: [InstalledFlow] = []
        /// The packet that each was made for.
        var frames: [TestFrame] = []
        private var added = 0
        private var tablesWithMiss: Set<UInt8> = []

        init(_ pipeline: TestPipeline) throws {
            self.state.setWantsPacketInOnMiss(pipeline.missesGoToControllers)
            for port in pipeline.portsInOrder {
                _ = try self.state.ports.add(port.description, index: port.index, requested: port.number)
            }
            for group in pipeline.groups.values.sorted(by: { $0.groupID.rawValue < $1.groupID.rawValue }) {
                let groupMod = GroupMod(type: group.type, groupID: group.groupID, buckets: group.buckets)
                _ = try self.state.groups.apply(groupMod, version: .v1_5, now: .zero)
            }
            for (table, rules) in pipeline.tables { for rule in rules { try self.add(rule, to: table) } }
            self.state.events.removeAll()
        }

        mutating func add(_ rule: TestPipeline.Rule, to table: UInt8) throws {
            var flow = FlowSpecification()
            (flow.key, flow.mask, flow.cookie) = (rule.key, rule.mask, Cookie(rawValue: rule.cookie))
            // Ties are nobody's to break: no two rules have one priority, but for those of 0, of which the first wins.
            self.added += 1
            if rule.priority == 0, self.tablesWithMiss.contains(table) { return }
            if rule.priority == 0 { self.tablesWithMiss.insert(table) }
            flow.priority = Int32(rule.priority == 0 ? 0 : rule.priority * 1000 + self.added % 1000)
            flow.instructions = InstructionList(rule.instructions)
            try self.state.addFlow(
                flow, to: TableID(rawValue: table), resetsCounts: true, checksOverlap: false, now: .zero)
        }

        func translate(_ key: FlowKey) -> Translation {
            var key = key
            key.inPort -= 100
            return Translator.translate(
                key: key, entry: .pipeline, view: self.state,
                environment: TranslationEnvironment(
                    capabilities: self.fixture.capabilities, learning: self.fixture.learning),
                now: self.fixture.now, allowsSideEffects: false)
        }

        mutating func install(_ frame: TestFrame, inPort: UInt32) {
            let key = frame.key(inPort: inPort + 100)
            let translation = self.translate(key)
            guard translation.error == nil else { return }
            let match = FlowMatch(key: key, mask: translation.mask)
            self.frames.append(frame)
            self.flows.append(
                InstalledFlow(
                    identifier: FlowIdentifier(key: match.key, mask: match.mask),
                    bridge: BridgeIdentifier(rawValue: 1), match: match, created: .zero, actions: translation.actions,
                    rules: translation.rules, counters: translation.counters,
                    missedTables: translation.missedTables, version: 1))
        }

        /// What the revalidator does with a megaflow that a change may concern.
        mutating func retranslate(_ index: Int) {
            let translation = self.translate(self.flows[index].match.key)
            guard translation.error == nil else {
                self.flows[index].state = .deleting
                return
            }
            guard translation.mask.isSubset(of: self.flows[index].match.mask) else {
                // Its packets are told apart now, so that it would go; another takes its place here.
                let match = FlowMatch(key: self.flows[index].match.key, mask: .exact)
                self.flows[index] = InstalledFlow(
                    identifier: FlowIdentifier(key: match.key, mask: match.mask),
                    bridge: BridgeIdentifier(rawValue: 1), match: match, created: .zero, actions: translation.actions,
                    rules: translation.rules, missedTables: translation.missedTables, version: 1)
                return
            }
            self.flows[index].actions = translation.actions
            self.flows[index].rules = translation.rules
            self.flows[index].missedTables = translation.missedTables
        }

        /// What the events so far changed.
        mutating func takeChanges() -> TableChanges {
            var changes = TableChanges()
            changes.note(self.state.events, in: self.state)
            self.state.events.removeAll()
            return changes
        }

        /// The rules of a table, by the translations of its megaflows.
        func anyRule(of table: UInt8, _ pick: Int) -> RuleReference? {
            let rules = self.flows.flatMap(\.rules).filter { $0.table == table }
            return rules.isEmpty ? nil : rules[pick % rules.count]
        }
    }

    @Test("what is passed over would be translated as before", arguments: 0..<10)
    func agreesWithTranslation(seed: UInt64) throws {
        var generator = TranslationGenerator(seed: seed)
        var passedOver = 0
        var concerned = 0
        for _ in 0..<12 {
            var bridge = try Bridge(generator.pipeline())
            for _ in 0..<12 { bridge.install(generator.frame(), inPort: generator.pick([1, 2])) }
            for _ in 0..<6 {
                for _ in 0..<generator.pick([1, 1, 3]) {
                    let donor = generator.pipeline()
                    let table: UInt8 = generator.pick([0, 0, 1, 2])
                    switch generator.pick([0, 0, 1, 2]) {
                    case 1:
                        guard let rule = bridge.anyRule(of: table, generator.pick([0, 1, 2, 3, 4])) else { continue }
                        bridge.state.removeFlow(rule, .delete, nil)
                    case 2:
                        guard let rule = bridge.anyRule(of: table, generator.pick([0, 1, 2, 3, 4])) else { continue }
                        let other = donor.tables[table]?.first?.instructions ?? []
                        bridge.state.modifyFlow(
                            rule, instructions: InstructionList(other), cookie: nil, resetsCounts: false, now: .zero)
                    default:
                        guard let rule = donor.tables[table]?.first else { continue }
                        try bridge.add(rule, to: table)
                    }
                }
                let changes = bridge.takeChanges()
                let others = (0..<20).map { _ in generator.frame() }
                for index in bridge.flows.indices where bridge.flows[index].state != .deleting {
                    let flow = bridge.flows[index]
                    let inPort = PortNumber(rawValue: flow.match.key.inPort - 100)
                    guard !changes.mayConcern(flow, inPort: inPort) else {
                        concerned += 1
                        bridge.retranslate(index)
                        continue
                    }
                    passedOver += 1
                    // Whatever packet it is for, it does what the tables say; by other actions perhaps, as what is
                    // known of a packet need not be written.
                    for frame in [bridge.frames[index]] + others {
                        let key = frame.key(inPort: flow.match.key.inPort)
                        guard key.matches(flow.match.key, under: flow.match.mask) else { continue }
                        let now = bridge.translate(key)
                        #expect(now.error == nil && now.rules == flow.rules, "seed \(seed)")
                        #expect(now.missedTables == flow.missedTables, "seed \(seed)")
                        let sent = try TranslatorPropertyTests.outputs(
                            of: flow.actions, on: frame, inPort: flow.match.key.inPort)
                        let expected = try TranslatorPropertyTests.outputs(
                            of: now.actions, on: frame, inPort: flow.match.key.inPort)
                        #expect(sent == expected, "seed \(seed)")
                    }
                }
            }
        }
        #expect(passedOver > 0 && concerned > 0, "the domains are too small to test anything")
    }

    @Test("a flow for one conversation concerns the megaflows of no other")
    func fiveTuples() throws {
        var pipeline = TestPipeline(ports: [1, 2])
        pipeline.add(table: 0, priority: 0, [], actions: [output(.controller)], cookie: 0)
        var bridge = try Bridge(pipeline)
        func entries(_ number: UInt64) -> [MatchEntry] {
            [MatchEntry(.etherType, 0x0800), MatchEntry(.ethernetSource, UInt128(0x0200_0000_0000 + number))]
        }
        // A first one makes megaflows look at both fields.
        try bridge.add(TestPipeline.Rule(priority: 1, match: entries(1000), instructions: []), to: 0)
        for number in UInt64(0)..<50 {
            bridge.install(TestFrame(source: 0x0200_0000_0000 + number), inPort: 1)
        }
        _ = bridge.takeChanges()
        try bridge.add(TestPipeline.Rule(priority: 2, match: entries(7), instructions: []), to: 0)
        let changes = bridge.takeChanges()
        let concerned = bridge.flows.filter { changes.mayConcern($0, inPort: PortNumber(rawValue: 1)) }
        #expect(concerned.map { $0.match.key.ethernetSource } == [0x0200_0000_0007])
    }

    @Test("more changes than can be kept track of concern everything")
    func limits() throws {
        var bridge = try Bridge(TestPipeline(ports: [1, 2]))
        bridge.install(TestFrame(), inPort: 1)
        for number in 0..<5000 {
            let match = [MatchEntry(.ethernetSource, UInt128(number))]
            try bridge.add(TestPipeline.Rule(priority: 1, match: match, instructions: []), to: 0)
        }
        #expect(bridge.takeChanges().isEverything)
        bridge.state.setWantsPacketInOnMiss(true)
        #expect(bridge.takeChanges().isEverything)
    }
}
