import Datapath
import Glibc
package import OpenFlow

/// A group as packets meet it: immutable but for its counters, so that a change replaces it whole and packets see
/// all of the change or nothing.
package final class SwitchGroup: Sendable {
    /// One bucket.
    package struct Member: Sendable {
        /// As controllers see it.
        package let bucket: Bucket
        /// Its actions in the order in which an action set is carried out, then those that sets cannot hold.
        package let actions: [Action]
        /// What it has handled.
        package let counter: TrafficCounter
    }

    /// The group's number.
    package let groupID: GroupID
    /// How it chooses.
    package let type: GroupType
    /// How a select group hashes.
    package let selection: BucketSelection
    /// The buckets in order.
    package let members: [Member]
    /// What the group has handled, all of its configurations together.
    package let counter: TrafficCounter
    /// When it was added.
    package let created: MonotonicTime
    /// The groups that its buckets hand packets to, each once.
    package let chainedGroups: [GroupID]
    /// The meters that its buckets use, each once.
    package let meters: [MeterID]

    /// Makes a group.
    package init(
        groupID: GroupID, type: GroupType, selection: BucketSelection = BucketSelection(), members: [Member],
        counter: TrafficCounter = TrafficCounter(), created: MonotonicTime
    ) {
        self.groupID = groupID
        self.type = type
        self.selection = selection
        self.members = members
        self.counter = counter
        self.created = created
        var references = ActionReferences()
        for member in members { references.collect(member.bucket.actions) }
        self.chainedGroups = references.groups
        self.meters = references.meters
    }

    /// The buckets as controllers see them.
    package var buckets: [Bucket] { self.members.map(\.bucket) }

    /// The member of a select group for packets of that hash, among those that `isLive` admits; nil where none is.
    ///
    /// Weighted rendezvous hashing: each bucket draws a number from the hash and its own bucket number, and the best
    /// draw wins. Shares are exactly in proportion to the weights, a weight of 0 gets nothing, and a bucket that comes
    /// or goes moves only the packets that it gets or had.
    package func member(for hash: UInt64, isLive: (Member) -> Bool) -> Member? {
        var best: Member?
        var bestScore = -Double.infinity
        for member in self.members where member.bucket.weight > 0 && isLive(member) {
            var draw = FlowHash(seed: hash)
            draw.combine(UInt64(member.bucket.bucketID.rawValue))
            // Uniform in (0, 1]; the logarithm divided by the weight is the largest with a chance in proportion to it.
            let uniform = (Double(draw.finalize() >> 11) + 1) / 0x1p53
            let score = log(uniform) / Double(member.bucket.weight)
            if best == nil || score > bestScore {
                best = member
                bestScore = score
            }
        }
        return best
    }
}

extension SwitchGroup.Member {
    /// Makes a member that has handled nothing, or goes on with a counter.
    package init(_ bucket: Bucket, counter: TrafficCounter = TrafficCounter()) {
        self.bucket = bucket
        self.counter = counter
        var set = ActionSet()
        let others = bucket.actions.filter { !set.write($0) }
        self.actions = set.inOrder + others
    }
}

/// How a select group hashes packets.
package struct BucketSelection: Hashable, Sendable {
    /// The fields that count, with the bits of each; nil for the addresses, protocol and ports of Ethernet, ARP and IP.
    package var fields: [MatchEntry]?
    /// What hashes start from, so that groups choose independently.
    package var basis: UInt64 = 0
    /// What the controller said, to be told again.
    package var method: GroupSelectionMethod?
    /// The default fields.
    package init(fields: [MatchEntry]? = nil, basis: UInt64 = 0) {
        self.fields = fields
        self.basis = basis
    }
}

/// The groups and meters that actions name, each once, those within other actions included.
package struct ActionReferences: Sendable, Equatable {
    /// The groups.
    package private(set) var groups: [GroupID] = []
    /// The meters.
    package private(set) var meters: [MeterID] = []
    /// None.
    package init() {}

    /// Adds what a list of actions names.
    package mutating func collect(_ actions: [Action]) {
        for action in actions {
            switch action {
            case .group(let group): if !self.groups.contains(group) { self.groups.append(group) }
            case .meter(let meter): self.add(meter)
            case .clone(let nested): self.collect(nested)
            default: break
            }
        }
    }

    /// Adds what instructions name.
    package mutating func collect(_ instructions: [Instruction]) {
        for instruction in instructions {
            switch instruction {
            case .applyActions(let actions), .writeActions(let actions): self.collect(actions)
            case .meter(let meter): self.add(meter)
            default: break
            }
        }
    }

    private mutating func add(_ meter: MeterID) {
        if !self.meters.contains(meter) { self.meters.append(meter) }
    }
}
