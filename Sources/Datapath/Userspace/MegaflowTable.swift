/// The megaflows of an embedded datapath: a tuple space (one hash table per mask), flow records in slabs, and
/// an index by name.
///
/// No priorities: the caller sees to it that overlapping megaflows agree, so the first match is the answer
/// and any cached match stays right for as long as its record matches. Not thread-safe; ``UserspaceDatapath``
/// keeps it under its lock.
///
/// Unsafe memory: records live in chunks that never move; a record's words are allocated with it and freed
/// with it. All of it is private to this file and its subtables, and indices are checked against
/// `recordLimit`.
package struct MegaflowTable: ~Copyable {
    /// A megaflow as stored.
    private struct Record {
        var identifier: FlowIdentifier
        var statistics: FlowStatistics
        /// The subtable it is in; -1: the record is free.
        var subtable: Int32
        var hash: UInt32
        /// The masked words of its key; nil only for a free record.
        var words: UnsafeMutablePointer<UInt64>?
        var program: ActionProgram?
    }

    private static let chunkShift = 10
    private static let chunkRecords = 1 << chunkShift
    /// After so many lookups the subtables are put in the order of their hits.
    private static let reorderInterval: UInt32 = 16_384

    private let seed: UInt64
    private let limit: Int
    private var chunks: [UnsafeMutablePointer<Record>] = []
    private var recordLimit: UInt32 = 0
    private var freeRecords: [UInt32] = []
    private var byIdentifier: [FlowIdentifier: UInt32] = [:]
    /// Subtables in the order of search.
    ///
    /// Boxed, so that reordering moves pointers.
    private var order: [Int32] = []
    private var subtables: [UnsafeMutablePointer<MegaflowSubtable>?] = []
    private var lookups: UInt32 = 0

    /// An empty table for at most `limit` flows; `seed` is random where keys come from strangers.
    package init(limit: Int, seed: UInt64) {
        self.limit = limit
        self.seed = seed
    }

    deinit {
        for number in 0..<self.recordLimit {
            let record = self.chunks[Int(number >> 10)] + Int(number & 1023)
            record.pointee.words?.deallocate()
            record.deinitialize(count: 1)
        }
        for chunk in self.chunks { chunk.deallocate() }
        for case let subtable? in self.subtables {
            subtable.deinitialize(count: 1)
            subtable.deallocate()
        }
    }

    /// How many flows.
    package var count: Int { self.byIdentifier.count }
    /// How many different masks.
    package var maskCount: Int { self.order.count }

    @inline(__always)
    private func record(_ number: UInt32) -> UnsafeMutablePointer<Record> {
        self.chunks[Int(number >> UInt32(Self.chunkShift))] + Int(number & UInt32(Self.chunkRecords - 1))
    }

    // MARK: Lookup

    /// The number of a flow that matches `key`, or nil.
    @inline(__always)
    mutating func lookup(_ key: UnsafePointer<FlowKey>) -> UInt32? {
        self.lookups &+= 1
        if self.lookups >= Self.reorderInterval { self.reorder() }
        for place in self.order {
            guard let subtable = self.subtables[Int(place)] else { continue }
            let hash = subtable.pointee.hash(key, seed: self.seed)
            if let number = self.find(key, hash, subtable) {
                subtable.pointee.recentHits &+= 1
                return number
            }
        }
        return nil
    }

    @inline(__always)
    private func find(
        _ key: UnsafePointer<FlowKey>, _ hash: UInt32, _ subtable: UnsafeMutablePointer<MegaflowSubtable>
    ) -> UInt32? {
        subtable.pointee.find(hash) { number in
            guard let words = self.record(number).pointee.words else { return false }
            return subtable.pointee.matches(key, words)
        }
    }

    /// Whether the flow of that number (from a cache, perhaps long ago) exists and matches `key`.
    @inline(__always)
    func isMatch(_ number: UInt32, _ key: UnsafePointer<FlowKey>) -> Bool {
        guard number < self.recordLimit else { return false }
        let record = self.record(number)
        guard record.pointee.subtable >= 0, let words = record.pointee.words,
            let subtable = self.subtables[Int(record.pointee.subtable)]
        else { return false }
        return subtable.pointee.matches(key, words)
    }

    /// Counts a packet for the flow and returns what to do with it.
    ///
    /// The number must come from this table, under the same lock.
    @inline(__always)
    func hit(_ number: UInt32, bytes: Int, tcpFlags: UInt16, now: UInt64) -> ActionProgram? {
        let record = self.record(number)
        record.pointee.statistics.packets &+= 1
        record.pointee.statistics.bytes &+= UInt64(truncatingIfNeeded: bytes)
        record.pointee.statistics.lastUsed = now
        record.pointee.statistics.tcpFlags |= tcpFlags
        return record.pointee.program
    }

    private mutating func reorder() {
        self.lookups = 0
        let subtables = self.subtables
        self.order.sort { (left: Int32, right: Int32) in
            (subtables[Int(left)]?.pointee.recentHits ?? 0) > (subtables[Int(right)]?.pointee.recentHits ?? 0)
        }
        for place in self.order { subtables[Int(place)]?.pointee.recentHits = 0 }
    }

    // MARK: Changes

    /// Adds a flow, or gives the one with the same identifier new actions (counters are kept).
    ///
    /// `exists` when a flow with the same key and mask has another identifier; `noSpace` at the limit.
    package mutating func put(_ flow: borrowing DatapathFlow) throws(DatapathError) {
        var (key, mask) = (flow.key, flow.mask)
        try self.put(flow.identifier, &key, &mask, ActionProgram(flow.actions))
    }

    private mutating func put(
        _ identifier: FlowIdentifier, _ key: UnsafePointer<FlowKey>, _ mask: UnsafePointer<FlowMask>,
        _ program: ActionProgram
    ) throws(DatapathError) {
        if let number = self.byIdentifier[identifier] {
            let record = self.record(number)
            guard record.pointee.subtable >= 0, let subtable = self.subtables[Int(record.pointee.subtable)],
                let words = record.pointee.words, subtable.pointee.hasMask(mask),
                subtable.pointee.matches(key, words)
            else { throw DatapathError(.exists, operation: "put flow", detail: "another flow has this identifier") }
            record.pointee.program = program
            return
        }
        guard self.count < self.limit else {
            throw DatapathError(.noSpace, operation: "put flow", detail: "the limit is \(self.limit) flows")
        }
        let place = self.subtable(for: mask)
        guard let subtable = self.subtables[Int(place)] else { return }
        let hash = subtable.pointee.hash(key, seed: self.seed)
        guard self.find(key, hash, subtable) == nil else {
            throw DatapathError(.exists, operation: "put flow", detail: "a flow with this key and mask exists")
        }
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, subtable.pointee.wordCount))
        subtable.pointee.extract(key, to: words)
        let number = self.takeRecord()
        self.record(number).pointee = Record(
            identifier: identifier, statistics: FlowStatistics(), subtable: place, hash: hash, words: words,
            program: program)
        subtable.pointee.insert(hash, record: number)
        self.byIdentifier[identifier] = number
    }

    /// Removes a flow and returns its counters; nil: there is none of that name.
    package mutating func remove(_ identifier: FlowIdentifier) -> FlowStatistics? {
        guard let number = self.byIdentifier.removeValue(forKey: identifier) else { return nil }
        let record = self.record(number)
        let statistics = record.pointee.statistics
        let place = record.pointee.subtable
        if place >= 0, let subtable = self.subtables[Int(place)] {
            subtable.pointee.remove(record.pointee.hash, record: number)
            if subtable.pointee.count == 0 { self.removeSubtable(place) }
        }
        self.release(number)
        return statistics
    }

    /// Removes every flow.
    package mutating func removeAll() {
        for number in self.byIdentifier.values { self.release(number) }
        self.byIdentifier.removeAll()
        for place in self.order { self.removeSubtable(place) }
    }

    private func subtableIndex(of mask: UnsafePointer<FlowMask>) -> Int32? {
        for place in self.order {
            if let subtable = self.subtables[Int(place)], subtable.pointee.hasMask(mask) { return place }
        }
        return nil
    }

    private mutating func subtable(for mask: UnsafePointer<FlowMask>) -> Int32 {
        if let place = self.subtableIndex(of: mask) { return place }
        let subtable = UnsafeMutablePointer<MegaflowSubtable>.allocate(capacity: 1)
        subtable.initialize(to: MegaflowSubtable(mask: mask.pointee))
        let free = self.subtables.firstIndex { $0 == nil }
        let place = free ?? self.subtables.count
        if free == nil { self.subtables.append(subtable) } else { self.subtables[place] = subtable }
        self.order.append(Int32(truncatingIfNeeded: place))
        return Int32(truncatingIfNeeded: place)
    }

    private mutating func removeSubtable(_ place: Int32) {
        guard let subtable = self.subtables[Int(place)] else { return }
        subtable.deinitialize(count: 1)
        subtable.deallocate()
        self.subtables[Int(place)] = nil
        self.order.removeAll { $0 == place }
    }

    private mutating func takeRecord() -> UInt32 {
        if let number = self.freeRecords.popLast() { return number }
        if Int(self.recordLimit) == self.chunks.count << Self.chunkShift {
            self.chunks.append(.allocate(capacity: Self.chunkRecords))
        }
        let number = self.recordLimit
        self.recordLimit += 1
        self.record(number).initialize(
            to: Record(
                identifier: FlowIdentifier(high: 0, low: 0), statistics: FlowStatistics(), subtable: -1, hash: 0,
                words: nil, program: nil))
        return number
    }

    private mutating func release(_ number: UInt32) {
        let record = self.record(number)
        record.pointee.words?.deallocate()
        record.pointee.words = nil
        record.pointee.program = nil
        record.pointee.subtable = -1
        self.freeRecords.append(number)
    }

    // MARK: Reading

    /// The flow of that name.
    package func flow(_ identifier: FlowIdentifier) -> DatapathFlow? {
        self.byIdentifier[identifier].flatMap { self.flow(at: $0) }
    }

    /// Up to `maximum` flows from record `cursor` on, appended to `flows`; `cursor` moves on.
    ///
    /// False at the end of the table.
    package func dump(_ cursor: inout UInt32, maximum: Int, into flows: inout [DatapathFlow]) -> Bool {
        var left = maximum
        while left > 0, cursor < self.recordLimit {
            if let flow = self.flow(at: cursor) {
                flows.append(flow)
                left -= 1
            }
            cursor += 1
        }
        return cursor < self.recordLimit
    }

    private func flow(at number: UInt32) -> DatapathFlow? {
        let record = self.record(number)
        guard record.pointee.subtable >= 0, let words = record.pointee.words,
            let subtable = self.subtables[Int(record.pointee.subtable)]
        else { return nil }
        return DatapathFlow(
            identifier: record.pointee.identifier, key: subtable.pointee.key(of: words), mask: subtable.pointee.mask,
            actions: record.pointee.program?.actions ?? [], statistics: record.pointee.statistics)
    }
}

