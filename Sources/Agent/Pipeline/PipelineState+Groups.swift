package import OpenFlow

// Groups: changes, and who uses which.
extension PipelineState {
    /// See ``PipelineView/group(_:)``.
    package func group(_ identifier: GroupID) -> SwitchGroup? {
        if self.showsBefore, let undo = self.undo { return undo.groups[identifier] }
        return self.groups[identifier]
    }

    /// Carries out a group_mod but for deletions; see ``GroupTable/apply(_:version:now:)``.
    mutating func applyGroup(
        _ groupMod: GroupMod, version: OpenFlowVersion, now: MonotonicTime
    ) throws(OpenFlowError) {
        let isNew = try self.groups.apply(groupMod, version: version, now: now)
        self.note(isNew ? .groupAdded(groupMod.groupID) : .groupModified(groupMod.groupID))
    }

    /// Removes a group, if it is there.
    mutating func removeGroup(_ identifier: GroupID) {
        guard self.groups.remove(identifier) != nil else { return }
        self.note(.groupRemoved(identifier))
    }

    /// The visible flows whose instructions `uses` holds for, each list of instructions being asked about once.
    func flows(whoseInstructions uses: (InstructionList) -> Bool) -> [RuleReference] {
        var found: [RuleReference] = []
        for identifier in self.visibleTables(.all) {
            guard let table = self.existingTable(identifier) else { continue }
            table.pointee.forEachInstructionList { first in
                guard uses(table.pointee.rules[first].pointee.instructions) else { return }
                var slot = first
                while slot != RuleSlab.none {
                    if !table.pointee.rules[slot].pointee.isHidden { found.append(table.pointee.reference(slot)) }
                    slot = table.pointee.rules[slot].pointee.nextOfInstructions
                }
            }
        }
        return found
    }

    /// How many flows name each group, and each meter.
    func referenceCounts() -> (groups: [GroupID: Int], meters: [MeterID: Int]) {
        var groups: [GroupID: Int] = [:]
        var meters: [MeterID: Int] = [:]
        for identifier in self.visibleTables(.all) {
            guard let table = self.existingTable(identifier) else { continue }
            table.pointee.forEachInstructionList { first in
                let list = table.pointee.rules[first].pointee.instructions
                guard !list.groups.isEmpty || !list.meters.isEmpty else { return }
                var count = 0
                var slot = first
                while slot != RuleSlab.none {
                    count += 1
                    slot = table.pointee.rules[slot].pointee.nextOfInstructions
                }
                for group in list.groups { groups[group, default: 0] += count }
                for meter in list.meters { meters[meter, default: 0] += count }
            }
        }
        return (groups, meters)
    }
}
