import OpenFlow

// Tables as controllers see and set them: TABLE_MOD and TABLE_DESC (1.1 §A.3.3, 1.4 §7.3.4.1 and §7.3.5.17), TABLE
// statistics and TABLE_FEATURES (1.3 §7.3.5.5, 1.5 §7.3.5.18), TABLE_STATUS (1.4 §7.4.5).
extension OpenFlowSwitch {
    /// What eviction goes by: importance, then the time that is left.
    static var evictionFlags: UInt32 { 2 | 4 }
    private static var evictionBit: UInt32 { 4 }
    private static var vacancyBit: UInt32 { 8 }

    /// The visible tables that `table` names: one, or all.
    private func named(_ table: TableID) -> [TableID] {
        guard table == .all else { return [table] }
        return (0..<self.tableCount).map { TableID(rawValue: UInt8($0)) }
    }

    // MARK: - TABLE_MOD

    /// TABLE_MOD: what 1.1 and 1.2 say of misses, what 1.4 and later say of eviction and vacancy; 1.3 says nothing.
    func handle(_ tableMod: TableMod, _ context: RequestContext) throws(OpenFlowError) {
        guard tableMod.tableID == .all || self.isVisible(tableMod.tableID) else {
            throw OpenFlowError(.tableModBadTable, value: UInt64(tableMod.tableID.rawValue))
        }
        let bits = tableMod.configuration.bits
        if context.version >= .v1_4 { return try self.configure(tableMod, context) }
        guard context.version < .v1_3 else {
            guard bits & ~3 == 0 else { throw OpenFlowError(.tableModBadConfig, value: UInt64(bits)) }
            return
        }
        guard let treatment = PipelineState.MissTreatment(rawValue: bits) else {
            throw OpenFlowError(.tableModBadConfig, value: UInt64(bits))
        }
        let tables = self.named(tableMod.tableID)
        if treatment == .continue, tables.contains(where: { Int($0.rawValue) + 1 >= self.tableCount }) {
            // Behind the last table there is none to continue in.
            guard tableMod.tableID == .all else {
                throw OpenFlowError(.tableModBadConfig, value: UInt64(bits))
            }
        }
        self.commit(by: context.origin, now: context.now) { state in
            for table in tables { state.setMissTreatment(treatment, of: table) }
        }
    }

    private func configure(_ tableMod: TableMod, _ context: RequestContext) throws(OpenFlowError) {
        let configuration = tableMod.configuration
        // The deprecated bits of older versions may be there, and say nothing.
        guard configuration.bits & ~(3 | Self.evictionBit | Self.vacancyBit) == 0 else {
            throw OpenFlowError(.tableModBadConfig, value: UInt64(configuration.bits))
        }
        guard configuration.properties.isEmpty else { throw OpenFlowError(.propertyBadExperimenter) }
        if let flags = configuration.evictionFlags, flags != Self.evictionFlags {
            throw OpenFlowError(
                .tableModBadConfig, value: UInt64(flags), limit: UInt64(Self.evictionFlags))
        }
        let tables = self.named(tableMod.tableID)
        self.commit(by: context.origin, now: context.now) { state in
            for table in tables {
                var settings = state.settings(of: table)
                settings.evicts = configuration.bits & Self.evictionBit != 0
                if configuration.bits & Self.vacancyBit == 0 {
                    settings.vacancy = nil
                } else if let vacancy = configuration.vacancy {
                    settings.vacancy = TableSettings.Vacancy(down: vacancy.down, up: vacancy.up)
                } else {
                    settings.vacancy = settings.vacancy ?? TableSettings.Vacancy(down: 0, up: 0)
                }
                state.set(settings, of: table)
            }
        }
        self.watchVacancy(of: tables)
        if configuration.bits & Self.evictionBit == 0 {
            self.evictingTables.subtract(tables)
        } else {
            self.evictingTables.formUnion(tables)
        }
    }

    /// Has the final counters at hand where the next flow of `table` may make another one go, and that is to be told.
    func prepareEviction(from table: TableID, now: MonotonicTime) {
        guard self.evictingTables.contains(table) else { return }
        let isNeeded = self.pipeline.read { state in
            guard let flows = state.existingTable(table) else { return false }
            return flows.pointee.isFull && flows.pointee.announcedCount > 0
        }
        if isNeeded { self.synchroniseStatistics(now: now) }
    }

