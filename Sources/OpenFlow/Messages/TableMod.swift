/// TABLE_MOD (1.1 §A.3.3 · 1.3 §7.3.3 · 1.5 §7.3.4.1).
public struct TableMod: Hashable, Sendable {
    /// The table, or all.
    public var tableID: TableID = TableID(rawValue: 0)
    /// What it becomes.
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

/// How a table behaves: bits in 1.1 to 1.3, bits and properties from 1.4.
public struct TableConfiguration: Hashable, Sendable {
    /// Bits 0–1 the miss behaviour of 1.1 and 1.2, bit 2 eviction, bit 3 vacancy events (1.4 and later).
    public var bits: UInt32 = 0
    /// How flows are chosen for eviction (1.4 and later), if said.
    public var evictionFlags: UInt32? = nil
    /// Percentages below and above which vacancy events are sent, and the current one (1.4 and later), if said.
    public var vacancy: Vacancy? = nil
    /// Experimenters' properties (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        bits: UInt32 = 0, evictionFlags: UInt32? = nil, vacancy: Vacancy? = nil, properties: [Property] = []
    ) {
        self.bits = bits
        self.evictionFlags = evictionFlags
        self.vacancy = vacancy
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}

    /// When vacancy events are sent; percentages.
    public struct Vacancy: Hashable, Sendable {
        /// Vacancy below which an event is sent.
        public var down: UInt8 = 0
        /// Vacancy above which an event is sent.
        public var up: UInt8 = 0
        /// The vacancy now; 0 in requests.
        public var current: UInt8 = 0

        /// Makes a value; every property has a default.
        public init(down: UInt8 = 0, up: UInt8 = 0, current: UInt8 = 0) {
            self.down = down
            self.up = up
            self.current = current
        }
    }
}

extension TableMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("tableID", &self.tableID)
        try wire.reserved(3)
        try self.configuration.describe(to: &wire)
    }
}

extension TableConfiguration: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bits", &self.bits)
        guard wire.version.hasProperties else { return }
        var present: [UInt16] = []
        if self.evictionFlags != nil { present.append(2) }
        if self.vacancy != nil { present.append(3) }
        var (eviction, vacancy) = (self.evictionFlags, self.vacancy)
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            switch type {
            case 2:
                var flags = eviction ?? 0
                try wire.field("evictionFlags", &flags)
                eviction = flags
            case 3:
                var value = vacancy ?? Vacancy()
                try wire.field("down", &value.down)
                try wire.field("up", &value.up)
                try wire.field("current", &value.current)
                try wire.reserved(1)
                guard !wire.isReading || value.down <= value.up && value.up <= 100 else {
                    throw wire.refusal(.propertyBadValue, value: UInt64(value.up), limit: 100)
                }
                vacancy = value
            default: return try wire.keepsExperimenters(type)
            }
            return true
        }
        (self.evictionFlags, self.vacancy) = (eviction, vacancy)
    }
}
