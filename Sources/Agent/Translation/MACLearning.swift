package import NetworkTypes
package import OpenFlow
import Synchronization

/// A bridge's ``MACLearningTable``, shared by handlers, revalidators and management.
///
/// Any thread. ``generation`` grows with every change that alters where packets go, after the change is visible:
/// who reads it before a lookup and finds it unchanged later knows that the lookup still holds.
package final class MACLearning: Sendable {
    /// What has happened to the table since the start.
    package struct Counters: Hashable, Sendable {
        /// Addresses that were new.
        package var learned: UInt64 = 0
        /// Addresses that moved to another port.
        package var moved: UInt64 = 0
        /// Addresses that were too old.
        package var expired: UInt64 = 0
        /// Addresses that had to make room.
        package var evicted: UInt64 = 0
        /// Addresses that somebody removed, or whose ports went.
        package var flushed: UInt64 = 0
    }
    private struct State {
        var table: MACLearningTable
        var counters = Counters()
    }
    private let state: Mutex<State>
    private let changes = Atomic<UInt64>(1)

    /// Makes an empty table.
    package init(table: MACLearningTable = MACLearningTable()) { self.state = Mutex(State(table: table)) }

    /// The number of the table's state as far as forwarding goes; never 0.
    package var generation: UInt64 { self.changes.load(ordering: .sequentiallyConsistent) }

    /// The port behind which `address` was seen, or nil.
    package func port(of address: MACAddress, vlan: UInt16, now: MonotonicTime) -> PortNumber? {
        self.state.withLock { $0.table.port(of: address, vlan: vlan, now: now) }
    }

    /// Enters or refreshes an address.
    @discardableResult
    package func learn(_ update: MACLearningUpdate, now: MonotonicTime) -> MACLearningTable.Outcome {
        let outcome = self.state.withLock { state in
            let outcome = state.table.learn(update, now: now)
            switch outcome {
            case .added: state.counters.learned &+= 1
            case .moved: state.counters.moved &+= 1
            case .replacedOldest:
                state.counters.learned &+= 1
                state.counters.evicted &+= 1
            case .refreshed, .refused: break
            }
            return outcome
        }
        switch outcome {
        case .added, .replacedOldest, .moved: self.bump()
        case .refreshed, .refused: break
        }
        return outcome
    }

    /// Removes the entries that are too old; returns how many.
    @discardableResult
    package func expire(now: MonotonicTime) -> Int {
        let removed = self.state.withLock { state in
            let removed = state.table.expire(now: now)
            state.counters.expired &+= UInt64(removed)
            return removed
        }
        if removed > 0 { self.bump() }
        return removed
    }

    /// Removes the entries behind `port`, or all of them; returns how many.
    @discardableResult
    package func flush(port: PortNumber? = nil) -> Int {
        let removed = self.state.withLock { state in
            let removed = state.table.flush(port: port)
            state.counters.flushed &+= UInt64(removed)
            return removed
        }
        if removed > 0 { self.bump() }
        return removed
    }

    /// All entries from the oldest to the newest, for dumps.
    package var contents: [(update: MACLearningUpdate, lastSeen: MonotonicTime)] {
        self.state.withLock { $0.table.contents }
    }

    /// The addresses entered for good.
    package var fixedContents: [MACLearningUpdate] { self.state.withLock { $0.table.fixedContents } }

    /// What has happened to the table.
    package var counters: Counters { self.state.withLock { $0.counters } }

    /// How many addresses may be learned.
    package var limit: Int { self.state.withLock { $0.table.limit } }

    /// Enters an address for good; false where there are too many, or it is that of a group.
    package func fix(_ update: MACLearningUpdate) -> Bool {
        guard self.state.withLock({ $0.table.fix(update) }) else { return false }
        self.bump()
        return true
    }

    /// Removes an address that was entered for good; false where there is none.
    package func unfix(_ address: MACAddress, vlan: UInt16) -> Bool {
        guard self.state.withLock({ $0.table.unfix(address, vlan: vlan) }) else { return false }
        self.bump()
        return true
    }

    private func bump() { self.changes.add(1, ordering: .sequentiallyConsistent) }
}
