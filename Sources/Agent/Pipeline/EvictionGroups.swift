import Datapath
import OpenFlow

/// Which flow of a full table goes first for a new one where flows are in groups by the values of some fields: one of
/// the greatest group, so that nobody takes the whole table (ovs-vswitchd.conf.db(5), Flow_Table, groups).
///
/// Within a group the order is that of an ``EvictionQueue``.
struct EvictionGroups {
    /// How many groups are looked at for a flow that may go.
    private static let groupsTried = 64

    /// The fields by whose values flows are in groups.
    let fields: [MatchField]
    private var queues: [UInt64: EvictionQueue] = [:]
    private var sizes: [UInt64: Int] = [:]
    /// The groups of each size.
    private var groups: [Int: Set<UInt64>] = [:]
    /// The group of each flow.
    private var groupOf: [UInt32: UInt64] = [:]

    /// Makes groups without flows.
    init(_ fields: [MatchField]) { self.fields = fields }

    /// Which group a match belongs to; bits that it leaves open count as zeros.
    func group(_ key: borrowing FlowKey, _ mask: borrowing FlowMask) -> UInt64 {
        var hash = FlowHash(seed: 0)
        for field in self.fields {
            guard let layout = field.flowLayout else { continue }
            let value = key.bits(at: layout) & mask.bits(at: layout)
            hash.combine(UInt64(truncatingIfNeeded: value >> 64))
            hash.combine(UInt64(truncatingIfNeeded: value))
        }
        return hash.finalize()
    }

    /// Enters the rule in `slot`, or notes that its importance or timeouts are others.
    mutating func add(_ slot: UInt32, to group: UInt64, _ rules: borrowing RuleSlab) {
        if self.groupOf[slot] != group {
            self.remove(slot)
            self.groupOf[slot] = group
            self.resize(group, by: 1)
        }
        var queue = self.queues.removeValue(forKey: group) ?? EvictionQueue()
        queue.push(slot, rules)
        if queue.count > 2 * (self.sizes[group] ?? 0) + 64 { queue.compact(rules) }
        self.queues[group] = queue
    }

    /// Takes the rule in `slot` out.
    mutating func remove(_ slot: UInt32) {
        guard let group = self.groupOf.removeValue(forKey: slot) else { return }
        self.resize(group, by: -1)
    }

    private mutating func resize(_ group: UInt64, by difference: Int) {
        let old = self.sizes[group] ?? 0
        let new = old + difference
        if old > 0 {
            self.groups[old]?.remove(group)
            if self.groups[old]?.isEmpty == true { self.groups[old] = nil }
        }
        guard new > 0 else {
            self.sizes[group] = nil
            self.queues[group] = nil
            return
        }
        self.sizes[group] = new
        self.groups[new, default: []].insert(group)
    }

    /// The rule that goes first for one of `importance`, or nil; see ``EvictionQueue/candidate(for:_:)``.
    mutating func candidate(for importance: UInt16, _ rules: borrowing RuleSlab) -> UInt32? {
        var left = Self.groupsTried
        for size in self.groups.keys.sorted(by: >) {
            for group in self.groups[size] ?? [] {
                guard left > 0 else { return nil }
                left -= 1
                if let slot = self.queues[group]?.candidate(for: importance, rules), self.groupOf[slot] == group {
                    return slot
                }
            }
        }
        return nil
    }
}
