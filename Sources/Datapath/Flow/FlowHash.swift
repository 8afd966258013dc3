/// A seeded 64-bit hash over words: each word is folded in by one 64 × 64 → 128-bit multiplication.
///
/// Not cryptographic. Tables whose keys come from packets take a random seed, so that nobody outside can aim
/// at one bucket.
@frozen public struct FlowHash: Sendable, BitwiseCopyable {
    @usableFromInline var state: UInt64

    /// Starts a hash.
    @inlinable @inline(__always)
    public init(seed: UInt64) { self.state = seed ^ 0x9e37_79b9_7f4a_7c15 }

    /// Adds a word; the order of words matters.
    @inlinable @inline(__always)
    public mutating func combine(_ word: UInt64) {
        self.state = Self.fold(self.state ^ word, 0xa076_1d64_78bd_642f) &+ 0xe703_7ed1_a0b4_28db
    }

    /// Adds the words of `key` in `range`.
    @inlinable @inline(__always)
    public mutating func combine(_ key: borrowing FlowKey, words range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            self.combine(key.words[index])
            index &+= 1
        }
    }

    /// The hash; all 64 bits are usable.
    @inlinable @inline(__always)
    public func finalize() -> UInt64 { Self.fold(self.state, 0x8ebc_6af0_9c88_c6e3) }

    /// The two halves of the product, xor-ed.
    @inlinable @inline(__always)
    static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

extension FlowKey {
    /// A hash of the packet's headers and of the metadata that the datapath knows, for caches over whole
    /// keys.
    ///
    /// Leaves out words that are functions of others or seldom differ; equal keys have equal hashes.
    @inlinable @inline(__always)
    package func packetHash(seed: UInt64) -> UInt64 {
        var hash = FlowHash(seed: seed)
        hash.combine(self.words[0])
        hash.combine(self.words[11] ^ self.words[1])
        hash.combine(self, words: 30..<33)
        if self.etherType == 0x86dd {
            hash.combine(self, words: 36..<41)
        } else {
            hash.combine(self.words[33])
            hash.combine(self.words[35])
            hash.combine(self.words[40])
        }
        hash.combine(self.words[45])
        return hash.finalize()
    }

    /// A hash of the L4 five-tuple; with `symmetric` both directions of a conversation give the same.
    ///
    /// What the `hash` action stores as the datapath hash. 0 is never returned, so that 0 can mean "none". Fragments of
    /// one packet have one hash: none of them is hashed by its ports.
    package func fiveTupleHash(basis: UInt32, symmetric: Bool) -> UInt32 {
        var hash = FlowHash(seed: UInt64(basis))
        let source: UInt64
        let destination: UInt64
        if self.etherType == 0x86dd {
            source = FlowHash.fold(self.words[36] ^ 0xa076_1d64_78bd_642f, self.words[37] | 1)
            destination = FlowHash.fold(self.words[38] ^ 0xa076_1d64_78bd_642f, self.words[39] | 1)
        } else {
            source = UInt64(self.ipv4Source)
            destination = UInt64(self.ipv4Destination)
        }
        let hasPorts: UInt64 = self.ipFragment & 3 == 0 ? 1 : 0
        let ports = (UInt64(self.transportSource) * hasPorts, UInt64(self.transportDestination) * hasPorts)
        if symmetric {
            hash.combine(source ^ destination)
            hash.combine(source &+ destination)
            hash.combine(ports.0 ^ ports.1)
            hash.combine(ports.0 &+ ports.1)
        } else {
            hash.combine(source)
            hash.combine(destination)
            hash.combine(ports.0 << 16 | ports.1)
        }
        hash.combine(UInt64(self.ipProtocol))
        let value = UInt32(truncatingIfNeeded: hash.finalize() >> 32)
        return value == 0 ? 1 : value
    }
}
