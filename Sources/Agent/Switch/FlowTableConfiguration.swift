package import OpenFlow

/// What the configuration says of one flow table.
package struct FlowTableConfiguration: Sendable, Hashable {
    /// The table, 0 to 253.
    package var table: TableID
    /// Its name; nil for the one that it has by its number.
    package var name: String?
    /// How many flows there may be; nil for as many as the switch allows in any table.
    package var flowLimit: Int?
    /// Whether a flow goes for a new one where there are as many; else the new one is refused.
    package var evicts = false
    /// The fields by whose values flows are in groups, of which the greatest loses a flow.
    package var groups: [MatchField] = []
    /// Makes a configuration that says nothing.
    package init(_ table: TableID) { self.table = table }
}

extension OpenFlowSwitch {
    /// Sets tables as configured; what controllers set later takes its place.
    ///
    /// - Parameter replacing: Whether what a configuration does not say goes back to what it is without one.
    package func configure(_ tables: [FlowTableConfiguration], replacing: Bool = false, now: MonotonicTime) {
        guard !tables.isEmpty else { return }
        self.commit(by: .management, now: now) { state in
            for configured in tables where self.isVisible(configured.table) {
                var settings = state.settings(of: configured.table)
                settings.name = configured.name ?? (replacing ? nil : settings.name)
                settings.maximumEntries = configured.flowLimit.map { min($0, state.maximumEntries) }
                settings.evicts = configured.evicts
                settings.evictionFields = configured.groups
                state.set(settings, of: configured.table)
                if configured.evicts {
                    self.evictingTables.insert(configured.table)
                } else {
                    self.evictingTables.remove(configured.table)
                }
            }
        }
    }
}
