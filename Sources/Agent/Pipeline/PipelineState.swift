package import Datapath
package import OpenFlow

/// The state of a switch that packets meet: tables, ports and how misses and fragments are treated.
///
/// Held by ``Pipeline`` under its lock. Reading (``PipelineView``) is for any thread that holds it; changes are
/// made by the
/// control loop within ``Pipeline/commit(by:at:_:)``, and each says what it did with ``note(_:)``.
package struct PipelineState: ~Copyable {
    /// The table of the hidden rules, which controllers neither see nor change.
    package static let hiddenTable = TableID(rawValue: 254)

    /// Grows with every committed change.
    package internal(set) var version: UInt64 = 0
    /// The ports.
    package internal(set) var ports = PortTable()
    /// The groups.
    package internal(set) var groups = GroupTable()
    /// The meters.
    package internal(set) var meters = MeterTable()
    /// How IP fragments are treated.
    package internal(set) var fragmentHandling = FragmentHandling.normal
    /// The first of the tables that packets pass for each port that they leave by (1.5 §5.1.2); nil for none.
    package internal(set) var firstEgressTable: TableID?
    /// Whether some controller wants packets that match no rule of a table without a table-miss flow.
    package internal(set) var wantsPacketInOnMiss = false
    /// The tunnel options that flows can name.
    var optionTable = TunnelOptionTable.empty
    /// Gives equal instruction lists one identity.
    package var interner = InstructionInterner()

    /// The number of tables that controllers see: 0 ..< tableCount.
    package let tableCount: Int
    let seed: UInt64
    let maximumEntries: Int
    /// By table number, 0…254; nil where a table never had a rule.
    private let tables: UnsafeMutablePointer<UnsafeMutablePointer<FlowTable>?>
    /// How misses of a table are treated, where TABLE_MOD (1.1, 1.2) said so.
    var missTreatments: [UInt8: MissTreatment] = [:]
    /// What controllers have set of tables, by number.
    var tableSettings: [UInt8: TableSettings] = [:]
    private var hiddenSlots = InlineArray<4, UInt32>(repeating: 0)
    /// What the change under way has done so far.
    var events: [PipelineEvent] = []
    /// How to take back the transaction under way; nil without one.
    var undo: PipelineUndo?
    /// Whether packets are to meet the state as it was before the transaction: between its turns, where it has several.
    var showsBefore = false

    /// How a table treats packets that match none of its rules (OFPTC_TABLE_MISS_*, 1.1 and 1.2).
    package enum MissTreatment: UInt32, Sendable {
        /// To the controllers.
        case controller = 0
        /// On to the next table.
        case `continue` = 1
        /// Dropped.
        case drop = 2
    }

    /// Makes a state with `tableCount` (1…254) empty tables of at most `maximumEntries` flows, and the hidden rules.
    ///
    /// - Parameter seed: A random number that senders of packets do not know.
    package init(tableCount: Int = 254, maximumEntries: Int = 1_000_000, seed: UInt64) {
        precondition((1...254).contains(tableCount), "a switch has 1…254 tables")
        self.tableCount = tableCount
        self.maximumEntries = maximumEntries
        self.seed = seed
        self.tables = .allocate(capacity: 255)
        self.tables.initialize(repeating: nil, count: 255)
        _ = self.table(TableID(rawValue: 0))
        self.addHiddenRules()
    }

    deinit {
        for index in 0..<255 {
            guard let table = self.tables[index] else { continue }
            table.deinitialize(count: 1)
            table.deallocate()
        }
        self.tables.deallocate()
    }

    // MARK: - Tables

    /// The table of that number if it ever had a rule.
    func existingTable(_ identifier: TableID) -> UnsafeMutablePointer<FlowTable>? {
        identifier == .all ? nil : self.tables[Int(identifier.rawValue)]
    }

    /// The table of that number, 0…254, made where it is not there.
    func table(_ identifier: TableID) -> UnsafeMutablePointer<FlowTable> {
        if let table = self.existingTable(identifier) { return table }
        precondition(identifier != .all, "255 is no table")
        let table = UnsafeMutablePointer<FlowTable>.allocate(capacity: 1)
        let seed = WordHash.combine(self.seed, UInt64(identifier.rawValue) &+ 1)
        table.initialize(to: FlowTable(identifier, maximumEntries: self.maximumEntries, seed: seed))
        self.tables[Int(identifier.rawValue)] = table
        table.pointee.tunnelOptions = self.optionTable
        self.applySettings(to: identifier)
        return table
    }

    /// Empties a table at once, whatever its size, and returns what it was, to be released; nil where there is no flow
    /// to be removed, or some flow must be removed by itself: it is hidden, or somebody wants to hear of it.
    mutating func detachTable(_ identifier: TableID) -> UnsafeMutablePointer<FlowTable>? {
        guard let table = self.existingTable(identifier), table.pointee.flowCount > 0, table.pointee.hiddenCount == 0,
            table.pointee.announcedCount == 0
        else { return nil }
        let successor = UnsafeMutablePointer<FlowTable>.allocate(capacity: 1)
        let seed = WordHash.combine(self.seed, UInt64(identifier.rawValue) &+ 1)
        successor.initialize(to: FlowTable(succeeding: table.pointee, seed: seed))
        self.tables[Int(identifier.rawValue)] = successor
        self.note(.tableCleared(identifier))
        return table
    }

    /// Whether controllers may name that table.
    package func isVisible(_ identifier: TableID) -> Bool { Int(identifier.rawValue) < self.tableCount }

    /// How many flows controllers see in all tables.
    package var flowCount: Int {
        var count = 0
        for index in 0..<self.tableCount { count += self.tables[index]?.pointee.flowCount ?? 0 }
        return count
    }

    /// How misses of `table` are treated where a TABLE_MOD said so.
    package func missTreatment(of table: TableID) -> MissTreatment? { self.missTreatments[table.rawValue] }

    // MARK: - Hidden rules

    /// Puts the hidden rules into the hidden table: ordinary rules, told apart by register 0.
    ///
    /// Packets never get there by a goto; translation asks for the rule that stands for its decision. A lookup
    /// in that table with
    /// a recirculation id is a packet whose frozen state is gone.
    private mutating func addHiddenRules() {
        let table = self.table(Self.hiddenTable)
        let now = MonotonicTime.zero
        for hidden in HiddenRule.allCases {
            var flow = FlowSpecification()
            flow.priority = 1
            flow.key[.register0] = UInt128(hidden.rawValue + 1)
            flow.mask[.register0] = 0xffff_ffff
            if hidden == .tableMiss {
                flow.instructions = InstructionList([.applyActions([.output(.controller, maximumLength: 0xffff)])])
            }
            // Room and an absence of overlaps are certain in an empty table.
            let added = try? table.pointee.add(flow, resetsCounts: true, checksOverlap: false, now: now)
            self.hiddenSlots[hidden.rawValue] = added?.reference.slot ?? 0
        }
    }

    // MARK: - Changes

    /// Says what the change under way did; the only way by which an event gets into a ``PipelineChange``.
    mutating func note(_ event: PipelineEvent) { self.events.append(event) }

    /// Sets how misses of a table are treated.
    mutating func setMissTreatment(_ treatment: MissTreatment, of table: TableID) {
        guard self.missTreatments[table.rawValue] != treatment else { return }
        self.missTreatments[table.rawValue] = treatment
        self.note(.tableConfigured(table))
    }

    /// Sets from which table on tables are for packets that leave; nil for none.
    mutating func setFirstEgressTable(_ table: TableID?) {
        guard self.firstEgressTable != table else { return }
        self.firstEgressTable = table
        self.note(.configured)
    }

    /// Sets how fragments are treated.
    mutating func setFragmentHandling(_ handling: FragmentHandling) {
        guard self.fragmentHandling != handling else { return }
        self.fragmentHandling = handling
        self.note(.configured)
    }

    /// Sets whether misses raise packet-ins.
    mutating func setWantsPacketInOnMiss(_ wants: Bool) {
        guard self.wantsPacketInOnMiss != wants else { return }
        self.wantsPacketInOnMiss = wants
        self.note(.configured)
    }
}

