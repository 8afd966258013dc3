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
    /// Which member gets the packets of each value of eight bits of the datapath's hash; empty where that does not
    /// choose.
    package let shares: [UInt8]

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
        self.shares =
            type == .select && selection.usesDatapathHash
            ? Self.shares(of: members) : []
    }

    /// How many values of the datapath's hash the members share: each may cost a megaflow.
    private static let shareCount = 256

    /// Shares the values of the datapath's hash out by weight, exactly but for rounding (Webster's method), each to the
    /// member that draws best for it and has not yet its share: where a bucket comes or goes, few others' values move.
    ///
    /// Empty where there is nothing to choose, or where a member would get less than one value.
    private static func shares(of members: [Member]) -> [UInt8] {
        let weights = members.map { Int($0.bucket.weight) }
        let positive = weights.filter { $0 > 0 }
        guard positive.count > 1, weights.count <= Self.shareCount, let least = positive.min(),
            least * Self.shareCount >= positive.reduce(0, +)
        else { return [] }
        var seats = [Int](repeating: 0, count: weights.count)
        for _ in 0..<Self.shareCount {
            // The next value goes to the member with the greatest quotient of weight and odd number.
            var best = 0
            for place in 1..<weights.count
            where weights[place] * (2 * seats[best] + 1) > weights[best] * (2 * seats[place] + 1) { best = place }
            seats[best] += 1
        }
        return (0..<Self.shareCount).map { value in
            var best = 0
            var bestScore = -Double.infinity
            for place in weights.indices where seats[place] > 0 {
                let score = members[place].score(for: UInt64(value))
                if score > bestScore { (best, bestScore) = (place, score) }
            }
            seats[best] -= 1
            return UInt8(best)
        }
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
            let score = member.score(for: hash)
            if best == nil || score > bestScore {
                best = member
                bestScore = score
            }
        }
        return best
    }
}

extension SwitchGroup.Member {
    /// What the bucket, whose weight is not 0, draws for a hash; the greatest of several wins.
    fileprivate func score(for hash: UInt64) -> Double {
        var draw = FlowHash(seed: hash)
        draw.combine(UInt64(self.bucket.bucketID.rawValue))
        // Uniform in (0, 1]; the logarithm divided by the weight is the largest with a chance in proportion to it.
        let uniform = (Double(draw.finalize() >> 11) + 1) / 0x1p53
        return log(uniform) / Double(self.bucket.weight)
    }

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
    /// Whether the datapath's own hash of a packet's addresses, protocol and ports may choose: not where the controller
    /// has asked for fields.
    package var usesDatapathHash = true
    /// What the controller said, to be told again.
    package var method: GroupSelectionMethod?
    /// The default fields.
    package init(fields: [MatchEntry]? = nil, basis: UInt64 = 0) {
        self.fields = fields
        self.basis = basis
        self.usesDatapathHash = fields == nil
    }
}

/// The groups and meters that actions name, each once, those within other actions included.
package struct ActionReferences: Sendable, Equatable {
    /// The groups.
    package private(set) var groups: [GroupID] = []
    /// The meters.
    package private(set) var meters: [MeterID] = []
    /// The tunnel options, by field, and how many bits of each must be there.
    package private(set) var tunnelOptions: [Int: Int] = [:]
    /// None.
    package init() {}

    /// Adds what a list of actions names.
    package mutating func collect(_ actions: [Action]) {
        for action in actions {
            switch action {
            case .group(let group): if !self.groups.contains(group) { self.groups.append(group) }
            case .meter(let meter): self.add(meter)
            case .controllerOutput(let output): if let meter = output.meter { self.add(meter) }
            case .clone(let nested): self.collect(nested)
            case .connectionTracking(let tracking):
                self.collect(tracking.actions)
                if case .field(let slice) = tracking.zone { self.add(slice) }
            default: self.collectFields(action)
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

    /// A bit for each tunnel option.
    package var tunnelOptionFields: UInt64 {
        self.tunnelOptions.isEmpty ? 0 : self.tunnelOptions.keys.reduce(0) { $0 | 1 << UInt64($1 & 63) }
    }

    private mutating func collectFields(_ action: Action) {
        switch action {
        case .setField(let entry) where entry.field.isVariableLength:
            let significant = entry.isWholeOption ? entry.value : entry.mask
            self.add(entry.field, bits: 128 - significant.leadingZeroBitCount)
        case .setLongField(let entry):
            let leading = (entry.isExact ? entry.value : entry.mask).prefix { $0 == 0 }.count
            self.add(entry.field, bits: 8 * (entry.value.count - leading))
        case .copyField(let copy):
            self.add(FieldSlice(copy.source, offset: copy.sourceOffset, bitCount: copy.bitCount))
            self.add(FieldSlice(copy.destination, offset: copy.destinationOffset, bitCount: copy.bitCount))
        case .outputField(let slice, maximumLength: _), .pushStack(let slice), .popStack(let slice): self.add(slice)
        case .multipath(let multipath): self.add(multipath.destination)
        case .bundle(let bundle): if let destination = bundle.destination { self.add(destination) }
        case .deleteField(let field): self.add(field, bits: 0)
        case .learn(let learn):
            for part in learn.specifications {
                if case .field(let field, let offset) = part.source {
                    self.add(FieldSlice(field, offset: offset, bitCount: part.bitCount))
                }
                switch part.destination {
                case .match(let field, let offset), .load(let field, let offset):
                    self.add(FieldSlice(field, offset: offset, bitCount: part.bitCount))
                case .output: break
                }
            }
        default: break
        }
    }

    private mutating func add(_ slice: FieldSlice) {
        self.add(slice.field, bits: Int(slice.offset) + Int(slice.bitCount))
    }

    private mutating func add(_ field: MatchField, bits: Int) {
        guard let index = field.tunnelMetadataIndex else { return }
        self.tunnelOptions[index] = max(bits, self.tunnelOptions[index] ?? 0)
    }

    private mutating func add(_ meter: MeterID) {
        if !self.meters.contains(meter) { self.meters.append(meter) }
    }
}
