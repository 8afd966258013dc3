import Datapath
package import OpenFlow
import Synchronization

/// Everything of a packet's way through the tables that must survive its way through the datapath: what thaws it.
///
/// Header fields are not among it: the datapath has them, as they were when the packet was frozen.
package struct FrozenState: Hashable, Sendable {
    /// The bridge that it is in.
    package var bridge: BridgeIdentifier
    /// The port that it came in by.
    package var inPort: PortNumber
    /// The table that it goes on in.
    package var table: TableID
    /// The pipeline's metadata and registers: words 2…10 of the key.
    package var pipelineWords: [UInt64]
    /// The actions in its action set, in the order of execution.
    package var actionSet: [Action]
    /// What actions have pushed onto its stack.
    package var stack: [UInt128]
    /// How often the packet has been frozen, this time included.
    package var generation: Int
}

/// The frozen states of one datapath, by recirculation id; any thread.
///
/// Equal states have equal ids, so that a flow that is translated again keeps its actions. An id lives as long as
/// a megaflow names it, or it was handed out a short while ago; an id that is gone is not given out anew before
/// all others have been.
package final class RecirculationTable: Sendable {
    /// How many ids there may be at once.
    package static let limit = 65_536
    /// How long an id that no megaflow names stays known: packets may be on their way.
    package static let linger = Duration.seconds(10)
    /// How often one packet may be frozen.
    package static let generationsMaximum = 16

    private struct Entry {
        var state: FrozenState
        var lastUsed: MonotonicTime
    }
    private struct State {
        var entries: [UInt32: Entry] = [:]
        var identifiers: [FrozenState: UInt32] = [:]
        var next: UInt32 = 1
    }
    private let table = Mutex(State())

    /// No states.
    package init() {}

    /// How many states there are.
    package var count: Int { self.table.withLock { $0.entries.count } }

    /// The id of a state; nil where there is no room.
    package func identifier(of state: FrozenState, now: MonotonicTime) -> UInt32? {
        self.table.withLock { table in
            if let known = table.identifiers[state] {
                table.entries[known]?.lastUsed = now
                return known
            }
            guard table.entries.count < Self.limit else { return nil }
            while table.next == 0 || table.entries[table.next] != nil { table.next &+= 1 }
            let identifier = table.next
            table.next &+= 1
            table.entries[identifier] = Entry(state: state, lastUsed: now)
            table.identifiers[state] = identifier
            return identifier
        }
    }

    /// The state of an id; nil where it is gone.
    package func state(of identifier: UInt32) -> FrozenState? {
        self.table.withLock { $0.entries[identifier]?.state }
    }

    /// Forgets the states that were last used a while ago and whose ids `isNamed` denies; returns how many.
    @discardableResult
    package func collect(now: MonotonicTime, unless isNamed: Set<UInt32>) -> Int {
        self.table.withLock { table in
            let old = table.entries.filter { now.since($0.value.lastUsed) >= Self.linger && !isNamed.contains($0.key) }
            for (identifier, entry) in old {
                table.entries[identifier] = nil
                table.identifiers[entry.state] = nil
            }
            return old.count
        }
    }
}

extension [DatapathAction] {
    /// Adds the recirculation ids that the actions name, nested ones too.
    func collectRecirculations(into identifiers: inout Set<UInt32>) {
        for action in self {
            switch action {
            case .recirculate(let identifier): identifiers.insert(identifier)
            case .clone(let nested), .sample(_, let nested): nested.collectRecirculations(into: &identifiers)
            default: break
            }
        }
    }
}
