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

    /// Makes a value; every property has a default.
    public init(
        bucketID: BucketID = BucketID(rawValue: 0), weight: UInt16 = 0, watchPort: PortNumber = .any,
        watchGroup: GroupID = .any, actions: [Action] = []
    ) {
        self.bucketID = bucketID
        self.weight = weight
        self.watchPort = watchPort
        self.watchGroup = watchGroup
        self.actions = actions
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// GROUP_MOD (1.1 §A.3.4.2 · 1.3 §7.3.4.2 · 1.5 §7.3.4.3).
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
    /// Properties of the group (1.5), kept byte for byte.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        command: Command = .add, type: GroupType = .all, groupID: GroupID = GroupID(rawValue: 0),
        commandBucketID: BucketID = .all, buckets: [Bucket] = [], properties: [Property] = []
    ) {
        self.command = command
        self.type = type
        self.groupID = groupID
        self.commandBucketID = commandBucketID
        self.buckets = buckets
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}