    /// Refuses a flow that is made of what a controller has left out of the table's features.
    func checkNarrowing(of table: TableID, _ flowMod: FlowMod) throws(OpenFlowError) {
        guard !self.narrowings.isEmpty, let narrowing = self.narrowings[table] else { return }
        try narrowing.check(flowMod.match, flowMod.instructions, priority: flowMod.priority)
    }

    /// What TABLE_DESC says of the tables.
    func tableDescriptions() -> [TableDescription] {
        self.pipeline.read { state in self.named(.all).map { Self.description(of: $0, state) } }
    }

    private static func description(of table: TableID, _ state: borrowing PipelineState)
        -> TableDescription
    {
        let settings = state.settings(of: table)
        var configuration = TableConfiguration()
        if settings.evicts {
            configuration.bits |= Self.evictionBit
            configuration.evictionFlags = Self.evictionFlags
        }
        if let vacancy = settings.vacancy {
            configuration.bits |= Self.vacancyBit
            configuration.vacancy = TableConfiguration.Vacancy(
                down: vacancy.down, up: vacancy.up, current: state.vacancy(of: table))
        }
        return TableDescription(tableID: table, configuration: configuration)
    }

    // MARK: - Vacancy events

    /// Begins to watch the tables that have thresholds now, and ends with those that have none.
    private func watchVacancy(of tables: [TableID]) {
        self.pipeline.read { state in
            for table in tables {
                let vacancy = state.settings(of: table).vacancy
                guard vacancy != self.vacancyMonitors[table]?.thresholds else { continue }
                self.vacancyMonitors[table] = vacancy.map {
                    VacancyMonitor($0, vacancy: state.vacancy(of: table))
                }
            }
        }
    }

