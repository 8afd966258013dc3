import Datapath
import Glibc
import OpenFlow
import Testing

@testable import Agent

/// A rule as the slow and obvious search has it: only the words that it looks at.
private struct ObviousRule {
    var words: [(index: Int, value: UInt64, mask: UInt64)]
    var priority: Int32
    var cookie: UInt64
    var members: [ConjunctionMembership]

    init(_ key: FlowKey, _ mask: FlowMask, priority: Int32, cookie: UInt64, members: [ConjunctionMembership]) {
        self.words = (0..<FlowKey.wordCount).filter { mask.words[$0] != 0 }
            .map { ($0, key.words[$0] & mask.words[$0], mask.words[$0]) }
        (self.priority, self.cookie, self.members) = (priority, cookie, members)
    }

    func matches(_ key: FlowKey) -> Bool {
        self.words.allSatisfy { key.words[$0.index] & $0.mask == $0.value }
    }
}

/// The flow table that cannot be wrong: all rules in a list, and the definition of a conjunctive match word by word.
private struct ObviousTable {
    var rules: [ObviousRule] = []

    /// The cookies of the flows that may answer for `key`; empty where none matches.
    func winners(_ key: FlowKey) -> Set<UInt64> {
        let matching = self.rules.filter { $0.matches(key) }
        for priority in Set(matching.map(\.priority)).sorted(by: >) {
            let here = matching.filter { $0.priority == priority }
            let ordinary = here.filter(\.members.isEmpty)
            if !ordinary.isEmpty { return Set(ordinary.map(\.cookie)) }
            let clauses = Set(here.flatMap(\.members))
            for conjunction in Set(clauses.map { [$0.identifier, UInt32($0.clauseCount)] }).sorted(by: { $0[0] < $1[0] }
            ) {
                let present = Set(
                    clauses.filter { [$0.identifier, UInt32($0.clauseCount)] == conjunction }.map(\.clause))
                guard present.count == Int(conjunction[1]) else { continue }
                var numbered = key
                numbered.conjunctionID = conjunction[0]
                let found = self.rules.filter { $0.members.isEmpty && $0.matches(numbered) }
                guard let best = found.map(\.priority).max() else { continue }
                return Set(found.filter { $0.priority == best }.map(\.cookie))
            }
        }
        return []
    }
}

@Suite("A flow table and a linear search")
struct ClassifierOracleTests {
    /// How many tables are tried; `SLUICE_CLASSIFIER_TABLES` asks for more.
    private static let tables: Int = {
        guard let text = getenv("SLUICE_CLASSIFIER_TABLES").map({ String(cString: $0) }) else { return 240 }
        return Int(text) ?? 240
    }()

