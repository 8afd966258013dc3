import Datapath
import OpenFlow
import Synchronization

// Flows whose counters are told without being asked for (STAT_TRIGGER, 1.5 §7.2.5.7), by FLOW_STATS replies of
// transaction 0 and reason 1, to the sessions that want them.
extension OpenFlowSwitch {
    /// Notes the flow that a change has just added, where its counters are to be told.
    func noteTrigger(of flow: RuleReference?, _ list: InstructionList, now: MonotonicTime) {
        guard let trigger = list.statisticsTrigger, let flow else { return }
        self.triggers.set(flow, trigger, now: now)
    }

    /// Compares the counters of some flows with their thresholds and tells those that have crossed one.
    ///
    /// Counters are those that the datapath has told so far: a threshold is noticed that much late.
    func checkTriggers(now: MonotonicTime) {
        guard !self.triggers.isEmpty else { return }
        var told: [FlowCounters] = []
        let flows = self.triggers.flowsToCheck(at: now)
        guard !flows.isEmpty else { return }
        var triggers = StatisticsTriggers()
        swap(&triggers, &self.triggers)
        self.pipeline.read { state in
            for flow in flows {
                guard let table = state.existingTable(TableID(rawValue: flow.table)),
                    let rule = table.pointee.rule(flow)
                else {
                    _ = triggers.check(flow, nil, StatisticsTriggers.Counts())
                    continue
                }
                let numbers = table.pointee.numbers(of: flow.slot, at: now)
                let counts = StatisticsTriggers.Counts(
                    ageNanoseconds: UInt64(numbers.durationSeconds) * 1_000_000_000
                        + UInt64(numbers.durationNanoseconds),
                    idleNanoseconds: UInt64(numbers.idleSeconds) * 1_000_000_000,
                    packets: numbers.packetCount, bytes: numbers.byteCount)
                if triggers.check(flow, rule.pointee.instructions.statisticsTrigger, counts) {
                    told.append(table.pointee.counters(of: flow.slot, .trigger, at: now))
                }
            }
        }
        swap(&triggers, &self.triggers)
        // So many fit into a message, whatever their matches.
        for start in stride(from: 0, to: told.count, by: 32) {
            let part = Array(told[start..<min(start + 32, told.count)])
            let reply = Message.multipartReply(MultipartReply(body: .flowCounters(part)))
            self.broadcast(reply, .flowStatistics) { _ in FlowCountersReason.trigger.rawValue }
        }
    }
}

extension FlowTable {
    /// What FLOW_STATS of 1.5 says of the rule in `slot`, which must be in use, at `now`.
    func counters(of slot: UInt32, _ reason: FlowCountersReason, at now: MonotonicTime) -> FlowCounters {
        let numbers = self.numbers(of: slot, at: now)
        var (key, mask) = (FlowKey(), FlowMask())
        if let entry = self.rules[slot].pointee.entry { self.classifier.write(entry, into: &key, &mask) }
        var statistics = ExtensibleStatistics(
            durationSeconds: numbers.durationSeconds, durationNanoseconds: numbers.durationNanoseconds,
            idleSeconds: numbers.idleSeconds)
        // What is not counted is not told.
        if !numbers.flags.contains(.noPacketCounts) { statistics.packetCount = numbers.packetCount }
        if !numbers.flags.contains(.noByteCounts) { statistics.byteCount = numbers.byteCount }
        return FlowCounters(
            tableID: self.identifier, reason: reason, priority: numbers.priority,
            match: MatchCompiler.match(key, mask, self.tunnelOptions), statistics: statistics)
    }
}
