import Datapath
package import OpenFlow
import Synchronization

// Changes of flows and ports. Each notes what it did, for the record of the change.
extension PipelineState {
    /// Adds a flow to `table`, 0…253; see ``FlowTable/add(_:resetsCounts:checksOverlap:now:)``.
    mutating func addFlow(
        _ match: MatchWords, _ flow: FlowAttributes, to table: TableID, resetsCounts: Bool, checksOverlap: Bool,
        now: MonotonicTime
    ) throws(OpenFlowError) {
        if self.tableSettings[table.rawValue]?.evicts == true {
            try self.makeRoom(in: table, match, flow, checksOverlap: checksOverlap, now: now)
        }
        if self.undo != nil,
            let present = self.table(table).pointee.classifier.find(match, priority: flow.priority)
        {
            self.willChange(present.head.pointee.rule, of: self.table(table).pointee)
        }
        let added = try self.table(table).pointee.add(
            match, flow, resetsCounts: resetsCounts, checksOverlap: checksOverlap, now: now)
        if !added.replaced { self.hasAdded(added.reference) }
        self.note(.flowAdded(added.reference, replaced: added.replaced))
    }

    /// Adds a flow to `table`, 0…253; see ``FlowTable/add(_:resetsCounts:checksOverlap:now:)``.
    mutating func addFlow(
        _ flow: FlowSpecification, to table: TableID, resetsCounts: Bool, checksOverlap: Bool, now: MonotonicTime
    ) throws(OpenFlowError) {
        let buffer = MatchBuffer()
        buffer.set(flow.key, flow.mask)
        try self.addFlow(
            buffer.words, flow.attributes, to: table, resetsCounts: resetsCounts, checksOverlap: checksOverlap,
            now: now)
    }

    /// Changes a flow; see ``FlowTable/modify(_:instructions:cookie:resetsCounts:now:)``.
    ///
    /// A flow that is gone
    /// is ignored.
    mutating func modifyFlow(
        _ reference: RuleReference, instructions: InstructionList, cookie: Cookie?, resetsCounts: Bool,
        now: MonotonicTime
    ) {
        guard let table = self.existingTable(TableID(rawValue: reference.table)),
            let rule = table.pointee.rule(reference)
        else { return }
        self.willChange(reference.slot, of: table.pointee)
        let before = rule.pointee.instructions
        let isOther = before !== instructions || cookie.map { $0 != rule.pointee.cookie } == true
        table.pointee.modify(
            reference.slot, instructions: instructions, cookie: cookie, resetsCounts: resetsCounts, now: now)
        self.note(.flowModified(table.pointee.reference(reference.slot), before: isOther ? before : nil))
    }

    /// Removes a flow.
    ///
    /// A flow that is gone is ignored.
    mutating func removeFlow(_ reference: RuleReference, _ reason: FlowRemovedReason, _ flow: RemovedFlow?) {
        guard let table = self.existingTable(TableID(rawValue: reference.table)),
            table.pointee.rule(reference) != nil
        else { return }
        self.willChange(reference.slot, of: table.pointee)
        table.pointee.remove(reference.slot)
        self.note(.flowRemoved(reference, reason, flow))
    }

    /// Adds a port; see ``PortTable/add(_:index:requested:)``.
    mutating func addPort(
        _ description: PortDescription, index: PortIndex, requested: PortNumber?, now: MonotonicTime,
        forwarding: PortForwarding = PortForwarding()
    ) throws(PortTable.Refusal) -> SwitchPort {
        let port = try self.ports.add(
            description, index: index, requested: requested, now: now, forwarding: forwarding)
        self.note(.portAdded(port.number))
        return port
    }

    /// Removes a port, if it is there, and returns it.
    mutating func removePort(_ number: PortNumber) -> SwitchPort? {
        guard let port = self.ports.remove(number) else { return nil }
        self.note(.portRemoved(port))
        return port
    }

