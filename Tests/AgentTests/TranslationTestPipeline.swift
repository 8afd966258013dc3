import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

/// Tables as plain lists, searched from the highest priority down; what is examined is what is looked at.
struct TestPipeline: PipelineView {
    struct Rule: Sendable {
        var priority: Int
        var key = FlowKey()
        var mask = FlowMask()
        var instructions: [Instruction]
        var cookie: UInt64
        var slot: UInt32

        init(priority: Int, match: [MatchEntry], instructions: [Instruction], cookie: UInt64 = 0, slot: UInt32 = 0) {
            self.priority = priority
            self.instructions = instructions
            self.cookie = cookie
            self.slot = slot
            for entry in match {
                guard let layout = entry.field.flowLayout else { continue }
                self.key.set(layout, value: entry.value, mask: entry.mask)
                self.mask.set(layout, value: entry.mask, mask: entry.mask)
            }
        }
        func matches(_ other: FlowKey) -> Bool {
            var masked = other
            masked.formIntersection(self.mask)
            return masked == self.key
        }
    }

    /// What is said of learn actions with limits.
    var allowsLearning = true
    func mayLearn(_ flowMod: FlowMod, limit: UInt32) -> Bool { self.allowsLearning }

    /// What has been credited, by rule.
    final class Credits: Sendable {
        struct Entry: Equatable {
            var packets: UInt64 = 0
            var bytes: UInt64 = 0
            var lastUsed = MonotonicTime.zero
        }
        let entries = Mutex<[RuleReference: Entry]>([:])
        let misses = Mutex<[UInt8: UInt64]>([:])
        subscript(_ table: UInt8, _ slot: UInt32) -> Entry {
            self.entries.withLock { $0[RuleReference(table: table, slot: slot, generation: 0)] ?? Entry() }
        }
    }

    var version: UInt64 = 1
    var tables: [UInt8: [Rule]] = [:]
    var ports: [UInt32: SwitchPort] = [:]
    var groups: [GroupID: SwitchGroup] = [:]
    var meters: [MeterID: SwitchMeter] = [:]
    var fragmentHandling = FragmentHandling.normal
    var missesGoToControllers = false
    var firstEgressTable: TableID?
    var tunnelOptions = TunnelOptionTable.empty
    var tablesThatContinue: Set<UInt8> = []
    let credits = Credits()

    init(ports numbers: [UInt32] = [1, 2, 3, 4]) {
        for number in numbers { self.addPort(number) }
    }

    /// Datapath index is the number plus 100.
    mutating func addPort(_ number: UInt32, _ configuration: PortConfiguration = []) {
        let port = PortNumber(rawValue: number)
        self.ports[number] = SwitchPort(
            number: port, index: PortIndex(rawValue: (number & 0xffff) + 100),
            description: PortDescription(number: port, name: "p\(number)", configuration: configuration))
    }

    /// A group whose buckets perform these actions, each with weight 1 where it selects, watching nothing.
    mutating func addGroup(_ number: UInt32, _ type: GroupType, _ buckets: [[Action]]) {
        self.addGroup(
            number,
            SwitchGroup(
                groupID: GroupID(rawValue: number), type: type,
                selection: BucketSelection(basis: UInt64(number)),
                members: buckets.enumerated().map {
                    SwitchGroup.Member(
                        Bucket(
                            bucketID: BucketID(rawValue: UInt32($0)), weight: type == .select ? 1 : 0,
                            watchPort: type == .fastFailover ? PortNumber(rawValue: UInt32($0) + 2) : .any,
                            actions: $1))
                }, created: .zero))
    }
    mutating func addGroup(_ number: UInt32, _ group: SwitchGroup) {
        self.groups[GroupID(rawValue: number)] = group
    }

    mutating func add(
        table: UInt8 = 0, priority: Int = 100, _ match: [MatchEntry] = [], instructions: [Instruction],
        cookie: UInt64 = 0
    ) {
        let slot = UInt32(self.tables[table]?.count ?? 0)
        self.tables[table, default: []].append(
            Rule(priority: priority, match: match, instructions: instructions, cookie: cookie, slot: slot))
    }
    mutating func add(
        table: UInt8 = 0, priority: Int = 100, _ match: [MatchEntry] = [], actions: [Action], cookie: UInt64 = 0
    ) { self.add(table: table, priority: priority, match, instructions: [.applyActions(actions)], cookie: cookie) }

    /// Rules from the highest priority down, in order of entry among equals.
    func ordered(_ table: TableID) -> [Rule] {
        (self.tables[table.rawValue] ?? []).sorted { ($1.priority, $0.slot) < ($0.priority, $1.slot) }
    }

    func lookup(table: TableID, key: borrowing FlowKey, unwildcarding mask: inout FlowMask) -> MatchedRule? {
        for rule in self.ordered(table) {
            mask.formUnion(rule.mask)
            guard rule.matches(copy key) else { continue }
            return MatchedRule(
                reference: RuleReference(table: table.rawValue, slot: rule.slot, generation: 0),
                instructions: InstructionList(rule.instructions), cookie: Cookie(rawValue: rule.cookie),
                isTableMiss: rule.priority == 0 && rule.mask.isEmpty)
        }
        return nil
    }

