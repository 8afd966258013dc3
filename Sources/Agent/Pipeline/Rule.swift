import OpenFlow
import Synchronization

/// One flow entry, as it lies in its table's ``RuleSlab``: everything but the match, which is in the ``Classifier``.
///
/// Owned by its ``FlowTable``. The counters may be added to by any thread that holds the pipeline's read lock; all else
/// changes only under the write lock.
struct Rule: ~Copyable {
    /// Packets that matched.
    let packetCount = Atomic<UInt64>(0)
    /// Their bytes.
    let byteCount = Atomic<UInt64>(0)
    /// When the last one matched, or when the rule was added; nanoseconds of the monotonic clock.
    let lastUsed = Atomic<UInt64>(0)
    /// When it was added.
    var created = MonotonicTime.zero
    /// When it was added or modified: the hard timeout counts from here.
    var modified = MonotonicTime.zero
    /// What to do.
    var instructions = InstructionList.empty
    /// The controller's mark.
    var cookie = Cookie.none
    /// Where its match is; nil while the slot is free.
    var entry: ClassifierEntry?
    /// Tells this rule from those that had the slot before.
    var generation: UInt32 = 0
    /// The neighbours in the list of rules of equal cookie; the next also links free slots.
    var nextOfCookie = RuleSlab.none
    var previousOfCookie = RuleSlab.none
    /// The neighbours in the list of rules of equal instructions.
    var nextOfInstructions = RuleSlab.none
    var previousOfInstructions = RuleSlab.none
    /// Where in the table's ``ExpiryHeap`` it is, or none.
    var expiryIndex = RuleSlab.none
    var idleTimeoutSeconds: UInt16 = 0
    var hardTimeoutSeconds: UInt16 = 0
    var importance: UInt16 = 0
    /// The flow_mod's flags; the top bit, which none of them has, says that the rule is hidden.
    private var flagBits: UInt16 = 0

    private static let hiddenBit: UInt16 = 0x8000

    /// What is kept of the flow_mod's flags.
    var flags: FlowMod.Flags {
        get { FlowMod.Flags(rawValue: self.flagBits & ~Self.hiddenBit) }
        set { self.flagBits = newValue.rawValue & ~Self.hiddenBit | self.flagBits & Self.hiddenBit }
    }

    /// Whether controllers neither see nor change it.
    var isHidden: Bool {
        get { self.flagBits & Self.hiddenBit != 0 }
        set { self.flagBits = self.flagBits & ~Self.hiddenBit | (newValue ? Self.hiddenBit : 0) }
    }

    /// 0…65535 for flows of controllers; above for hidden ones.
    var priority: Int32 { self.entry?.head.pointee.priority ?? 0 }

    /// The first moment at which a timeout may be over as far as is known now, or nil without timeouts.
    var deadline: MonotonicTime? {
        var nanoseconds = UInt64.max
        if self.idleTimeoutSeconds != 0 {
            nanoseconds = self.lastUsed.load(ordering: .relaxed).adding(seconds: self.idleTimeoutSeconds)
        }
        if self.hardTimeoutSeconds != 0 {
            nanoseconds = min(nanoseconds, self.modified.nanoseconds.adding(seconds: self.hardTimeoutSeconds))
        }
        return nanoseconds == .max ? nil : MonotonicTime(nanoseconds: nanoseconds)
    }

    /// Which timeout is over at `now`, the hard one first, or nil.
    func timeoutOver(at now: MonotonicTime) -> FlowRemovedReason? {
        if self.hardTimeoutSeconds != 0,
            self.modified.nanoseconds.adding(seconds: self.hardTimeoutSeconds) <= now.nanoseconds
        {
            return .hardTimeout
        }
        if self.idleTimeoutSeconds != 0,
            self.lastUsed.load(ordering: .relaxed).adding(seconds: self.idleTimeoutSeconds) <= now.nanoseconds
        {
            return .idleTimeout
        }
        return nil
    }
}

extension UInt64 {
    /// The moment `seconds` after this one, both in nanoseconds; ends at the clock's bound.
    fileprivate func adding(seconds: UInt16) -> UInt64 {
        let (sum, overflow) = self.addingReportingOverflow(UInt64(seconds) * 1_000_000_000)
        return overflow ? .max : sum
    }
}

/// The memory of a table's rules: chunks of 64 that never move, so that a slot's number is its address.
///
/// Slots that are given back are used again, the last one first; chunks are kept until the table is empty. The
/// chunks of a large table are cut from whole pages, which go back to the host with it.
struct RuleSlab: ~Copyable {
    /// No slot.
    static let none = UInt32.max
    private static let chunkBits = 6
    private static let chunkSlots = 1 << chunkBits
    private static let chunkBytes = MemoryLayout<Rule>.stride * chunkSlots
    /// Chunks that are allocated one by one; what comes after is cut from blocks.
    private static let singleChunks = 64
    private static let blockChunks = 32