extension PipelineState: PipelineView {
    /// See ``PipelineView/lookup(table:key:unwildcarding:)``.
    package func lookup(
        table: TableID, key: borrowing FlowKey, unwildcarding mask: inout FlowMask
    ) -> MatchedRule? {
        guard table != .all, let table = self.tables[Int(table.rawValue)] else { return nil }
        if self.showsBefore { return self.lookupBefore(table.pointee, key, unwildcarding: &mask) }
        return table.pointee.lookup(key, unwildcarding: &mask)
    }

    /// See ``PipelineView/hiddenRule(_:)``.
    package func hiddenRule(_ rule: HiddenRule) -> MatchedRule {
        var matched = self.table(Self.hiddenTable).pointee.matchedRule(self.hiddenSlots[rule.rawValue])
        matched.cookie = .unset
        matched.isTableMiss = rule == .tableMiss
        return matched
    }

    /// See ``PipelineView/missRule(of:)``.
    package func missRule(of table: TableID) -> HiddenRule {
        switch self.missTreatments[table.rawValue] {
        case .controller: .tableMiss
        case .drop, .continue: .noPacketIn
        case nil: self.wantsPacketInOnMiss ? .tableMiss : .noPacketIn
        }
    }

    /// See ``PipelineView/tableAfterMiss(in:)``.
    package func tableAfterMiss(in table: TableID) -> TableID? {
        guard self.missTreatments[table.rawValue] == .continue else { return nil }
        let next = TableID(rawValue: table.rawValue &+ 1)
        return self.isVisible(next) && next.rawValue != 0 ? next : nil
    }

    /// See ``PipelineView/port(_:)``.
    package func port(_ number: PortNumber) -> SwitchPort? {
        if self.showsBefore, let undo = self.undo { return undo.ports[number] }
        return self.ports[number]
    }

    /// See ``PipelineView/portsInOrder``.
    package var portsInOrder: [SwitchPort] {
        if self.showsBefore, let undo = self.undo { return undo.ports.ports }
        return self.ports.ports
    }

    /// See ``PipelineView/tunnelOptions``.
    package var tunnelOptions: TunnelOptionTable {
        if self.showsBefore, let undo = self.undo { return undo.tunnelOptions }
        return self.optionTable
    }

    /// See ``PipelineView/credit(_:packets:bytes:at:)``.
    package func credit(_ rule: RuleReference, packets: UInt64, bytes: UInt64, at time: MonotonicTime) {
        self.existingTable(TableID(rawValue: rule.table))?.pointee
            .credit(rule, packets: packets, bytes: bytes, at: time)
    }

    /// See ``PipelineView/creditMiss(in:packets:)``.
    package func creditMiss(in table: TableID, packets: UInt64) {
        self.existingTable(table)?.pointee.creditMiss(packets: packets)
    }
}
