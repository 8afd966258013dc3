import Synchronization

/// How much memory the connections of one bridge hold together; any thread.
///
/// Each connection has limits of its own, but thousands of peers that do not read, or that send faster than the
/// switch works, would add up. Above these totals a connection may hold only a small part of its own limit: those that
/// hold more are not read, or not answered, until they hold less. So the bridge holds at most the total and the small
/// part for each connection, and a peer that behaves goes on as before.
package final class ConnectionBudget: Sendable {
    private let output = Atomic<Int>(0)
    private let input = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)
    private let outputMaximum: Int
    private let inputMaximum: Int

    /// Makes a budget in bytes of output that waits for sockets, and of messages that wait for the switch.
    package init(
        outputMaximum: Int = AgentLimits.bridgeOutputBytesMaximum,
        inputMaximum: Int = AgentLimits.bridgePendingBytesMaximum
    ) {
        self.outputMaximum = outputMaximum
        self.inputMaximum = inputMaximum
    }

    /// Notes output that has been queued, or, if negative, that has gone.
    func addOutput(_ bytes: Int) { self.note(self.output.add(bytes, ordering: .relaxed).newValue) }

    /// Notes messages that wait for the switch, or, if negative, that have been handled.
    func addInput(_ bytes: Int) { self.note(self.input.add(bytes, ordering: .relaxed).newValue) }

    /// The most that was held at once, of either kind, since the last call; near enough.
    func takePeak() -> Int { self.peak.exchange(max(self.outputBytes, self.inputBytes), ordering: .relaxed) }

    private func note(_ bytes: Int) {
        if bytes > self.peak.load(ordering: .relaxed) { self.peak.store(bytes, ordering: .relaxed) }
    }

    /// Bytes of output that wait for sockets, over all connections.
    package var outputBytes: Int { self.output.load(ordering: .relaxed) }

    /// Bytes of messages that wait for the switch, over all connections.
    package var inputBytes: Int { self.input.load(ordering: .relaxed) }

    /// How much output one connection may hold at present: `limit`, or its small part.
    func outputAllowed(_ limit: Int) -> Int {
        self.outputBytes <= self.outputMaximum ? limit : min(limit, AgentLimits.connectionOutputBytesReserved)
    }

    /// How many bytes of messages one connection may have waiting at present: `limit`, or its small part.
    func inputAllowed(_ limit: Int) -> Int {
        self.inputBytes <= self.inputMaximum ? limit : min(limit, AgentLimits.connectionPendingBytesReserved)
    }
}
