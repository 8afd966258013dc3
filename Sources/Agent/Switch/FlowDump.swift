import OpenFlow
import Synchronization

/// A FLOW or AGGREGATE reply that is being made: where in the tables it is, and what is written but not taken yet.
///
/// Goes through each table's slots in order, so that a flow that stays is sent exactly once however the table changes
/// between two slices; flows that come or go meanwhile may be missed. Where the request names so little that the table
/// knows the flows at once, only those are gone through.
struct FlowDump {
    /// Why a slice ended.
    enum Progress {
        /// The reply is at its end.
        case finished
        /// There is no room for more.
        case full
        /// Others are to have their turn; there is room left.
        case paused
    }

    /// How many slots a slice looks at.
    static let slotsPerSlice = 8_192

    /// Its place among the session's replies that may wait.
    let sequence: UInt64
    /// Which flows.
    let selector: FlowSelector
    /// The tables still to be gone through.
    var tables: [TableID]
    /// The next slot of the first of them.
    private var slot: UInt32 = 0
    /// Those flows of the first of them, where they were found at once; the next is the last.
    private var found: [RuleReference]?
    /// The reply so far.
    var writer: MultipartReplyWriter
    /// The sums so far, for AGGREGATE.
    private var sums: AggregateStatistics?
    /// Whether flows and sums are told in Nicira's form.
    private let isNicira: Bool
    /// Whether flows are told without what they do (1.5).
    private let isCounters: Bool
    /// How flows are written.
    private var forms: FlowEntryForms
    /// The monitors that want the flows, as a FLOW_MONITOR reply tells them.
    private var monitors: [FlowMonitor]?
    /// Flows that the session's version could not say.
    var inexpressible = 0

    /// Begins a reply to the request that asks for `selector` in `tables`: sums, or the flows themselves, in the
    /// version's form or Nicira's.
    init(
        _ kind: MultipartReplyWriter.Kind, sequence: UInt64, selector: FlowSelector, tables: [TableID],
        version: OpenFlowVersion, transactionID: TransactionID
    ) throws(Inexpressible) {
        self.sequence = sequence
        self.selector = selector
        self.tables = tables
        self.writer = try MultipartReplyWriter(kind, version: version, transactionID: transactionID)
        self.isNicira = kind == .niciraFlow || kind == .niciraAggregate
        self.isCounters = kind == .flowCounters
        self.sums = kind == .aggregate || kind == .niciraAggregate ? AggregateStatistics() : nil
        self.forms = FlowEntryForms(version: version)
    }

    /// Begins the reply to a FLOW_MONITOR request: the flows in `tables` that some of the monitors watch.
    init(
        sequence: UInt64, monitors: [FlowMonitor], tables: [TableID], version: OpenFlowVersion,
        transactionID: TransactionID
    ) throws(Inexpressible) {
        self.sequence = sequence
        self.selector = FlowSelector()
        self.tables = tables
        self.writer = try MultipartReplyWriter(.flowMonitor, version: version, transactionID: transactionID)
        self.sums = nil
        self.isNicira = false
        self.isCounters = false
        self.forms = FlowEntryForms(version: version)
        self.monitors = monitors
    }

    /// Goes on until the reply has at least `byteCount` bytes that are not taken, or others are to have their turn.
    mutating func write(_ state: borrowing PipelineState, upTo byteCount: Int, now: MonotonicTime) -> Progress {
        let buffer = MatchBuffer()
        buffer.set(self.selector.key, self.selector.mask)
        // Numbers of subtables mean others once the tables have changed.
        self.forms.forgetKinds()
        var steps = Self.slotsPerSlice
        while let identifier = self.tables.first {
            if let table = state.existingTable(identifier) {
                let progress = self.write(table, buffer.words, upTo: byteCount, &steps, now)
                guard case .finished = progress else { return progress }
            }
            self.tables.removeFirst()
            self.slot = 0
            self.found = nil
        }
        guard let sums = self.sums else { return .finished }
        self.sums = nil
        do throws(Inexpressible) {
            try self.writer.append(self.isNicira ? .niciraAggregate(sums) : .aggregate(sums))
        } catch {
            self.inexpressible += 1
        }
        return .finished
    }

