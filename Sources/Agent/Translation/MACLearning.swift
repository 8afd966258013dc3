package import NetworkTypes
package import OpenFlow
import Synchronization

/// A bridge's ``MACLearningTable``, shared by handlers, revalidators and management.
///
/// Any thread. ``generation`` grows with every change that alters where packets go, after the change is visible:
/// who reads it before a lookup and finds it unchanged later knows that the lookup still holds.
package final class MACLearning: Sendable {
    private let table: Mutex<MACLearningTable>
    private let changes = Atomic<UInt64>(1)

    /// Makes an empty table.
    package init(table: MACLearningTable = MACLearningTable()) { self.table = Mutex(table) }

    /// The number of the table's state as far as forwarding goes; never 0.
    package var generation: UInt64 { self.changes.load(ordering: .sequentiallyConsistent) }

    /// The port behind which `address` was seen, or nil.
    package func port(of address: MACAddress, vlan: UInt16, now: MonotonicTime) -> PortNumber? {
        self.table.withLock { $0.port(of: address, vlan: vlan, now: now) }
    }

    /// Enters or refreshes an address.
    @discardableResult
    package func learn(_ update: MACLearningUpdate, now: MonotonicTime) -> MACLearningTable.Outcome {
        let outcome = self.table.withLock { $0.learn(update, now: now) }
        switch outcome {
        case .added, .replacedOldest, .moved: self.bump()
        case .refreshed, .refused: break
        }
        return outcome
    }

    /// Removes the entries that are too old; returns how many.
    @discardableResult
    package func expire(now: MonotonicTime) -> Int {
        let removed = self.table.withLock { $0.expire(now: now) }
        if removed > 0 { self.bump() }
        return removed
    }

    /// Removes the entries behind `port`, or all of them; returns how many.
    @discardableResult
    package func flush(port: PortNumber? = nil) -> Int {
        let removed = self.table.withLock { $0.flush(port: port) }
        if removed > 0 { self.bump() }
        return removed
    }

    /// All entries from the oldest to the newest, for dumps.
    package var contents: [(update: MACLearningUpdate, lastSeen: MonotonicTime)] { self.table.withLock { $0.contents } }

    private func bump() { self.changes.add(1, ordering: .sequentiallyConsistent) }
}
