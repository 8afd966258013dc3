package import OpenFlow

/// A switch's groups (1.1 §4.4.1 · 1.3 §5.6 · 1.5 §5.10): a value, so that a change that fails leaves nothing behind.
///
/// Owned by ``PipelineState``. Keeps the promises of the capability "chaining checks": no chain of groups is a loop,
/// and no group is removed while another hands packets to it (1.3 §6.7).
package struct GroupTable: Sendable {
    /// How many groups of each type there may be.
    package static let groupsMaximum = 65_536
    /// How many buckets a group may have.
    package static let bucketsMaximum = 4_096

    private var groups: [GroupID: SwitchGroup] = [:]
    private var countOfType: [GroupType: Int] = [:]
    /// How many other groups hand packets to each.
    private var referrers: [GroupID: Int] = [:]

    /// Makes a table without groups.
    package init() {}

    /// How many groups there are.
    package var count: Int { self.groups.count }
    /// The group of that number, or nil.
    package subscript(group: GroupID) -> SwitchGroup? { self.groups[group] }
    /// All groups in order of their numbers.
    package var inOrder: [SwitchGroup] { self.groups.values.sorted { $0.groupID.rawValue < $1.groupID.rawValue } }
    /// How many other groups hand packets to that one.
    package func referrerCount(of group: GroupID) -> Int { self.referrers[group] ?? 0 }

    /// Carries out any command but deletion, and says whether the group is new; throws having changed nothing.
    package mutating func apply(
        _ groupMod: GroupMod, version: OpenFlowVersion, now: MonotonicTime
    ) throws(OpenFlowError) -> Bool {
        let identifier = groupMod.groupID
        guard identifier.rawValue <= GroupID.maximum.rawValue else {
            throw OpenFlowError(.groupModInvalidGroup, value: UInt64(identifier.rawValue))
        }
        let present = self.groups[identifier]
        switch groupMod.command {
        case .add where present != nil:
            throw OpenFlowError(.groupModGroupExists, value: UInt64(identifier.rawValue))
        case .modify where present == nil, .insertBucket where present == nil, .removeBucket where present == nil:
            throw OpenFlowError(.groupModUnknownGroup, value: UInt64(identifier.rawValue))
        case .insertBucket, .removeBucket:
            guard let present else { return false }
            try self.changeBuckets(of: present, groupMod)
            return false
        default: break
        }
        guard groupMod.properties.isEmpty else { throw OpenFlowError(.propertyBadExperimenter) }
        let buckets = try Self.numbered(groupMod.buckets, version: version)
        // The group's own counters and age go on when it is modified, its buckets' begin anew (1.5 §6.7.2).
        let group = SwitchGroup(
            groupID: identifier, type: groupMod.type, selection: try BucketSelection(groupMod),
            members: buckets.map { SwitchGroup.Member($0) }, counter: present?.counter ?? TrafficCounter(),
            created: present?.created ?? now)
        try self.put(group)
        return present == nil
    }

    /// Refuses to remove a group while another one hands packets to it.
    package func checkRemoval(of group: GroupID) throws(OpenFlowError) {
        guard self.referrerCount(of: group) == 0 else {
            throw OpenFlowError(.groupModChainedGroup, value: UInt64(group.rawValue))
        }
    }

    /// A group and all groups that hand packets to it, by whatever chain.
    package func chain(upFrom identifier: GroupID) -> [GroupID] {
        var found: Set<GroupID> = [identifier]
        var waiting = [identifier]
        while let next = waiting.popLast() {
            guard self.referrerCount(of: next) > 0 else { continue }
            for (other, group) in self.groups where group.chainedGroups.contains(next) {
                if found.insert(other).inserted { waiting.append(other) }
            }
        }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// Removes a group and returns it, or nil.
    @discardableResult
    package mutating func remove(_ identifier: GroupID) -> SwitchGroup? {
        guard let group = self.groups.removeValue(forKey: identifier) else { return nil }
        self.countOfType[group.type, default: 1] -= 1
        self.releaseChain(of: group)
        return group
    }

    /// Removes all groups.
    package mutating func removeAll() { self = GroupTable() }

    // MARK: - Buckets

    /// Buckets with the numbers that they have from now on: their own (1.5, Nicira), or their places.
    private static func numbered(
        _ buckets: [Bucket], version: OpenFlowVersion
    ) throws(OpenFlowError) -> [Bucket] {
        guard version == .v1_0 || version >= .v1_5 else {
            return buckets.enumerated().map { place, bucket in
                var bucket = bucket
                bucket.bucketID = BucketID(rawValue: UInt32(truncatingIfNeeded: place))
                return bucket
            }
        }
        try Self.checkNumbers(buckets)
        return buckets
    }

    private static func checkNumbers(_ buckets: [Bucket]) throws(OpenFlowError) {
        var seen: Set<BucketID> = []
        for bucket in buckets {
            guard bucket.bucketID.rawValue <= BucketID.maximum.rawValue else {
                throw OpenFlowError(.groupModBadBucket, value: UInt64(bucket.bucketID.rawValue))
            }
            guard seen.insert(bucket.bucketID).inserted else {
                throw OpenFlowError(.groupModBucketExists, value: UInt64(bucket.bucketID.rawValue))
            }
        }
    }

    /// INSERT_BUCKET and REMOVE_BUCKET (1.5 §7.3.4.3): the other buckets and their counters stay.
    private mutating func changeBuckets(of group: SwitchGroup, _ groupMod: GroupMod) throws(OpenFlowError) {
        var members = group.members
        let named = groupMod.commandBucketID
        if groupMod.command == .insertBucket {
            let place: Int
            switch named {
            case .first: place = 0
            case .last: place = members.count
            default: place = try Self.place(of: named, in: members) + 1
            }
            try Self.checkNumbers(group.buckets + groupMod.buckets)
            members.insert(contentsOf: groupMod.buckets.map { SwitchGroup.Member($0) }, at: place)
        } else {
            guard groupMod.buckets.isEmpty else { throw OpenFlowError(.groupModBadBucket) }
            switch named {
            case .all: members = []
            case .first, .last:
                guard !members.isEmpty else {
                    throw OpenFlowError(.groupModUnknownBucket, value: UInt64(named.rawValue))
                }
                members.remove(at: named == .first ? 0 : members.count - 1)
            default: members.remove(at: try Self.place(of: named, in: members))
            }
        }
        try self.put(
            SwitchGroup(
                groupID: group.groupID, type: group.type, selection: group.selection, members: members,
                counter: group.counter, created: group.created))
    }

    private static func place(of bucket: BucketID, in members: [SwitchGroup.Member]) throws(OpenFlowError) -> Int {
        guard let place = members.firstIndex(where: { $0.bucket.bucketID == bucket }) else {
            throw OpenFlowError(.groupModUnknownBucket, value: UInt64(bucket.rawValue))
        }
        return place
    }

    // MARK: - Checks

    /// Enters a group in place of the one of its number.
    private mutating func put(_ group: SwitchGroup) throws(OpenFlowError) {
        try self.check(group)
        let present = self.groups[group.groupID]
        if present?.type != group.type {
            let count = self.countOfType[group.type] ?? 0
            guard count < Self.groupsMaximum else {
                throw OpenFlowError(.groupModOutOfGroups, limit: UInt64(Self.groupsMaximum))
            }
            self.countOfType[group.type] = count + 1
            if let present { self.countOfType[present.type, default: 1] -= 1 }
        }
        if let present { self.releaseChain(of: present) }
        for other in group.chainedGroups { self.referrers[other, default: 0] += 1 }
        self.groups[group.groupID] = group
    }

    private mutating func releaseChain(of group: SwitchGroup) {
        for other in group.chainedGroups {
            let left = (self.referrers[other] ?? 1) - 1
            self.referrers[other] = left > 0 ? left : nil
        }
    }

    private func check(_ group: SwitchGroup) throws(OpenFlowError) {
        guard group.members.count <= Self.bucketsMaximum else {
            throw OpenFlowError(.groupModOutOfBuckets, limit: UInt64(Self.bucketsMaximum))
        }
        if group.type == .indirect, group.members.count != 1 {
            throw OpenFlowError(.groupModInvalidGroup, value: UInt64(group.members.count))
        }
        for member in group.members { try self.check(member.bucket, of: group) }
        try self.checkChain(of: group)
    }

    /// What a bucket may say depends on the group's type (1.1 §6.4, 1.3 §6.7).
    private func check(_ bucket: Bucket, of group: SwitchGroup) throws(OpenFlowError) {
        guard bucket.properties.isEmpty else { throw OpenFlowError(.propertyBadExperimenter) }
        guard group.type == .select || bucket.weight == 0 else {
            throw OpenFlowError(.groupModInvalidGroup, value: UInt64(bucket.weight))
        }
        switch group.type {
        case .all, .indirect:
            guard !bucket.watches else { throw OpenFlowError(.groupModWatchUnsupported) }
        case .fastFailover:
            guard bucket.watches else { throw OpenFlowError(.groupModInvalidGroup) }
        case .select: break
        }
        guard bucket.watchPort == .any || bucket.watchPort == .local || bucket.watchPort.isOrdinary else {
            throw OpenFlowError(.groupModBadWatch, value: UInt64(bucket.watchPort.rawValue))
        }
        guard bucket.watchGroup == .any || self.groups[bucket.watchGroup] != nil,
            bucket.watchGroup != group.groupID
        else { throw OpenFlowError(.groupModBadWatch, value: UInt64(bucket.watchGroup.rawValue)) }
    }

    /// Refuses groups that are not there, and any chain that comes back to the group.
    private func checkChain(of group: SwitchGroup) throws(OpenFlowError) {
        var visited: Set<GroupID> = []
        var waiting = group.chainedGroups
        while let next = waiting.popLast() {
            guard next != group.groupID else { throw OpenFlowError(.groupModLoop, value: UInt64(next.rawValue)) }
            guard visited.insert(next).inserted else { continue }
            guard let other = self.groups[next] else {
                throw OpenFlowError(.actionBadOutGroup, value: UInt64(next.rawValue))
            }
            waiting += other.chainedGroups
        }
    }
}

extension Bucket {
    /// Whether its use depends on a port or group being live.
    package var watches: Bool { self.watchPort != .any || self.watchGroup != .any }
}

extension BucketSelection {
    /// What a group_mod says of hashing: nothing, or Netronome's property with the method `hash` or `dp_hash`.
    init(_ groupMod: GroupMod) throws(OpenFlowError) {
        self.init(basis: UInt64(groupMod.groupID.rawValue))
        guard let method = groupMod.selectionMethod else { return }
        guard groupMod.type == .select else { throw OpenFlowError(.propertyBadValue) }
        self.method = method
        self.basis = method.parameter
        switch method.method {
        case "hash":
            self.usesDatapathHash = false
            for entry in method.fields where entry.field.flowLayout == nil {
                throw OpenFlowError(.propertyBadValue, value: UInt64(entry.field.rawValue))
            }
            // Without fields: everything that tells conversations apart.
            if !method.fields.isEmpty { self.fields = method.fields }
        case "", "dp_hash": guard method.fields.isEmpty else { throw OpenFlowError(.propertyBadValue) }
        default: throw OpenFlowError(.propertyBadValue)
        }
    }
}
