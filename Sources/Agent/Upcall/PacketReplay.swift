package import Datapath

/// Carries out translated actions on a packet in software, step by step.
///
/// For what a controller sees of the packet, and for what the datapath cannot do itself.
package struct PacketReplay: ~Copyable {
    /// A sink that sends nothing: only what the actions make of the packet is wanted.
    private struct Sink: PacketSink, ~Copyable {
        var hasFailed = false
        /// What the meter has said that is being carried out.
        var verdict = MeterBuckets.Verdict.pass
        mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int) {}
        mutating func passUp(
            _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int
        ) {}
        mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int) {
            // Where the packet goes on is not for this copy.
        }
        mutating func discard(_ reason: PacketDiscardReason) { self.hasFailed = true }
        mutating func nextRandom() -> UInt32 { 0 }
        mutating func measure(_ packet: borrowing PacketBuffer, by meter: UInt32) -> MeterBuckets.Verdict {
            self.verdict
        }
    }

    /// What measures packets by the meters that the datapath does not have.
    struct Metering {
        /// The meters.
        let meters: SoftwareMeters
        /// When the packet came.
        let now: MonotonicTime
    }

    private var buffer: PacketBuffer
    private var key: FlowKey
    private var sink = Sink()
    private var position = 0
    private let actions: [DatapathAction]
    private let metering: Metering?

    /// Makes a replay of `actions` on a copy of `packet`; `key` is in the datapath's terms.
    ///
    /// Without `metering`, packets pass all meters.
    init(
        _ actions: [DatapathAction], on packet: [UInt8], key: FlowKey, metering: Metering? = nil
    ) throws(PacketError) {
        self.metering = metering
        self.buffer = try PacketBuffer(copying: packet.span.bytes)
        self.key = key
        self.actions = actions
    }

    /// The packet as it is when the first `count` actions have been carried out; nil where one of them could not be.
    ///
    /// Counts must not decrease from call to call.
    package mutating func packet(after count: Int) -> [UInt8]? {
        guard self.advance(to: count) else { return nil }
        return self.buffer.copiedBytes()
    }

    /// As ``packet(after:)``, with the key of the packet as it is then: its header fields, and the metadata.
    package mutating func packetAndKey(after count: Int) -> (packet: [UInt8], key: FlowKey)? {
        guard self.advance(to: count) else { return nil }
        var key = self.key
        PacketParser.parse(self.buffer.bytes, into: &key)
        return (self.buffer.copiedBytes(), key)
    }

    /// One execution per output, each with the packet as it is there; nil where an action could not be carried out.
    ///
    /// `before` is what the datapath must do ahead of the first of them.
    package mutating func executions(after before: [DatapathAction] = []) -> [PacketExecution]? {
        var result: [PacketExecution] = []
        // What the datapath must do before the next output, and forgets between two executions.
        var before = before
        let isNested = !before.isEmpty
        for index in self.actions.indices {
            let nested: [DatapathAction]
            switch self.actions[index] {
            case .clone(let actions), .sample(probability: .max, let actions): nested = actions
            case .output, .recirculate, .userspace, .sample, .packetSample:
                guard self.advance(to: index) else { return nil }
                result.append(self.cut(self.execution(before + [self.actions[index]])))
                before.removeAll { if case .truncate = $0 { true } else { false } }
                continue
            case .meter(let number) where SoftwareMeters.contains(number):
                guard self.advance(to: index) else { return nil }
                // A packet that the meter drops goes no further; what was sent before stays sent.
                guard self.passes(number) else { return result }
                continue
            case .truncate, .connectionTracking, .clearConnectionTracking, .hash, .meter:
                before.append(self.actions[index])
                continue
            case .set(.tunnel):
                before.removeAll { if case .set(.tunnel) = $0 { true } else { false } }
                before.append(self.actions[index])
                continue
            case .checkPacketLength(let maximum, let longer, let notLonger):
                guard self.advance(to: index) else { return nil }
                nested = self.buffer.count > Int(maximum) ? longer : notLonger
            default: continue
            }
            guard let (packet, key) = self.packetAndKey(after: index),
                var copy = try? PacketReplay(nested, on: packet, key: key, metering: self.metering),
                let more = copy.executions(after: before)
            else { return nil }
            result += more
        }
        if result.isEmpty, !isNested, before.contains(where: \.hasEffect) {
            guard self.advance(to: self.actions.count) else { return nil }
            result.append(self.execution(before))
        }
        return result
    }

    /// Measures the packet as it is now, and remarks it where the meter says so; false where that drops it.
    private mutating func passes(_ meter: UInt32) -> Bool {
        guard let metering = self.metering else { return true }
        self.sink.verdict = metering.meters.measure(meter, bytes: self.buffer.count, now: metering.now)
        guard self.sink.verdict != .drop else { return false }
        if self.sink.verdict != .pass {
            ActionExecutor.execute([.meter(meter)], on: &self.buffer, key: &self.key, into: &self.sink)
        }
        return true
    }

    private func execution(_ actions: [DatapathAction]) -> PacketExecution {
        var key = self.key
        PacketParser.parse(self.buffer.bytes, into: &key)
        return PacketExecution(packet: self.buffer.copiedBytes(), key: key, actions: actions)
    }

    /// Shortens a packet here that the datapath is to shorten before anything else, for not every kernel can.
    private func cut(_ execution: PacketExecution) -> PacketExecution {
        guard execution.actions.count == 2, case .truncate(let maximum) = execution.actions[0],
            case .output = execution.actions[1]
        else { return execution }
        var result = execution
        result.actions.removeFirst()
        if result.packet.count > Int(maximum) { result.packet.removeSubrange(Int(maximum)...) }
        return result
    }

    private mutating func advance(to count: Int) -> Bool {
        let end = min(count, self.actions.count)
        guard self.position < end else { return !self.sink.hasFailed }
        ActionExecutor.execute(
            self.actions[self.position..<end].filter(\.changesPacket), on: &self.buffer, key: &self.key,
            into: &self.sink)
        self.position = end
        return !self.sink.hasFailed
    }
}
