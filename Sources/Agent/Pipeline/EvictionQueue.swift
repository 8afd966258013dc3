import OpenFlow

/// Which flow of a full table goes first for a new one: the least important, among these the one that ends soonest.
///
/// A heap of what was known of each flow when it was added; what has changed since is looked up when a flow comes to
/// the top: flows that are gone are dropped, those whose idle timeout packets have moved sink. Sixteen bytes and a bit
/// per flow, for tables that evict alone.
struct EvictionQueue {
    private struct Item {
        var importance: UInt16
        var deadline: UInt64
        var slot: UInt32
        var generation: UInt32

        func goesBefore(_ other: Item) -> Bool {
            (self.importance, self.deadline) < (other.importance, other.deadline)
        }
    }
    private var items: [Item] = []

    /// How many entries there are, those of flows that are gone among them.
    var count: Int { self.items.count }

    /// Makes an empty queue.
    init() {}

    /// Makes a queue of all rules.
    init(_ rules: borrowing RuleSlab) {
        for slot in 0..<rules.usedSlots {
            if let item = Self.item(slot, rules) { self.items.append(item) }
        }
        self.order()
    }

    /// Drops the entries of rules that are gone, and all but one of each rule.
    mutating func compact(_ rules: borrowing RuleSlab) {
        var slots: Set<UInt32> = []
        var kept: [Item] = []
        for item in self.items where slots.insert(item.slot).inserted {
            if let now = Self.item(item.slot, rules) { kept.append(now) }
        }
        self.items = kept
        self.order()
    }

    private mutating func order() {
        guard self.items.count > 1 else { return }
        for place in (0...(self.items.count - 2) / 2).reversed() { self.siftDown(from: place) }
    }

    private static func item(_ slot: UInt32, _ rules: borrowing RuleSlab) -> Item? {
        guard let rule = rules.rule(slot), !rule.pointee.isHidden else { return nil }
        return Item(
            importance: rule.pointee.importance, deadline: rule.pointee.deadline?.nanoseconds ?? .max,
            slot: slot,
            generation: rule.pointee.generation)
    }

    /// Adds the rule in `slot`, whose entry under another name or importance, if any, is of no account any more.
    mutating func push(_ slot: UInt32, _ rules: borrowing RuleSlab) {
        guard let item = Self.item(slot, rules) else { return }
        self.items.append(item)
        var place = self.items.count - 1
        while place > 0, item.goesBefore(self.items[(place - 1) / 2]) {
            self.items.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// The rule that goes first for one of `importance`, or nil: no flow goes for a less important one, and one without
    /// timeouts only for a more important one.
    mutating func candidate(for importance: UInt16, _ rules: borrowing RuleSlab) -> UInt32? {
        while let first = self.items.first {
            guard let now = Self.item(first.slot, rules), now.generation == first.generation else {
                self.removeFirst()
                continue
            }
            if now.importance != first.importance || now.deadline != first.deadline {
                self.items[0] = now
                self.siftDown(from: 0)
                continue
            }
            let mayGo =
                now.importance < importance || (now.importance == importance && now.deadline != .max)
            return mayGo ? now.slot : nil
        }
        return nil
    }

    private mutating func removeFirst() {
        guard let last = self.items.popLast(), !self.items.isEmpty else { return }
        self.items[0] = last
        self.siftDown(from: 0)
    }

    private mutating func siftDown(from start: Int) {
        var place = start
        while 2 * place + 1 < self.items.count {
            var child = 2 * place + 1
            if child + 1 < self.items.count, self.items[child + 1].goesBefore(self.items[child]) {
                child += 1
            }
            guard self.items[child].goesBefore(self.items[place]) else { return }
            self.items.swapAt(child, place)
            place = child
        }
    }
}
