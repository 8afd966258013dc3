import OpenFlow

/// When the flows whose counters are to be told cross their thresholds (STAT_TRIGGER, 1.5 §7.2.5.7): a value, without
/// a clock.
///
/// A flow is looked at with ``check(_:_:_:)``; which flows have triggers is known from their instructions, so that
/// entries of flows that are gone or changed are dropped when they are looked at.
struct StatisticsTriggers {
    /// What of a flow thresholds are about.
    struct Counts: Equatable {
        var ageNanoseconds: UInt64 = 0
        var idleNanoseconds: UInt64 = 0
        var packets: UInt64 = 0
        var bytes: UInt64 = 0

        /// By number of field.
        fileprivate subscript(_ field: Int) -> UInt64 {
            switch field {
            case 0: self.ageNanoseconds
            case 1: self.idleNanoseconds
            case 2: self.packets
            default: self.bytes
            }
        }
    }

    /// What is known of one flow.
    private struct Entry {
        let trigger: StatisticsTrigger
        /// How many multiples of each threshold have been crossed, by field.
        var crossed = InlineArray<4, UInt64>(repeating: 0)
        /// Of a trigger for the first threshold only, which that was.
        var first: Int?
    }

    /// How often counters are compared with thresholds.
    static let interval = Duration.milliseconds(100)
    /// How many flows are looked at in one turn.
    static let flowsPerTurn = 4_096

    private var entries: [RuleReference: Entry] = [:]
    /// The flows still to be looked at in this round, last first.
    private var round: [RuleReference] = []
    /// When the next round begins.
    private var nextRound: MonotonicTime?

    /// Whether no flow has a trigger.
    var isEmpty: Bool { self.entries.isEmpty }
    /// When ``flowsToCheck(at:)`` is to be called next; nil without triggers.
    var nextDeadline: MonotonicTime? { self.entries.isEmpty ? nil : self.nextRound }

    /// Notes that a flow has that trigger from now on; its thresholds begin anew.
    mutating func set(_ flow: RuleReference, _ trigger: StatisticsTrigger, now: MonotonicTime) {
        self.entries[flow] = Entry(trigger: trigger)
        if self.nextRound == nil { self.nextRound = now + Self.interval }
    }

    /// The flows that are to be looked at now; says when to call again by ``nextDeadline``.
    mutating func flowsToCheck(at now: MonotonicTime) -> [RuleReference] {
        guard let due = self.nextRound, due <= now else { return [] }
        if self.round.isEmpty { self.round = Array(self.entries.keys) }
        let taken = Array(self.round.suffix(Self.flowsPerTurn))
        self.round.removeLast(taken.count)
        if self.round.isEmpty { self.nextRound = now + Self.interval }
        return taken
    }

    /// Whether a flow's counters have crossed a threshold since they were looked at last.
    ///
    /// - Parameters:
    ///   - trigger: What the flow's instructions say now; nil where it is gone, or has none.
    ///   - counts: Its counters.
    mutating func check(_ flow: RuleReference, _ trigger: StatisticsTrigger?, _ counts: Counts) -> Bool {
        guard var entry = self.entries[flow], let trigger, entry.trigger == trigger else {
            self.entries[flow] = nil
            if self.entries.isEmpty { self.nextRound = nil }
            return false
        }
        var isCrossed = false
        let thresholds = trigger.thresholds.inOrder
        let isPeriodic = trigger.flags.contains(.periodic)
        for field in 0..<4 {
            guard let threshold = thresholds[field], threshold > 0 else { continue }
            if let first = entry.first, first != field { continue }
            let multiple = isPeriodic ? counts[field] / threshold : min(counts[field] / threshold, 1)
            // The time without packets begins anew with each packet.
            if field == 1, multiple < entry.crossed[field] { entry.crossed[field] = isPeriodic ? multiple : 1 }
            guard multiple > entry.crossed[field] else { continue }
            entry.crossed[field] = multiple
            isCrossed = true
            if trigger.flags.contains(.onlyFirst) {
                entry.first = field
                break
            }
        }
        self.entries[flow] = entry
        return isCrossed
    }
}

extension ExtensibleStatistics {
    /// Thresholds by number of field: age and time without packets in nanoseconds, packets, bytes.
    fileprivate var inOrder: [UInt64?] {
        func span(_ seconds: UInt32?, _ nanoseconds: UInt32?) -> UInt64? {
            seconds.map { UInt64($0) * 1_000_000_000 + UInt64(nanoseconds ?? 0) }
        }
        return [
            span(self.durationSeconds, self.durationNanoseconds), span(self.idleSeconds, self.idleNanoseconds),
            self.packetCount, self.byteCount,
        ]
    }
}

extension StatisticsTrigger {
    /// Refuses what a flow does not count, and thresholds that are always crossed.
    func validate() throws(OpenFlowError) {
        guard self.flags.isSubset(of: [.periodic, .onlyFirst]) else {
            throw OpenFlowError(.instructionUnsupported, value: UInt64(self.flags.rawValue))
        }
        guard self.thresholds.others.isEmpty, self.thresholds.flowCount == nil else {
            throw OpenFlowError(.matchBadField)
        }
        for threshold in self.thresholds.inOrder where threshold == 0 { throw OpenFlowError(.matchBadValue) }
    }
}
