import Datapath
import NetworkTypes
import OpenFlow

// Groups: which buckets, and a packet of its own for each (1.1 §4.4 · 1.3 §5.6 · 1.5 §5.10).
extension Translator {
    /// Hands the packet to a group.
    mutating func performGroup<View: PipelineView & ~Copyable>(_ identifier: GroupID, view: borrowing View) {
        guard self.depth < self.environment.limits.depth else {
            self.result.error = .depthExceeded
            return
        }
        guard self.countLookup() else { return }
        guard let group = view.group(identifier) else { return self.drop(.groupUnavailable) }
        guard !self.mustHash(for: group) else {
            self.freezing = .hash(basis: UInt32(truncatingIfNeeded: group.selection.basis))
            self.frozenSteps.append(.actions([.group(identifier)], self.context))
            return
        }
        self.depth += 1
        self.recorder?.depth += 1
        defer {
            self.depth -= 1
            self.recorder?.depth -= 1
        }
        self.result.counters.append(group.counter)
        switch group.type {
        case .all, .indirect:
            for member in group.members where self.result.error == nil { self.perform(member, view: view) }
        case .fastFailover:
            guard let member = group.members.first(where: { Self.isLive($0.bucket, view: view) }) else {
                return self.drop(.noLiveBucket)
            }
            self.perform(member, view: view)
        case .select:
            var live: Set<BucketID>?
            if group.members.contains(where: { $0.bucket.watches }) {
                live = Set(
                    group.members.filter { Self.isLive($0.bucket, view: view) }.map(\.bucket.bucketID))
            }
            guard
                let member = self.choose(
                    from: group, isLive: { live == nil || live?.contains($0.bucket.bucketID) == true })
            else { return self.drop(.noLiveBucket) }
            self.perform(member, view: view)
        }
    }

    /// Performs a bucket's actions on a copy of the packet.
    private mutating func perform<View: PipelineView & ~Copyable>(
        _ member: SwitchGroup.Member, view: borrowing View
    ) {
        self.result.counters.append(member.counter)
        let outer = self.context
        self.context.reason = .group
        self.context.isTableMiss = false
        self.performOnCopy(member.actions, hasOwnActionSet: true, view: view)
        self.context = outer
    }

    // MARK: - Choosing

    /// Whether the packet must go through the datapath before a bucket can be chosen, which hashes it there: megaflows
    /// then differ by a few bits of the hash, where they would differ by all addresses and ports.
    ///
    /// Packets without IP addresses are hashed here: what datapaths' hashes go by is then different, or nothing.
    private mutating func mustHash(for group: SwitchGroup) -> Bool {
        guard !group.shares.isEmpty, self.environment.capabilities.hash, self.canRecirculate, Self.isIP(self.key),
            self.key.datapathHash == 0
        else { return false }
        if let recorder = self.recorder, !self.allowsSideEffects {
            recorder.note(.note("the datapath's hash chooses the bucket; shown is one that it may choose"))
            return false
        }
        // What is fresh from a port has no hash.
        if self.generation > 0 { self.unwildcard(.datapathHash) }
        return true
    }

    /// The member of a select group that gets the packet; nil where none is live.
    private mutating func choose(
        from group: SwitchGroup, isLive: (SwitchGroup.Member) -> Bool
    ) -> SwitchGroup.Member? {
        guard !group.shares.isEmpty, self.key.datapathHash != 0, Self.isIP(self.key) else {
            let choices = group.members.count { $0.bucket.weight > 0 }
            // Where there is nothing to choose, nothing of the packet matters.
            return group.member(for: choices > 1 ? self.hash(for: group.selection) : 0, isLive: isLive)
        }
        // The next eight bits for each group on the packet's way, so that they choose independently.
        let shift = UInt32(8 * (self.hashChoices & 3))
        self.hashChoices += 1
        let bits = UInt32(group.shares.count - 1) << shift
        let layout = FlowField.datapathHash.layout
        self.unwildcard(word: layout.word, bits: UInt64(bits) << UInt64(layout.shift))
        let value = Int((self.key.datapathHash & bits) >> shift)
        let member = group.members[Int(group.shares[value])]
        return isLive(member) ? member : group.member(for: UInt64(value), isLive: isLive)
    }

    // MARK: - Liveness

    /// How many buckets are looked at to find whether one is live; beyond that it counts as not live.
    ///
    /// Groups may watch groups, each by many buckets, and a packet must not wait for all the ways through them.
    private static var watchedBucketsMaximum: Int { 1024 }