    /// Prefixes of the fields that prefixes are tracked of, and what else tells stages apart.
    private static func randomMask(_ generator: inout SeededGenerator, conjunctions: Bool) -> FlowMask {
        var mask = FlowMask()
        func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }
        func prefix(_ width: Int) -> UInt64 {
            let length = Int.random(in: 1...width, using: &generator)
            let ones = (UInt64.max << UInt64(64 - length)) >> UInt64(64 - width)
            // Now and then a hole, or a mask that is no prefix at all.
            return chance(8) ? ones & ~(1 << UInt64.random(in: 0..<UInt64(width), using: &generator)) : ones
        }
        if chance(5) { mask.inPort = .max }
        if chance(5) { mask.metadata = chance(2) ? .max : 0xff }
        if chance(2) { mask.etherType = .max }
        if chance(6) { mask.vlanTCI = 0x1fff }
        if chance(2) { mask.ipv4Source = UInt32(prefix(32)) }
        if chance(2) { mask.ipv4Destination = UInt32(prefix(32)) }
        if chance(5) { mask.words[36] = prefix(64) }
        if chance(5) { mask.words[37] = prefix(64) }
        if chance(6) { mask.words[38] = prefix(64) }
        if chance(6) { mask.words[39] = prefix(64) }
        if chance(4) { mask.ipProtocol = .max }
        if chance(4) { mask.transportSource = UInt16(prefix(16)) }
        if chance(4) { mask.transportDestination = UInt16(prefix(16)) }
        if conjunctions, chance(4) { mask.conjunctionID = .max }
        return mask
    }

    /// A key near others: few bits differ, so that packets hit, miss late and share beginnings.
    private static func randomKey(_ generator: inout SeededGenerator) -> FlowKey {
        var key = FlowKey()
        func near(_ base: UInt64, _ width: UInt64) -> UInt64 {
            var value = base
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                value ^= 1 << UInt64.random(in: 0..<width, using: &generator)
            }
            return value
        }
        key.inPort = UInt32.random(in: 1...3, using: &generator)
        key.metadata = UInt64.random(in: 0...2, using: &generator)
        key.etherType = [0x0800, 0x0806, 0x86dd].randomElement(using: &generator) ?? 0
        key.vlanTCI = UInt16.random(in: 0...2, using: &generator) * 0x1001
        key.ipv4Source = UInt32(near(0x0a01_0203, 32))
        key.ipv4Destination = UInt32(near(0xc0a8_0101, 32))
        for word in 36...39 { key.words[word] = near(0x2001_0db8_0000_0001, 64) }
        key.ipProtocol = Bool.random(using: &generator) ? 6 : 17
        key.transportSource = UInt16(near(0x5000, 16))
        key.transportDestination = UInt16(near(80, 16))
        return key
    }

    private static func randomFlow(
        _ generator: inout SeededGenerator, _ masks: [FlowMask], cookie: UInt64, priorities: Int32, conjunctions: Bool
    ) -> FlowSpecification {
        var flow = FlowSpecification()
        flow.mask = masks[Int.random(in: 0..<masks.count, using: &generator)]
        flow.key = Self.randomKey(&generator)
        flow.key.conjunctionID = UInt32.random(in: 1...3, using: &generator)
        flow.priority = Int32.random(in: 0..<priorities, using: &generator)
        flow.cookie = Cookie(rawValue: cookie)
        guard conjunctions, flow.mask.conjunctionID == 0, Bool.random(using: &generator) else { return flow }
        let actions = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
            Action.conjunction(
                id: UInt32.random(in: 1...3, using: &generator), clause: UInt8.random(in: 0...1, using: &generator),
                clauseCount: UInt8.random(in: 2...3, using: &generator))
        }
        flow.instructions = InstructionList([.applyActions(actions)])
        return flow
    }

    @Test("give the same answers, and the masks are true, for random tables and packets", arguments: 0..<4)
    func agree(lane: Int) throws {
        let start = getenv("SLUICE_CLASSIFIER_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_000
        var packets = 0
        for table in Swift.stride(from: lane, to: Self.tables, by: 4) {
            packets += try Self.check(seed: start &+ UInt64(table))
        }
        print("classifier oracle: lane \(lane), seeds \(start)..<\(start &+ UInt64(Self.tables)), \(packets) packets")
    }

    /// One random table, built up and partly taken down again, and packets for it; returns how many.
    private static func check(seed: UInt64) throws -> Int {
        var generator = SeededGenerator(state: seed &* 0x9e37_79b9)
        var table = FlowTable(TableID(rawValue: 0), maximumEntries: 1_000, seed: generator.next())
        var oracle = ObviousTable()
        let conjunctions = seed % 2 == 0
        let masks = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
            Self.randomMask(&generator, conjunctions: conjunctions)
        }
        let priorities = Int32.random(in: 1...6, using: &generator)
        var packets = 0
        for round in 0..<40 {
            if round % 4 == 3, let place = oracle.rules.indices.randomElement(using: &generator) {
                let cookie = oracle.rules.remove(at: place).cookie
                table.remove(table.firstSlot(of: Cookie(rawValue: cookie)))
            } else {
                let flow = Self.randomFlow(
                    &generator, masks, cookie: UInt64(round + 1), priorities: priorities, conjunctions: conjunctions)
                let added = try table.add(flow, resetsCounts: false, checksOverlap: false, now: .zero)
                var masked = flow.key
                masked.formIntersection(flow.mask)
                let rule = ObviousRule(
                    masked, flow.mask, priority: flow.priority, cookie: UInt64(round + 1),
                    members: flow.instructions.conjunctions)
                if added.replaced {
                    oracle.rules.removeAll { other in
                        other.priority == rule.priority && other.words.count == rule.words.count
                            && zip(other.words, rule.words).allSatisfy { $0 == $1 }
                    }
                }
                oracle.rules.append(rule)
            }
            guard round % 8 == 7 else { continue }
            for _ in 0..<6 { packets += Self.compare(table, oracle, &generator, "seed \(seed), round \(round)") }
        }
        return packets
    }

    private static func compare(
        _ table: borrowing FlowTable, _ oracle: ObviousTable, _ generator: inout SeededGenerator, _ place: Comment
    ) -> Int {
        let key = Self.randomKey(&generator)
        var mask = FlowMask()
        let found = table.lookup(key, unwildcarding: &mask)
        let winners = oracle.winners(key)
        #expect(found.map { winners.contains($0.cookie.rawValue) } ?? winners.isEmpty, place)
        // Every packet that agrees on what was looked at gets the same rule.
        for _ in 0..<4 {
            var other = Self.randomKey(&generator)
            for index in 0..<FlowKey.wordCount {
                other.words[index] = other.words[index] & ~mask.words[index] | key.words[index] & mask.words[index]
            }
            var ignored = FlowMask()
            let same = table.lookup(other, unwildcarding: &ignored)
            #expect(same?.reference == found?.reference, place)
            let others = oracle.winners(other)
            #expect(found.map { others.contains($0.cookie.rawValue) } ?? others.isEmpty, place)
        }
        return 5
    }
}

