/// Which rules of a table expire next: a four-way heap of the rules that have timeouts, by deadline.
///
/// Sixteen bytes per such rule; each rule knows its place, so that removal needs no search. A deadline is the earliest
/// moment at which a timeout may be over: packets move idle deadlines without telling the heap, and the owner looks
/// again when the deadline comes. Flows of equal timeouts come in order, which makes an insertion one comparison.
struct ExpiryHeap: ~Copyable {
    private struct Item {
        var deadline: UInt64
        var slot: UInt32
    }
    private var items: [Item] = []

    /// The earliest deadline, or nil when no rule has a timeout.
    var nextDeadline: MonotonicTime? { self.items.first.map { MonotonicTime(nanoseconds: $0.deadline) } }
    /// The rule of the earliest deadline.
    var nextSlot: UInt32? { self.items.first?.slot }
    /// How many rules have timeouts.
    var count: Int { self.items.count }

    /// Adds the rule in `slot`, or moves it where it is in already.
    mutating func set(_ slot: UInt32, deadline: MonotonicTime, in rules: borrowing RuleSlab) {
        let item = Item(deadline: deadline.nanoseconds, slot: slot)
        let place = rules[slot].pointee.expiryIndex
        guard place != RuleSlab.none else {
            self.items.append(item)
            self.siftUp(item, from: self.items.count - 1, rules)
            return
        }
        self.sift(item, from: Int(place), rules)
    }

    /// Takes the rule in `slot` out, if it is in.
    mutating func remove(_ slot: UInt32, in rules: borrowing RuleSlab) {
        let place = Int(rules[slot].pointee.expiryIndex)
        guard place != Int(RuleSlab.none) else { return }
        rules[slot].pointee.expiryIndex = RuleSlab.none
        guard let last = self.items.popLast(), place < self.items.count else { return }
        self.sift(last, from: place, rules)
    }

    private mutating func sift(_ item: Item, from place: Int, _ rules: borrowing RuleSlab) {
        if place > 0, self.items[(place - 1) / 4].deadline > item.deadline {
            self.siftUp(item, from: place, rules)
        } else {
            self.siftDown(item, from: place, rules)
        }
    }

    private mutating func put(_ item: Item, _ place: Int, _ rules: borrowing RuleSlab) {
        self.items[place] = item
        rules[item.slot].pointee.expiryIndex = UInt32(place)
    }

    private mutating func siftUp(_ item: Item, from start: Int, _ rules: borrowing RuleSlab) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            guard self.items[parent].deadline > item.deadline else { break }
            self.put(self.items[parent], place, rules)
            place = parent
        }
        self.put(item, place, rules)
    }

    private mutating func siftDown(_ item: Item, from start: Int, _ rules: borrowing RuleSlab) {
        var place = start
        while true {
            let first = place * 4 + 1
            guard first < self.items.count else { break }
            var least = first
            for child in first..<min(first + 4, self.items.count)
            where self.items[child].deadline < self.items[least].deadline {
                least = child
            }
            guard self.items[least].deadline < item.deadline else { break }
            self.put(self.items[least], place, rules)
            place = least
        }
        self.put(item, place, rules)
    }
}
