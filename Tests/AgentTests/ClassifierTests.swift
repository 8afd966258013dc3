import Datapath
import Testing

@testable import Agent

/// The classifier that cannot be wrong: all rules in a list.
private struct LinearClassifier {
    struct Rule {
        var key: FlowKey
        var mask: FlowMask
        var priority: Int32
        var number: UInt32
    }
    var rules: [Rule] = []

    /// The numbers of the matching rules of the highest priority among them.
    func winners(_ key: FlowKey) -> Set<UInt32> {
        let matching = self.rules.filter { $0.key.matches(key, under: $0.mask) }
        guard let best = matching.map(\.priority).max() else { return [] }
        return Set(matching.filter { $0.priority == best }.map(\.number))
    }
}

@Suite("A classifier")
struct ClassifierTests {
    /// Fields of all four stages with few values each, so that packets hit, miss and share beginnings.
    private static let fields: [(word: Int, bits: [UInt64], values: [UInt64])] = [
        (0, [0xffff_ffff << 32], [1 << 32, 2 << 32, 3 << 32]),
        (2, [.max, 0xff], [0, 1, 0x101]),
        (30, [0xffff, 0xffff << 16], [0x0800, 0x0806, 0x86dd, 0x0800 | 7 << 16]),
        (32, [0x1fff << 32, 0x1000 << 32], [0, 0x1001 << 32, 0x1002 << 32]),
        (35, [.max, 0xffff_ff00, 0xff00_0000], [0x0a00_0001, 0x0a00_0002, 0x0b00_0001]),
        (40, [0xff << 24], [6 << 24, 17 << 24]),
        (45, [0xffff << 48, 0xffff << 32], [80 << 48, 80 << 32, 53 << 32, 80 << 48 | 53 << 32]),
    ]

    private static func randomMask(_ generator: inout SeededGenerator) -> FlowMask {
        var mask = FlowMask()
        for field in Self.fields where Int.random(in: 0..<3, using: &generator) == 0 {
            mask.words[field.word] = field.bits.randomElement(using: &generator) ?? 0
        }
        return mask
    }

    private static func randomKey(_ generator: inout SeededGenerator) -> FlowKey {
        var key = FlowKey()
        for field in Self.fields { key.words[field.word] = field.values.randomElement(using: &generator) ?? 0 }
        return key
    }

    @Test("finds what a linear search finds, and says truly what it looked at", arguments: 1...60)
    func agreesWithLinearSearch(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var classifier = Classifier(seed: generator.next())
        var oracle = LinearClassifier()
        var entries: [UInt32: ClassifierEntry] = [:]
        let masks = (0..<Int.random(in: 1...12, using: &generator)).map { _ in Self.randomMask(&generator) }
        let priorities = Int32.random(in: 1...20, using: &generator)

        for round in 0..<400 {
            if Int.random(in: 0..<4, using: &generator) == 0,
                let place = oracle.rules.indices.randomElement(using: &generator)
            {
                let rule = oracle.rules.remove(at: place)
                if let entry = entries.removeValue(forKey: rule.number) { classifier.remove(entry) }
            } else {
                let mask = masks[Int.random(in: 0..<masks.count, using: &generator)]
                var key = Self.randomKey(&generator)
                let priority = Int32.random(in: 0..<priorities, using: &generator)
                let insertion = classifier.insert(key, mask: mask, priority: priority, rule: UInt32(round))
                key.formIntersection(mask)
                let known = oracle.rules.first { $0.key == key && $0.mask == mask && $0.priority == priority }
                switch insertion {
                case .inserted(let entry):
                    #expect(known == nil, "seed \(seed)")
                    entries[UInt32(round)] = entry
                    oracle.rules.append(.init(key: key, mask: mask, priority: priority, number: UInt32(round)))
                case .exists(let entry): #expect(known?.number == entry.head.pointee.rule, "seed \(seed)")
                }
            }
            guard round % 10 == 0 else { continue }
            Self.compare(classifier, oracle, &generator, "seed \(seed), round \(round)")
        }
        for (number, entry) in entries {
            #expect(entry.head.pointee.rule == number)
            classifier.remove(entry)
        }
        #expect(classifier.subtableCount == 0)
    }

    private static func compare(
        _ classifier: borrowing Classifier, _ oracle: LinearClassifier, _ generator: inout SeededGenerator,
        _ place: Comment
    ) {
        for _ in 0..<12 {
            let key = Self.randomKey(&generator)
            var mask = FlowMask()
            let found = classifier.lookup(key, unwildcarding: &mask)
            let winners = oracle.winners(key)
            #expect(found.map(winners.contains) ?? winners.isEmpty, place)
            // Every packet that agrees on what was looked at gets the same rule.
            for _ in 0..<6 {
                var other = Self.randomKey(&generator)
                for index in 0..<FlowKey.wordCount {
                    other.words[index] = other.words[index] & ~mask.words[index] | key.words[index] & mask.words[index]
                }
                var ignored = FlowMask()
                #expect(classifier.lookup(other, unwildcarding: &ignored) == found, place)
            }
        }
        for rule in oracle.rules {
            let entry = classifier.find(rule.key, mask: rule.mask, priority: rule.priority)
            #expect(entry?.head.pointee.rule == rule.number, place)
            var key = FlowKey()
            var mask = FlowMask()
            if let entry { classifier.write(entry, into: &key, &mask) }
            #expect(key == rule.key && mask == rule.mask, place)
        }
    }

