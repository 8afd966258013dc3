import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Conjunctive matches")
struct ConjunctionTests {
    private static func part(
        source: UInt32? = nil, destination: UInt32? = nil, _ members: [(UInt32, UInt8, UInt8)], priority: Int32 = 100
    ) -> FlowSpecification {
        var flow = FlowSpecification()
        (flow.key.etherType, flow.mask.etherType) = (0x0800, .max)
        if let source { (flow.key.ipv4Source, flow.mask.ipv4Source) = (source, .max) }
        if let destination { (flow.key.ipv4Destination, flow.mask.ipv4Destination) = (destination, .max) }
        flow.priority = priority
        flow.instructions = InstructionList([
            .applyActions(members.map { .conjunction(id: $0.0, clause: $0.1, clauseCount: $0.2) })
        ])
        return flow
    }

    private static func answer(_ identifier: UInt32, cookie: UInt64, priority: Int32 = 10) -> FlowSpecification {
        var flow = FlowSpecification()
        (flow.key.conjunctionID, flow.mask.conjunctionID) = (identifier, .max)
        flow.priority = priority
        flow.cookie = Cookie(rawValue: cookie)
        return flow
    }

    private static func packet(_ source: UInt32, _ destination: UInt32) -> FlowKey {
        var key = FlowKey()
        key.etherType = 0x0800
        key.ipv4Source = source
        key.ipv4Destination = destination
        return key
    }

    private static func table(_ flows: [FlowSpecification]) throws -> FlowTable {
        var table = FlowTable(TableID(rawValue: 0), maximumEntries: 100, seed: 1)
        for flow in flows { _ = try table.add(flow, resetsCounts: false, checksOverlap: false, now: .zero) }
        return table
    }

    private static func cookie(_ table: borrowing FlowTable, _ source: UInt32, _ destination: UInt32) -> UInt64? {
        var mask = FlowMask()
        return table.lookup(Self.packet(source, destination), unwildcarding: &mask)?.cookie.rawValue
    }

    @Test("match where a packet is in every clause, and nowhere else; parts match nothing by themselves")
    func example() throws {
        let sources = [1, 4, 6, 7] as [UInt32]
        let destinations = [2, 5, 7, 8] as [UInt32]
        let table = try Self.table(
            [Self.answer(1_234, cookie: 9)] + sources.map { Self.part(source: $0, [(1_234, 0, 2)]) }
                + destinations.map { Self.part(destination: $0, [(1_234, 1, 2)]) })
        for source in 0...9 as ClosedRange<UInt32> {
            for destination in 0...9 as ClosedRange<UInt32> {
                let isIn = sources.contains(source) && destinations.contains(destination)
                #expect(Self.cookie(table, source, destination) == (isIn ? 9 : nil))
            }
        }
        var mask = FlowMask()
        _ = table.lookup(Self.packet(1, 2), unwildcarding: &mask)
        #expect(mask.ipv4Source == .max && mask.ipv4Destination == .max && mask.etherType == .max)
    }

    @Test("let an ordinary flow of their priority go first, and one below answer where they are not complete")
    func priorities() throws {
        var ordinary = Self.part(source: 1, [])
        ordinary.cookie = Cookie(rawValue: 5)
        var low = ordinary
        low.priority = 1
        low.cookie = Cookie(rawValue: 6)
        let parts = [
            Self.part(source: 1, [(7, 0, 2)], priority: 50), Self.part(destination: 2, [(7, 1, 2)], priority: 50),
        ]
        // The flow with the number may be of any priority.
        var table = try Self.table(parts + [Self.answer(7, cookie: 9, priority: 0), low])
        #expect(Self.cookie(table, 1, 2) == 6)
        table = try Self.table(parts + [Self.answer(7, cookie: 9, priority: 2), low])
        #expect(Self.cookie(table, 1, 2) == 9)
        #expect(Self.cookie(table, 1, 3) == 6)
        table = try Self.table(parts + [low])
        #expect(Self.cookie(table, 1, 2) == 6)
        ordinary.key.ipv4Destination = 2
        ordinary.mask.ipv4Destination = .max
        ordinary.priority = 50
        table = try Self.table(parts + [Self.answer(7, cookie: 9, priority: 200), ordinary])
        #expect(Self.cookie(table, 1, 2) == 5)
    }

