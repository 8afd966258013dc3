/// A part of a key of at most 32 bits whose leading bits a subtable compares: an IPv4 address, a quarter of an IPv6
/// address, a transport port.
struct PrefixSlice {
    /// Which of the subtable's words it is in.
    let position: Int
    /// Which word of the key that is.
    let word: Int
    /// How far its least significant bit is from the word's.
    let shift: UInt64
    /// How many bits it has.
    let width: Int
    /// How many of them, from the most significant one on, the mask compares without a gap.
    let length: Int
    /// After how many words of the subtable its stage begins.
    let stageStart: Int

    /// The places in a key: addresses (IPv4, and ARP's in the same place; IPv6 in quarters) and ports.
    static let places: [(word: Int, shift: UInt64, width: Int)] =
        [(35, 32, 32), (35, 0, 32)] + (36...39).flatMap { [($0, 32, 32), ($0, 0, 32)] } + [(45, 48, 16), (45, 32, 16)]

    /// The leading bits that are compared of a word of a key, at the top of 32.
    @inline(__always)
    func value(_ word: UInt64) -> UInt32 {
        let aligned = UInt32(truncatingIfNeeded: word >> self.shift) << UInt32(32 - self.width)
        return aligned & ~(UInt32.max >> UInt32(self.length))
    }

    /// The bits of the key's word that are the first `count` of the slice.
    func mask(_ count: Int) -> UInt64 {
        guard count > 0 else { return 0 }
        let ones = UInt64((UInt32.max << UInt32(32 - count)) >> UInt32(32 - self.width))
        return ones << self.shift
    }
}

/// The different values of one slice in a subtable's entries: says how many leading bits tell a value from all of them.
///
/// **What for.** A lookup that misses a subtable has looked at all bits of its mask; but a packet whose address differs
/// from every address there is told apart by the first bit in which it does, and the megaflow need not be narrower.
///
/// **How.** The value that shares most leading bits with another one is its neighbour in order. So an ordered array is
/// enough: four bytes per different value. Additions go to a second, short one, which is merged into the first when
/// it is full: some tens of nanoseconds each. Values whose entries have gone stay until the set is made anew; they make
/// megaflows narrower than need be, never too wide.
struct PrefixSet: ~Copyable {
    private static let recentMaximum = 256

    private var values: [UInt32]
    private var recent: [UInt32] = []

    /// Makes a set of `unordered`, in any order, equal ones among them.
    init(_ unordered: [UInt32]) {
        var values = unordered
        Self.sort(&values)
        var count = 0
        for index in values.indices where index == 0 || values[index] != values[count - 1] {
            values[count] = values[index]
            count += 1
        }
        self.values = Array(values[..<count])
    }

    /// How many values there are.
    var count: Int { self.values.count + self.recent.count }

    /// How many leading bits of `value` no value of the set begins with; nil where the value is in the set.
    func bitsThatDiffer(_ value: UInt32) -> Int? {
        guard let shared = Self.sharedBits(value, self.values), let others = Self.sharedBits(value, self.recent) else {
            return nil
        }
        return max(shared, others)
    }

    /// One more than the most leading bits that `value` shares with one of `values`; 0 where there is none, nil where
    /// one is equal.
    private static func sharedBits(_ value: UInt32, _ values: borrowing [UInt32]) -> Int? {
        let index = Self.index(of: value, in: values)
        var bits = 0
        if index < values.count {
            if values[index] == value { return nil }
            bits = (values[index] ^ value).leadingZeroBitCount + 1
        }
        if index > 0 { bits = max(bits, (values[index - 1] ^ value).leadingZeroBitCount + 1) }
        return bits
    }

    /// The index of the first of `values` that is not below `value`.
    @inline(__always)
    private static func index(of value: UInt32, in values: borrowing [UInt32]) -> Int {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low &+ high) / 2
            if values[middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Adds a value.
    mutating func insert(_ value: UInt32) {
        let place = Self.index(of: value, in: self.values)
        if place < self.values.count, self.values[place] == value { return }
        let index = Self.index(of: value, in: self.recent)
        if index < self.recent.count, self.recent[index] == value { return }
        self.recent.insert(value, at: index)
        if self.recent.count == Self.recentMaximum { self.merge() }
    }

    /// Moves the recent values to the others.
    private mutating func merge() {
        var left = self.values.count - 1
        var right = self.recent.count - 1
        self.values.append(contentsOf: self.recent)
        var place = self.values.count - 1
        while right >= 0 {
            if left >= 0, self.values[left] > self.recent[right] {
                self.values[place] = self.values[left]
                left -= 1
            } else {
                self.values[place] = self.recent[right]
                right -= 1
            }
            place -= 1
        }
        self.recent.removeAll(keepingCapacity: true)
    }

    /// Sorts by 11 bits at a time: for many values several times as fast as comparing.
    private static func sort(_ values: inout [UInt32]) {
        guard values.count > 512 else { return values.sort() }
        var other = [UInt32](repeating: 0, count: values.count)
        for shift in [0, 11, 22] as [UInt32] {
            var places = [Int](repeating: 0, count: 2_048)
            for value in values { places[Int(value >> shift & 2_047)] += 1 }
            var sum = 0
            for digit in places.indices {
                let count = places[digit]
                places[digit] = sum
                sum += count
            }
            for value in values {
                let digit = Int(value >> shift & 2_047)
                other[places[digit]] = value
                places[digit] += 1
            }
            swap(&values, &other)
        }
    }
}
