import Datapath
import OpenFlow

/// What changed in a bridge's tables since its megaflows were last looked at, and which of them that may concern.
///
/// A rule that went, or has other instructions, concerns the megaflows whose packets hit it. A rule that was added
/// concerns those that have packets in common with it, in the tables that they visit. Anything else, and more than can
/// be kept track of, concerns them all. The answer may be yes too often, never too seldom.
package struct TableChanges: Sendable {
    /// Rules added in one table under one mask.
    private struct Additions: Sendable {
        let table: UInt8
        /// Bit *i* says that word *i* of the mask is not zero.
        let used: UInt64
        /// Those words.
        let masks: [(word: Int, bits: UInt64)]
        /// Of the values of each rule.
        var hashes: Set<UInt64> = []
        /// The values themselves, as long as they are few.
        var values: [[UInt64]]? = []

        /// Whether the mask is the subtable's, which has the same words.
        func hasMask(of subtable: UnsafeMutablePointer<ClassifierSubtable>) -> Bool {
            self.masks.indices.allSatisfy { self.masks[$0].bits == subtable.pointee.masks[$0] }
        }
    }

    /// More additions than these concern everything.
    private static let additionsMaximum = 4096
    /// More masks among them than these too: each is looked at for each megaflow.
    private static let masksMaximum = 32
    /// More rules that went than these too.
    private static let goneMaximum = 65_536
    /// Values that are compared one by one where a megaflow leaves some of their bits open.
    private static let comparedMaximum = 16

    /// Whether every megaflow is concerned.
    package private(set) var isEverything = false
    /// Rules that went or have other instructions.
    private var gone: Set<RuleReference> = []
    private var emptiedTables: Set<UInt8> = []
    private var additions: [Additions] = []
    private var additionCount = 0

    /// Nothing changed.
    package init() {}

    /// Something changed of which nothing is known.
    package static var everything: TableChanges {
        var changes = TableChanges()
        changes.isEverything = true
        return changes
    }

    /// Takes note of something of which nothing is known.
    mutating func noteEverything() {
        if !self.isEverything { self = .everything }
    }

    /// Takes note of more; `tables` are as the events left them.
    mutating func note(_ events: [PipelineEvent], in tables: borrowing PipelineState) {
        for event in events where !self.isEverything {
            switch event {
            case .flowAdded(let rule, _): self.noteAddition(of: rule, in: tables)
            case .flowModified(let rule, let before):
                if before != nil { self.noteGone(rule, in: tables) }
            case .flowRemoved(let rule, _, _): self.noteGone(rule, in: tables)
            case .flowTimeoutsShortened: break
            case .tableCleared(let table): self.emptiedTables.insert(table.rawValue)
            case .portAdded, .portRemoved, .portChanged, .groupAdded, .groupModified, .groupRemoved, .meterAdded,
                .meterModified, .meterRemoved, .tableConfigured, .configured:
                self = .everything
            }
        }
    }

    /// Adds what another knows.
    mutating func formUnion(_ other: TableChanges) {
        guard !self.isEverything, !other.isEverything, self.additions.isEmpty || other.additions.isEmpty,
            self.gone.count + other.gone.count <= Self.goneMaximum
        else {
            self = .everything
            return
        }
        self.gone.formUnion(other.gone)
        self.emptiedTables.formUnion(other.emptiedTables)
        if self.additions.isEmpty { (self.additions, self.additionCount) = (other.additions, other.additionCount) }
    }

    private mutating func noteGone(_ rule: RuleReference, in tables: borrowing PipelineState) {
        guard self.gone.count < Self.goneMaximum, !Self.hasConjunctions(rule.table, tables) else {
            self = .everything
            return
        }
        self.gone.insert(rule)
    }

    /// Whether packets may hit other rules than those whose instructions they follow.
    private static func hasConjunctions(_ table: UInt8, _ tables: borrowing PipelineState) -> Bool {
        guard let table = tables.existingTable(TableID(rawValue: table)) else { return false }
        return table.pointee.hadConjunctions
    }

    private mutating func noteAddition(of reference: RuleReference, in tables: borrowing PipelineState) {
        // One that has gone again is told of as gone.
        guard let table = tables.existingTable(TableID(rawValue: reference.table)),
            let entry = table.pointee.rule(reference)?.pointee.entry
        else { return }
        guard self.additionCount < Self.additionsMaximum, !table.pointee.hadConjunctions else {
            self = .everything
            return
        }
        guard let subtable = table.pointee.classifier.subtable(of: entry),
            let place = self.place(of: subtable, in: reference.table)
        else {
            self = .everything
            return
        }
        self.additionCount += 1
        let words = ClassifierEntryHead.words(entry.head)
        var hash: UInt64 = 0
        for index in 0..<subtable.pointee.wordCount { hash = WordHash.combine(hash, words[index]) }
        let isNew = self.additions[place].hashes.insert(hash).inserted
        guard isNew, let known = self.additions[place].values?.count else { return }
        if known < Self.comparedMaximum {
            let values = Array(UnsafeBufferPointer(start: words, count: subtable.pointee.wordCount))
            self.additions[place].values?.append(values)
        } else {
            self.additions[place].values = nil
        }
    }

    /// Where the additions under a subtable's mask are kept; nil where there are too many masks.
    private mutating func place(of subtable: UnsafeMutablePointer<ClassifierSubtable>, in table: UInt8) -> Int? {
        for place in self.additions.indices
        where self.additions[place].table == table && self.additions[place].used == subtable.pointee.used {
            if self.additions[place].hasMask(of: subtable) { return place }
        }
        guard self.additions.count < Self.masksMaximum else { return nil }
        let masks = (0..<subtable.pointee.wordCount).map { index in
            (word: Int(subtable.pointee.indices[index]), bits: subtable.pointee.masks[index])
        }
        self.additions.append(Additions(table: table, used: subtable.pointee.used, masks: masks))
        return self.additions.count - 1
    }

    // MARK: - Megaflows

    /// Whether a megaflow may no longer agree with the tables; `inPort` is the switch's number of the port that its
    /// packets come from.
    func mayConcern(_ flow: borrowing InstalledFlow, inPort: PortNumber) -> Bool {
        if self.isEverything { return true }
        // What visits no table, or is not to be put down to rules, is always looked at.
        if flow.rules.isEmpty, flow.missedTables.isEmpty { return true }
        if !self.gone.isEmpty || !self.emptiedTables.isEmpty {
            for rule in flow.rules where self.gone.contains(rule) || self.emptiedTables.contains(rule.table) {
                return true
            }
        }
        for additions in self.additions {
            var visits = 0
            for rule in flow.rules where rule.table == additions.table { visits += 1 }
            for table in flow.missedTables where table.rawValue == additions.table { visits += 1 }
            guard visits > 0 else { continue }
            // Elsewhere than at the beginning, and the second time, the packet may be another than the megaflow's.
            guard additions.table == 0, visits == 1, flow.match.key.recirculationID == 0 else { return true }
            if Self.mayShare(flow.match, inPort, additions) { return true }
        }
        return false
    }

    /// Whether a megaflow's way through the bridge, from another by a patch port, may no longer agree with the tables.
    ///
    /// The packet is not the megaflow's there, so that an addition to any table that it visits is looked at.
    func mayConcern(_ passage: PassageAttribution) -> Bool {
        if self.isEverything || passage.rules.isEmpty && passage.missedTables.isEmpty { return true }
        let isGone = passage.rules.contains { self.gone.contains($0) || self.emptiedTables.contains($0.table) }
        return isGone
            || self.additions.contains { additions in
                passage.rules.contains { $0.table == additions.table }
                    || passage.missedTables.contains { $0.rawValue == additions.table }
            }
    }

    /// Whether packets of the megaflow may match one of the rules.
    private static func mayShare(_ match: FlowMatch, _ inPort: PortNumber, _ additions: borrowing Additions) -> Bool {
        let layout = FlowField.inPort.layout
        let portBits = UInt64(UInt32.max) << UInt64(layout.shift)
        let portValue = UInt64(inPort.rawValue) << UInt64(layout.shift)
        var isCovered = true
        var hash: UInt64 = 0
        for (word, bits) in additions.masks {
            // Megaflows have tunnel options in the datapath's terms, where nothing can be compared.
            if word >= FlowKey.tunnelOptionIndexWord {
                isCovered = false
                continue
            }
            if bits & ~match.mask.words[word] != 0 { isCovered = false }
            var value = match.key.words[word]
            if word == layout.word { value = value & ~portBits | portValue }
            hash = WordHash.combine(hash, value & bits)
        }
        if isCovered { return additions.hashes.contains(hash) }
        guard let candidates = additions.values else { return true }
        return candidates.contains { candidate in
            for (index, (word, bits)) in additions.masks.enumerated()
            where word < FlowKey.tunnelOptionIndexWord {
                var value = match.key.words[word]
                if word == layout.word { value = value & ~portBits | portValue }
                if (value ^ candidate[index]) & bits & match.mask.words[word] != 0 { return false }
            }
            return true
        }
    }
}
