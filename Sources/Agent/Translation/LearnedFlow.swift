import Datapath
package import OpenFlow
import Synchronization

/// A flow that a learn action adds; made by translation, entered by the switch.
package final class LearnedFlow: Sendable, Hashable {
    /// What to add.
    package let flowMod: FlowMod
    /// How many flows the action may have learned at any time; 0 for any number.
    package let limit: UInt32

    /// Makes a flow.
    package init(flowMod: FlowMod, limit: UInt32) {
        self.flowMod = flowMod
        self.limit = limit
    }

    /// Whether both say the same.
    package static func == (left: LearnedFlow, right: LearnedFlow) -> Bool {
        left === right || (left.limit == right.limit && left.flowMod == right.flowMod)
    }

    /// Hashes what tells flows apart most.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.flowMod.tableID)
        hasher.combine(self.flowMod.priority)
        hasher.combine(self.flowMod.match)
    }
}

/// Flows that packets have taught, on their way to the control loop, which alone may add them; any thread.
///
/// Holds each flow once however many packets teach it, and at most ``limit``; what does not fit is counted, and taught
/// again by the next packet.
package final class LearnQueue: Sendable {
    /// How many flows wait at most.
    package static let limit = 16_384

    private struct State {
        var order: [LearnedFlow] = []
        var members: Set<LearnedFlow> = []
        var dropped: UInt64 = 0
    }
    private let state = Mutex(State())
    private let onFirst: @Sendable () -> Void

    /// Makes a queue that calls `onFirst` when it is no longer empty.
    package init(onFirst: @escaping @Sendable () -> Void) { self.onFirst = onFirst }

    /// Adds flows.
    package func append(_ flows: [LearnedFlow]) {
        guard !flows.isEmpty else { return }
        let isFirst = self.state.withLock { state in
            let wasEmpty = state.order.isEmpty
            for flow in flows {
                guard state.order.count < Self.limit else {
                    state.dropped &+= 1
                    continue
                }
                if state.members.insert(flow).inserted { state.order.append(flow) }
            }
            return wasEmpty && !state.order.isEmpty
        }
        if isFirst { self.onFirst() }
    }

    /// Takes all flows, in order.
    package func take() -> [LearnedFlow] {
        self.state.withLock { state in
            defer {
                state.order = []
                state.members = []
            }
            return state.order
        }
    }

    /// How many flows found the queue full.
    package var dropped: UInt64 { self.state.withLock { $0.dropped } }
}

extension Translator {
    /// Nicira's learn: makes a flow of the packet, to be added when the translation is carried out.
    mutating func learn<View: PipelineView & ~Copyable>(_ learn: Learn, view: borrowing View) {
        guard self.result.learnedFlows.count < self.environment.limits.learnedFlows else {
            return self.omit(.unsupportedAction)
        }
        var entries: [MatchEntry] = []
        var actions: [Action] = []
        if learn.finIdleTimeoutSeconds != 0 || learn.finHardTimeoutSeconds != 0 {
            // The learned flow does this itself, before everything else (ovs-actions(7), "learn").
            actions.append(
                .finTimeout(idleSeconds: learn.finIdleTimeoutSeconds, hardSeconds: learn.finHardTimeoutSeconds))
        }
        for part in learn.specifications {
            guard (1...128).contains(part.bitCount) else { return self.omit(.unsupportedAction) }
            let ones = UInt128.max >> UInt128(128 - UInt32(part.bitCount))
            let value: UInt128
            switch part.source {
            case .immediate(let bits): value = bits & ones
            // More than 128 bits of a tunnel option.
            case .longImmediate: return self.omit(.unsupportedAction)
            case .field(let field, let offset):
                // A field that the packet lacks has zeros.
                value = self.read(field, offset: offset, bitCount: part.bitCount) ?? 0
            }
            switch part.destination {
            case .match(let field, let offset):
                let shift = UInt128(offset)
                if field.isVariableLength, Int(offset) + Int(part.bitCount) > 128 {
                    return self.omit(.unsupportedAction)
                }
                var entry = MatchEntry(field, value: value << shift, mask: (ones << shift) & field.allOnes)
                entry.isPartial = field.isVariableLength && entry.isWholeOption
                entries.append(entry)
            case .load(let field, let offset):
                actions.append(Action.load(value, into: FieldSlice(field, offset: offset, bitCount: part.bitCount)))
            case .output:
                let port =
                    part.bitCount <= 16
                    ? PortNumber(rawValue16: UInt16(truncatingIfNeeded: value))
                    : PortNumber(rawValue: UInt32(truncatingIfNeeded: value))
                actions.append(.output(port, maximumLength: 0xffff))
            }
        }
        var flowMod = FlowMod(
            cookie: learn.cookie, tableID: learn.table, idleTimeoutSeconds: learn.idleTimeoutSeconds,
            hardTimeoutSeconds: learn.hardTimeoutSeconds, priority: learn.priority,
            match: Match(Self.merged(entries)), instructions: actions.isEmpty ? [] : [.applyActions(actions)])
        if learn.flags.contains(.sendFlowRemoved) { flowMod.flags.insert(.sendFlowRemoved) }
        let mayLearn = learn.limit == 0 || view.mayLearn(flowMod, limit: learn.limit)
        if mayLearn {
            self.result.learnedFlows.append(LearnedFlow(flowMod: flowMod, limit: learn.limit))
            self.recorder?.note(.note("learns \(flowMod)"))
        } else {
            self.recorder?.note(.note("learns nothing: there are \(learn.limit) flows of that cookie"))
        }
        if learn.flags.contains(.writeResult), let slice = learn.result {
            self.write(mayLearn ? 1 : 0, to: slice)
        }
    }

    /// Parts of one field together, the last of overlapping ones.
    private static func merged(_ entries: [MatchEntry]) -> [MatchEntry] {
        var result: [MatchEntry] = []
        for entry in entries {
            guard let index = result.firstIndex(where: { $0.field == entry.field }) else {
                result.append(entry)
                continue
            }
            let old = result[index]
            result[index] = MatchEntry(
                entry.field, value: old.value & ~entry.mask | entry.value & entry.mask, mask: old.mask | entry.mask)
            result[index].isPartial = entry.field.isVariableLength && result[index].isWholeOption
        }
        return result
    }
}