    /// Whether a bucket may be used: it watches nothing, or its port, or a bucket of its group, is live.
    static func isLive<View: PipelineView & ~Copyable>(_ bucket: Bucket, view: borrowing View) -> Bool {
        var budget = Self.watchedBucketsMaximum
        return Self.isLive(bucket, budget: &budget, depth: 0, view: view)
    }

    private static func isLive<View: PipelineView & ~Copyable>(
        _ bucket: Bucket, budget: inout Int, depth: Int, view: borrowing View
    ) -> Bool {
        guard bucket.watches else { return true }
        if bucket.watchPort != .any, let port = view.port(bucket.watchPort), port.isLive { return true }
        guard bucket.watchGroup != .any, depth < Self.watchDepthMaximum, let group = view.group(bucket.watchGroup)
        else { return false }
        for member in group.members {
            guard budget > 0 else { return false }
            budget -= 1
            if Self.isLive(member.bucket, budget: &budget, depth: depth + 1, view: view) { return true }
        }
        return false
    }

    /// How deep groups that watch each other are looked through: those that watch in a ring are never live by it.
    private static var watchDepthMaximum: Int { 16 }

    // MARK: - Hashing

    /// A hash of the fields that count of those that the packet has; the result depends on these.
    private mutating func hash(for selection: BucketSelection) -> UInt64 {
        var hash = FlowHash(seed: selection.basis)
        guard let fields = selection.fields else {
            self.hashConversation(into: &hash)
            return hash.finalize()
        }
        for entry in fields {
            guard let layout = entry.field.flowLayout, self.has(entry.field.prerequisite) else { continue }
            let bits = entry.value
            if layout.width == 128 {
                self.combine(word: layout.word, bits: UInt64(truncatingIfNeeded: bits >> 64), into: &hash)
                self.combine(word: layout.word + 1, bits: UInt64(truncatingIfNeeded: bits), into: &hash)
            } else {
                self.combine(
                    word: layout.word, bits: UInt64(truncatingIfNeeded: bits) << UInt64(layout.shift), into: &hash)
            }
        }
        return hash.finalize()
    }

    /// Everything that tells conversations apart: Ethernet addresses and VLAN, addresses of ARP or IP, protocol, ports.
    ///
    /// Fragments of one packet go one way: none of them is hashed by its ports.
    private mutating func hashConversation(into hash: inout FlowHash) {
        hash.combine(UInt64(self.key.etherType))
        self.combine(.ethernetSource, into: &hash)
        self.combine(.ethernetDestination, into: &hash)
        let shift = UInt64(FlowField.vlanTCI.layout.shift)
        self.combine(word: FlowField.vlanTCI.layout.word, bits: 0x1fff << shift, into: &hash)
        if Self.isARP(self.key) {
            self.combine(.ipv4Source, into: &hash)
            self.combine(.ipv4Destination, into: &hash)
            return
        }
        guard Self.isIP(self.key) else { return }
        if self.key.etherType == 0x0800 {
            self.combine(.ipv4Source, into: &hash)
            self.combine(.ipv4Destination, into: &hash)
        } else {
            for word in 36...39 { self.combine(word: word, bits: .max, into: &hash) }
        }
        self.combine(.ipProtocol, into: &hash)
        guard self.key.ipFragment == 0, self.hasTransportHeader(anyOf: [6, 17, 132]) else { return }
        self.combine(.transportSource, into: &hash)
        self.combine(.transportDestination, into: &hash)
    }

    private mutating func combine(_ field: FlowField, into hash: inout FlowHash) {
        let layout = field.layout
        let ones = layout.width == 64 ? UInt64.max : (1 << UInt64(layout.width)) &- 1
        self.combine(word: layout.word, bits: ones << UInt64(layout.shift), into: &hash)
    }

    private mutating func combine(word: Int, bits: UInt64, into hash: inout FlowHash) {
        self.unwildcard(word: word, bits: bits)
        hash.combine(self.key.words[word] & bits)
    }
}

extension SwitchPort {
    /// Whether packets sent out of the port arrive: it is up, has a link and nothing blocks it (OFPPS_LIVE).
    package var isLive: Bool {
        !self.description.configuration.contains(.portDown)
            && self.description.state.isDisjoint(with: [.linkDown, .blocked])
    }
}