    /// Changes what a port does with packets beyond what controllers are told of it.
    mutating func setForwarding(of number: PortNumber, _ forwarding: PortForwarding) {
        if self.ports.setForwarding(of: number, forwarding) { self.note(.portChanged(number)) }
    }

    /// Changes a port's description and returns the port if that changed it.
    mutating func updatePort(_ number: PortNumber, _ change: (inout PortDescription) -> Void) -> SwitchPort? {
        guard self.ports.update(number, change) else { return nil }
        self.note(.portChanged(number))
        return self.ports[number]
    }
}

// Questions about flows.
extension PipelineState {
    /// The visible tables that `table` names and that ever had a flow: one, or all.
    func visibleTables(_ table: TableID) -> [TableID] {
        let named = table == .all ? 0..<self.tableCount : Int(table.rawValue)..<Int(table.rawValue) + 1
        return named.compactMap { number in
            let identifier = TableID(rawValue: UInt8(number))
            return self.isVisible(identifier) && self.existingTable(identifier) != nil ? identifier : nil
        }
    }

    /// The flows that `selector` means in `table`, or in all tables.
    package func select(_ selector: FlowSelector, in table: TableID) -> [RuleReference] {
        var found: [RuleReference] = []
        withMatchWords(selector.key, selector.mask) { self.select(selector.filter, $0, in: table, into: &found) }
        return found
    }

    /// Appends the flows of `table`, or of all tables, that `match` covers and `filter` admits.
    func select(_ filter: FlowFilter, _ match: MatchWords, in table: TableID, into found: inout [RuleReference]) {
        let first = table == .all ? 0 : Int(table.rawValue)
        let last = table == .all ? self.tableCount : min(first + 1, self.tableCount)
        var slots: [UInt32] = []
        for number in first..<max(first, last) {
            guard let table = self.existingTable(TableID(rawValue: UInt8(number))) else { continue }
            slots.removeAll(keepingCapacity: true)
            table.pointee.select(filter, match, into: &slots)
            for slot in slots { found.append(table.pointee.reference(slot)) }
        }
    }

    /// The flows of `table`, or of all tables, that `match` covers and `filter` admits, where finding them takes
    /// looking at few; else nil.
    func selectFew(_ filter: FlowFilter, _ match: MatchWords, in table: TableID) -> [RuleReference]? {
        let first = table == .all ? 0 : Int(table.rawValue)
        let last = table == .all ? self.tableCount : min(first + 1, self.tableCount)
        var found: [RuleReference] = []
        for number in first..<max(first, last) {
            guard let table = self.existingTable(TableID(rawValue: UInt8(number))) else { continue }
            guard let few = table.pointee.selectFew(filter, match) else { return nil }
            found += few
        }
        return found
    }

    /// The flow of exactly that match and priority.
    func flow(_ match: MatchWords, priority: UInt16, in table: TableID) -> RuleReference? {
        guard let table = self.existingTable(table),
            let entry = table.pointee.classifier.find(match, priority: Int32(priority))
        else { return nil }
        return table.pointee.reference(entry.head.pointee.rule)
    }

    /// What FLOW statistics say of a flow at `now`, or nil when it is gone.
    package func statistics(of reference: RuleReference, at now: MonotonicTime) -> FlowStatisticsEntry? {
        guard let table = self.existingTable(TableID(rawValue: reference.table)),
            table.pointee.rule(reference) != nil
        else { return nil }
        return table.pointee.statistics(of: reference.slot, at: now)
    }

    /// Whether some flow of a visible table wants a FLOW_REMOVED when it goes.
    var announcesFlows: Bool {
        for number in 0..<UInt8(self.tableCount) {
            if let table = self.existingTable(TableID(rawValue: number)), table.pointee.announcedCount > 0 {
                return true
            }
        }
        return false
    }

