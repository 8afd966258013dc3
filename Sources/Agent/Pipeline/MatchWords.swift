import Datapath

/// A match where it lies in memory: 64 words of masks, 64 of values that have no bit outside them.
///
/// What tables and classifiers take, so that the 1024 bytes of a key and a mask are not copied from call to call. Valid
/// while the memory that it points to is; made by ``MatchBuffer`` and by ``withMatchWords(_:_:_:)``.
struct MatchWords {
    /// The values, each within its mask.
    let values: UnsafePointer<UInt64>
    /// The masks.
    let masks: UnsafePointer<UInt64>
    /// Bit *i* says that mask *i* is not zero.
    let used: UInt64

    /// Whether every packet matches.
    var isEverything: Bool { self.used == 0 }

    /// Calls `visit` with the mask and the value of each word that is used, in order.
    @inline(__always)
    func forEachUsed(_ visit: (_ mask: UInt64, _ value: UInt64) -> Void) {
        var rest = self.used
        while rest != 0 {
            let word = rest.trailingZeroBitCount
            visit(self.masks[word], self.values[word])
            rest &= rest &- 1
        }
    }

    /// A number that is equal for equal masks and differs for most others.
    func maskHash(basis: UInt64) -> UInt64 {
        var hash = WordHash.combine(basis, self.used)
        var rest = self.used
        while rest != 0 {
            hash = WordHash.combine(hash, self.masks[rest.trailingZeroBitCount])
            rest &= rest &- 1
        }
        return hash
    }
}

/// Calls `body` with `key`, of which only the bits in `mask` count, as a table takes it.
func withMatchWords<Result, Failure: Error>(
    _ key: FlowKey, _ mask: FlowMask, _ body: (MatchWords) throws(Failure) -> Result
) throws(Failure) -> Result {
    let buffer = MatchBuffer()
    buffer.set(key, mask)
    return try body(buffer.words)
}

/// Memory for matches that are compiled one after the other.
///
/// Only the words that the last match used are cleared for the next. One owner, one thread. Everything lies in the
/// memory pointed to, so that an owner that is a class has a constant, to which access is not checked.
struct MatchBuffer: ~Copyable {
    /// The values, the masks, and which masks are not zero.
    private let memory: UnsafeMutablePointer<UInt64>

    /// A match of every packet.
    init() {
        self.memory = .allocate(capacity: 2 * FlowKey.wordCount + 1)
        self.memory.initialize(repeating: 0, count: 2 * FlowKey.wordCount + 1)
    }

    private var used: UInt64 {
        @inline(__always) get { self.memory[2 * FlowKey.wordCount] }
        @inline(__always) nonmutating set { self.memory[2 * FlowKey.wordCount] = newValue }
    }

    deinit { self.memory.deallocate() }

    /// The match, until the buffer is changed or goes.
    var words: MatchWords {
        MatchWords(values: self.memory, masks: self.memory + FlowKey.wordCount, used: self.used)
    }

    /// The values as a key.
    var key: FlowKey {
        var key = FlowKey()
        for word in 0..<FlowKey.wordCount { key.words[word] = self.memory[word] }
        return key
    }

    /// The masks as a mask.
    var mask: FlowMask {
        var mask = FlowMask()
        for word in 0..<FlowKey.wordCount { mask.words[word] = self.memory[FlowKey.wordCount + word] }
        return mask
    }

    /// Makes it the match of every packet.
    func clear() {
        while self.used != 0 {
            let word = self.used.trailingZeroBitCount
            self.memory[word] = 0
            self.memory[FlowKey.wordCount + word] = 0
            self.used &= self.used &- 1
        }
    }

    /// Makes it the match of `key` under `mask`.
    func set(_ key: FlowKey, _ mask: FlowMask) {
        self.clear()
        for word in 0..<FlowKey.wordCount { self.add(mask.words[word], value: key.words[word], word: word) }
    }

    /// The mask of a word.
    @inline(__always)
    func mask(_ word: Int) -> UInt64 { self.memory[FlowKey.wordCount + word] }

    /// Adds bits to the match: `value`, of which only the bits in `mask` count.
    @inline(__always)
    func add(_ mask: UInt64, value: UInt64, word: Int) {
        guard mask != 0 else { return }
        self.memory[FlowKey.wordCount + word] |= mask
        self.memory[word] |= value & mask
        self.used |= 1 << UInt64(word)
    }
}
