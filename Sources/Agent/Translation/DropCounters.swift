import OpenFlow
import Synchronization

/// How many packets a bridge's translations have dropped, by table and cause; any thread.
///
/// Locked once per batch. At most as many entries as there are tables times causes.
package final class DropCounters: Sendable {
    private let counts = Mutex<[DropRecord: UInt64]>([:])

    /// All zero.
    package init() {}

    /// Adds packets that were dropped as each of `records` says.
    package func add(_ records: [DropRecord], packets: UInt64) {
        guard !records.isEmpty, packets > 0 else { return }
        self.counts.withLock { counts in
            for record in records { counts[record, default: 0] &+= packets }
        }
    }

    /// The counts, in order of tables and causes.
    package var contents: [(record: DropRecord, packets: UInt64)] {
        self.counts.withLock { Array($0) }
            .map { (record: $0.key, packets: $0.value) }
            .sorted {
                ($0.record.table.rawValue, $0.record.cause.rawValue)
                    < ($1.record.table.rawValue, $1.record.cause.rawValue)
            }
    }
}
