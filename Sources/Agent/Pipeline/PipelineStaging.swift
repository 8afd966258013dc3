import Datapath
import OpenFlow

/// What packets see of a state's tables while a bundle changes them in slices: what they were before.
///
/// The bundle's messages change the tables in place, so that each of them meets what those before it did. Between two
/// slices the pipeline's lock is free; who translates packets then meets, for each table, the rules that the bundle
/// has not touched and, in a table of their own, those that it has changed or removed as they were. When the whole
/// bundle is done, this view goes in one step, and packets meet the new state; when it fails, changes are taken back
/// in slices under the same view. Groups, meters and ports are values: the view of them is what was kept for the
/// undoing.
///
/// **Ownership.** Part of a ``PipelineUndo``: changed by the control loop under the write lock, read by any thread
/// under the read lock.
final class PipelineStaging {
    private var tables: [StagedTable?] = []
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// What packets see of a table; nil where it is as it was.
    func table(_ identifier: TableID) -> StagedTable? {
        let index = Int(identifier.rawValue)
        return index < self.tables.count ? self.tables[index] : nil
    }

    /// Keeps a rule that is about to be changed, replaced or removed.
    func willChange(_ rule: SavedRule) { self.made(rule.reference.table).keep(rule) }

    /// Hides a rule that was added.
    func hasAdded(_ reference: RuleReference) { self.made(reference.table).hide(reference.slot) }

    private func made(_ table: UInt8) -> StagedTable {
        let index = Int(table)
        while self.tables.count <= index { self.tables.append(nil) }
        if let present = self.tables[index] { return present }
        let made = StagedTable(TableID(rawValue: table), seed: WordHash.combine(self.seed, UInt64(table)))
        self.tables[index] = made
        return made
    }
}

/// What packets see of one table while a bundle changes it; see ``PipelineStaging``.
final class StagedTable {
    /// The slots of the table whose rules the bundle has touched, a bit for each.
    private var touched: [UInt64] = []
    /// The rules as they were, of those that were there before the bundle.
    ///
    /// Its memory is this object's, until it is released: nobody else knows it.
    private let before: UnsafeMutablePointer<FlowTable>
    /// The names of those rules in the table, by their slots in ``before``.
    private var names: [RuleReference] = []

    init(_ identifier: TableID, seed: UInt64) {
        self.before = .allocate(capacity: 1)
        self.before.initialize(to: FlowTable(identifier, maximumEntries: .max, seed: seed))
    }

    deinit { DetachedTable.release(self.before) }

    /// Hides the rule that is in a slot now.
    func hide(_ slot: UInt32) {
        let index = Int(slot >> 6)
        while self.touched.count <= index { self.touched.append(0) }
        self.touched[index] |= 1 << UInt64(slot & 63)
    }

    /// Keeps a rule as it is, unless the bundle has touched it before.
    func keep(_ rule: SavedRule) {
        guard !Classifier.contains(self.touched, rule.reference.slot) else { return }
        self.hide(rule.reference.slot)
        let buffer = MatchBuffer()
        rule.write(into: buffer)
        // A table without a limit takes every rule once; rules of one table differ.
        guard
            let added = try? self.before.pointee.add(
                buffer.words, rule.attributes, resetsCounts: true, checksOverlap: false, now: rule.created)
        else { return }
        // Nothing ever leaves the table, so that slots are given out in order.
        assert(Int(added.reference.slot) == self.names.count)
        self.names.append(rule.reference)
    }

    /// A rule that a packet matches.
    private struct Found {
        var priority: Int32
        var rule: MatchedRule
    }

    /// A rule that a packet matches and that is a part of conjunctions.
    private struct Part {
        var priority: Int32
        var memberships: [ConjunctionMembership]
    }

    /// The rule of the highest priority that `key` matched before the bundle; `present` is the table as it is now.
    ///
    /// Conjunctions are put together as ``FlowTable/lookupConjunctive(_:unwildcarding:)`` does.
    func lookup(
        _ present: borrowing FlowTable, _ key: borrowing FlowKey, unwildcarding mask: inout FlowMask
    ) -> MatchedRule? {
        var parts: [Part] = []
        let ordinary = self.find(present, key, unwildcarding: &mask, collecting: &parts)
        guard !parts.isEmpty else { return ordinary?.rule }
        parts.sort { $0.priority > $1.priority }
        var numbered = copy key
        var start = 0
        while start < parts.count {
            let end = parts[start...].firstIndex { $0.priority != parts[start].priority } ?? parts.count
            for identifier in FlowTable.completed(parts[start..<end].lazy.flatMap(\.memberships)) {
                numbered.conjunctionID = identifier
                var none: [Part] = []
                if let found = self.find(present, numbered, unwildcarding: &mask, collecting: &none) {
                    return found.rule
                }
            }
            start = end
        }
        return ordinary?.rule
    }

    /// The ordinary rule of the highest priority, and all parts of conjunctions above it.
    private func find(
        _ present: borrowing FlowTable, _ key: borrowing FlowKey, unwildcarding mask: inout FlowMask,
        collecting parts: inout [Part]
    ) -> Found? {
        var found: Found?
        var collected: [Classifier.Part]? = []
        if let slot = present.classifier.lookup(
            key, unwildcarding: &mask, collecting: &collected, skipping: self.touched)
        {
            found = Found(priority: present.rules[slot].pointee.priority, rule: present.matchedRule(slot))
        }
        for part in collected ?? [] {
            let memberships = present.rules[part.rule].pointee.instructions.conjunctions
            parts.append(Part(priority: part.priority, memberships: memberships))
        }
        collected = []
        if let slot = self.before.pointee.classifier.lookup(key, unwildcarding: &mask, collecting: &collected) {
            let priority = self.before.pointee.rules[slot].pointee.priority
            if priority > found?.priority ?? .min {
                var rule = self.before.pointee.matchedRule(slot)
                rule.reference = self.names[Int(slot)]
                found = Found(priority: priority, rule: rule)
            }
        }
        for part in collected ?? [] {
            let memberships = self.before.pointee.rules[part.rule].pointee.instructions.conjunctions
            parts.append(Part(priority: part.priority, memberships: memberships))
        }
        if let priority = found?.priority { parts.removeAll { $0.priority <= priority } }
        return found
    }
}

extension PipelineState {
    /// The rule that `key` met in `table` before the bundle that is being carried out.
    @inline(never)
    func lookupBefore(
        _ table: borrowing FlowTable, _ key: borrowing FlowKey, unwildcarding mask: inout FlowMask
    ) -> MatchedRule? {
        guard let staged = self.undo?.staging?.table(table.identifier) else {
            return table.lookup(key, unwildcarding: &mask)
        }
        return staged.lookup(table, key, unwildcarding: &mask)
    }
}
