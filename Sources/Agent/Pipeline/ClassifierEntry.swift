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
    /// The subtable's number in the classifier; the top bit says that the rule is a part of a conjunction.
    private var subtableBits: UInt32
    /// The entry with the same masked key and the next lower priority.
    var next: UnsafeMutablePointer<ClassifierEntryHead>?

    private static let partBit: UInt32 = 1 << 31

    /// Makes the head of an entry that is no part of a conjunction.
    @inline(__always)
    init(hash: UInt32, rule: UInt32, priority: Int32, subtable: UInt32) {
        self.hash = hash
        self.rule = rule
        self.priority = priority
        self.subtableBits = subtable
        self.next = nil
    }

    /// The subtable's number in the classifier.
    var subtable: UInt32 { self.subtableBits & ~Self.partBit }

    /// Whether the rule matches only together with others; see ``Classifier/setConjunctive(_:_:)``.
    var isConjunctive: Bool {
        @inline(__always)
        get { self.subtableBits & Self.partBit != 0 }
        set { self.subtableBits = newValue ? self.subtableBits | Self.partBit : self.subtableBits & ~Self.partBit }
    }

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
