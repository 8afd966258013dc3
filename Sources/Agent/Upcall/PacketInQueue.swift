import Datapath
import OpenFlow
import Synchronization

/// Carries packet-ins from handler threads to the control loop: bounded, fair between classes of packets and between
/// ports, woken once a batch.
///
/// Any thread appends; one consumer drains. **Fairness** is ``FairQueue``'s. **Latency** is bounded by what a drain
/// does when it does not get to the end: it takes classes and ports in turn, so that who sends little hardly waits; and
/// when the queue stands for good (``StandingQueue``), those who have many in it lose what has waited too long.
/// **Waking.** `wake` is called by the thread that appends the first event after a drain that left nothing, and by no
/// other; it should only schedule a drain.
package final class PacketInQueue: Sendable {
    /// What became of an event.
    package enum Outcome: Hashable, Sendable {
        /// It is queued.
        case queued
        /// It is queued; an event of a class or port with more of them was dropped for it.
        case queuedInsteadOfOther
        /// It was dropped.
        case dropped
    }

    /// What the queue has done since the start.
    package struct Counters: Hashable, Sendable {
        /// Events queued.
        package var queued: UInt64 = 0
        /// Events dropped because the queue was full and their class and port had the most.
        package var droppedForRoom: UInt64 = 0
        /// Events dropped after they had been queued, in favour of classes or ports with fewer.
        package var droppedForFairness: UInt64 = 0
        /// Events dropped after they had waited too long in a queue that stood.
        package var droppedForAge: UInt64 = 0
        /// Events dropped because the bytes of the queued packets of their class reached the limit.
        package var droppedForBytes: UInt64 = 0
        /// Events dropped for any of these causes, by class.
        package var dropped = PacketInTally()
    }

    private struct State: Sendable {
        var queue: FairQueue<PacketInEvent>
        var isArmed = false
        var standing = StandingQueue()
        var counters = Counters()
    }

    /// The greatest number of queued events.
    package let limit: Int
    /// The greatest number of bytes of queued packets of one class.
    package let limitBytes: Int
    private let state: Mutex<State>
    private let clock: @Sendable () -> MonotonicTime
    private let wake: @Sendable () -> Void

    /// Makes an empty queue; `wake` is called on the appending thread, outside the queue's lock.
    package init(
        limit: Int = 1024, limitBytes: Int = 4 << 20, clock: @escaping @Sendable () -> MonotonicTime = SystemClock.now,
        wake: @escaping @Sendable () -> Void
    ) {
        self.clock = clock
        self.limit = max(1, limit)
        self.limitBytes = limitBytes
        self.state = Mutex(State(queue: FairQueue(limit: limit, limitCost: limitBytes)))
        self.wake = wake
    }

    /// Appends an event, or drops it or another one.
    @discardableResult
    package func append(_ event: consuming PacketInEvent) -> Outcome {
        let share = PacketInShare(PacketInClass(event.packet, reason: event.reason), port: event.inPort.rawValue)
        let now = self.clock()
        event.arrival = now
        let (arrived, cost) = (event, event.packet.count)
        let (outcome, wakes) = self.state.withLock { state -> (Outcome, Bool) in
            let outcome: Outcome
            switch state.queue.insert(arrived, share, cost: cost) {
            case .queued: outcome = .queued
            case .displaced(let victim):
                outcome = .queuedInsteadOfOther
                state.counters.droppedForFairness &+= 1
                state.standing.overflowed(now: now.nanoseconds)
                state.counters.dropped[victim.packetClass] &+= 1
            case .refused:
                state.standing.overflowed(now: now.nanoseconds)
                if state.queue.count >= self.limit {
                    state.counters.droppedForRoom &+= 1
                } else {
                    state.counters.droppedForBytes &+= 1
                }
                state.counters.dropped[share.packetClass] &+= 1
                return (.dropped, false)
            }
            state.counters.queued &+= 1
            let wakes = !state.isArmed
            state.isArmed = true
            return (outcome, wakes)
        }
        if wakes { self.wake() }
        return outcome
    }

    /// Takes at most `maximum` events: all that wait, in order of arrival, or else some of each class and port.
    ///
    /// Where `hasMore` the consumer goes on by itself; else the next event appended wakes it again.
    package func drain(maximum: Int = .max) -> (events: [PacketInEvent], hasMore: Bool) {
        let now = self.clock()
        return self.state.withLock { state in
            if state.queue.count > maximum { Self.dropStale(&state, now: now) }
            var oldest = now
            let taken = state.queue.count <= maximum ? state.queue.takeAll() : state.queue.takeInTurn(maximum)
            for event in taken { oldest = min(oldest, event.arrival) }
            state.standing.taken(arrival: oldest.nanoseconds, leaving: state.queue.count, now: now.nanoseconds)
            state.isArmed = !state.queue.isEmpty
            return (taken, state.isArmed)
        }
    }

    /// Drops what is too old, of those who have many waiting.
    private static func dropStale(_ state: inout State, now: MonotonicTime) {
        let standing = state.standing
        guard standing.isStanding else { return }
        let dropped = state.queue.dropStale(sparing: StandingQueue.sparedCount) {
            standing.isStale(arrival: $0.arrival.nanoseconds, now: now.nanoseconds)
        }
        for (packetClass, count) in dropped {
            state.counters.droppedForAge &+= UInt64(count)
            state.counters.dropped[packetClass] &+= UInt64(count)
        }
    }

    /// How many events wait.
    package var count: Int { self.state.withLock { $0.queue.count } }
    /// What the queue has done.
    package var counters: Counters { self.state.withLock { $0.counters } }
}
