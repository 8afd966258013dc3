import OpenFlow

// GROUP_MOD and what is asked about groups (1.1 §A.3.4.2 · 1.3 §6.7 · 1.5 §6.7).
extension OpenFlowSwitch {
    /// Carries out a group_mod, all of it or nothing.
    func handle(_ groupMod: GroupMod, _ context: RequestContext) throws(OpenFlowError) {
        guard groupMod.command != .delete else { return try self.deleteGroups(groupMod, context) }
        for bucket in groupMod.buckets {
            try InstructionValidator.validate(bucket: bucket.actions, version: context.version)
            var references = ActionReferences()
            references.collect(bucket.actions)
            // Groups are checked by the table itself, which knows of loops.
            try self.checkReferences([], references.meters)
            try self.checkTunnelOptions(references)
        }
        try self.commit(by: context.origin, now: context.now) { (state: inout PipelineState) throws(OpenFlowError) in
            try state.applyGroup(groupMod, version: context.version, now: context.now)
        }
    }

    /// Deletes one group or all, and the flows that use them; what is not there is no fault.
    private func deleteGroups(_ groupMod: GroupMod, _ context: RequestContext) throws(OpenFlowError) {
        let named = groupMod.groupID
        guard named == .all || named.rawValue <= GroupID.maximum.rawValue else {
            throw OpenFlowError(.groupModInvalidGroup, value: UInt64(named.rawValue))
        }
        let groups: [GroupID] =
            try self.pipeline.read { (state: borrowing PipelineState) throws(OpenFlowError) in
                if named == .all { return state.groups.inOrder.map(\.groupID) }
                guard state.groups[named] != nil else { return [] }
                // 1.1 has no error for a group in use by another: those go with it, as flows do.
                guard context.version < .v1_2 else {
                    try state.groups.checkRemoval(of: named)
                    return [named]
                }
                return state.groups.chain(upFrom: named)
            }
        guard !groups.isEmpty else { return }
        let uses: (InstructionList) -> Bool =
            named == .all ? { !$0.groups.isEmpty } : { list in groups.contains { list.groups.contains($0) } }
        let flows = self.pipeline.read { $0.flows(whoseInstructions: uses) }
        guard !self.defersRemoval(.groupMod(groupMod), flows, .groupDelete, context, uses: uses) else { return }
        self.remove(flows, .groupDelete, by: context.origin, now: context.now)
        self.commit(by: context.origin, now: context.now) { state in
            for group in groups { state.removeGroup(group) }
        }
    }

    /// Refuses groups and meters that are not there.
    func checkReferences(_ groups: [GroupID], _ meters: [MeterID]) throws(OpenFlowError) {
        guard !groups.isEmpty || !meters.isEmpty else { return }
        try self.pipeline.read { (state: borrowing PipelineState) throws(OpenFlowError) in
            for group in groups where state.groups[group] == nil {
                throw OpenFlowError(.actionBadOutGroup, value: UInt64(group.rawValue))
            }
            for meter in meters where !meter.isOrdinary || state.meter(meter) == nil {
                throw OpenFlowError(.actionBadMeter, value: UInt64(meter.rawValue))
            }
        }
    }

    /// Refuses instructions that name groups or meters that are not there.
    func checkReferences(in instructions: [Instruction]) throws(OpenFlowError) {
        for case .meter(let meter) in instructions {
            guard meter.isOrdinary, self.pipeline.read({ $0.meter(meter) != nil }) else {
                throw OpenFlowError(.meterModUnknownMeter, value: UInt64(meter.rawValue))
            }
        }
        var references = ActionReferences()
        references.collect(instructions)
        try self.checkReferences(references.groups, references.meters)
        try self.checkTunnelOptions(references)
    }

    /// Refuses actions that name groups or meters that are not there.
    func checkReferences(in actions: [Action]) throws(OpenFlowError) {
        var references = ActionReferences()
        references.collect(actions)
        try self.checkReferences(references.groups, references.meters)
        try self.checkTunnelOptions(references)
    }

    // MARK: - What is asked

    /// The counters of one group, or of all.
    func groupStatistics(of named: GroupID, _ context: RequestContext) -> [GroupStatistics] {
        self.pipeline.read { state in
            let groups = state.groups.selected(named)
            let counts = groups.isEmpty ? [:] : state.referenceCounts().groups
            return groups.map { group in
                let (seconds, attoseconds) = context.now.since(group.created).components
                return GroupStatistics(
                    groupID: group.groupID,
                    referenceCount: UInt32(
                        clamping: (counts[group.groupID] ?? 0) + state.groups.referrerCount(of: group.groupID)),
                    packetCount: group.counter.packetCount, byteCount: group.counter.byteCount,
                    durationSeconds: UInt32(clamping: seconds),
                    durationNanoseconds: UInt32(clamping: attoseconds / 1_000_000_000),
                    buckets: group.members.map {
                        GroupStatistics.BucketCounter(
                            packetCount: $0.counter.packetCount, byteCount: $0.counter.byteCount)
                    })
            }
        }
    }

    /// The buckets of one group, or of all.
    func groupDescriptions(of named: GroupID) -> [GroupDescription] {
        self.pipeline.read { state in
            state.groups.selected(named).map {
                GroupDescription(
                    type: $0.type, groupID: $0.groupID, buckets: $0.buckets, selectionMethod: $0.selection.method)
            }
        }
    }

    /// What GROUP_FEATURES says (1.2 §A.3.5.9).
    func groupFeatures(in version: OpenFlowVersion) -> GroupFeatures {
        let actions = TableAbility.actionTypes(in: version == .v1_0 ? .v1_1 : version)
            .reduce(UInt32(0)) { $1 < 32 ? $0 | 1 << UInt32($1) : $0 }
        return GroupFeatures(
            // Weights, liveness of select groups, chaining, chaining checks.
            types: 0b1111, capabilities: 0b1111,
            maximumGroups: [UInt32](repeating: UInt32(GroupTable.groupsMaximum), count: 4),
            actions: [UInt32](repeating: actions, count: 4))
    }
}

extension GroupTable {
    /// The group of that number if it is there, or all.
    fileprivate func selected(_ named: GroupID) -> [SwitchGroup] {
        named == .all || named == .any ? self.inOrder : self[named].map { [$0] } ?? []
    }
}
