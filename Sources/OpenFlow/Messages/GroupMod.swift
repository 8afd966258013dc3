/// How a group chooses among its buckets.
public enum GroupType: UInt8, CaseIterable, Hashable, Sendable {
    /// Every bucket.
    case all = 0
    /// One bucket, by weight.
    case select = 1
    /// The only bucket.
    case indirect = 2
    /// The first live bucket.
    case fastFailover = 3
}

/// One bucket of a group (1.1 §A.3.4.2 · 1.5 §7.3.4.3.1).
public struct Bucket: Hashable, Sendable {
    /// The bucket's number (1.5; in earlier versions the position, given by the switch).
    public var bucketID: BucketID = BucketID(rawValue: 0)
    /// The share of packets in a select group.
    public var weight: UInt16 = 0
    /// The port whose state makes the bucket live.
    public var watchPort: PortNumber = .any
    /// The group whose state makes the bucket live.
    public var watchGroup: GroupID = .any
    /// What the bucket does.
    public var actions: [Action] = []
    /// Experimenters' properties (1.5).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        bucketID: BucketID = BucketID(rawValue: 0), weight: UInt16 = 0, watchPort: PortNumber = .any,
        watchGroup: GroupID = .any, actions: [Action] = [], properties: [Property] = []
    ) {
        self.bucketID = bucketID
        self.weight = weight
        self.watchPort = watchPort
        self.watchGroup = watchGroup
        self.actions = actions
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// GROUP_MOD (1.1 §A.3.4.2 · 1.3 §7.3.4.2 · 1.5 §7.3.4.3; Nicira's subtype 31 in 1.0, in the form of 1.5).
public struct GroupMod: Hashable, Sendable {
    /// What to do.
    public enum Command: UInt16, CaseIterable, Hashable, Sendable {
        /// Adds a group.
        case add = 0
        /// Replaces a group.
        case modify = 1
        /// Deletes a group, or all.
        case delete = 2
        /// Adds buckets to a group (1.5).
        case insertBucket = 3
        /// Removes buckets from a group (1.5).
        case removeBucket = 5
        /// Adds or replaces a group (Open vSwitch).
        case addOrModify = 0x8000
    }
    /// What to do.
    public var command: Command = .add
    /// How the group chooses.
    public var type: GroupType = .all
    /// The group.
    public var groupID: GroupID = GroupID(rawValue: 0)
    /// Where to insert, or what to remove (1.5).
    public var commandBucketID: BucketID = .all
    /// The buckets.
    public var buckets: [Bucket] = []
    /// How a select group selects (Netronome's property, 1.5), if said.
    public var selectionMethod: GroupSelectionMethod? = nil
    /// Other experimenters' properties (1.5).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        command: Command = .add, type: GroupType = .all, groupID: GroupID = GroupID(rawValue: 0),
        commandBucketID: BucketID = .all, buckets: [Bucket] = [], selectionMethod: GroupSelectionMethod? = nil,
        properties: [Property] = []
    ) {
        self.command = command
        self.type = type
        self.groupID = groupID
        self.commandBucketID = commandBucketID
        self.buckets = buckets
        self.selectionMethod = selectionMethod
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension Bucket: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if wire.version.hasBucketProperties { return try self.describe15(to: &wire) }
        var frame = wire.begin(.bucket)
        try wire.length(&frame, excluding: 0)
        try wire.field("weight", &self.weight)
        try wire.field("watchPort", &self.watchPort)
        try wire.field("watchGroup", &self.watchGroup)
        try wire.reserved(4)
        try wire.actions(&self.actions)
        try wire.end(frame, padding: .counted)
    }

    /// 1.5: the bucket has a number, and what only some buckets have are properties.
    private mutating func describe15(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var frame = wire.begin(.bucket)
        try wire.length(&frame, excluding: 0)
        let announced = try wire.announce()
        try wire.field("bucketID", &self.bucketID)
        let actions = try wire.open(announced, .bucket)
        try wire.actions(&self.actions)
        try wire.end(actions, padding: .none)
        var present: [UInt16] = []
        if self.weight != 0 { present.append(0) }
        if self.watchPort != .any { present.append(1) }
        if self.watchGroup != .any { present.append(2) }
        var (weight, port, group) = (self.weight, self.watchPort, self.watchGroup)
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            switch type {
            case 0:
                try wire.field("weight", &weight)
                try wire.reserved(2)
            case 1: try wire.wide("watchPort", &port)
            case 2: try wire.field("watchGroup", &group)
            default: return try wire.keepsExperimenters(type)
            }
            return true
        }
        (self.weight, self.watchPort, self.watchGroup) = (weight, port, group)
        try wire.end(frame, padding: .counted)
    }
}

extension GroupMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("command", &self.command, absent: .groupModBadCommand)
        let isOnlyIn15 = self.command == .insertBucket || self.command == .removeBucket
        guard !isOnlyIn15 || wire.version.hasBucketProperties else {
            guard wire.isReading else { throw .inexpressible(.code(UInt32(self.command.rawValue))) }
            throw wire.refusal(.groupModBadCommand, value: UInt64(self.command.rawValue))
        }
        try wire.code("type", &self.type, absent: .groupModBadType)
        try wire.reserved(1)
        try wire.field("groupID", &self.groupID)
        guard wire.version.hasBucketProperties else { return try wire.list("buckets", &self.buckets) }
        let announced = try wire.announce()
        try wire.reserved(2)
        try wire.field("commandBucketID", &self.commandBucketID)
        let frame = try wire.open(announced, .bucket)
        try wire.list("buckets", &self.buckets)
        try wire.end(frame, padding: .none)
        try wire.groupProperties(&self.selectionMethod, others: &self.properties)
        if wire.isReading { try self.checkBuckets(&wire) }
    }

    /// Numbers of buckets are ordinary ones, each given once.
    private func checkBuckets(_ wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var seen: Set<BucketID> = []
        for bucket in self.buckets {
            let number = UInt64(bucket.bucketID.rawValue)
            guard bucket.bucketID.rawValue <= BucketID.maximum.rawValue else {
                throw wire.refusal(
                    .groupModBadBucket, value: number, limit: UInt64(BucketID.maximum.rawValue), field: "bucketID")
            }
            guard seen.insert(bucket.bucketID).inserted else {
                throw wire.refusal(.groupModBucketExists, value: number, field: "bucketID")
            }
        }
    }
}
