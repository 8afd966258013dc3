import OpenFlow

/// What a transaction needs to leave nothing behind when it fails: flows one by one, everything else as it was, which
/// costs nothing, for those are values.
struct PipelineUndo {
    /// How to take back one change of a flow.
    enum Step {
        /// The flow was added.
        case remove(RuleReference)
        /// The flow was changed, replaced or removed.
        case restore(SavedRule)
    }
    var steps: [Step] = []
    /// What the transaction has done so far.
    var events: [PipelineEvent] = []
    /// What packets see meanwhile, where the transaction takes several turns.
    let staging: PipelineStaging?
    let ports: PortTable
    let groups: GroupTable
    let meters: MeterTable
    let fragmentHandling: FragmentHandling
    let missTreatments: [UInt8: PipelineState.MissTreatment]
    let tableSettings: [UInt8: TableSettings]
    let tunnelOptions: TunnelOptionTable
}

extension PipelineState {
    /// Begins to take down how to undo changes, and what packets are to see between the turns of a staged transaction.
    mutating func beginUndo(isStaged: Bool) {
        self.undo = PipelineUndo(
            staging: isStaged ? PipelineStaging(seed: self.seed) : nil, ports: self.ports, groups: self.groups,
            meters: self.meters, fragmentHandling: self.fragmentHandling, missTreatments: self.missTreatments,
            tableSettings: self.tableSettings, tunnelOptions: self.optionTable)
    }

    /// Ends that, with the changes kept; returns what is to be told and released.
    mutating func endUndo() -> PipelineUndo? {
        defer { self.undo = nil }
        return self.undo
    }

    /// Takes back at most `maximum` changes of flows, last to first, and with the last everything else.
    ///
    /// Returns whether all is as it was; then what is left is to be released.
    mutating func takeBack(maximum: Int) -> (isDone: Bool, undo: PipelineUndo?) {
        guard let tableSettings = self.undo?.tableSettings else { return (true, nil) }
        if self.tableSettings != tableSettings {
            // Before the flows, so that there is room for those that come back.
            self.tableSettings = tableSettings
            for table in self.visibleTables(.all) { self.applySettings(to: table) }
        }
        var left = maximum
        while left > 0, let step = self.undo?.steps.popLast() {
            left -= 1
            switch step {
            case .remove(let reference):
                self.existingTable(TableID(rawValue: reference.table))?.pointee.remove(reference.slot)
            case .restore(let saved):
                self.table(TableID(rawValue: saved.reference.table)).pointee.restore(saved)
            }
        }
        guard let undo = self.undo, undo.steps.isEmpty else { return (false, nil) }
        self.undo = nil
        self.ports = undo.ports
        self.groups = undo.groups
        self.meters = undo.meters
        self.fragmentHandling = undo.fragmentHandling
        self.missTreatments = undo.missTreatments
        self.replaceTunnelOptions(by: undo.tunnelOptions)
        return (true, undo)
    }

    /// Takes down a flow before it is changed, replaced or removed.
    mutating func willChange(_ slot: UInt32, of table: borrowing FlowTable) {
        guard self.undo != nil else { return }
        let saved = SavedRule(slot, of: table)
        self.undo?.steps.append(.restore(saved))
        self.undo?.staging?.willChange(saved)
    }

    /// Takes down that a flow was added.
    mutating func hasAdded(_ reference: RuleReference) {
        guard self.undo != nil else { return }
        self.undo?.steps.append(.remove(reference))
        self.undo?.staging?.hasAdded(reference)
    }
}