    private mutating func write(
        _ table: UnsafeMutablePointer<FlowTable>, _ match: MatchWords, upTo byteCount: Int, _ steps: inout Int,
        _ now: MonotonicTime
    ) -> Progress {
        let filter = self.selector.filter
        if self.slot == 0, self.found == nil {
            if self.addAll(table, match, filter) { return .finished }
            self.found = table.pointee.selectFew(filter, match)
        }
        while var found = self.found {
            self.found = []
            while let reference = found.last {
                guard self.writer.byteCount < byteCount else {
                    self.found = found
                    return .full
                }
                found.removeLast()
                if table.pointee.rule(reference) != nil { self.add(reference.slot, of: table, now) }
            }
            return .finished
        }
        while self.slot < table.pointee.rules.usedSlots {
            guard self.writer.byteCount < byteCount else { return .full }
            guard steps > 0 else { return .paused }
            steps -= 1
            let slot = self.slot
            self.slot += 1
            guard table.pointee.rules.rule(slot) != nil, table.pointee.selects(filter, match, slot) else { continue }
            self.add(slot, of: table, now)
        }
        return .finished
    }

    /// Adds up a whole table where only the sums are wanted, which the table knows; says whether it did.
    private mutating func addAll(
        _ table: UnsafeMutablePointer<FlowTable>, _ match: MatchWords, _ filter: FlowFilter
    ) -> Bool {
        guard self.sums != nil, match.isEverything, filter.isEverything, table.pointee.hiddenCount == 0 else {
            return false
        }
        let counts = table.pointee.presentCounts
        self.sums?.flowCount &+= UInt32(clamping: table.pointee.flowCount)
        self.sums?.packetCount &+= counts.packets
        self.sums?.byteCount &+= counts.bytes
        return true
    }

    private mutating func add(_ slot: UInt32, of table: UnsafeMutablePointer<FlowTable>, _ now: MonotonicTime) {
        guard self.sums == nil else {
            let rule = table.pointee.rules[slot]
            self.sums?.flowCount &+= 1
            self.sums?.packetCount &+= rule.pointee.packetCount.load(ordering: .relaxed)
            self.sums?.byteCount &+= rule.pointee.byteCount.load(ordering: .relaxed)
            return
        }
        guard self.monitors == nil else { return self.tell(slot, of: table, now) }
        do throws(Inexpressible) {
            guard !self.isNicira else {
                return try self.writer.append(table.pointee.niciraStatistics(of: slot, at: now))
            }
            guard !self.isCounters else {
                return try self.writer.append(table.pointee.counters(of: slot, .request, at: now))
            }
            try self.forms.append(slot, of: table.pointee, to: &self.writer, now: now)
        } catch {
            self.inexpressible += 1
        }
    }

    /// Adds a flow as the monitors that watch it want it.
    private mutating func tell(_ slot: UInt32, of table: UnsafeMutablePointer<FlowTable>, _ now: MonotonicTime) {
        guard let monitors = self.monitors, let flow = table.pointee.monitoredFlow(slot, at: now) else { return }
        let watching = monitors.filter { $0.watches(flow) }
        guard !watching.isEmpty else { return }
        let withInstructions = watching.contains { $0.flags.contains(.instructions) }
        do throws(Inexpressible) {
            try self.writer.append(.full(flow.update(.initial, withInstructions: withInstructions)))
        } catch {
            self.inexpressible += 1
        }
    }
}

extension FlowTable {
    /// What Nicira's FLOW statistics say of the rule in `slot`, which must be in use, at `now`.
    fileprivate func niciraStatistics(of slot: UInt32, at now: MonotonicTime) -> NiciraFlowStatistics {
        let entry = self.statistics(of: slot, at: now)
        let modified = self.rules[slot].pointee.modified.nanoseconds
        let age = now.nanoseconds >= modified ? now.nanoseconds - modified : 0
        return NiciraFlowStatistics(
            entry: entry, idleAgeSeconds: UInt16(clamping: entry.idleSeconds ?? 0),
            hardAgeSeconds: UInt16(clamping: age / 1_000_000_000))
    }
}