    @Test("finds the rules that a match covers, and overlaps, as a linear search does", arguments: 1...30)
    func coversAndOverlaps(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed) &* 77)
        var classifier = Classifier(seed: generator.next())
        var oracle = LinearClassifier()
        for number in 0..<120 as Range<UInt32> {
            let mask = Self.randomMask(&generator)
            var key = Self.randomKey(&generator)
            let priority = Int32.random(in: 0..<3, using: &generator)
            let insertion = classifier.insert(key, mask: mask, priority: priority, rule: number)
            guard case .inserted = insertion else { continue }
            key.formIntersection(mask)
            oracle.rules.append(.init(key: key, mask: mask, priority: priority, number: number))
        }
        for _ in 0..<60 {
            let mask = Self.randomMask(&generator)
            var key = Self.randomKey(&generator)
            key.formIntersection(mask)
            var covered: Set<UInt32> = []
            classifier.forEach(coveredBy: key, mask) { covered.insert($0.head.pointee.rule) }
            let expected = oracle.rules.filter { rule in
                key.matches(rule.key, under: mask)
                    && (0..<FlowKey.wordCount).allSatisfy { mask.words[$0] & ~rule.mask.words[$0] == 0 }
            }
            #expect(covered == Set(expected.map { $0.number }), "seed \(seed)")

            let priority = Int32.random(in: 0..<3, using: &generator)
            let overlapping = oracle.rules.contains { rule in
                var common = mask
                for index in 0..<FlowKey.wordCount { common.words[index] &= rule.mask.words[index] }
                return rule.priority == priority && rule.key.matches(key, under: common)
                    && !(rule.mask == mask && rule.key == key)
            }
            #expect(classifier.hasOverlap(key, mask, priority: priority) == overlapping, "seed \(seed)")
        }
    }

    @Test("does not look at ports where no rule begins like the packet")
    func stagesKeepMasksWide() {
        var classifier = Classifier(seed: 1)
        var key = FlowKey()
        var mask = FlowMask()
        (key.etherType, mask.etherType) = (0x0800, .max)
        (key.ipv4Destination, mask.ipv4Destination) = (0x0a00_0001, .max)
        (key.ipProtocol, mask.ipProtocol) = (6, .max)
        (key.transportDestination, mask.transportDestination) = (80, .max)
        _ = classifier.insert(key, mask: mask, priority: 5, rule: 1)

        var looked = FlowMask()
        var packet = key
        #expect(classifier.lookup(packet, unwildcarding: &looked) == 1)
        #expect(looked == mask)

        looked = FlowMask()
        packet.etherType = 0x0806
        #expect(classifier.lookup(packet, unwildcarding: &looked) == nil)
        #expect(looked.etherType == .max && looked.ipv4Destination == 0 && looked.transportDestination == 0)

        looked = FlowMask()
        packet.etherType = 0x0800
        packet.ipv4Destination = 0x0a00_0002
        #expect(classifier.lookup(packet, unwildcarding: &looked) == nil)
        // 10.0.0.1 and 10.0.0.2 differ in the last bit but one.
        #expect(looked.ipv4Destination == 0xffff_fffe && looked.transportDestination == 0)
    }

    @Test("stops before subtables that cannot win")
    func stopsEarly() {
        var classifier = Classifier(seed: 1)
        var key = FlowKey()
        var wide = FlowMask()
        (key.etherType, wide.etherType) = (0x0800, .max)
        var narrow = FlowMask()
        (key.metadata, narrow.metadata) = (7, .max)
        _ = classifier.insert(key, mask: wide, priority: 10, rule: 1)
        _ = classifier.insert(key, mask: narrow, priority: 9, rule: 2)
        var looked = FlowMask()
        #expect(classifier.lookup(key, unwildcarding: &looked) == 1)
        #expect(looked == wide)
    }

    @Test("grows and shrinks without losing anybody")
    func growth() {
        var classifier = Classifier(seed: 99)
        var mask = FlowMask()
        mask.ipv4Destination = .max
        mask.transportDestination = .max
        var key = FlowKey()
        var entries: [ClassifierEntry] = []
        for number in 0..<20_000 as Range<UInt32> {
            key.ipv4Destination = number &* 2_654_435_761
            guard case .inserted(let entry) = classifier.insert(key, mask: mask, priority: 1, rule: number) else {
                Issue.record("a different key was found")
                return
            }
            entries.append(entry)
        }
        for number in stride(from: 0, to: 20_000, by: 2) { classifier.remove(entries[number]) }
        for number in 0..<20_000 as Range<UInt32> {
            key.ipv4Destination = number &* 2_654_435_761
            var looked = FlowMask()
            #expect(classifier.lookup(key, unwildcarding: &looked) == (number % 2 == 1 ? number : nil))
        }
        for number in stride(from: 1, to: 19_990, by: 2) { classifier.remove(entries[number]) }
        key.ipv4Destination = 19_999 &* 2_654_435_761
        var looked = FlowMask()
        #expect(classifier.lookup(key, unwildcarding: &looked) == 19_999)
    }
}
