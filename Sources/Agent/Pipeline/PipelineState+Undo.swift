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
    let ports: PortTable
    let groups: GroupTable
    let meters: MeterTable
    let fragmentHandling: FragmentHandling
    let missTreatments: [UInt8: PipelineState.MissTreatment]
    let tableSettings: [UInt8: TableSettings]
}

extension PipelineState {
    /// Begins to take down how to undo changes.
    mutating func beginUndo() {
        self.undo = PipelineUndo(
            ports: self.ports, groups: self.groups, meters: self.meters, fragmentHandling: self.fragmentHandling,
            missTreatments: self.missTreatments, tableSettings: self.tableSettings)
    }

    /// Ends that; with `keeps` false everything is as it was.
    ///
    /// Returns what was done.
    mutating func endUndo(keeps: Bool) -> [PipelineEvent] {
        guard let undo = self.undo else { return [] }
        self.undo = nil
        guard !keeps else { return undo.events }
        if self.tableSettings != undo.tableSettings {
            // Before the flows, so that there is room for those that come back.
            self.tableSettings = undo.tableSettings
            for table in self.visibleTables(.all) { self.applySettings(to: table) }
        }
        for step in undo.steps.reversed() {
            switch step {
            case .remove(let reference):
                self.existingTable(TableID(rawValue: reference.table))?.pointee.remove(reference.slot)
            case .restore(let saved):
                self.table(TableID(rawValue: saved.reference.table)).pointee.restore(saved)
            }
        }
        self.ports = undo.ports
        self.groups = undo.groups
        self.meters = undo.meters
        self.fragmentHandling = undo.fragmentHandling
        self.missTreatments = undo.missTreatments
        return []
    }

    /// Takes down a flow before it is changed, replaced or removed.
    mutating func willChange(_ slot: UInt32, of table: borrowing FlowTable) {
        guard self.undo != nil else { return }
        self.undo?.steps.append(.restore(table.saved(slot)))
    }
}
