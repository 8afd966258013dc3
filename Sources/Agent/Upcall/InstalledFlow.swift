package import Datapath
package import OpenFlow

/// Names a bridge within its ``DatapathService``; never given twice.
package struct BridgeIdentifier: RawRepresentable, Hashable, Sendable {
    /// The number.
    package let rawValue: UInt32
    /// Makes an identifier from its number.
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What packets a megaflow is for; immutable and shared, for it is large.
package final class FlowMatch: Sendable {
    /// The key in the datapath's terms (`inPort` is a ``PortIndex``), zero outside the mask.
    package let key: FlowKey
    /// Which bits count.
    package let mask: FlowMask
    /// Makes a match; clears the key's bits outside the mask.
    package init(key: FlowKey, mask: FlowMask) {
        var masked = key
        masked.formIntersection(mask)
        self.key = masked
        self.mask = mask
    }
}

/// A megaflow that this process has installed: what is needed to credit its packets and to keep it true.
package struct InstalledFlow: Sendable {
    /// Where it is in its life.
    package enum State: Hashable, Sendable {
        /// Entered here, on its way to the datapath.
        case installing
        /// In the datapath.
        case installed
        /// On its way out of the datapath.
        case deleting
    }

    /// Its name.
    package let identifier: FlowIdentifier
    /// The bridge it belongs to.
    package let bridge: BridgeIdentifier
    /// The packets it is for.
    package let match: FlowMatch
    /// When it was entered.
    package let created: MonotonicTime
    /// What the datapath does with its packets.
    package var actions: [DatapathAction]
    /// The rules that its packets hit.
    package var rules: [RuleReference]
    /// The groups and buckets that handle its packets.
    package var counters: [TrafficCounter] = []
    /// The tables in which its packets match nothing.
    package var missedTables: [TableID] = []
    /// Why its packets, or copies of them, are dropped.
    package var drops: [DropRecord] = []
    /// The flows that its packets teach.
    package var learnedFlows: [LearnedFlow] = []
    /// What its packets teach NORMAL.
    package var learned: MACLearningUpdate?
    /// What other bridges do with its packets that these come into by patch ports.
    package var passages: [BridgePassage] = []
    /// The version of the tables that it agrees with.
    package var version: UInt64
    /// The ``DatapathFeatures/generation`` that it agrees with.
    package var features: UInt64 = 0
    /// The ``MACLearning/generation`` that it agrees with; nil where learning does not matter.
    package var learningGeneration: UInt64?
    /// The counters that have been credited to the rules.
    package var credited = FlowStatistics()
    /// Where it is in its life.
    package var state = State.installing
    /// The last sweep that found it in the datapath.
    package var lastSweep: UInt64 = 0

    /// The bridges whose tables it follows from, each once.
    var bridges: Set<BridgeIdentifier> { Set(self.passages.map(\.bridge)).union([self.bridge]) }

    /// Whether its packets are credited as those of a translation are.
    func isCredited(as translation: Translation) -> Bool {
        guard
            self.rules == translation.rules && self.counters == translation.counters
                && self.missedTables == translation.missedTables && self.learned == translation.learned
                && self.learnedFlows == translation.learnedFlows && self.drops == translation.drops,
            self.passages.count == translation.passages.count
        else { return false }
        return zip(self.passages, translation.passages).allSatisfy {
            $0.bridge == $1.bridge && $0.attribution == $1.attribution
        }
    }

    /// When it was last used, or entered.
    package var lastUsed: MonotonicTime { max(self.created, MonotonicTime(nanoseconds: self.credited.lastUsed)) }
}

/// Packets that a megaflow has handled since the last time, to be credited to rules.
package struct FlowCredit: Sendable {
    /// The bridge whose rules they are.
    package var bridge: BridgeIdentifier
    /// The rules.
    package var rules: [RuleReference]
    /// The groups and buckets that handled them.
    package var counters: [TrafficCounter]
    /// The tables in which they matched nothing.
    package var missedTables: [TableID]
    /// Why they, or copies of them, were dropped.
    package var drops: [DropRecord] = []
    /// The flows that they taught.
    package var learnedFlows: [LearnedFlow] = []
    /// What the packets taught NORMAL.
    package var learned: MACLearningUpdate?
    /// How many packets.
    package var packets: UInt64
    /// How many bytes.
    package var bytes: UInt64
    /// The TCP flags seen since the megaflow was installed.
    package var tcpFlags: UInt16 = 0
    /// When the last came.
    package var lastUsed: MonotonicTime
    /// The ways through other bridges that are to be credited too.
    package var passages: [BridgePassage] = []
}

extension FlowCredit {
    /// The credit for packets that took a way through another bridge.
    init(_ passage: BridgePassage, packets: UInt64, bytes: UInt64, tcpFlags: UInt16, lastUsed: MonotonicTime) {
        self.init(
            bridge: passage.bridge, rules: passage.attribution.rules, counters: passage.attribution.counters,
            missedTables: passage.attribution.missedTables, drops: passage.attribution.drops,
            learnedFlows: passage.attribution.learnedFlows, learned: passage.attribution.learned, packets: packets,
            bytes: bytes, tcpFlags: tcpFlags, lastUsed: lastUsed)
    }

    /// The credit of each bridge: this one's, and those of its ``passages``.
    var ofEachBridge: [FlowCredit] {
        guard !self.passages.isEmpty else { return [self] }
        return [self]
            + self.passages.map {
                FlowCredit(
                    $0, packets: self.packets, bytes: self.bytes, tcpFlags: self.tcpFlags, lastUsed: self.lastUsed)
            }
    }
}
