/// Counters of one group (1.1 §A.3.5.7 · 1.3 §7.3.5.9).
public struct GroupStatistics: Hashable, Sendable {
    /// Counters of one bucket.
    public struct BucketCounter: Hashable, Sendable {
        /// Packets that the bucket handled.
        public var packetCount: UInt64
        /// Bytes of these packets.
        public var byteCount: UInt64
        /// Makes counters.
        public init(packetCount: UInt64 = 0, byteCount: UInt64 = 0) {
            self.packetCount = packetCount
            self.byteCount = byteCount
        }
    }
    /// The group.
    public var groupID: GroupID = GroupID(rawValue: 0)
    /// How many flows and groups name it.
    public var referenceCount: UInt32 = 0
    /// Packets that the group handled.
    public var packetCount: UInt64 = 0
    /// Bytes of these packets.
    public var byteCount: UInt64 = 0
    /// The group's age: whole seconds (1.3 and later).
    public var durationSeconds: UInt32 = 0
    /// The group's age: nanoseconds beyond the seconds (1.3 and later).
    public var durationNanoseconds: UInt32 = 0
    /// Counters by bucket, in the buckets' order.
    public var buckets: [BucketCounter] = []

    /// Makes a value; every property has a default.
    public init(
        groupID: GroupID = GroupID(rawValue: 0), referenceCount: UInt32 = 0, packetCount: UInt64 = 0,
        byteCount: UInt64 = 0, durationSeconds: UInt32 = 0, durationNanoseconds: UInt32 = 0,
        buckets: [BucketCounter] = []
    ) {
        self.groupID = groupID
        self.referenceCount = referenceCount
        self.packetCount = packetCount
        self.byteCount = byteCount
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.buckets = buckets
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// One group in a GROUP_DESC reply (1.1 §A.3.5.8 · 1.5 §7.3.5.9).
public struct GroupDescription: Hashable, Sendable {
    /// How the group chooses.
    public var type: GroupType = .all
    /// The group.
    public var groupID: GroupID = GroupID(rawValue: 0)
    /// The buckets.
    public var buckets: [Bucket] = []
    /// How a select group selects (Netronome's property, 1.5), if said.
    public var selectionMethod: GroupSelectionMethod? = nil
    /// Other experimenters' properties (1.5).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        type: GroupType = .all, groupID: GroupID = GroupID(rawValue: 0), buckets: [Bucket] = [],
        selectionMethod: GroupSelectionMethod? = nil, properties: [Property] = []
    ) {
        self.type = type
        self.groupID = groupID
        self.buckets = buckets
        self.selectionMethod = selectionMethod
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// GROUP_FEATURES (1.2 §A.3.5.9 · 1.3 §7.3.5.11): what groups can do.
///
/// Arrays are by ``GroupType``, four each.
public struct GroupFeatures: Hashable, Sendable {
    /// Bit n: group type n is supported.
    public var types: UInt32 = 0
    /// Bit 0 select weight, 1 select liveness, 2 chaining, 3 chaining checks.
    public var capabilities: UInt32 = 0
    /// How many groups of each type there may be.
    public var maximumGroups: [UInt32] = [0, 0, 0, 0]
    /// Bit n: action type n is supported in groups of each type.
    public var actions: [UInt32] = [0, 0, 0, 0]

    /// Makes a value; every property has a default.
    public init(
        types: UInt32 = 0, capabilities: UInt32 = 0, maximumGroups: [UInt32] = [0, 0, 0, 0],
        actions: [UInt32] = [0, 0, 0, 0]
    ) {
        self.types = types
        self.capabilities = capabilities
        self.maximumGroups = maximumGroups
        self.actions = actions
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension GroupStatistics.BucketCounter: WireStructure {
    init() { self.init(packetCount: 0, byteCount: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
    }
}

extension GroupStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(2)
        try wire.field("groupID", &self.groupID)
        try wire.field("referenceCount", &self.referenceCount)
        try wire.reserved(4)
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
        // Nicira's form in 1.0 is that of 1.3.
        if wire.version.statisticsHaveDuration || wire.version == .v1_0 {
            try wire.field("durationSeconds", &self.durationSeconds)
            try wire.field("durationNanoseconds", &self.durationNanoseconds)
        }
        try wire.list("buckets", &self.buckets)
        try wire.end(frame, padding: .none)
    }
}

extension GroupDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.code("type", &self.type, absent: .groupModBadType)
        try wire.reserved(1)
        try wire.field("groupID", &self.groupID)
        if wire.version.hasBucketProperties {
            let announced = try wire.announce()
            try wire.reserved(6)
            let buckets = try wire.open(announced, .bucket)
            try wire.list("buckets", &self.buckets)
            try wire.end(buckets, padding: .none)
            try wire.groupProperties(&self.selectionMethod, others: &self.properties)
        } else {
            try wire.list("buckets", &self.buckets)
        }
        try wire.end(frame, padding: .none)
    }
}

extension GroupFeatures: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("types", &self.types)
        try wire.field("capabilities", &self.capabilities)
        try Self.four("maximumGroups", &self.maximumGroups, &wire)
        try Self.four("actions", &self.actions, &wire)
    }

    private static func four(
        _ name: StaticString, _ values: inout [UInt32],
        _ wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        for index in 0..<4 {
            var value = index < values.count ? values[index] : 0
            try wire.field(name, &value)
            if index < values.count { values[index] = value } else { values.append(value) }
        }
    }
}
