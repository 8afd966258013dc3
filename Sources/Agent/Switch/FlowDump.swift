import OpenFlow

/// A FLOW reply that is being sent: where in the tables it is, and what is written but not taken yet.
///
/// Goes through each table's slots in order, so that a flow that stays is sent exactly once however the table
/// changes between
/// two slices; flows that come or go meanwhile may be missed.
struct FlowDump {
    /// Its place among the session's replies that may wait.
    let sequence: UInt64
    /// Which flows.
    let selector: FlowSelector
    /// The tables still to be gone through.
    var tables: [TableID]
    /// The next slot of the first of them.
    var slot: UInt32 = 0
    /// The reply so far.
    var writer: MultipartReplyWriter
    /// Flows that the session's version could not say.
    var inexpressible = 0

    /// Writes flows until the reply has at least `byteCount` bytes that are not taken; says whether it is at its end.
    mutating func write(_ state: borrowing PipelineState, upTo byteCount: Int, now: MonotonicTime) -> Bool {
        while let identifier = self.tables.first {
            guard let table = state.existingTable(identifier) else {
                self.tables.removeFirst()
                self.slot = 0
                continue
            }
            while self.slot < table.pointee.rules.usedSlots {
                guard self.writer.byteCount < byteCount else { return false }
                let slot = self.slot
                self.slot += 1
                guard table.pointee.rules.rule(slot) != nil, table.pointee.selects(self.selector, slot) else {
                    continue
                }
                do throws(Inexpressible) {
                    try self.writer.append(table.pointee.statistics(of: slot, at: now))
                } catch {
                    self.inexpressible += 1
                }
            }
            self.tables.removeFirst()
            self.slot = 0
        }
        return true
    }
}
