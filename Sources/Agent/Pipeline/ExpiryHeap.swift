/// Which rules of a table expire next: a four-way heap of the rules that have timeouts, by deadline.
///
/// Sixteen bytes per such rule; each rule knows its place, so that removal needs no search. A deadline is the earliest
/// moment at which a timeout may be over: packets move idle deadlines without telling the heap, and the owner looks
/// again when the deadline comes. Flows of equal timeouts come in order, which makes an insertion one comparison.
/// It lies in chunks of 64 KiB, so that it grows, and gives memory back, a chunk at a time.
struct ExpiryHeap: ~Copyable {
    private struct Item {
        var deadline: UInt64
        var slot: UInt32
    }

    private static let chunkBits = 12
    private static let chunkItems = 1 << chunkBits

    private var chunks: [UnsafeMutablePointer<Item>] = []
    /// How many rules have timeouts.
    private(set) var count = 0

    /// The earliest deadline, or nil when no rule has a timeout.
    var nextDeadline: MonotonicTime? {
        self.count == 0 ? nil : MonotonicTime(nanoseconds: self.chunks[0][0].deadline)
    }
    /// The rule of the earliest deadline.
    var nextSlot: UInt32? { self.count == 0 ? nil : self.chunks[0][0].slot }

    init() {}

    deinit { for chunk in self.chunks { chunk.deallocate() } }

    private subscript(place: Int) -> Item {
        get { self.chunks[place >> Self.chunkBits][place & (Self.chunkItems - 1)] }
        nonmutating set {
            self.chunks[place >> Self.chunkBits][place & (Self.chunkItems - 1)] = newValue
        }
    }

    private mutating func append(_ item: Item) {
        if self.count == self.chunks.count << Self.chunkBits {
            let chunk = UnsafeMutablePointer<Item>.allocate(capacity: Self.chunkItems)
            chunk.initialize(repeating: item, count: Self.chunkItems)
            self.chunks.append(chunk)
        }
        self[self.count] = item
        self.count += 1
    }

    /// Takes the last item, which there must be.
    private mutating func takeLast() -> Item {
        self.count -= 1
        let last = self[self.count]
        // One chunk more than needed stays, for heaps whose size wavers about a bound.
        if self.count + 2 * Self.chunkItems <= self.chunks.count << Self.chunkBits,
            let chunk = self.chunks.popLast()
        {
            chunk.deallocate()
        }
        return last
    }

    /// Adds the rule in `slot`, or moves it where it is in already.
    mutating func set(_ slot: UInt32, deadline: MonotonicTime, in rules: borrowing RuleSlab) {
        let item = Item(deadline: deadline.nanoseconds, slot: slot)
        let place = rules[slot].pointee.expiryIndex
        guard place != RuleSlab.none else {
            self.append(item)
            self.siftUp(item, from: self.count - 1, rules)
            return
        }
        self.sift(item, from: Int(place), rules)
    }

    /// Takes the rule in `slot` out, if it is in.
    mutating func remove(_ slot: UInt32, in rules: borrowing RuleSlab) {
        let place = Int(rules[slot].pointee.expiryIndex)
        guard place != Int(RuleSlab.none) else { return }
        rules[slot].pointee.expiryIndex = RuleSlab.none
        let last = self.takeLast()
        guard place < self.count else { return }
        self.sift(last, from: place, rules)
    }

    private mutating func sift(_ item: Item, from place: Int, _ rules: borrowing RuleSlab) {
        if place > 0, self[(place - 1) / 4].deadline > item.deadline {
            self.siftUp(item, from: place, rules)
        } else {
            self.siftDown(item, from: place, rules)
        }
    }

    private mutating func put(_ item: Item, _ place: Int, _ rules: borrowing RuleSlab) {
        self[place] = item
        rules[item.slot].pointee.expiryIndex = UInt32(place)
    }

    private mutating func siftUp(_ item: Item, from start: Int, _ rules: borrowing RuleSlab) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            guard self[parent].deadline > item.deadline else { break }
            self.put(self[parent], place, rules)
            place = parent
        }
        self.put(item, place, rules)
    }

    private mutating func siftDown(_ item: Item, from start: Int, _ rules: borrowing RuleSlab) {
        var place = start
        while true {
            let first = place * 4 + 1
            guard first < self.count else { break }
            var least = first
            for child in first..<min(first + 4, self.count)
            where self[child].deadline < self[least].deadline {
                least = child
            }
            guard self[least].deadline < item.deadline else { break }
            self.put(self[least], place, rules)
            place = least
        }
        self.put(item, place, rules)
    }
}
