import Synchronization

/// The numbers of meters within one datapath, which its bridges share.
///
/// Given out are the lowest that are free, for the kernel keeps meters in an array. Any thread.
final class MeterNumbers: Sendable {
    private struct State {
        var used: Set<UInt32> = []
        var lowest: UInt32 = 0
    }
    private let state = Mutex(State())

    /// All are free.
    init() {}

    /// Takes the lowest free number below `limit`; nil where none is.
    func take(limit: Int) -> UInt32? {
        self.state.withLock { state in
            var number = state.lowest
            while state.used.contains(number) { number += 1 }
            guard Int(number) < limit else { return nil }
            state.used.insert(number)
            state.lowest = number + 1
            return number
        }
    }

    /// Gives a number back.
    func giveBack(_ number: UInt32) {
        self.state.withLock { state in
            state.used.remove(number)
            state.lowest = min(state.lowest, number)
        }
    }
}
