import Datapath

/// A flow table that no longer belongs to a switch: all its flows went at once.
///
/// Its rules are released with it; for a large table this takes long, so that a thread of its own does it.
/// `@unchecked Sendable`: the table's memory is reached through this object alone, and only by `deinit`.
final class DetachedTable: @unchecked Sendable {
    /// Rules above which a thread of its own releases them.
    private static let ownThreadFrom = 4_096

    private let table: UnsafeMutablePointer<FlowTable>

    /// Takes over a table that nobody else can reach any more.
    private init(_ table: UnsafeMutablePointer<FlowTable>) { self.table = table }

    deinit {
        self.table.deinitialize(count: 1)
        self.table.deallocate()
    }

    /// Releases a table that nobody else can reach any more, on another thread where it is large.
    static func release(_ table: UnsafeMutablePointer<FlowTable>) {
        let isLarge = table.pointee.rules.count > Self.ownThreadFrom
        let detached = DetachedTable(table)
        guard isLarge else { return }
        do throws(DatapathError) {
            // The thread's reference is the last one.
            try NamedThread(name: "table release") { _ = detached }.detach()
        } catch {
            // No thread is to be had: it is done here, at the end of this scope.
        }
    }
}
