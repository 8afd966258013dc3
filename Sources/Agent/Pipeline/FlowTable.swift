package import Datapath
package import OpenFlow
import Synchronization

/// What a new flow looks like.
package struct FlowSpecification {
    /// What packets must look like; bits outside ``mask`` are ignored.
    package var key = FlowKey()
    /// Which bits count.
    package var mask = FlowMask()
    /// The priority; above 65535 the flow is hidden from controllers.
    package var priority: Int32 = 0x8000
    /// The controller's mark.
    package var cookie = Cookie.none
    /// Seconds without a packet after which it goes; 0 for never.
    package var idleTimeoutSeconds: UInt16 = 0
    /// Seconds after which it goes; 0 for never.
    package var hardTimeoutSeconds: UInt16 = 0
    /// Rank in eviction.
    package var importance: UInt16 = 0
    /// What is to be kept of the flow_mod's flags.
    package var flags: FlowMod.Flags = []
    /// What to do, interned.
    package var instructions = InstructionList.empty
    /// The flow of every packet, priority 0x8000, that drops.
    package init() {}

    /// Everything but what packets must look like.
    var attributes: FlowAttributes {
        FlowAttributes(
            priority: self.priority, cookie: self.cookie, idleTimeoutSeconds: self.idleTimeoutSeconds,
            hardTimeoutSeconds: self.hardTimeoutSeconds, importance: self.importance, flags: self.flags,
            instructions: self.instructions)
    }
}

/// What a new flow looks like, but for what packets must look like; see ``FlowSpecification``.
struct FlowAttributes {
    var priority: Int32
    var cookie: Cookie
    var idleTimeoutSeconds: UInt16
    var hardTimeoutSeconds: UInt16
    var importance: UInt16
    var flags: FlowMod.Flags
    var instructions: InstructionList
}

/// Which flows a modify, a delete or a statistics request means.
package struct FlowSelector {
    /// What their packets look like; bits outside ``mask`` are ignored.
    package var key = FlowKey()
    /// Which bits count.
    package var mask = FlowMask()
    /// Nil: every flow that the match covers.
    ///
    /// Else the one flow of exactly that match and priority.
    package var strictPriority: UInt16?
    /// With ``cookieMask``: only flows whose cookie agrees.
    package var cookie = Cookie.none
    /// Which bits of the cookie count.
    package var cookieMask: UInt64 = 0
    /// Only flows that output there; ``PortNumber/any`` for no restriction.
    package var outPort = PortNumber.any
    /// Only flows that use that group; ``GroupID/any`` for no restriction.
    package var outGroup = GroupID.any
    /// All flows.
    package init() {}
}

