import OpenFlow

/// A flow_mod that changes or removes more flows than one turn may: where in the tables it is.
///
/// Its session's next message waits until it is done; other sessions have their turns between its slices, and packets
/// meet the tables as they are then. Goes through each table's slots in order, so that each flow that the request means
/// and that stays meanwhile is met once.
struct FlowJob {
    /// The request.
    let flowMod: FlowMod
    /// The cookie that it gives, where that is not the one by which it selects.
    let newCookie: Cookie?
    /// Where it came from.
    let context: RequestContext
    /// Which flows.
    let selector: FlowSelector
    /// The tables still to be gone through.
    private var tables: [TableID]
    private var slot: UInt32 = 0
    /// How many flows it has met so far.
    private(set) var count = 0

    /// How many slots a slice looks at, and how many flows it changes.
    private static let slotsPerSlice = 8_192
    private static let flowsPerSlice = 1_024

    init(
        _ flowMod: FlowMod, newCookie: Cookie? = nil, _ selector: FlowSelector, tables: [TableID],
        _ context: RequestContext
    ) {
        self.flowMod = flowMod
        self.newCookie = newCookie
        self.selector = selector
        self.tables = tables
        self.context = context
    }

    /// The next flows; nil at the end.
    mutating func next(_ state: borrowing PipelineState) -> [RuleReference]? {
        let buffer = MatchBuffer()
        buffer.set(self.selector.key, self.selector.mask)
        let filter = self.selector.filter
        var found: [RuleReference] = []
        var steps = Self.slotsPerSlice
        while let identifier = self.tables.first {
            if let table = state.existingTable(identifier) {
                while self.slot < table.pointee.rules.usedSlots {
                    guard steps > 0, found.count < Self.flowsPerSlice else { return found }
                    steps -= 1
                    let slot = self.slot
                    self.slot += 1
                    guard table.pointee.rules.rule(slot) != nil, table.pointee.selects(filter, buffer.words, slot)
                    else { continue }
                    found.append(table.pointee.reference(slot))
                    self.count += 1
                }
            }
            self.tables.removeFirst()
            self.slot = 0
        }
        return found.isEmpty ? nil : found
    }
}
