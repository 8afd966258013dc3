/// What happened to a table (1.4 §7.4.5 · 1.5 §7.4.5).
public enum TableStatusReason: UInt8, CaseIterable, Hashable, Sendable {
    /// The vacancy fell below the lower threshold.
    case vacancyDown = 3
    /// The vacancy rose above the upper threshold.
    case vacancyUp = 4
}

/// TABLE_STATUS (1.4 §7.4.5 · 1.5 §7.4.5): a table's vacancy crossed a threshold.
public struct TableStatus: Hashable, Sendable {
    /// What happened.
    public var reason: TableStatusReason = .vacancyDown
    /// The table as it is now.
    public var table: TableDescription = TableDescription()

    /// Makes a value; every property has a default.
    public init(reason: TableStatusReason = .vacancyDown, table: TableDescription = TableDescription()) {
        self.reason = reason
        self.table = table
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension TableStatus: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.reserved(7)
        try self.table.describe(to: &wire)
    }
}