/// One flow table: its rules, how packets find them, and when they expire.
///
/// Rules live in a ``RuleSlab``, their matches in a ``Classifier``; lists of rules by cookie and by
/// instructions, and a heap of
/// those with timeouts, make each change and each delete cost what it touches. Semantics that differ by protocol
/// version are the caller's: this type is told what to do.
///
/// **Ownership.** Part of a ``PipelineState``: changed by the control loop under the write lock;
/// ``lookup(_:unwildcarding:)``
/// and ``credit(_:packets:bytes:at:)`` by any thread under the read lock.
package struct FlowTable: ~Copyable {
    /// The table's number.
    package let identifier: TableID
    /// How many flows there may be.
    package var maximumEntries: Int

    private(set) var rules = RuleSlab()
    private(set) var classifier: Classifier
    private var cookies: SlotIndex
    private var users: SlotIndex
    private(set) var expiry = ExpiryHeap()
    /// Which flows go for new ones where the table is full; nil where none does.
    var eviction: EvictionQueue?
    /// The same, where flows are in groups; nil where they are not.
    var evictionGroups: EvictionGroups?
    /// What learn actions of its flows teach.
    var lessons = LessonCounts()
    /// The tunnel options that its flows can name, and those that their instructions do.
    var tunnelOptions = TunnelOptionTable.empty
    private(set) var optionUses = TunnelOptionUses()
    private var lastGeneration: UInt32 = 0
    /// How many rules are hidden from controllers.
    private(set) var hiddenCount = 0
    /// How many rules want a FLOW_REMOVED when they go.
    private(set) var announcedCount = 0

    /// Whether any rule ever was a part of a conjunction: then packets may depend on rules that they do not hit.
    private(set) var hadConjunctions = false

    /// Packets that matched a rule.
    private let matchedPackets = Atomic<UInt64>(0)
    /// Packets that matched none.
    private let missedPackets = Atomic<UInt64>(0)
    /// What the counters of the present rules add up to, so that sums over a whole table cost nothing.
    private let presentPackets = Atomic<UInt64>(0)
    private let presentBytes = Atomic<UInt64>(0)

    /// Makes an empty table whose hashes start from `seed`.
    package init(_ identifier: TableID, maximumEntries: Int, seed: UInt64) {
        self.identifier = identifier
        self.maximumEntries = maximumEntries
        self.classifier = Classifier(seed: seed)
        self.cookies = SlotIndex(.cookie, seed: WordHash.combine(seed, 1))
        self.users = SlotIndex(.instructions, seed: WordHash.combine(seed, 2))
    }

    /// Makes an empty table that takes the place of `other`: names of its rules never mean rules of this one.
    init(succeeding other: borrowing FlowTable, seed: UInt64) {
        self.init(other.identifier, maximumEntries: other.maximumEntries, seed: seed)
        self.lastGeneration = other.lastGeneration
        self.setEvicts(
            other.eviction != nil || other.evictionGroups != nil, by: other.evictionGroups?.fields ?? [])
        self.tunnelOptions = other.tunnelOptions
        self.lessons = other.lessons
        self.lessons.removeAll()
        self.matchedPackets.store(other.matchedPackets.load(ordering: .relaxed), ordering: .relaxed)
        self.missedPackets.store(other.missedPackets.load(ordering: .relaxed), ordering: .relaxed)
    }

    /// How many flows controllers can see.
    package var flowCount: Int { self.rules.count - self.hiddenCount }
    /// How many different masks the flows have.
    package var maskCount: Int { self.classifier.subtableCount }
    /// Packets that matched a rule.
    package var matchedCount: UInt64 { self.matchedPackets.load(ordering: .relaxed) }
    /// Packets that were looked up.
    package var lookupCount: UInt64 {
        self.matchedPackets.load(ordering: .relaxed) &+ self.missedPackets.load(ordering: .relaxed)
    }

    /// The sums of the rules' counters, hidden rules included.
    var presentCounts: (packets: UInt64, bytes: UInt64) {
        (self.presentPackets.load(ordering: .relaxed), self.presentBytes.load(ordering: .relaxed))
    }

    // MARK: - Packets

    /// The rule of the highest priority that `key` matches, or nil; adds every bit looked at to `mask`.
    func lookup(_ key: borrowing FlowKey, unwildcarding mask: inout FlowMask) -> MatchedRule? {
        guard self.classifier.conjunctiveCount == 0 else { return self.lookupConjunctive(key, unwildcarding: &mask) }
        guard let slot = self.classifier.lookup(key, unwildcarding: &mask) else { return nil }
        return self.matchedRule(slot)
    }

    /// The rule in `slot`, which must be in use, as a lookup gives it.
    func matchedRule(_ slot: UInt32) -> MatchedRule {
        let rule = self.rules[slot]
        return MatchedRule(
            reference: self.reference(slot), instructions: rule.pointee.instructions, cookie: rule.pointee.cookie,
            isTableMiss: rule.pointee.priority == 0
                && rule.pointee.entry.map { self.classifier.matchesEverything($0) } == true)
    }

    /// The name of the rule in `slot`.
    func reference(_ slot: UInt32) -> RuleReference {
        RuleReference(
            table: self.identifier.rawValue, slot: slot, generation: self.rules[slot].pointee.generation)
    }

    /// The rule that `reference` names, unless it is gone.
    func rule(_ reference: RuleReference) -> UnsafeMutablePointer<Rule>? {
        guard let rule = self.rules.rule(reference.slot), rule.pointee.generation == reference.generation else {
            return nil
        }
        return rule
    }

    /// Adds to a rule's counters and last use, and to the table's; a rule that is gone is ignored.
    func credit(_ reference: RuleReference, packets: UInt64, bytes: UInt64, at time: MonotonicTime) {
        guard let rule = self.rule(reference) else { return }
        let flags = rule.pointee.flags
        if !flags.contains(.noPacketCounts) {
            rule.pointee.packetCount.wrappingAdd(packets, ordering: .relaxed)
            self.presentPackets.wrappingAdd(packets, ordering: .relaxed)
        }
        if !flags.contains(.noByteCounts) {
            rule.pointee.byteCount.wrappingAdd(bytes, ordering: .relaxed)
            self.presentBytes.wrappingAdd(bytes, ordering: .relaxed)
        }
        _ = rule.pointee.lastUsed.max(time.nanoseconds, ordering: .relaxed)
        self.matchedPackets.wrappingAdd(packets, ordering: .relaxed)
    }

    /// Counts packets that matched no rule.
    func creditMiss(packets: UInt64) {
        self.missedPackets.wrappingAdd(packets, ordering: .relaxed)
    }

    // MARK: - Changes

    /// What an addition did.
    package struct Addition {
        /// The flow's name.
        package var reference: RuleReference
        /// Whether it took the place of a flow of equal match and priority.
        package var replaced: Bool
    }

    /// Adds a flow, in place of one of equal match and priority where there is one.
    ///
    /// - Parameters:
    ///   - resetsCounts: Whether a flow that is replaced loses its counters.
    ///   - checksOverlap: Whether a flow of equal priority that shares packets forbids the addition.
    /// - Throws: `flowModOverlap`, `flowModTableFull`; then nothing has changed.
    package mutating func add(
        _ flow: FlowSpecification, resetsCounts: Bool, checksOverlap: Bool, now: MonotonicTime
    ) throws(OpenFlowError) -> Addition {
        let buffer = MatchBuffer()
        buffer.set(flow.key, flow.mask)
        return try self.add(
            buffer.words, flow.attributes, resetsCounts: resetsCounts, checksOverlap: checksOverlap, now: now)
    }

    /// Adds a flow of that match; see ``add(_:resetsCounts:checksOverlap:now:)``.
    mutating func add(
        _ match: MatchWords, _ flow: FlowAttributes, resetsCounts: Bool, checksOverlap: Bool, now: MonotonicTime
    ) throws(OpenFlowError) -> Addition {
        if checksOverlap, self.classifier.hasOverlap(match, priority: flow.priority) {
            throw OpenFlowError(.flowModOverlap)
        }
        if self.rules.count >= self.maximumEntries {
            guard self.classifier.find(match, priority: flow.priority) != nil else {
                throw OpenFlowError(.flowModTableFull, limit: UInt64(self.maximumEntries))
            }
        }
        let entry: ClassifierEntry
        switch self.classifier.insert(match, priority: flow.priority, rule: self.rules.next) {
        case .exists(let entry):
            return self.replace(entry.head.pointee.rule, flow, resetsCounts: resetsCounts, now: now)
        case .inserted(let inserted): entry = inserted
        }
        let slot = self.rules.take()
        self.lastGeneration &+= 1
        let rule = self.rules[slot]
        rule.pointee.generation = self.lastGeneration
        rule.pointee.entry = entry
        if flow.priority > Int32(UInt16.max) {
            rule.pointee.isHidden = true
            self.hiddenCount += 1
        }
        self.fill(slot, flow, now)
        return Addition(reference: self.reference(slot), replaced: false)
    }

    /// See ``Pipeline/prefetch(_:cookie:in:)``.
    func prefetch(_ match: MatchWords, cookie: Cookie) {
        self.classifier.prefetch(match)
        self.cookies.prefetch(cookie.rawValue)
    }

    /// Sets everything of a rule but its match, priority and counters, and enters it in the lists.
    private mutating func fill(_ slot: UInt32, _ flow: FlowAttributes, _ now: MonotonicTime) {
        let rule = self.rules[slot]
        self.announcedCount +=
            (flow.flags.contains(.sendFlowRemoved) ? 1 : 0) - (rule.pointee.flags.contains(.sendFlowRemoved) ? 1 : 0)
        rule.pointee.created = now
        rule.pointee.modified = now
        rule.pointee.lastUsed.store(now.nanoseconds, ordering: .relaxed)
        rule.pointee.idleTimeoutSeconds = flow.idleTimeoutSeconds
        rule.pointee.hardTimeoutSeconds = flow.hardTimeoutSeconds
        rule.pointee.importance = flow.importance
        rule.pointee.flags = flow.flags
        rule.pointee.cookie = flow.cookie
        rule.pointee.instructions = flow.instructions
        self.linkCookie(slot)
        self.linkInstructions(slot)
        self.noteConjunctions(of: slot)
        if let deadline = rule.pointee.deadline {
            self.expiry.set(slot, deadline: deadline, in: self.rules)
        } else {
            self.expiry.remove(slot, in: self.rules)
        }
        self.eviction?.push(slot, self.rules)
        if self.evictionGroups != nil { self.enterGroup(slot) }
    }

    private mutating func replace(
        _ slot: UInt32, _ flow: FlowAttributes, resetsCounts: Bool, now: MonotonicTime
    ) -> Addition {
        self.unlinkCookie(slot)
        self.unlinkInstructions(slot)
        if resetsCounts { self.resetCounts(slot) }
        self.fill(slot, flow, now)
        return Addition(reference: self.reference(slot), replaced: true)
    }

    /// Sets counters to zero; what other threads credit under the old name from now on is ignored.
    private mutating func resetCounts(_ slot: UInt32) {
        let rule = self.rules[slot]
        self.lastGeneration &+= 1
        rule.pointee.generation = self.lastGeneration
        self.forgetCounts(slot)
        self.eviction?.push(slot, self.rules)
        if self.evictionGroups != nil { self.enterGroup(slot) }
    }

    /// Sets a rule's counters to zero, and takes them out of the table's sums.
    private func forgetCounts(_ slot: UInt32) {
        let rule = self.rules[slot]
        self.presentPackets.wrappingSubtract(
            rule.pointee.packetCount.exchange(0, ordering: .relaxed), ordering: .relaxed)
        self.presentBytes.wrappingSubtract(
            rule.pointee.byteCount.exchange(0, ordering: .relaxed), ordering: .relaxed)
    }

    /// Sets a rule's counters, and the table's sums with them.
    func setCounts(_ slot: UInt32, packets: UInt64, bytes: UInt64) {
        self.forgetCounts(slot)
        let rule = self.rules[slot]
        rule.pointee.packetCount.store(packets, ordering: .relaxed)
        rule.pointee.byteCount.store(bytes, ordering: .relaxed)
        self.presentPackets.wrappingAdd(packets, ordering: .relaxed)
        self.presentBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Gives the rule in `slot` other instructions, and another cookie where one is given; starts its hard
    /// timeout anew.
    mutating func modify(
        _ slot: UInt32, instructions: InstructionList, cookie: Cookie?, resetsCounts: Bool, now: MonotonicTime
    ) {
        let rule = self.rules[slot]
        if rule.pointee.instructions !== instructions {
            self.unlinkInstructions(slot)
            rule.pointee.instructions = instructions
            self.linkInstructions(slot)
            self.noteConjunctions(of: slot)
        }
        if let cookie, cookie != rule.pointee.cookie {
            self.unlinkCookie(slot)
            rule.pointee.cookie = cookie
            self.linkCookie(slot)
        }
        rule.pointee.modified = now
        if resetsCounts { self.resetCounts(slot) }
        if let deadline = rule.pointee.deadline { self.expiry.set(slot, deadline: deadline, in: self.rules) }
    }

    /// Tells the classifier whether a rule's instructions make it a part of conjunctions.
    @inline(__always)
    private mutating func noteConjunctions(of slot: UInt32) {
        let rule = self.rules[slot]
        guard let entry = rule.pointee.entry else { return }
        let isConjunctive = !rule.pointee.instructions.conjunctions.isEmpty
        if isConjunctive { self.hadConjunctions = true }
        self.classifier.setConjunctive(entry, isConjunctive)
    }

    /// Makes the timeouts of the rule in `slot` no longer than these, where they are not zero; false where they are
    /// not.
    mutating func shorten(_ slot: UInt32, idleSeconds: UInt16, hardSeconds: UInt16) -> Bool {
        let rule = self.rules[slot]
        let before = (rule.pointee.idleTimeoutSeconds, rule.pointee.hardTimeoutSeconds)
        if idleSeconds != 0, before.0 == 0 || before.0 > idleSeconds { rule.pointee.idleTimeoutSeconds = idleSeconds }
        if hardSeconds != 0, before.1 == 0 || before.1 > hardSeconds { rule.pointee.hardTimeoutSeconds = hardSeconds }
        guard before != (rule.pointee.idleTimeoutSeconds, rule.pointee.hardTimeoutSeconds) else { return false }
        if let deadline = rule.pointee.deadline { self.expiry.set(slot, deadline: deadline, in: self.rules) }
        return true
    }

    /// Removes the rule in `slot`.
    mutating func remove(_ slot: UInt32) {
        let rule = self.rules[slot]
        guard let entry = rule.pointee.entry else { return }
        self.unlinkCookie(slot)
        self.unlinkInstructions(slot)
        self.expiry.remove(slot, in: self.rules)
        if self.evictionGroups != nil { self.evictionGroups?.remove(slot) }
        self.classifier.remove(entry)
        if rule.pointee.isHidden { self.hiddenCount -= 1 }
        if rule.pointee.flags.contains(.sendFlowRemoved) { self.announcedCount -= 1 }
        self.forgetCounts(slot)
        self.rules.giveBack(slot)
    }

    /// Takes the rule in `slot` out of the order of expiry.
    mutating func leaveExpiry(_ slot: UInt32) { self.expiry.remove(slot, in: self.rules) }

    /// Puts the rule in `slot` into the order of expiry by what is known of its deadline now.
    mutating func postponeExpiry(of slot: UInt32) {
        guard let deadline = self.rules[slot].pointee.deadline else { return }
        self.expiry.set(slot, deadline: deadline, in: self.rules)
    }

    // MARK: - Lists

    private mutating func linkCookie(_ slot: UInt32) {
        let rule = self.rules[slot]
        let next = self.cookies.set(rule.pointee.cookie.rawValue, to: slot, in: self.rules)
        rule.pointee.nextOfCookie = next
        rule.pointee.previousOfCookie = RuleSlab.none
        if next != RuleSlab.none { self.rules[next].pointee.previousOfCookie = slot }
    }

    private mutating func unlinkCookie(_ slot: UInt32) {
        let rule = self.rules[slot]
        let next = rule.pointee.nextOfCookie
        let previous = rule.pointee.previousOfCookie
        if next != RuleSlab.none { self.rules[next].pointee.previousOfCookie = previous }
        if previous != RuleSlab.none {
            self.rules[previous].pointee.nextOfCookie = next
        } else if next != RuleSlab.none {
            _ = self.cookies.set(rule.pointee.cookie.rawValue, to: next, in: self.rules)
        } else {
            self.cookies.remove(rule.pointee.cookie.rawValue, in: self.rules)
        }
        rule.pointee.nextOfCookie = RuleSlab.none
    }

    private mutating func linkInstructions(_ slot: UInt32) {
        let rule = self.rules[slot]
        let next = self.users.set(SlotIndex.key(of: rule.pointee.instructions), to: slot, in: self.rules)
        rule.pointee.nextOfInstructions = next
        rule.pointee.previousOfInstructions = RuleSlab.none
        if next != RuleSlab.none {
            self.rules[next].pointee.previousOfInstructions = slot
        } else {
            let list = rule.pointee.instructions
            if !list.lessons.isEmpty { self.lessons.add(list.lessons) }
            if list.tunnelOptionFields != 0 { self.optionUses.add(list.tunnelOptionFields) }
        }
    }

    private mutating func unlinkInstructions(_ slot: UInt32) {
        let rule = self.rules[slot]
        let next = rule.pointee.nextOfInstructions
        let previous = rule.pointee.previousOfInstructions
        let key = SlotIndex.key(of: rule.pointee.instructions)
        if next != RuleSlab.none { self.rules[next].pointee.previousOfInstructions = previous }
        if previous != RuleSlab.none {
            self.rules[previous].pointee.nextOfInstructions = next
        } else if next != RuleSlab.none {
            _ = self.users.set(key, to: next, in: self.rules)
        } else {
            self.users.remove(key, in: self.rules)
            let list = rule.pointee.instructions
            if !list.lessons.isEmpty { self.lessons.remove(list.lessons) }
            if list.tunnelOptionFields != 0 { self.optionUses.remove(list.tunnelOptionFields) }
        }
    }

    /// The first rule of the list of `cookie`, or none.
    func firstSlot(of cookie: Cookie) -> UInt32 { self.cookies.find(cookie.rawValue, in: self.rules) }

    /// How many different lists of instructions the rules have.
    var instructionListCount: Int { self.users.count }

    /// Calls `visit` with the first rule of each list of rules of equal instructions.
    func forEachInstructionList(_ visit: (UInt32) -> Void) { self.users.visit(visit) }
}
