import Datapath
import Synchronization

/// Carries packet-ins from handler threads to the control loop: bounded, fair between ports, woken once a batch.
///
/// Any thread appends; one consumer drains. **Fairness.** While there is room everybody gets in. When the queue is full
/// the ingress port that has most queued pays: its newest event makes room for one of a port that has fewer, so that a
/// flood on one port does not shut out the others. **Waking.** `wake` is called by the thread that appends the first
/// event after a drain and by no other; it should only schedule a drain.
package final class PacketInQueue: Sendable {
    /// What became of an event.
    package enum Outcome: Hashable, Sendable {
        /// It is queued.
        case queued
        /// It is queued; an event of a port with more of them was dropped for it.
        case queuedInsteadOfOther
        /// It was dropped.
        case dropped
    }

    /// What the queue has done since the start.
    package struct Counters: Hashable, Sendable {
        /// Events queued.
        package var queued: UInt64 = 0
        /// Events dropped because the queue was full and their port had the most.
        package var droppedForRoom: UInt64 = 0
        /// Events dropped after they had been queued, in favour of ports with fewer.
        package var droppedForFairness: UInt64 = 0
        /// Events dropped because the bytes of the queued packets reached the limit.
        package var droppedForBytes: UInt64 = 0
    }

    private struct State: Sendable {
        /// Events by ingress port, each list in order of arrival; numbered so that a drain can restore the order.
        var ports: [UInt32: [(number: UInt64, event: PacketInEvent)]] = [:]
        var count = 0
        var bytes = 0
        var nextNumber: UInt64 = 0
        var isArmed = false
        var counters = Counters()
    }

    /// The greatest number of queued events.
    package let limit: Int
    /// The greatest number of bytes of queued packets.
    package let limitBytes: Int
    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// Makes an empty queue; `wake` is called on the appending thread, outside the queue's lock.
    package init(limit: Int = 1024, limitBytes: Int = 8 << 20, wake: @escaping @Sendable () -> Void) {
        self.limit = max(1, limit)
        self.limitBytes = limitBytes
        self.wake = wake
    }

    /// Appends an event, or drops it or another one.
    @discardableResult
    package func append(_ event: PacketInEvent) -> Outcome {
        let (outcome, wakes) = self.state.withLock { state -> (Outcome, Bool) in
            var outcome = Outcome.queued
            guard state.bytes + event.packet.count <= self.limitBytes else {
                state.counters.droppedForBytes &+= 1
                return (.dropped, false)
            }
            if state.count >= self.limit {
                guard Self.makeRoom(for: event.key.inPort, in: &state) else {
                    state.counters.droppedForRoom &+= 1
                    return (.dropped, false)
                }
                outcome = .queuedInsteadOfOther
            }
            state.ports[event.key.inPort, default: []].append((state.nextNumber, event))
            state.nextNumber &+= 1
            state.count += 1
            state.bytes += event.packet.count
            state.counters.queued &+= 1
            let wakes = !state.isArmed
            state.isArmed = true
            return (outcome, wakes)
        }
        if wakes { self.wake() }
        return outcome
    }

    /// Takes everything, in order of arrival; the next event appended wakes the consumer again.
    package func drain() -> [PacketInEvent] {
        let ports = self.state.withLock { state in
            let taken = state.ports
            state.ports = [:]
            state.count = 0
            state.bytes = 0
            state.isArmed = false
            return taken
        }
        if ports.count == 1, let only = ports.first { return only.value.map(\.event) }
        return ports.values.joined().sorted { $0.number < $1.number }.map(\.event)
    }

    /// How many events wait.
    package var count: Int { self.state.withLock { $0.count } }
    /// What the queue has done.
    package var counters: Counters { self.state.withLock { $0.counters } }

    /// Drops the newest event of the port that has most, unless `port` has as many; returns whether there is room now.
    private static func makeRoom(for port: UInt32, in state: inout State) -> Bool {
        guard let longest = state.ports.max(by: { $0.value.count < $1.value.count }) else { return true }
        guard longest.value.count > (state.ports[port]?.count ?? 0) + 1 else { return false }
        guard let dropped = state.ports[longest.key]?.popLast() else { return false }
        state.count -= 1
        state.bytes -= dropped.event.packet.count
        state.counters.droppedForFairness &+= 1
        return true
    }
}
