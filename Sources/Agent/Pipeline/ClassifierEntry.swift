import Datapath

/// The fixed part of an entry of a ``Classifier``; the masked words of its key follow it in memory.
///
/// 24 bytes: what a lookup compares is in the same cache line.
struct ClassifierEntryHead {
    /// The low half of the hash of the masked key: the entry's home slot, and its place after growth.
    var hash: UInt32
    /// The rule's slot in its table.
    var rule: UInt32
    /// The rule's priority.
    var priority: Int32
    /// The subtable's number in the classifier.
    var subtable: UInt32
    /// The entry with the same masked key and the next lower priority.
    var next: UnsafeMutablePointer<ClassifierEntryHead>?

    /// The masked words of an entry's key.
    @inline(__always)
    static func words(_ entry: UnsafeMutablePointer<Self>) -> UnsafeMutablePointer<UInt64> {
        (UnsafeMutableRawPointer(entry) + MemoryLayout<Self>.stride).assumingMemoryBound(to: UInt64.self)
    }
}

/// A rule's place in a ``Classifier``: valid from its insertion to its removal.
struct ClassifierEntry: Equatable, BitwiseCopyable {
    let head: UnsafeMutablePointer<ClassifierEntryHead>
}

/// The hash of classifiers and slot indices: multiply, fold the two halves, once per word.
///
/// As fast as CRC32c within the noise and needs no instruction that a processor may lack; each table starts from a
/// random basis, so that a sender cannot aim at one chain.
enum WordHash {
    /// Takes one more word into the hash.
    @inline(__always)
    static func combine(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}

/// How many rules of each priority a subtable has, in falling order of priority.
///
/// Keeps the greatest priority known after removals. Few priorities per mask are the rule; each costs eight bytes.
struct PriorityCounts {
    private var items: [(priority: Int32, count: Int32)] = []

    /// The greatest priority, or nil when there is no rule.
    var maximum: Int32? { self.items.first?.priority }

    /// The index of the first item whose priority is not above `priority`.
    private func index(of priority: Int32) -> Int {
        var low = 0
        var high = self.items.count
        while low < high {
            let middle = (low &+ high) / 2
            if self.items[middle].priority > priority { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Counts one more rule of `priority`.
    mutating func add(_ priority: Int32) {
        let index = self.index(of: priority)
        if index < self.items.count, self.items[index].priority == priority {
            self.items[index].count &+= 1
        } else {
            self.items.insert((priority, 1), at: index)
        }
    }

    /// Counts one rule of `priority` less.
    mutating func remove(_ priority: Int32) {
        let index = self.index(of: priority)
        guard index < self.items.count, self.items[index].priority == priority else { return }
        self.items[index].count &-= 1
        if self.items[index].count == 0 { self.items.remove(at: index) }
    }

    /// Whether there is a rule of `priority`.
    func contains(_ priority: Int32) -> Bool {
        let index = self.index(of: priority)
        return index < self.items.count && self.items[index].priority == priority
    }
}
