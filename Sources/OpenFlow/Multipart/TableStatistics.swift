/// One table in a TABLE reply (1.0 §5.3.5: 64 bytes · 1.1: 88 · 1.2: 128 · 1.3 and later §7.3.5.4: 24).
///
/// Before 1.3 the reply also told what the table can do; that is TABLE_FEATURES since.
public struct TableStatistics: Hashable, Sendable {
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// Its name (1.2 and earlier).
    public var name: String = ""
    /// How many flows it can hold (1.2 and earlier).
    public var maximumEntries: UInt32 = 0
    /// How many flows it holds.
    public var activeCount: UInt32 = 0
    /// Packets looked up.
    public var lookupCount: UInt64 = 0
    /// Packets that hit a flow.
    public var matchedCount: UInt64 = 0
    /// What the table can do (1.2 and earlier).
    public var abilities: TableAbilities = TableAbilities()

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = TableID(rawValue: 0), name: String = "", maximumEntries: UInt32 = 0,
        activeCount: UInt32 = 0, lookupCount: UInt64 = 0, matchedCount: UInt64 = 0,
        abilities: TableAbilities = TableAbilities()
    ) {
        self.tableID = tableID
        self.name = name
        self.maximumEntries = maximumEntries
        self.activeCount = activeCount
        self.lookupCount = lookupCount
        self.matchedCount = matchedCount
        self.abilities = abilities
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// What a table can do, as the TABLE replies of 1.0 to 1.2 tell.
///
/// 1.0 and 1.1 number wildcard bits (sections 5.1 and 5.2 of their matches), 1.2 has bit n for OXM field n.
public struct TableAbilities: Hashable, Sendable {
    /// Bits of the fields that flows can leave out.
    public var wildcards: UInt64 = 0
    /// Bits of the fields that flows can match (1.1 and 1.2).
    public var match: UInt64 = 0
    /// Bits of the action types in write-actions (1.1 and 1.2).
    public var writeActions: UInt32 = 0
    /// Bits of the action types in apply-actions (1.1 and 1.2).
    public var applyActions: UInt32 = 0
    /// Bits of the fields that write-actions can set (1.2).
    public var writeSetFields: UInt64 = 0
    /// Bits of the fields that apply-actions can set (1.2).
    public var applySetFields: UInt64 = 0
    /// Bits of metadata that can be matched (1.2).
    public var metadataMatch: UInt64 = 0
    /// Bits of metadata that can be written (1.2).
    public var metadataWrite: UInt64 = 0
    /// Bits of the instruction types (1.1 and 1.2).
    public var instructions: UInt32 = 0
    /// The miss behaviour (1.1 and 1.2).
    public var configuration: UInt32 = 0

    /// Makes a value; every property has a default.
    public init(
        wildcards: UInt64 = 0, match: UInt64 = 0, writeActions: UInt32 = 0, applyActions: UInt32 = 0,
        writeSetFields: UInt64 = 0, applySetFields: UInt64 = 0, metadataMatch: UInt64 = 0,
        metadataWrite: UInt64 = 0, instructions: UInt32 = 0, configuration: UInt32 = 0
    ) {
        self.wildcards = wildcards
        self.match = match
        self.writeActions = writeActions
        self.applyActions = applyActions
        self.writeSetFields = writeSetFields
        self.applySetFields = applySetFields
        self.metadataMatch = metadataMatch
        self.metadataWrite = metadataWrite
        self.instructions = instructions
        self.configuration = configuration
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension TableStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        switch wire.version {
        case .v1_0:
            try wire.reserved(3)
            try wire.text("name", &self.name, bytes: 32)
            try wire.low("wildcards", &self.abilities.wildcards)
            try wire.field("maximumEntries", &self.maximumEntries)
        case .v1_1, .v1_2:
            try wire.reserved(7)
            try wire.text("name", &self.name, bytes: 32)
            try self.abilities.describe(to: &wire)
            try wire.field("maximumEntries", &self.maximumEntries)
        default: try wire.reserved(3)
        }
        try wire.field("activeCount", &self.activeCount)
        try wire.field("lookupCount", &self.lookupCount)
        try wire.field("matchedCount", &self.matchedCount)
    }
}

extension TableAbilities: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if wire.version == .v1_1 {
            try wire.low("wildcards", &self.wildcards)
            try wire.low("match", &self.match)
            try wire.field("instructions", &self.instructions)
            try wire.field("writeActions", &self.writeActions)
            try wire.field("applyActions", &self.applyActions)
        } else {
            try wire.field("match", &self.match)
            try wire.field("wildcards", &self.wildcards)
            try wire.field("writeActions", &self.writeActions)
            try wire.field("applyActions", &self.applyActions)
            try wire.field("writeSetFields", &self.writeSetFields)
            try wire.field("applySetFields", &self.applySetFields)
            try wire.field("metadataMatch", &self.metadataMatch)
            try wire.field("metadataWrite", &self.metadataWrite)
            try wire.field("instructions", &self.instructions)
        }
        try wire.field("configuration", &self.configuration)
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// The low 32 bits of a number.
    mutating func low(_ name: StaticString, _ value: inout UInt64) throws(WireError) {
        var raw = UInt32(truncatingIfNeeded: value)
        try self.field(name, &raw)
        value = UInt64(raw)
    }
}
