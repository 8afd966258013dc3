import Synchronization

/// Upcalls on their way from the datapath's worker to one handler thread: a bounded queue with a count of
/// what did not fit.
///
/// Any thread may push; one at a time takes. The worker never waits here: it holds the lock for as long as a
/// batch takes to append, and signals only when the handler sleeps. When the handler is behind for good
/// (``StandingQueue``), what has waited too long is lost, so that what it does get is recent.
final class UpcallRing: Sendable {
    private struct State {
        var upcalls: [Upcall] = []
        /// When each of them came.
        var arrivals: [UInt64] = []
        /// Where in `upcalls` the next one is; those before it are taken.
        var first = 0
        /// How many of those that wait came by each port.
        var ofPort: [UInt32: Int] = [:]
        var isHandlerWaiting = false
        var isWoken = false
        var standing = StandingQueue()
        var lost: UInt64 = 0

        var count: Int { self.upcalls.count - self.first }
    }

    private let state = Mutex(State())
    private let event: WakeEvent
    private let capacity: Int

    init(capacity: Int) throws(DatapathError) {
        self.capacity = capacity
        self.event = try WakeEvent()
    }

    /// Upcalls that found no room or had waited too long, since the start.
    var lost: UInt64 { self.state.withLock { $0.lost } }

    /// Appends what fits of `batch`, which came at `now`, and counts the rest as lost; leaves `batch` empty.
    ///
    /// A port may have as many upcalls waiting as there is room left, and always one: a port whose packets all miss
    /// takes half of the ring at most, so that others' first packets find room.
    func push(_ batch: inout [Upcall], now: UInt64 = MonotonicClock.nowNanoseconds()) {
        guard !batch.isEmpty else { return }
        let mustSignal = self.state.withLock { state -> Bool in
            var room = self.capacity - state.count
            for upcall in batch {
                let waiting = state.ofPort[upcall.key.inPort, default: 0]
                guard room > 0, waiting == 0 || waiting < room else {
                    state.lost += 1
                    continue
                }
                state.ofPort[upcall.key.inPort] = waiting + 1
                state.upcalls.append(upcall)
                state.arrivals.append(now)
                room -= 1
            }
            defer { state.isHandlerWaiting = false }
            return state.isHandlerWaiting
        }
        batch.removeAll(keepingCapacity: true)
        if mustSignal { self.event.signal() }
    }

    /// Appends up to `maximum` upcalls to `batch`, waiting for the first; 0 after the time-out or ``wake()``.
    func receive(into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?) -> Int {
        let start = MonotonicClock.nowNanoseconds()
        let deadline = timeoutMilliseconds.map { start &+ UInt64(max(0, $0)) &* 1_000_000 }
        var now = start
        while true {
            let (taken, isWoken) = self.take(maximum: maximum, now: now)
            guard taken.isEmpty else {
                batch.append(contentsOf: taken)
                return taken.count
            }
            if isWoken { return 0 }
            if let deadline {
                guard now < deadline else { return 0 }
                self.event.wait(timeoutMilliseconds: Int((deadline - now + 999_999) / 1_000_000))
            } else {
                self.event.wait(timeoutMilliseconds: nil)
            }
            now = MonotonicClock.nowNanoseconds()
        }
    }

    /// Takes up to `maximum` upcalls without waiting, at `now`; also says whether ``wake()`` was called since.
    func take(maximum: Int, now: UInt64) -> (upcalls: [Upcall], isWoken: Bool) {
        self.state.withLock { state in
            let isWoken = state.isWoken
            state.isWoken = false
            state.isHandlerWaiting = state.count == 0
            guard state.count > 0, maximum > 0 else { return ([], isWoken) }
            let oldest = state.arrivals[state.first]
            defer { state.standing.taken(arrival: oldest, leaving: state.count, now: now) }
            if state.first == 0, state.count <= maximum, !state.standing.isStanding {
                let all = state.upcalls
                state.upcalls = []
                state.arrivals.removeAll(keepingCapacity: true)
                state.ofPort.removeAll(keepingCapacity: true)
                return (all, isWoken)
            }
            return (self.takeRecent(&state, maximum: maximum, now: now), isWoken)
        }
    }

    /// Takes up to `maximum` upcalls that are not too old, at least one; those passed over are lost.
    private func takeRecent(_ state: inout State, maximum: Int, now: UInt64) -> [Upcall] {
        var taken: [Upcall] = []
        taken.reserveCapacity(min(maximum, state.count))
        while taken.count < maximum, state.first < state.upcalls.count {
            let upcall = state.upcalls[state.first]
            let waiting = state.ofPort[upcall.key.inPort] ?? 1
            if waiting > StandingQueue.sparedCount,
                state.standing.isStale(arrival: state.arrivals[state.first], now: now)
            {
                state.lost += 1
            } else {
                taken.append(upcall)
            }
            state.ofPort[upcall.key.inPort] = waiting > 1 ? waiting - 1 : nil
            state.first += 1
        }
        if state.first == state.upcalls.count || state.first >= self.capacity {
            state.upcalls.removeFirst(state.first)
            state.arrivals.removeFirst(state.first)
            state.first = 0
        }
        return taken
    }

    /// Makes a waiting ``receive(into:maximum:timeoutMilliseconds:)``, or the next one, return with nothing.
    func wake() {
        self.state.withLock { $0.isWoken = true }
        self.event.signal()
    }
}