/// The actions of a megaflow with what is worth knowing about them before they are executed.
///
/// Immutable, shared by reference.
package final class ActionProgram: Sendable {
    /// The actions.
    let actions: [DatapathAction]
    /// The one port, when all there is is one output.
    let onlyOutput: PortIndex?
    /// Whether some action needs a frame as it would be on the wire: checksums finished, no segmentation left
    /// to the device.
    let needsPlainFrames: Bool

    init(_ actions: [DatapathAction]) {
        self.actions = actions
        if actions.count == 1, case .output(let port)? = actions.first {
            self.onlyOutput = port
        } else {
            self.onlyOutput = nil
        }
        self.needsPlainFrames = Self.needsPlainFrames(actions)
    }

    /// A host's device cannot segment behind a label it does not know, cut a frame that is still to be
    /// segmented, or show a controller a checksum that is not there yet.
    private static func needsPlainFrames(_ actions: [DatapathAction]) -> Bool {
        actions.contains { action in
            switch action {
            case .userspace, .truncate, .pushMPLS, .popMPLS, .checkPacketLength, .edit: true
            case .pushEthernet, .popEthernet, .pushServiceHeader, .popServiceHeader, .encapsulateMPLS: true
            case .set(.sctp), .set(.icmp), .set(.neighbourDiscovery), .set(.mpls), .set(.tunnel): true
            case .clone(let nested), .sample(_, let nested): Self.needsPlainFrames(nested)
            default: false
            }
        }
    }
}

extension MegaflowTable {
    /// The actions of a flow that matches `key`, for tests and tracing; the flow's counters stay as they are.
    package mutating func actions(for key: FlowKey) -> [DatapathAction]? {
        var key = key
        return self.lookup(&key).flatMap { self.record($0).pointee.program?.actions }
    }
}
