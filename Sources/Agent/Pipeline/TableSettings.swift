import OpenFlow

/// What controllers may set of one flow table: all defaults where no one has.
struct TableSettings: Equatable, Sendable {
    /// How full a table may become before controllers are told (OFPTMPT_VACANCY, 1.4 §7.3.4.1).
    struct Vacancy: Equatable, Sendable {
        /// Percent of room left under which it is told that there is little.
        var down: UInt8
        /// Percent of room left above which it is told that there is enough again.
        var up: UInt8
    }

    /// The table's name; nil for the one it has by its number.
    var name: String?
    /// How many flows there may be; nil for as many as the switch allows in any table.
    var maximumEntries: Int?
    /// Whether a flow may go for a new one where the table is full (OFPTC_EVICTION).
    var evicts = false
    /// The fields by whose values flows are in groups then, the greatest of which loses a flow; by configuration alone.
    var evictionFields: [MatchField] = []
    /// When controllers are told how full the table is; nil for never (OFPTC_VACANCY_EVENTS).
    var vacancy: Vacancy?
    /// What flows may be made of; nil for everything that the switch can do.
    var narrowing: TableNarrowing?
}

extension PipelineState {
    /// What has been set of a table.
    func settings(of table: TableID) -> TableSettings {
        self.tableSettings[table.rawValue] ?? TableSettings()
    }

    /// How many flows a table may have.
    func maximumEntries(of table: TableID) -> Int {
        self.tableSettings[table.rawValue]?.maximumEntries ?? self.maximumEntries
    }

    /// Sets what may be set of a table.
    mutating func set(_ settings: TableSettings, of table: TableID) {
        guard self.settings(of: table) != settings else { return }
        self.tableSettings[table.rawValue] = settings == TableSettings() ? nil : settings
        self.applySettings(to: table)
        self.note(.tableConfigured(table))
    }

    /// Has a table that is there do what is set.
    func applySettings(to identifier: TableID) {
        guard let table = self.existingTable(identifier) else { return }
        table.pointee.maximumEntries = self.maximumEntries(of: identifier)
        table.pointee.setEvicts(
            self.settings(of: identifier).evicts, by: self.settings(of: identifier).evictionFields)
    }

    /// How much of a table is free, in percent, rounded down.
    func vacancy(of table: TableID) -> UInt8 {
        let maximum = self.maximumEntries(of: table)
        guard maximum > 0 else { return 0 }
        let count = min(self.existingTable(table)?.pointee.flowCount ?? 0, maximum)
        return UInt8(clamping: (maximum - count) * 100 / maximum)
    }

    /// Where `table` is full, evicts, and has no flow of this match and priority: removes the flow that is to go for
    /// the new one, if there is one (1.4 §5.5 "Eviction").
    ///
    /// - Throws: `flowModOverlap`, as the addition would, before anything has gone.
    mutating func makeRoom(
        in table: TableID, _ match: MatchWords, _ flow: FlowAttributes, checksOverlap: Bool,
        now: MonotonicTime
    ) throws(OpenFlowError) {
        guard let flows = self.existingTable(table), flows.pointee.isFull,
            flows.pointee.classifier.find(match, priority: flow.priority) == nil
        else { return }
        if checksOverlap, flows.pointee.classifier.hasOverlap(match, priority: flow.priority) {
            throw OpenFlowError(.flowModOverlap)
        }
        guard let victim = flows.pointee.evictionCandidate(for: flow.importance) else { return }
        let removed = RemovedFlow(flows.pointee.statistics(of: victim, at: now))
        self.removeFlow(flows.pointee.reference(victim), .eviction, removed)
    }
}