    /// Tells controllers of tables that have become full, or emptier, by the change just made.
    func tellVacancy() {
        guard !self.vacancyMonitors.isEmpty else { return }
        // A change that was taken back may have left other thresholds.
        self.watchVacancy(of: Array(self.vacancyMonitors.keys))
        var told: [TableStatus] = []
        self.pipeline.read { state in
            for table in self.vacancyMonitors.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                guard let reason = self.vacancyMonitors[table]?.update(state.vacancy(of: table)) else {
                    continue
                }
                told.append(TableStatus(reason: reason, table: Self.description(of: table, state)))
            }
        }
        for status in told {
            self.broadcast(.tableStatus(status), .tableStatus) { _ in status.reason.rawValue }
        }
    }

    // MARK: - Statistics and features

    /// What TABLE statistics say.
    func tableStatistics(in version: OpenFlowVersion) -> [TableStatistics] {
        let abilities = version <= .v1_2 ? TableAbility.abilities(in: version) : TableAbilities()
        return self.pipeline.read { state in
            self.named(.all).map { identifier in
                var entry = TableStatistics(
                    tableID: identifier,
                    name: state.settings(of: identifier).name
                        ?? TableAbility.name(of: Int(identifier.rawValue)),
                    maximumEntries: UInt32(clamping: state.maximumEntries(of: identifier)),
                    abilities: abilities)
                entry.abilities.configuration = state.missTreatment(of: identifier)?.rawValue ?? 0
                if let table = state.existingTable(identifier) {
                    entry.activeCount = UInt32(clamping: table.pointee.flowCount)
                    entry.lookupCount = table.pointee.lookupCount
                    entry.matchedCount = table.pointee.matchedCount
                }
                return entry
            }
        }
    }

    /// What TABLE_FEATURES says of the tables: what the switch can do, less what controllers have left out.
    func tableFeatures(in version: OpenFlowVersion) -> [TableFeatures] {
        self.pipeline.read { state in
            self.named(.all).map { table in
                let settings = state.settings(of: table)
                var features = TableAbility.features(
                    of: Int(table.rawValue), tableCount: self.endOfTables(from: table),
                    maximumEntries: state.maximumEntries(of: table), in: version)
                if let name = settings.name { features.name = name }
                if let narrowing = settings.narrowing {
                    features.properties = narrowing.properties.filter {
                        // Of what another version's controller listed, only what this version knows.
                        features.properties.contains(where: $0.isOfKind)
                    }
                }
                if version >= .v1_4 {
                    features.capabilities = Self.description(of: table, state).configuration.bits
                }
                if version >= .v1_5 { features.features = self.placeBits(of: table) }
                return features
            }
        }
    }

    /// Sets features of tables: names, sizes, and what flows may be made of; all of the request or nothing.
    ///
    /// Up to 1.4, and with the command REPLACE, the request says everything of every table; with MODIFY only of those
    /// that it names. Which tables there are cannot be changed.
    func handle(_ request: [TableFeatures], _ context: RequestContext) throws(OpenFlowError) {
        let command = context.version >= .v1_5 ? request.first?.command ?? .replace : .replace
        var seen: Set<TableID> = []
        for features in request {
            guard self.isVisible(features.tableID) else {
                throw OpenFlowError(.tableFeaturesBadTable, value: UInt64(features.tableID.rawValue))
            }
            guard seen.insert(features.tableID).inserted else {
                throw OpenFlowError(
                    .tableFeaturesNiciraDuplicateTable, value: UInt64(features.tableID.rawValue))
            }
            guard context.version < .v1_5 || features.command == command else {
                throw OpenFlowError(.tableFeaturesBadCommand, value: UInt64(features.command.rawValue))
            }
        }
        guard command == .modify || (command == .replace && request.count == self.tableCount) else {
            throw OpenFlowError(.tableFeaturesNotPermitted, value: UInt64(request.count))
        }
        let version = context.version
        let first = version >= .v1_5 ? try self.firstEgressTable(after: request, command) : self.firstEgressTable
        try self.commit(by: context.origin, now: context.now) {
            (state: inout PipelineState) throws(OpenFlowError) in
            try self.checkPlaces(first, state)
            var all: [(TableID, TableSettings)] = []
            for features in request {
                all.append((features.tableID, try self.settings(features, version, state)))
            }
            for (table, settings) in all { state.set(settings, of: table) }
            state.setFirstEgressTable(first)
        }
        self.firstEgressTable = first
        self.pipeline.read { state in
            for features in request {
                self.narrowings[features.tableID] = state.settings(of: features.tableID).narrowing
            }
        }
        self.reply(
            .multipartReply(MultipartReply(body: .tableFeatures(self.tableFeatures(in: version)))),
            context)
    }

    /// What a table's settings become by `features`.
    private func settings(
        _ features: TableFeatures, _ version: OpenFlowVersion, _ state: borrowing PipelineState
    ) throws(OpenFlowError) -> TableSettings {
        var settings = state.settings(of: features.tableID)
        func abilities(_ tableCount: Int) -> [TableFeatureProperty] {
            TableAbility.features(
                of: Int(features.tableID.rawValue), tableCount: tableCount, maximumEntries: state.maximumEntries,
                in: version
            ).properties
        }
        let full = abilities(self.tableCount)
        let current = Self.description(of: features.tableID, state).configuration.bits
        if version >= .v1_5 {
            guard features.capabilities & ~(3 | Self.evictionBit | Self.vacancyBit) == 0 else {
                throw OpenFlowError(
                    .tableFeaturesBadCapabilities, value: UInt64(features.capabilities),
                    limit: UInt64(current))
            }
        }
        let standard = TableAbility.name(of: Int(features.tableID.rawValue))
        settings.name = features.name.isEmpty || features.name == standard ? nil : features.name
        let flowCount = state.existingTable(features.tableID)?.pointee.flowCount ?? 0
        let maximum = Int(features.maximumEntries)
        guard maximum >= flowCount, maximum <= state.maximumEntries else {
            throw OpenFlowError(
                version >= .v1_5 ? .tableFeaturesBadMaximumEntries : .tableFeaturesNotPermitted,
                value: UInt64(maximum), limit: UInt64(state.maximumEntries))
        }
        settings.maximumEntries = maximum == state.maximumEntries ? nil : maximum
        try TableAbility.check(features.properties, within: full)
        let asked = Set(features.properties)
        let isWhole =
            asked.isEmpty || asked == Set(full) || asked == Set(abilities(self.endOfTables(from: features.tableID)))
        let narrowing = isWhole ? nil : TableNarrowing(features.properties)
        // Flows that are there were made of what there was.
        guard flowCount == 0 || narrowing == settings.narrowing else {
            throw OpenFlowError(.tableFeaturesNotPermitted, value: UInt64(flowCount))
        }
        settings.narrowing = narrowing
        return settings
    }
}