    func hiddenRule(_ rule: HiddenRule) -> MatchedRule {
        MatchedRule(
            reference: RuleReference(table: 254, slot: UInt32(rule.rawValue), generation: 0),
            instructions: rule == .tableMiss
                ? InstructionList([.applyActions([.output(.controller, maximumLength: .max)])]) : .empty,
            cookie: .none, isTableMiss: rule == .tableMiss)
    }
    func missRule(of table: TableID) -> HiddenRule { self.missesGoToControllers ? .tableMiss : .noPacketIn }
    func tableAfterMiss(in table: TableID) -> TableID? {
        self.tablesThatContinue.contains(table.rawValue) ? TableID(rawValue: table.rawValue + 1) : nil
    }
    func creditMiss(in table: TableID, packets: UInt64) {
        self.credits.misses.withLock { $0[table.rawValue, default: 0] += packets }
    }
    func meter(_ identifier: MeterID) -> SwitchMeter? { self.meters[identifier] }
    func group(_ identifier: GroupID) -> SwitchGroup? { self.groups[identifier] }
    func port(_ number: PortNumber) -> SwitchPort? { self.ports[number.rawValue] }
    var portsInOrder: [SwitchPort] { self.ports.values.sorted { $0.number.rawValue < $1.number.rawValue } }
    func credit(_ rule: RuleReference, packets: UInt64, bytes: UInt64, at time: MonotonicTime) {
        self.credits.entries.withLock { entries in
            entries[rule, default: Credits.Entry()].packets += packets
            entries[rule, default: Credits.Entry()].bytes += bytes
            entries[rule, default: Credits.Entry()].lastUsed = max(time, entries[rule]?.lastUsed ?? .zero)
        }
    }
}

extension FlowWordsAccess {
    /// Writes the bits of a field that `mask` has.
    mutating func set(_ layout: FlowFieldLayout, value: UInt128, mask: UInt128) {
        if layout.width == 128 {
            let high = UInt64(truncatingIfNeeded: mask >> 64)
            let low = UInt64(truncatingIfNeeded: mask)
            self.words[layout.word] =
                self.words[layout.word] & ~high | UInt64(truncatingIfNeeded: value >> 64) & high
            self.words[layout.word + 1] =
                self.words[layout.word + 1] & ~low | UInt64(truncatingIfNeeded: value) & low
            return
        }
        let bits = UInt64(truncatingIfNeeded: mask) << UInt64(layout.shift)
        let new = UInt64(truncatingIfNeeded: value) << UInt64(layout.shift)
        self.words[layout.word] = self.words[layout.word] & ~bits | new & bits
    }
}

/// What every translator test starts from.
struct TranslationFixture {
    var pipeline = TestPipeline()
    var capabilities = DatapathCapabilities()
    var learning = MACLearning()
    var limits = TranslationLimits()
    var recirculation: RecirculationTable?
    var forwarding = BridgeForwarding()
    var now = MonotonicTime(nanoseconds: 1_000_000_000_000)

    init() {
        self.capabilities.maskedSet = true
        self.capabilities.truncation = true
    }

    func translate(
        _ frame: TestFrame = TestFrame(), inPort: UInt32 = 1, entry: TranslationEntry = .pipeline, dryRun: Bool = false
    ) -> Translation { self.translate(key: frame.key(inPort: inPort), entry: entry, dryRun: dryRun) }

    func translate(key: FlowKey, entry: TranslationEntry = .pipeline, dryRun: Bool = false) -> Translation {
        var environment = TranslationEnvironment(
            capabilities: self.capabilities, learning: self.learning, limits: self.limits,
            recirculation: self.recirculation)
        environment.forwarding = self.forwarding
        return Translator.translate(
            key: key, entry: entry, view: self.pipeline, environment: environment, now: self.now,
            allowsSideEffects: !dryRun)
    }

    /// Whether packets that differ from `key` in one of these bits, of those that the mask of `result` leaves out, are
    /// treated as `result` has it; the first that is not is recorded.
    func agrees(
        _ result: Translation, of key: FlowKey, flipping possible: [(word: Int, bits: UInt64)], _ text: String,
        at location: SourceLocation = #_sourceLocation
    ) -> Bool {
        for (word, bits) in possible {
            var left = bits & ~result.mask.words[word]
            while left != 0 {
                let bit = left & (0 &- left)
                left ^= bit
                var flipped = key
                flipped.words[word] ^= bit
                let again = self.translate(key: flipped, dryRun: true)
                guard again.actions == result.actions, again.rules == result.rules else {
                    Issue.record("\(text): word \(word), bit \(bit)", sourceLocation: location)
                    return false
                }
            }
        }
        return true
    }
}

/// The datapath's output to a port of the switch.
func out(_ port: UInt32) -> DatapathAction { .output(PortIndex(rawValue: (port & 0xffff) + 100)) }
/// OpenFlow's output.
func output(_ port: PortNumber) -> Action { .output(port, maximumLength: .max) }
func output(_ port: UInt32) -> Action { output(PortNumber(rawValue: port)) }
