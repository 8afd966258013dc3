package import Datapath
import Synchronization

/// All megaflows that this process has installed in one datapath; any thread.
///
/// Sharded by identifier, each shard under its own mutex that is held for one operation or one pass over the shard,
/// never during a call into the datapath or a translation.
package final class InstalledFlowTable: Sendable {
    /// What came of entering a flow.
    package enum InsertOutcome: Hashable, Sendable {
        /// Entered.
        case inserted
        /// It, or its predecessor on its way out, is there.
        case alreadyPresent
        /// A different flow has this identifier.
        case collision
    }

    private final class Shard: Sendable {
        let flows = Mutex<[FlowIdentifier: InstalledFlow]>([:])
    }

    private static let shardCount = 32
    private let shards: [Shard] = (0..<32).map { _ in Shard() }
    private let total = Atomic<Int>(0)

    /// Makes an empty table.
    package init() {}

    /// How many flows there are.
    package var count: Int { self.total.load(ordering: .sequentiallyConsistent) }

    private func shard(_ identifier: FlowIdentifier) -> Shard {
        self.shards[Int(truncatingIfNeeded: identifier.low & UInt64(Self.shardCount - 1))]
    }

    /// Enters a flow that is about to be installed.
    package func insert(_ flow: InstalledFlow) -> InsertOutcome {
        self.shard(flow.identifier).flows.withLock { flows in
            if let present = flows[flow.identifier] {
                let isSame = present.match.key == flow.match.key && present.match.mask == flow.match.mask
                return isSame ? .alreadyPresent : .collision
            }
            flows[flow.identifier] = flow
            self.total.add(1, ordering: .sequentiallyConsistent)
            return .inserted
        }
    }

    /// The flow of that name.
    package subscript(_ identifier: FlowIdentifier) -> InstalledFlow? {
        self.shard(identifier).flows.withLock { $0[identifier] }
    }

    /// Changes a flow in place; nil where it is not there.
    @discardableResult
    package func update<Result: Sendable>(
        _ identifier: FlowIdentifier, _ change: (inout InstalledFlow) -> Result
    ) -> Result? {
        self.shard(identifier).flows.withLock { flows in
            guard let index = flows.index(forKey: identifier) else { return nil }
            return change(&flows.values[index])
        }
    }

    /// Removes a flow and returns it.
    @discardableResult
    package func remove(_ identifier: FlowIdentifier) -> InstalledFlow? {
        self.shard(identifier).flows.withLock { flows in
            guard let flow = flows.removeValue(forKey: identifier) else { return nil }
            self.total.subtract(1, ordering: .sequentiallyConsistent)
            return flow
        }
    }

    /// Copies of the flows for which `isWanted` holds; each shard is one consistent moment.
    package func flows(where isWanted: (borrowing InstalledFlow) -> Bool) -> [InstalledFlow] {
        var result: [InstalledFlow] = []
        for shard in self.shards {
            shard.flows.withLock { flows in
                for flow in flows.values where isWanted(flow) { result.append(flow) }
            }
        }
        return result
    }

    /// Lets `isConcerned` look at every flow, which it may mark, and returns copies of those for which it holds.
    ///
    /// Each shard is one consistent moment. Marks must not touch what is counted.
    func markedFlows(where isConcerned: (inout InstalledFlow) -> Bool) -> [InstalledFlow] {
        var result: [InstalledFlow] = []
        for shard in self.shards {
            shard.flows.withLock { flows in
                var index = flows.values.startIndex
                while index != flows.values.endIndex {
                    if isConcerned(&flows.values[index]) { result.append(flows.values[index]) }
                    index = flows.values.index(after: index)
                }
            }
        }
        return result
    }

    /// Notes a flow's counters as the datapath gives them, and returns what is new since the last time.
    ///
    /// Nil where the flow is not here. Counters that are behind what has been credited (a reading overtaken by
    /// another) add nothing.
    package func absorb(_ statistics: FlowStatistics, of identifier: FlowIdentifier, sweep: UInt64? = nil)
        -> FlowCredit?
    {
        self.update(identifier) { flow in flow.absorb(statistics, sweep: sweep) }
    }
}

extension InstalledFlow {
    /// Notes counters and returns what is new since the last time.
    mutating func absorb(_ statistics: FlowStatistics, sweep: UInt64? = nil) -> FlowCredit {
        if let sweep { self.lastSweep = sweep }
        let isNewer = statistics.packets > self.credited.packets
        let packets = isNewer ? statistics.packets - self.credited.packets : 0
        let bytes = isNewer && statistics.bytes > self.credited.bytes ? statistics.bytes - self.credited.bytes : 0
        if isNewer {
            self.credited.packets = statistics.packets
            self.credited.bytes = max(statistics.bytes, self.credited.bytes)
            self.credited.tcpFlags |= statistics.tcpFlags
            self.credited.lastUsed = max(statistics.lastUsed, self.credited.lastUsed)
        }
        return FlowCredit(
            bridge: self.bridge, rules: self.rules, counters: self.counters, missedTables: self.missedTables,
            drops: self.drops, learnedFlows: self.learnedFlows, learned: self.learned, packets: packets, bytes: bytes,
            tcpFlags: packets > 0 ? self.credited.tcpFlags : 0,
            lastUsed: MonotonicTime(nanoseconds: self.credited.lastUsed), passages: self.passages)
    }
}
