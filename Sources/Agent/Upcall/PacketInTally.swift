/// A count for each class of packet-ins.
package struct PacketInTally: Hashable, Sendable {
    private var counts: InlineCounts

    /// One word per class, without a heap.
    private struct InlineCounts: Hashable, Sendable {
        var linkDiscovery: UInt64 = 0
        var addressResolution: UInt64 = 0
        var action: UInt64 = 0
        var miss: UInt64 = 0
        var invalidTTL: UInt64 = 0
    }

    /// Makes a tally of nothing.
    package init() { self.counts = InlineCounts() }

    /// The count of a class.
    package subscript(packetClass: PacketInClass) -> UInt64 {
        get {
            switch packetClass {
            case .linkDiscovery: self.counts.linkDiscovery
            case .addressResolution: self.counts.addressResolution
            case .action: self.counts.action
            case .miss: self.counts.miss
            case .invalidTTL: self.counts.invalidTTL
            }
        }
        set {
            switch packetClass {
            case .linkDiscovery: self.counts.linkDiscovery = newValue
            case .addressResolution: self.counts.addressResolution = newValue
            case .action: self.counts.action = newValue
            case .miss: self.counts.miss = newValue
            case .invalidTTL: self.counts.invalidTTL = newValue
            }
        }
    }

    /// Over all classes.
    package var total: UInt64 { PacketInClass.allCases.reduce(0) { $0 &+ self[$1] } }

    /// What has been counted since `earlier`.
    package func since(_ earlier: PacketInTally) -> PacketInTally {
        var difference = PacketInTally()
        for packetClass in PacketInClass.allCases {
            difference[packetClass] = self[packetClass] &- earlier[packetClass]
        }
        return difference
    }
}

extension PacketInTally: CustomStringConvertible {
    /// The classes that have a count, such as `12 table miss, 3 link discovery`; `none` without any.
    package var description: String {
        let parts = PacketInClass.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.name)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}

/// Packet-ins that did not reach a session, by class, since when, and when that is worth a line in the log; a value.
package struct PacketInDrops: Hashable, Sendable {
    private struct Counted: Hashable, Sendable {
        var total = PacketInTally()
        /// Dropped since ``since``, when something was to be logged last.
        var recent = PacketInTally()
        var since = MonotonicTime.zero
    }

    /// At most one: most sessions never lose any.
    private var counted: [Counted] = []

    /// Dropped since the start.
    package var total: PacketInTally { self.counted.first?.total ?? PacketInTally() }
    /// Dropped since the last time that something was to be logged.
    var recent: PacketInTally { self.counted.first?.recent ?? PacketInTally() }

    private static let interval = Duration.seconds(10)

    /// Makes a count of nothing.
    package init() {}

    /// Counts a drop; returns what to log, at most every ten seconds: the drops since the last time, and for how long.
    package mutating func note(
        _ packetClass: PacketInClass, count: UInt64 = 1, now: MonotonicTime
    ) -> (drops: PacketInTally, duration: Duration)? {
        let isFirst = self.counted.isEmpty
        if isFirst { self.counted = [Counted()] }
        self.counted[0].total[packetClass] &+= count
        self.counted[0].recent[packetClass] &+= count
        let duration = now.since(self.counted[0].since)
        guard isFirst || duration >= Self.interval else { return nil }
        let drops = self.counted[0].recent
        self.counted[0].recent = PacketInTally()
        self.counted[0].since = now
        return (drops, isFirst ? .zero : duration)
    }
}
