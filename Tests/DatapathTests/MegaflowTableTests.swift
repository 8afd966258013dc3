import Datapath
import Testing

@Suite("The megaflow table against a linear list")
struct MegaflowTableTests {
    /// A random mask over a few words, so that masks repeat.
    private static func mask(_ generator: inout SeededGenerator) -> FlowMask {
        var mask = FlowMask()
        mask.inPort = .max
        let fields: [FlowField] = [
            .etherType, .ipv4Source, .ipv4Destination, .ipProtocol, .transportDestination, .ipv6Source,
        ]
        for field in fields where Bool.random(using: &generator) {
            mask[field] = Int.random(in: 0...2, using: &generator) == 0 ? 0xf0 : .max
        }
        return mask
    }

    private static func key(_ generator: inout SeededGenerator) -> FlowKey {
        var key = FlowKey()
        key.inPort = UInt32.random(in: 0...3, using: &generator)
        for field in [
            FlowField.etherType, .ipv4Source, .ipv4Destination, .ipProtocol, .transportDestination, .ipv6Source,
        ] {
            key[field] = UInt128.random(in: 0...0x11f, using: &generator)
        }
        return key
    }

    @Test("Puts, deletions and lookups agree with a list that is searched from end to end", arguments: [1, 2, 3, 4])
    func oracle(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var table = MegaflowTable(limit: 100_000, seed: seed)
        var list: [DatapathFlow] = []
        for step in 0..<700 {
            if Int.random(in: 0...9, using: &generator) < 6 || list.isEmpty {
                let mask = Self.mask(&generator)
                var key = Self.key(&generator)
                key.formIntersection(mask)
                let flow = DatapathFlow(
                    identifier: FlowIdentifier(key: key, mask: mask), key: key, mask: mask,
                    actions: [.output(PortIndex(rawValue: UInt32(step)))])
                try table.put(flow)
                if let known = list.firstIndex(where: { $0.identifier == flow.identifier }) {
                    list[known].actions = flow.actions
                } else {
                    list.append(flow)
                }
            } else {
                let victim = list.remove(at: Int.random(in: 0..<list.count, using: &generator))
                let removed = (table.remove(victim.identifier), table.remove(victim.identifier))
                #expect(removed.0 != nil && removed.1 == nil)
            }
            let count = table.count
            #expect(count == list.count)
            var probe = Self.key(&generator)
            if Bool.random(using: &generator), let some = list.randomElement(using: &generator) { probe = some.key }
            let matching = list.filter { $0.key.matches(probe, under: $0.mask) }
            let found = table.actions(for: probe)
            if matching.isEmpty {
                #expect(found == nil, "seed \(seed) step \(step)")
            } else {
                #expect(
                    found.map { actions in matching.contains { $0.actions == actions } } == true,
                    "seed \(seed) step \(step)")
            }
        }
        let maskCount = table.maskCount
        #expect(maskCount == Set(list.map { flow in (0..<FlowKey.wordCount).map { flow.mask.words[$0] } }).count)

        var cursor: UInt32 = 0
        var dumped: [DatapathFlow] = []
        while table.dump(&cursor, maximum: 7, into: &dumped) {}
        #expect(dumped.count == list.count)
        let byIdentifier = Dictionary(uniqueKeysWithValues: dumped.map { ($0.identifier, $0) })
        for flow in list {
            let stored = try #require(byIdentifier[flow.identifier])
            #expect(stored.key == flow.key && stored.mask == flow.mask && stored.actions == flow.actions)
            let direct = table.flow(flow.identifier)
            #expect(direct?.key == flow.key)
        }
        table.removeAll()
        let after = (table.count, table.maskCount, table.actions(for: Self.key(&generator)))
        #expect(after.0 == 0 && after.1 == 0 && after.2 == nil)
    }

    @Test("A flow with the key and mask of another is refused; the same name replaces actions; the limit holds")
    func refusals() throws {
        var table = MegaflowTable(limit: 2, seed: 5)
        var mask = FlowMask()
        mask.inPort = .max
        var key = FlowKey()
        key.inPort = 1
        let flow = DatapathFlow(
            identifier: FlowIdentifier(high: 1, low: 1), key: key, mask: mask, actions: [.drop(reason: 1)])
        try table.put(flow)
        var other = flow
        other.identifier = FlowIdentifier(high: 2, low: 2)
        #expect(Self.refusal(of: other, by: &table) == .exists)
        var replaced = flow
        replaced.actions = [.drop(reason: 2)]
        try table.put(replaced)
        let actions = table.actions(for: key)
        #expect(actions == [.drop(reason: 2)])
        other.key.inPort = 2
        try table.put(other)
        other.key.inPort = 3
        other.identifier = FlowIdentifier(high: 3, low: 3)
        #expect(Self.refusal(of: other, by: &table) == .noSpace)
        let count = table.count
        #expect(count == 2)
    }

    private static func refusal(of flow: DatapathFlow, by table: inout MegaflowTable) -> DatapathError.Code? {
        do throws(DatapathError) {
            try table.put(flow)
            return nil
        } catch {
            return error.code
        }
    }
}