    @Test("tell conjunctions of one number and other priorities, or other counts of clauses, apart")
    func identities() throws {
        let answer = Self.answer(7, cookie: 9)
        var table = try Self.table([
            answer, Self.part(source: 1, [(7, 0, 2)], priority: 50),
            Self.part(destination: 2, [(7, 1, 2)], priority: 51),
        ])
        #expect(Self.cookie(table, 1, 2) == nil)
        table = try Self.table([answer, Self.part(source: 1, [(7, 0, 2)]), Self.part(destination: 2, [(7, 1, 3)])])
        #expect(Self.cookie(table, 1, 2) == nil)
        table = try Self.table([
            answer, Self.answer(8, cookie: 10), Self.part(source: 1, [(7, 0, 2), (8, 0, 2)]),
            Self.part(destination: 2, [(7, 1, 2)]), Self.part(destination: 3, [(8, 1, 2)]),
        ])
        #expect(Self.cookie(table, 1, 2) == 9)
        #expect(Self.cookie(table, 1, 3) == 10)
        let clauses = (0..<64).map { clause -> FlowSpecification in
            var part = Self.part([(7, UInt8(clause), 64)])
            (part.key.metadata, part.mask.metadata) = (0, 1 << UInt64(clause))
            return part
        }
        table = try Self.table([answer] + clauses)
        #expect(Self.cookie(table, 1, 2) == 9)
    }

    @Test("come and go with the instructions of their parts")
    func changes() throws {
        var table = try Self.table([
            Self.answer(7, cookie: 9), Self.part(source: 1, [(7, 0, 2)]), Self.part(destination: 2, [(7, 1, 2)]),
        ])
        #expect(Self.cookie(table, 1, 2) == 9)
        var slots: [UInt32] = []
        var selector = FlowSelector()
        (selector.key, selector.mask) = (Self.packet(1, 0), Self.part(source: 1, []).mask)
        table.select(selector, into: &slots)
        let slot = try #require(slots.first)
        let list = table.rules[slot].pointee.instructions
        table.modify(slot, instructions: .empty, cookie: Cookie(rawValue: 3), resetsCounts: false, now: .zero)
        #expect(Self.cookie(table, 1, 2) == 3)
        #expect(table.classifier.conjunctiveCount == 1)
        table.modify(slot, instructions: list, cookie: nil, resetsCounts: false, now: .zero)
        #expect(Self.cookie(table, 1, 2) == 9)
        #expect(table.classifier.conjunctiveCount == 2)
        table.remove(slot)
        #expect(Self.cookie(table, 1, 2) == nil)
        #expect(table.classifier.conjunctiveCount == 1)
    }

    @Test(
        "are refused where they stand beside other actions, in an action set, or with one clause",
        arguments: [OpenFlowVersion.v1_0, .v1_3, .v1_5])
    func refusals(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        let part = Action.conjunction(id: 1, clause: 0, clauseCount: 2)
        let output = Action.output(PortNumber(rawValue: 1), maximumLength: 0)
        func error(_ instructions: [Instruction]) -> OpenFlowError.Code? {
            harness.error(SwitchHarness.flowMod(.add, 1) { $0.instructions = instructions }, session)
        }
        #expect(error([.applyActions([part, .note([1, 2, 3, 4, 5, 6])])]) == nil)
        #expect(error([.applyActions([part, output])]) == .actionNiciraBadConjunction)
        #expect(
            error([.applyActions([.conjunction(id: 1, clause: 0, clauseCount: 1)])]) == .actionNiciraBadConjunction)
        #expect(
            error([.applyActions([.conjunction(id: 1, clause: 2, clauseCount: 2)])]) == .actionNiciraBadConjunction)
        guard version >= .v1_1 else { return }
        #expect(error([.applyActions([part]), .gotoTable(TableID(rawValue: 1))]) == .actionNiciraBadConjunction)
        #expect(error([.writeActions([part])]) == .actionBadType)
    }
}