@Suite("Prefixes of a classifier")
struct ClassifierPrefixTests {
    @Test("A set of values says how many leading bits tell a value from all of them", arguments: 1...20)
    func sets(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        func value() -> UInt32 { UInt32.random(in: 0..<2_000, using: &generator) &* 0x0010_0801 }
        var values = (0..<Int.random(in: 0...1_200, using: &generator)).map { _ in value() }
        var set = PrefixSet(values)
        for round in 0..<700 {
            if round % 2 == 0 {
                let added = value()
                values.append(added)
                set.insert(added)
            }
            guard round % 7 == 0 else { continue }
            let asked = value()
            let most = values.map { ($0 ^ asked).leadingZeroBitCount }.max()
            let expected = most.map { $0 == 32 ? nil : $0 + 1 } ?? 0
            #expect(set.bitsThatDiffer(asked) == expected, "seed \(seed)")
        }
        #expect(set.count == Set(values).count)
    }

    private static func insert(
        _ classifier: inout Classifier, _ number: UInt32, _ change: (inout FlowKey, inout FlowMask) -> Void
    ) {
        var key = FlowKey()
        var mask = FlowMask()
        (key.etherType, mask.etherType) = (0x0800, .max)
        change(&key, &mask)
        _ = classifier.insert(key, mask: mask, priority: 10, rule: number)
    }

    private static func look(
        _ classifier: borrowing Classifier, _ packet: FlowKey, _ destination: UInt32
    ) -> (found: UInt32?, mask: FlowMask) {
        var packet = packet
        packet.ipv4Destination = destination
        var mask = FlowMask()
        return (classifier.lookup(packet, unwildcarding: &mask), mask)
    }

    @Test("A packet to an address that no rule names is told apart by as few bits as it takes")
    func widestMasks() {
        var classifier = Classifier(seed: 3)
        for host in 1...40 as ClosedRange<UInt32> {
            Self.insert(&classifier, host) { key, mask in
                (key.ipv4Destination, mask.ipv4Destination) = (0x0a00_0000 | host << 8, 0xffff_ff00)
                (key.ipProtocol, mask.ipProtocol) = (6, .max)
            }
        }
        var packet = FlowKey()
        packet.etherType = 0x0800
        packet.ipProtocol = 6
        // 11.0.0.1 differs from all of 10.0.0.0/8 in the eighth bit; the protocol need not be known.
        let far = Self.look(classifier, packet, 0x0b00_0001)
        #expect(far.found == nil && far.mask.ipv4Destination == 0xff00_0000 && far.mask.ipProtocol == 0)
        #expect(far.mask.etherType == .max)
        let near = Self.look(classifier, packet, 0x0a00_4001)
        #expect(near.found == nil && near.mask.ipv4Destination == 0xffff_c000)
        let there = Self.look(classifier, packet, 0x0a00_0501)
        #expect(there.found == 5 && there.mask.ipv4Destination == 0xffff_ff00 && there.mask.ipProtocol == .max)
        // Another protocol to an address that is there: all bits are needed.
        packet.ipProtocol = 17
        let other = Self.look(classifier, packet, 0x0a00_0501)
        #expect(other.found == nil && other.mask.ipv4Destination == 0xffff_ff00)
        // The set follows additions.
        packet.ipProtocol = 6
        Self.insert(&classifier, 99) { key, mask in
            (key.ipv4Destination, mask.ipv4Destination) = (0x0b00_0000, 0xffff_ff00)
            (key.ipProtocol, mask.ipProtocol) = (6, .max)
        }
        let new = Self.look(classifier, packet, 0x0b00_0001)
        let neighbour = Self.look(classifier, packet, 0x0b00_0101)
        #expect(new.found == 99 && neighbour.mask.ipv4Destination == 0xffff_ff00)
    }

