/// The megaflows that share one mask: which words the mask looks at, and a hash table over those words.
///
/// A slot is 64 bits: the upper half of a flow's hash above its record number + 1; 0 is an empty slot. Linear
/// probing, at most half full, deletion by moving later slots back, so that there are no tombstones.
///
/// Owned by the ``MegaflowTable``; the pointers are this struct's alone, allocated and freed here.
struct MegaflowSubtable: ~Copyable {
    /// The mask in full, for dumps.
    let mask: FlowMask
    /// The words that the mask looks at: how many, which, and the mask's bits.
    let wordCount: Int
    private let wordIndices: UnsafeMutablePointer<UInt8>
    private let wordMasks: UnsafeMutablePointer<UInt64>
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotMask: Int
    /// How many flows.
    private(set) var count = 0
    /// Hits since the order of subtables was last made.
    var recentHits: UInt64 = 0

    init(mask: borrowing FlowMask) {
        self.mask = copy mask
        self.wordIndices = .allocate(capacity: FlowKey.wordCount)
        self.wordMasks = .allocate(capacity: FlowKey.wordCount)
        var used = 0
        for index in 0..<FlowKey.wordCount where mask.words[index] != 0 {
            self.wordIndices[used] = UInt8(truncatingIfNeeded: index)
            self.wordMasks[used] = mask.words[index]
            used += 1
        }
        self.wordCount = used
        self.slotMask = 15
        self.slots = .allocate(capacity: 16)
        self.slots.initialize(repeating: 0, count: 16)
    }

    deinit {
        self.wordIndices.deallocate()
        self.wordMasks.deallocate()
        self.slots.deallocate()
    }

    /// Whether that is its mask; copies nothing, as every flow that is added asks several subtables.
    func hasMask(_ mask: UnsafePointer<FlowMask>) -> Bool {
        var used = 0
        for index in 0..<FlowKey.wordCount where mask.pointee.words[index] != 0 {
            guard used < self.wordCount, Int(self.wordIndices[used]) == index,
                self.wordMasks[used] == mask.pointee.words[index]
            else { return false }
            used += 1
        }
        return used == self.wordCount
    }

    /// The hash of the words of `key` under the mask.
    @inline(__always)
    func hash(_ key: UnsafePointer<FlowKey>, seed: UInt64) -> UInt32 {
        var hash = FlowHash(seed: seed)
        var index = 0
        while index < self.wordCount {
            hash.combine(key.pointee.words[Int(self.wordIndices[index])] & self.wordMasks[index])
            index &+= 1
        }
        return UInt32(truncatingIfNeeded: hash.finalize() >> 32)
    }

    /// Whether `key` under the mask has exactly `words` (``wordCount`` of them).
    @inline(__always)
    func matches(_ key: UnsafePointer<FlowKey>, _ words: UnsafePointer<UInt64>) -> Bool {
        var difference: UInt64 = 0
        var index = 0
        while index < self.wordCount {
            difference |= (key.pointee.words[Int(self.wordIndices[index])] & self.wordMasks[index]) ^ words[index]
            index &+= 1
        }
        return difference == 0
    }

    /// Writes the words of `key` under the mask to `words`.
    func extract(_ key: UnsafePointer<FlowKey>, to words: UnsafeMutablePointer<UInt64>) {
        for index in 0..<self.wordCount {
            words[index] = key.pointee.words[Int(self.wordIndices[index])] & self.wordMasks[index]
        }
    }

    /// The key that has `words` under the mask and zero elsewhere.
    func key(of words: UnsafePointer<UInt64>) -> FlowKey {
        var key = FlowKey()
        for index in 0..<self.wordCount { key.words[Int(self.wordIndices[index])] = words[index] }
        return key
    }

    /// The record numbers whose hash agrees, given to `isMatch` until it says yes.
    @inline(__always)
    func find(_ hash: UInt32, where isMatch: (UInt32) -> Bool) -> UInt32? {
        var place = Int(hash) & self.slotMask
        while true {
            let slot = self.slots[place]
            guard slot != 0 else { return nil }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                let record = UInt32(truncatingIfNeeded: slot) &- 1
                if isMatch(record) { return record }
            }
            place = (place &+ 1) & self.slotMask
        }
    }

    /// Adds a record that is not there yet.
    mutating func insert(_ hash: UInt32, record: UInt32) {
        if (self.count &+ 1) &* 2 > self.slotMask &+ 1 { self.grow() }
        self.place(UInt64(hash) << 32 | UInt64(record &+ 1))
        self.count &+= 1
    }

    /// Removes a record that is there.
    mutating func remove(_ hash: UInt32, record: UInt32) {
        var hole = Int(hash) & self.slotMask
        while self.slots[hole] != UInt64(hash) << 32 | UInt64(record &+ 1) {
            guard self.slots[hole] != 0 else { return }
            hole = (hole &+ 1) & self.slotMask
        }
        self.count &-= 1
        var place = hole
        while true {
            place = (place &+ 1) & self.slotMask
            let slot = self.slots[place]
            guard slot != 0 else { break }
            // A slot may move into the hole if that is not before its home.
            let home = Int(truncatingIfNeeded: slot >> 32) & self.slotMask
            if (place &- home) & self.slotMask >= (place &- hole) & self.slotMask {
                self.slots[hole] = slot
                hole = place
            }
        }
        self.slots[hole] = 0
    }

    private mutating func place(_ slot: UInt64) {
        var place = Int(truncatingIfNeeded: slot >> 32) & self.slotMask
        while self.slots[place] != 0 { place = (place &+ 1) & self.slotMask }
        self.slots[place] = slot
    }

    private mutating func grow() {
        let old = self.slots
        let oldCapacity = self.slotMask &+ 1
        self.slots = .allocate(capacity: oldCapacity &* 2)
        self.slots.initialize(repeating: 0, count: oldCapacity &* 2)
        self.slotMask = oldCapacity &* 2 &- 1
        for index in 0..<oldCapacity where old[index] != 0 { self.place(old[index]) }
        old.deallocate()
    }
}
