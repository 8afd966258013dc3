import Datapath

/// A sink that remembers what came out, for tests.
struct RecordingSink: PacketSink, ~Copyable {
    struct Output: Equatable {
        var port: UInt32
        var bytes: [UInt8]
    }
    struct Passed {
        var userdata: UInt64
        var key: FlowKey
        var bytes: [UInt8]
    }
    var outputs: [Output] = []
    var passed: [Passed] = []
    var discarded: [PacketDiscardReason] = []
    /// What a recirculated packet is treated by, by recirculation id.
    var program: [UInt32: [DatapathAction]] = [:]
    var random: UInt32 = 0

    mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int) {
        self.outputs.append(Output(port: port.rawValue, bytes: packet.copiedBytes(maximum: maximumLength)))
    }
    mutating func passUp(
        _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int
    ) {
        self.passed.append(
            Passed(userdata: userdata, key: copy key, bytes: packet.copiedBytes(maximum: maximumLength)))
    }
    mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int) {
        guard let actions = self.program[key.recirculationID] else { return }
        ActionExecutor.execute(actions, on: &packet, key: &key, into: &self, depth: depth)
    }
    mutating func discard(_ reason: PacketDiscardReason) { self.discarded.append(reason) }
    mutating func nextRandom() -> UInt32 { self.random }
}