    @Test("IPv6 addresses are told apart by the quarter that differs, and ports by their leading bits")
    func widerFields() {
        var classifier = Classifier(seed: 4)
        for network in 1...20 as ClosedRange<UInt64> {
            Self.insert(&classifier, UInt32(network)) { key, mask in
                (key.etherType, mask.etherType) = (0x86dd, .max)
                (key.words[38], mask.words[38]) = (0x2001_0db8_0000_0000 | network, .max)
            }
        }
        Self.insert(&classifier, 50) { key, mask in
            (key.etherType, mask.etherType) = (0x86dd, .max)
            (key.ipProtocol, mask.ipProtocol) = (6, .max)
            (key.transportDestination, mask.transportDestination) = (0x00ff, .max)
        }
        var packet = FlowKey()
        packet.etherType = 0x86dd
        packet.ipProtocol = 6
        packet.words[38] = 0x2001_0db8_0000_0100
        packet.transportDestination = 0x8000
        var mask = FlowMask()
        #expect(classifier.lookup(packet, unwildcarding: &mask) == nil)
        #expect(mask.words[38] == 0xffff_ff00)
        #expect(mask.words[39] == 0 && mask.transportDestination == 0x8000)
    }

    @Test("A subtable of very many entries goes without, and gets its sets back when it has shrunk")
    func limits() {
        var classifier = Classifier(seed: 5)
        var entries: [ClassifierEntry] = []
        var key = FlowKey()
        var mask = FlowMask()
        mask.ipv4Destination = .max
        for number in 0...UInt32(SubtablePrefixes.entriesMaximum) {
            key.ipv4Destination = 0x0a00_0000 + number
            let insertion = classifier.insert(key, mask: mask, priority: 1, rule: number)
            if case .inserted(let entry) = insertion { entries.append(entry) }
            guard number == 0 else { continue }
            let few = Self.look(classifier, FlowKey(), 0xc000_0001)
            #expect(few.found == nil && few.mask.ipv4Destination == 0x8000_0000)
        }
        let many = Self.look(classifier, FlowKey(), 0xc000_0001)
        #expect(many.found == nil && many.mask.ipv4Destination == .max)
        for _ in 0..<10 { if let last = entries.popLast() { classifier.remove(last) } }
        let fewer = Self.look(classifier, FlowKey(), 0xc000_0001)
        #expect(fewer.found == nil && fewer.mask.ipv4Destination == 0x8000_0000)
    }
}

@Suite("One match at very many priorities")
struct ManyPrioritiesTests {
    @Test("is added, found and removed in any order, and each change walks over few")
    func chains() {
        var generator = SeededGenerator(state: 11)
        var classifier = Classifier(seed: 6)
        var key = FlowKey()
        var mask = FlowMask()
        (key.ipv4Source, mask.ipv4Source) = (1, .max)
        var entries: [Int32: ClassifierEntry] = [:]
        // Were each change to walk over all, this would take minutes.
        let priorities = (0...Int32(UInt16.max)).shuffled(using: &generator)
        for priority in priorities {
            guard
                case .inserted(let entry) = classifier.insert(
                    key, mask: mask, priority: priority, rule: UInt32(priority))
            else {
                Issue.record("priority \(priority) is there")
                return
            }
            entries[priority] = entry
        }
        var looked = FlowMask()
        #expect(classifier.lookup(key, unwildcarding: &looked) == 65_535)
        var left = Set(priorities)
        for (number, priority) in priorities.shuffled(using: &generator).enumerated() {
            let found = classifier.find(key, mask: mask, priority: priority)
            #expect(found?.head.pointee.rule == UInt32(priority) && found == entries[priority])
            if case .inserted = classifier.insert(key, mask: mask, priority: priority, rule: 0) {
                Issue.record("priority \(priority) is gone")
            }
            if let found { classifier.remove(found) }
            left.remove(priority)
            guard number % 4_096 == 0 || left.count < 50 else { continue }
            #expect(classifier.find(key, mask: mask, priority: priority) == nil)
            #expect(classifier.lookup(key, unwildcarding: &looked) == left.max().map { UInt32($0) })
        }
        #expect(classifier.subtableCount == 0)
    }

    @Test("is counted by priority as a dictionary counts", arguments: 1...10)
    func counts(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var counts = PriorityCounts()
        var expected: [Int32: Int] = [:]
        for round in 0..<4_000 {
            let priority = Int32.random(in: 0..<(seed % 2 == 0 ? 70_000 : 40), using: &generator)
            if round < 2_000 || Bool.random(using: &generator) {
                counts.add(priority)
                expected[priority, default: 0] += 1
            } else if let (known, count) = expected.randomElement(using: &generator) {
                counts.remove(known)
                expected[known] = count == 1 ? nil : count - 1
            }
            guard round % 50 == 0 else { continue }
            #expect(counts.maximum == expected.keys.max() && counts.contains(priority) == (expected[priority] != nil))
        }
    }
}