    /// The flags of a flow, or nil when it is gone.
    func flags(of reference: RuleReference) -> FlowMod.Flags? {
        self.existingTable(TableID(rawValue: reference.table))?.pointee.rule(reference)?.pointee.flags
    }
}

extension FlowTable {
    /// The numbers in what FLOW statistics say of the rule in `slot`, which must be in use, at `now`.
    func numbers(of slot: UInt32, at now: MonotonicTime) -> FlowEntryNumbers {
        let rule = self.rules[slot]
        let created = rule.pointee.created.nanoseconds
        let age = now.nanoseconds >= created ? now.nanoseconds - created : 0
        let used = rule.pointee.lastUsed.load(ordering: .relaxed)
        let idle = now.nanoseconds >= used ? now.nanoseconds - used : 0
        return FlowEntryNumbers(
            tableID: self.identifier, durationSeconds: UInt32(clamping: age / 1_000_000_000),
            durationNanoseconds: UInt32(age % 1_000_000_000), idleSeconds: UInt32(clamping: idle / 1_000_000_000),
            priority: UInt16(clamping: rule.pointee.priority), idleTimeoutSeconds: rule.pointee.idleTimeoutSeconds,
            hardTimeoutSeconds: rule.pointee.hardTimeoutSeconds, flags: rule.pointee.flags,
            importance: rule.pointee.importance, cookie: rule.pointee.cookie,
            packetCount: rule.pointee.packetCount.load(ordering: .relaxed),
            byteCount: rule.pointee.byteCount.load(ordering: .relaxed))
    }

    /// What FLOW statistics say of the rule in `slot`, which must be in use, at `now`.
    func statistics(of slot: UInt32, at now: MonotonicTime) -> FlowStatisticsEntry {
        let rule = self.rules[slot]
        var key = FlowKey()
        var mask = FlowMask()
        if let entry = rule.pointee.entry { self.classifier.write(entry, into: &key, &mask) }
        let age =
            now.nanoseconds >= rule.pointee.created.nanoseconds
            ? now.nanoseconds - rule.pointee.created.nanoseconds : 0
        let used = rule.pointee.lastUsed.load(ordering: .relaxed)
        let idle = now.nanoseconds >= used ? now.nanoseconds - used : 0
        return FlowStatisticsEntry(
            tableID: self.identifier, durationSeconds: UInt32(clamping: age / 1_000_000_000),
            durationNanoseconds: UInt32(age % 1_000_000_000), priority: UInt16(clamping: rule.pointee.priority),
            idleTimeoutSeconds: rule.pointee.idleTimeoutSeconds,
            hardTimeoutSeconds: rule.pointee.hardTimeoutSeconds, flags: rule.pointee.flags,
            importance: rule.pointee.importance, cookie: rule.pointee.cookie,
            packetCount: rule.pointee.packetCount.load(ordering: .relaxed),
            byteCount: rule.pointee.byteCount.load(ordering: .relaxed),
            idleSeconds: UInt32(clamping: idle / 1_000_000_000),
            match: MatchCompiler.match(key, mask, self.tunnelOptions),
            instructions: rule.pointee.instructions.instructions)
    }

    /// The slots of rules whose timeouts are over at `now`, at most `maximum`, with the reasons, in order of
    /// their deadlines.
    ///
    /// Rules whose idle deadline packets have moved are put back in their place.
    mutating func takeExpired(at now: MonotonicTime, maximum: Int) -> [(slot: UInt32, reason: FlowRemovedReason)] {
        var expired: [(slot: UInt32, reason: FlowRemovedReason)] = []
        while expired.count < maximum, let slot = self.expiry.nextSlot, let deadline = self.expiry.nextDeadline,
            deadline <= now
        {
            if let reason = self.rules[slot].pointee.timeoutOver(at: now) {
                expired.append((slot, reason))
                self.leaveExpiry(slot)
            } else {
                self.postponeExpiry(of: slot)
            }
        }
        return expired
    }
}