    private var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Rule>>?
    private var chunkCount = 0
    private var chunkCapacity = 0
    private var firstFree = RuleSlab.none
    /// Slots below this have been given out since the slab was last empty.
    private(set) var usedSlots: UInt32 = 0
    /// How many rules there are.
    private(set) var count = 0

    init() {}

    deinit {
        guard let chunks = self.chunks else { return }
        Self.release(chunks, self.chunkCount, Int(self.usedSlots))
    }

    /// The rule in `slot`, which must be below ``usedSlots``; it may be free.
    @inline(__always)
    subscript(slot: UInt32) -> UnsafeMutablePointer<Rule> {
        guard let chunks = self.chunks else { preconditionFailure("a slot of an empty slab was named") }
        return chunks[Int(slot >> UInt32(Self.chunkBits))] + Int(slot & UInt32(Self.chunkSlots - 1))
    }

    /// The rule in `slot` if the slot is in use.
    func rule(_ slot: UInt32) -> UnsafeMutablePointer<Rule>? {
        guard slot < self.usedSlots else { return nil }
        let rule = self[slot]
        return rule.pointee.entry == nil ? nil : rule
    }

    /// The slot that ``take()`` is going to give.
    var next: UInt32 { self.firstFree == Self.none ? self.usedSlots : self.firstFree }

    /// Takes a slot, which holds a rule of all defaults.
    mutating func take() -> UInt32 {
        self.count += 1
        if self.firstFree != Self.none {
            let slot = self.firstFree
            self.firstFree = self[slot].pointee.nextOfCookie
            self[slot].pointee.nextOfCookie = Self.none
            return slot
        }
        if Int(self.usedSlots) == self.chunkCount << Self.chunkBits { self.addChunks() }
        let slot = self.usedSlots
        self.usedSlots += 1
        self[slot].initialize(to: Rule())
        return slot
    }

    /// Gives a slot back.
    mutating func giveBack(_ slot: UInt32) {
        let rule = self[slot]
        rule.deinitialize(count: 1)
        rule.initialize(to: Rule())
        rule.pointee.nextOfCookie = self.firstFree
        self.firstFree = slot
        self.count -= 1
        if self.count == 0 { self.releaseChunks() }
    }

    private mutating func addChunks() {
        let added = self.chunkCount < Self.singleChunks ? 1 : Self.blockChunks
        if self.chunkCount + added > self.chunkCapacity {
            let capacity = max(4, self.chunkCapacity * 2, self.chunkCount + added)
            let larger = UnsafeMutablePointer<UnsafeMutablePointer<Rule>>.allocate(capacity: capacity)
            if let chunks = self.chunks {
                larger.moveInitialize(from: chunks, count: self.chunkCount)
                chunks.deallocate()
            }
            self.chunks = larger
            self.chunkCapacity = capacity
        }
        guard let chunks = self.chunks else { return }
        if added == 1 {
            (chunks + self.chunkCount).initialize(to: .allocate(capacity: Self.chunkSlots))
        } else {
            let block = PageMemory.allocate(Self.blockChunks * Self.chunkBytes)
            for index in 0..<added {
                let chunk = block + index * Self.chunkBytes
                (chunks + self.chunkCount + index).initialize(
                    to: chunk.bindMemory(to: Rule.self, capacity: Self.chunkSlots))
            }
        }
        self.chunkCount += added
    }

    private mutating func releaseChunks() {
        guard let chunks = self.chunks else { return }
        Self.release(chunks, self.chunkCount, Int(self.usedSlots))
        self.chunks = nil
        self.chunkCount = 0
        self.chunkCapacity = 0
        self.firstFree = Self.none
        self.usedSlots = 0
    }

    private static func release(
        _ chunks: UnsafeMutablePointer<UnsafeMutablePointer<Rule>>, _ count: Int, _ usedSlots: Int
    ) {
        for index in 0..<count {
            let used = min(Self.chunkSlots, usedSlots - index * Self.chunkSlots)
            if used > 0 { chunks[index].deinitialize(count: used) }
            if index < Self.singleChunks {
                chunks[index].deallocate()
            } else if (index - Self.singleChunks + 1) % Self.blockChunks == 0 {
                PageMemory.release(
                    chunks[index + 1 - Self.blockChunks], Self.blockChunks * Self.chunkBytes)
            }
        }
        chunks.deallocate()
    }
}
