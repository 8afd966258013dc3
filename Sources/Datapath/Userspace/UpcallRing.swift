import Synchronization

/// Upcalls on their way from the datapath's worker to one handler thread: a bounded queue with a count of
/// what did not fit.
///
/// Any thread may push; one at a time takes. The worker never waits here: it holds the lock for as long as a
/// batch takes to append, and signals only when the handler sleeps. A ring that keeps overflowing loses what has waited
/// too long (``StandingQueue``), so that the first packets that are served are recent; a burst that fits is served
/// whole.
final class UpcallRing: Sendable {
    private struct State {
        var upcalls: [Upcall] = []
        /// When each of `upcalls` came, in nanoseconds.
        var arrivals: [UInt64] = []
        /// Where in `upcalls` the next one is; those before it are taken.
        var first = 0
        /// How many of those that wait came by each port.
        var ofPort: [UInt32: Int] = [:]
        var standing = StandingQueue(standsOnlyByOverflow: true)
        var isHandlerWaiting = false
        var isWoken = false
        var lost: UInt64 = 0

        var count: Int { self.upcalls.count - self.first }

        mutating func append(_ upcall: Upcall, arrival: UInt64) {
            self.ofPort[upcall.key.inPort, default: 0] += 1
            self.upcalls.append(upcall)
            self.arrivals.append(arrival)
        }

        /// Takes the next `maximum`, and drops those before them that are too old.
        mutating func take(_ maximum: Int, now: UInt64, capacity: Int) -> [Upcall] {
            guard self.count > 0 else { return [] }
            let oldest = self.arrivals[self.first]
            guard self.standing.isStanding || self.first > 0 || self.count > maximum else {
                let all = self.upcalls
                self.upcalls = []
                self.arrivals.removeAll(keepingCapacity: true)
                self.ofPort.removeAll(keepingCapacity: true)
                self.standing.taken(arrival: oldest, leaving: 0, now: now)
                return all
            }
            var taken: [Upcall] = []
            taken.reserveCapacity(min(maximum, self.count))
            while taken.count < maximum, self.first < self.upcalls.count {
                let upcall = self.upcalls[self.first]
                let waiting = self.ofPort[upcall.key.inPort] ?? 1
                self.ofPort[upcall.key.inPort] = waiting > 1 ? waiting - 1 : nil
                if waiting > StandingQueue.sparedCount,
                    self.standing.isStale(arrival: self.arrivals[self.first], now: now)
                {
                    self.lost += 1
                } else {
                    taken.append(upcall)
                }
                self.first += 1
            }
            self.standing.taken(arrival: oldest, leaving: self.count, now: now)
            if self.first == self.upcalls.count || self.first >= capacity {
                self.upcalls.removeFirst(self.first)
                self.arrivals.removeFirst(self.first)
                self.first = 0
            }
            return taken
        }
    }

    private let state = Mutex(State())
    private let event: WakeEvent
    private let capacity: Int
    private let clock: @Sendable () -> UInt64

    /// - Parameter clock: Gives the time in nanoseconds.
    init(
        capacity: Int, clock: @escaping @Sendable () -> UInt64 = MonotonicClock.nowNanoseconds
    ) throws(DatapathError) {
        self.capacity = capacity
        self.clock = clock
        self.event = try WakeEvent()
    }

    /// Upcalls that found no room or waited too long in a ring that overflowed, since the start.
    var lost: UInt64 { self.state.withLock { $0.lost } }

    /// Appends what fits of `batch` and counts the rest as lost; leaves `batch` empty.
    ///
    /// A port may have as many upcalls waiting as there is room left, and always one: a port whose packets all miss
    /// takes half of the ring at most, so that others' first packets find room.
    func push(_ batch: inout [Upcall]) {
        guard !batch.isEmpty else { return }
        let now = self.clock()
        let mustSignal = self.state.withLock { state -> Bool in
            var room = self.capacity - state.count
            var lost: UInt64 = 0
            for upcall in batch {
                let waiting = state.ofPort[upcall.key.inPort, default: 0]
                guard room > 0, waiting == 0 || waiting < room else {
                    lost += 1
                    continue
                }
                state.append(upcall, arrival: now)
                room -= 1
            }
            if lost > 0 {
                state.lost += lost
                state.standing.overflowed(now: now)
            }
            defer { state.isHandlerWaiting = false }
            return state.isHandlerWaiting
        }
        batch.removeAll(keepingCapacity: true)
        if mustSignal { self.event.signal() }
    }

    /// Appends up to `maximum` upcalls to `batch`, waiting for the first; 0 after the time-out or ``wake()``.
    func receive(into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?) -> Int {
        let start = self.clock()
        let deadline = timeoutMilliseconds.map { start &+ UInt64(max(0, $0)) &* 1_000_000 }
        var now = start
        while true {
            var isWoken = false
            // Swift cannot send the caller's array into the lock's closure, so the slice comes out first.
            let taken = self.state.withLock { state -> [Upcall] in
                isWoken = state.isWoken
                state.isWoken = false
                let taken = state.take(max(0, maximum), now: now, capacity: self.capacity)
                state.isHandlerWaiting = taken.isEmpty
                return taken
            }
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
            now = self.clock()
        }
    }

    /// Makes a waiting ``receive(into:maximum:timeoutMilliseconds:)``, or the next one, return with nothing.
    func wake() {
        self.state.withLock { $0.isWoken = true }
        self.event.signal()
    }
}
