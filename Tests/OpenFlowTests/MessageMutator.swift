/// Changes messages at random, as faulty and as malicious senders would; `Fuzzing` uses it too.
struct MessageMutator {
    private var state: UInt64
    private let corpus: [[UInt8]]
    private static let lengthLimit = 4096
    private static let interesting: [UInt8] = [0, 1, 4, 7, 8, 9, 16, 0x7f, 0x80, 0xfe, 0xff]

    init(corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus
        self.state = seed
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    private mutating func below(_ limit: Int) -> Int { Int(self.next() % UInt64(max(1, limit))) }

    /// A message of the corpus after one to eight changes; its header says its length, most of the time.
    mutating func message() -> [UInt8] {
        var bytes = self.corpus[self.below(self.corpus.count)]
        for _ in 0...self.below(8) { self.change(&bytes) }
        if bytes.count > Self.lengthLimit { bytes.removeLast(bytes.count - Self.lengthLimit) }
        while bytes.count < 8 { bytes.append(0) }
        if self.below(32) != 0 {
            bytes[2] = UInt8(bytes.count >> 8)
            bytes[3] = UInt8(bytes.count & 0xff)
        }
        if self.below(16) == 0 { bytes[0] = UInt8(1 + self.below(6)) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard bytes.count > 8 else { return bytes.append(contentsOf: [UInt8](repeating: 0, count: self.below(64))) }
        let index = 8 + self.below(bytes.count - 8)
        switch self.below(10) {
        case 0: bytes[index] ^= 1 << UInt8(self.below(8))
        case 1: bytes[index] = UInt8(truncatingIfNeeded: self.next())
        case 2: bytes[index] = Self.interesting[self.below(Self.interesting.count)]
        case 3: bytes[index] &+= self.below(2) == 0 ? 1 : 255
        case 4:
            // A length that fits what is left, or does not quite.
            guard index + 1 < bytes.count else { return }
            let length = bytes.count - index + self.below(9) - 4
            bytes[index] = UInt8(truncatingIfNeeded: length >> 8)
            bytes[index + 1] = UInt8(truncatingIfNeeded: length)
        case 5: bytes.removeSubrange(index..<min(bytes.count, index + 1 + self.below(16)))
        case 6:
            let count = 1 + self.below(16)
            bytes.insert(contentsOf: (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }, at: index)
        case 7:
            let block = Array(bytes[index..<min(bytes.count, index + 8 * (1 + self.below(8)))])
            bytes.insert(contentsOf: block, at: index)
        case 8:
            let other = self.corpus[self.below(self.corpus.count)]
            let start = self.below(other.count)
            let part = other[start..<min(other.count, start + 1 + self.below(96))]
            if self.below(2) == 0 {
                bytes.insert(contentsOf: part, at: index)
            } else {
                bytes.replaceSubrange(index..<min(bytes.count, index + part.count), with: part)
            }
        default: bytes.removeLast(self.below(bytes.count - 8))
        }
    }
}
