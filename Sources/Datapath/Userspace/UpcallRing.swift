import Synchronization

/// Upcalls on their way from the datapath's worker to one handler thread: a bounded queue with a count of
/// what did not fit.
///
/// Any thread may push; one at a time takes. The worker never waits here: it holds the lock for as long as a
/// batch takes to append, and signals only when the handler sleeps.
final class UpcallRing: Sendable {
    private struct State {
        var upcalls: [Upcall] = []
        /// Where in `upcalls` the next one is; those before it are taken.
        var first = 0
        /// How many of those that wait came by each port.
        var ofPort: [UInt32: Int] = [:]
        var isHandlerWaiting = false
        var isWoken = false
        var lost: UInt64 = 0
    }

    private let state = Mutex(State())
    private let event: WakeEvent
    private let capacity: Int

    init(capacity: Int) throws(DatapathError) {
        self.capacity = capacity
        self.event = try WakeEvent()
    }

    /// Upcalls that found no room, since the start.
    var lost: UInt64 { self.state.withLock { $0.lost } }

    /// Appends what fits of `batch` and counts the rest as lost; leaves `batch` empty.
    ///
    /// A port may have as many upcalls waiting as there is room left, and always one: a port whose packets all miss
    /// takes half of the ring at most, so that others' first packets find room.
    func push(_ batch: inout [Upcall]) {
        guard !batch.isEmpty else { return }
        let mustSignal = self.state.withLock { state -> Bool in
            var room = self.capacity - (state.upcalls.count - state.first)
            for upcall in batch {
                let waiting = state.ofPort[upcall.key.inPort, default: 0]
                guard room > 0, waiting == 0 || waiting < room else {
                    state.lost += 1
                    continue
                }
                state.ofPort[upcall.key.inPort] = waiting + 1
                state.upcalls.append(upcall)
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
        let deadline = timeoutMilliseconds.map {
            MonotonicClock.nowNanoseconds() &+ UInt64(max(0, $0)) &* 1_000_000
        }
        while true {
            var isWoken = false
            // Swift cannot send the caller's array into the lock's closure, so the slice comes out first.
            let taken = self.state.withLock { state -> [Upcall] in
                isWoken = state.isWoken
                state.isWoken = false
                let count = min(max(0, maximum), state.upcalls.count - state.first)
                state.isHandlerWaiting = count == 0
                guard count > 0 else { return [] }
                if state.first == 0, count == state.upcalls.count {
                    let all = state.upcalls
                    state.upcalls = []
                    state.ofPort.removeAll(keepingCapacity: true)
                    return all
                }
                let slice = Array(state.upcalls[state.first..<state.first + count])
                state.first += count
                for upcall in slice {
                    let left = (state.ofPort[upcall.key.inPort] ?? 1) - 1
                    state.ofPort[upcall.key.inPort] = left > 0 ? left : nil
                }
                if state.first == state.upcalls.count || state.first >= self.capacity {
                    state.upcalls.removeFirst(state.first)
                    state.first = 0
                }
                return slice
            }
            guard taken.isEmpty else {
                batch.append(contentsOf: taken)
                return taken.count
            }
            if isWoken { return 0 }
            guard let deadline else {
                self.event.wait(timeoutMilliseconds: nil)
                continue
            }
            let now = MonotonicClock.nowNanoseconds()
            guard now < deadline else { return 0 }
            self.event.wait(timeoutMilliseconds: Int((deadline - now + 999_999) / 1_000_000))
        }
    }

    /// Makes a waiting ``receive(into:maximum:timeoutMilliseconds:)``, or the next one, return with nothing.
    func wake() {
        self.state.withLock { $0.isWoken = true }
        self.event.signal()
    }
}
