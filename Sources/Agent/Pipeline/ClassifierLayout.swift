/// Which words of a key the entries of one subtable hold, for reading values out of an entry.
struct ClassifierLayout {
    /// Bit *i* says that word *i* is held.
    let used: UInt64

    /// Where among an entry's words a word of the key is, or nil where its mask is zero.
    @inline(__always)
    func position(of word: Int) -> Int? {
        let bit: UInt64 = 1 << UInt64(word)
        guard self.used & bit != 0 else { return nil }
        return (self.used & (bit &- 1)).nonzeroBitCount
    }

    /// The value of a word of the key in an entry's words; zero where its mask is.
    @inline(__always)
    func value(_ word: Int, _ words: UnsafePointer<UInt64>) -> UInt64 {
        self.position(of: word).map { words[$0] } ?? 0
    }
}

extension Classifier {
    /// Which words the entry holds.
    func layout(of entry: ClassifierEntry) -> ClassifierLayout? {
        self.subtable(of: entry).map { ClassifierLayout(used: $0.pointee.used) }
    }
}
