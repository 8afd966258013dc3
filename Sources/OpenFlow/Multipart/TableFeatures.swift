/// One table in TABLE_FEATURES (1.3 §7.3.5.5 · 1.5 §7.3.5.18).
public struct TableFeatures: Hashable, Sendable {
    /// What a request wants with the tables (1.5; before that a request replaces).
    public enum Command: UInt8, CaseIterable, Hashable, Sendable {
        /// The tables of the request become all the tables there are.
        case replace = 0
        /// The tables of the request change, others stay.
        case modify = 1
        /// The tables of the request are put to use.
        case enable = 2
        /// The tables of the request are put out of use.
        case disable = 3
    }
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// What a request wants; the same in every table of a request.
    public var command: Command = .replace
    /// Bit 0 ingress table, 1 egress table, 4 first egress table (1.5).
    public var features: UInt32 = 0
    /// The name; at most 31 bytes.
    public var name: String = ""
    /// Bits of metadata that can be matched.
    public var metadataMatch: UInt64 = 0
    /// Bits of metadata that can be written.
    public var metadataWrite: UInt64 = 0
    /// The bits that TABLE_MOD may set (1.4 and later).
    public var capabilities: UInt32 = 0
    /// How many flows there may be.
    public var maximumEntries: UInt32 = 0
    /// What flows can do.
    public var properties: [TableFeatureProperty] = []

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = TableID(rawValue: 0), command: Command = .replace, features: UInt32 = 0,
        name: String = "", metadataMatch: UInt64 = 0, metadataWrite: UInt64 = 0, capabilities: UInt32 = 0,
        maximumEntries: UInt32 = 0, properties: [TableFeatureProperty] = []
    ) {
        self.tableID = tableID
        self.command = command
        self.features = features
        self.name = name
        self.metadataMatch = metadataMatch
        self.metadataWrite = metadataWrite
        self.capabilities = capabilities
        self.maximumEntries = maximumEntries
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// A property of a table; `miss` says that it is about the table-miss flow.
public enum TableFeatureProperty: Hashable, Sendable {
    /// Which instructions, by type; experimenters' numbers ride along.
    case instructions([FeatureID], miss: Bool)
    /// Which tables GOTO_TABLE may name.
    case nextTables([TableID], miss: Bool)
    /// Which actions WRITE_ACTIONS may carry.
    case writeActions([FeatureID], miss: Bool)
    /// Which actions APPLY_ACTIONS may carry.
    case applyActions([FeatureID], miss: Bool)
    /// Which fields can be matched, and whether with a mask.
    case match([FeatureField])
    /// Which fields need not be matched.
    case wildcards([FeatureField])
    /// Which fields SET_FIELD may name in WRITE_ACTIONS.
    case writeSetField([FeatureField], miss: Bool)
    /// Which fields SET_FIELD may name in APPLY_ACTIONS.
    case applySetField([FeatureField], miss: Bool)
    /// From which tables this one gets its flows (1.4 and later).
    case synchronizedFrom([TableID])
    /// Between which fields COPY_FIELD may copy in WRITE_ACTIONS (1.5).
    case writeCopyField([FeatureField], miss: Bool)
    /// Between which fields COPY_FIELD may copy in APPLY_ACTIONS (1.5).
    case applyCopyField([FeatureField], miss: Bool)
    /// Which packet types are matched (1.5): namespace in the upper 16 bits, type in the lower.
    case packetTypes([UInt32])
    /// An experimenter's property, kept byte for byte: type 0xfffe, or 0xffff about the table-miss flow.
    case other(Property)
}

/// The type of an action or instruction, with the experimenter where the type is 0xffff.
@frozen public struct FeatureID: Hashable, Sendable {
    /// The type in the version of the message.
    public var type: UInt16
    /// The experimenter, 0 unless the type is 0xffff.
    public var experimenter: UInt32
    /// Makes an identifier.
    public init(type: UInt16, experimenter: UInt32 = 0) {
        self.type = type
        self.experimenter = experimenter
    }
}

/// A field in a table's properties.
@frozen public struct FeatureField: Hashable, Sendable {
    /// The name of the field in its header.
    public var identifier: OXMIdentifier
    /// Whether a mask is allowed.
    public var hasMask: Bool
    /// The length in the header, in bytes.
    public var length: UInt8
    /// Makes a field from the parts of its header.
    public init(identifier: OXMIdentifier, hasMask: Bool, length: UInt8) {
        self.identifier = identifier
        self.hasMask = hasMask
        self.length = length
    }
}

/// One table in a TABLE_DESC reply (1.4 §7.3.5.16).
public struct TableDescription: Hashable, Sendable {
    /// The table.
    public var tableID: TableID = TableID(rawValue: 0)
    /// How it behaves.
    public var configuration: TableConfiguration = TableConfiguration()

    /// Makes a value; every property has a default.
    public init(
        tableID: TableID = TableID(rawValue: 0), configuration: TableConfiguration = TableConfiguration()
    ) {
        self.tableID = tableID
        self.configuration = configuration
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension TableFeatures: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.field("tableID", &self.tableID)
        if wire.version >= .v1_5 {
            try wire.code("command", &self.command, absent: .tableFeaturesBadCommand)
            try wire.field("features", &self.features)
        } else {
            try wire.reserved(5)
        }
        try wire.text("name", &self.name, bytes: 32)
        try wire.field("metadataMatch", &self.metadataMatch)
        try wire.field("metadataWrite", &self.metadataWrite)
        try wire.field("capabilities", &self.capabilities)
        try wire.field("maximumEntries", &self.maximumEntries)
        try wire.list("properties", &self.properties)
        try wire.end(frame, padding: .none)
    }
}

extension TableDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.field("tableID", &self.tableID)
        try wire.reserved(1)
        try self.configuration.describe(to: &wire)
        try wire.end(frame, padding: .none)
    }
}
