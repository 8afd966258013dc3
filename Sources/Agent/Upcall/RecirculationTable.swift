import Datapath
import OpenFlow
import Synchronization

/// The frozen states of one datapath, by recirculation id.
package typealias RecirculationTable = IdentifierTable<FrozenState>

extension IdentifierTable where Value == FrozenState {
    /// How often one packet may be frozen.
    package static var generationsMaximum: Int { 16 }
}

/// Numbers for values that megaflows name, because what a datapath carries is 32 bits wide; any thread.
///
/// Equal values have equal numbers, so that a flow that is translated again keeps its actions. A number lives as long
/// as a megaflow names it, or it was handed out a short while ago; one that is gone is not given out anew before all
/// others have been.
package final class IdentifierTable<Value: Hashable & Sendable>: Sendable {
    /// How many numbers there may be at once.
    package static var limit: Int { 65_536 }
    /// How long a number that no megaflow names stays known: packets may be on their way.
    package static var linger: Duration { .seconds(10) }

    private struct Entry {
        var value: Value
        var lastUsed: MonotonicTime
        var linger: Duration
    }
    private struct State {
        var entries: [UInt32: Entry] = [:]
        var identifiers: [Value: UInt32] = [:]
        var next: UInt32 = 1
    }
    private let table = Mutex(State())

    /// No values.
    package init() {}

    /// How many values there are.
    package var count: Int { self.table.withLock { $0.entries.count } }

    /// The number of a value, which stays known for `linger` at least; nil where there is no room.
    package func identifier(of value: Value, now: MonotonicTime, linger: Duration? = nil) -> UInt32? {
        let linger = linger ?? Self.linger
        return self.table.withLock { table in
            if let known = table.identifiers[value] {
                table.entries[known]?.lastUsed = now
                if linger > table.entries[known]?.linger ?? .zero { table.entries[known]?.linger = linger }
                return known
            }
            guard table.entries.count < Self.limit else { return nil }
            while table.next == 0 || table.entries[table.next] != nil { table.next &+= 1 }
            let identifier = table.next
            table.next &+= 1
            table.entries[identifier] = Entry(value: value, lastUsed: now, linger: linger)
            table.identifiers[value] = identifier
            return identifier
        }
    }

    /// The value of a number; nil where it is gone.
    package func state(of identifier: UInt32) -> Value? {
        self.table.withLock { $0.entries[identifier]?.value }
    }

    /// Forgets the values that were last used a while ago and whose numbers `isNamed` denies; returns how many.
    @discardableResult
    package func collect(now: MonotonicTime, unless isNamed: Set<UInt32>) -> Int {
        self.table.withLock { table in
            let old = table.entries.filter {
                now.since($0.value.lastUsed) >= $0.value.linger && !isNamed.contains($0.key)
            }
            for (identifier, entry) in old {
                table.entries[identifier] = nil
                table.identifiers[entry.value] = nil
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
            case .checkPacketLength(_, let longer, let notLonger):
                (longer + notLonger).collectRecirculations(into: &identifiers)
            default: break
            }
        }
    }

    /// Adds the sampling numbers that the actions name, nested ones too.
    func collectSamplings(into identifiers: inout Set<UInt32>) {
        for action in self {
            switch action {
            case .userspace(let userdata):
                if case .sample(let identifier)? = UpcallCookie(userdata: userdata) { identifiers.insert(identifier) }
            case .clone(let nested), .sample(_, let nested): nested.collectSamplings(into: &identifiers)
            case .checkPacketLength(_, let longer, let notLonger):
                (longer + notLonger).collectSamplings(into: &identifiers)
            default: break
            }
        }
    }
}
