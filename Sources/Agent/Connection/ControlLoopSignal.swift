package import NIOCore
import Synchronization

/// Wakes the control loop of a bridge, from any thread, and says why.
///
/// However many causes are raised before the loop comes to it, the loop is woken once: `execute` costs ten
/// times as much as leaving a note. The note is taken before the work is looked at, so that no cause is lost
/// between the two. While a turn runs, nobody needs to wake the loop at all: the turn's end looks for notes.
package final class ControlLoopSignal: Sendable {
    /// What there is to do.
    package struct Causes: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt32
        /// Makes a set from its bits.
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Connections have messages, or news of their output.
        package static let connections = Causes(rawValue: 1)
        /// The packet-in queue has something.
        package static let packetIns = Causes(rawValue: 2)
        /// The datapath finished a version of the tables.
        package static let barriers = Causes(rawValue: 4)
        /// Something happened to a port.
        package static let ports = Causes(rawValue: 8)
        /// A turn is running; never given out.
        fileprivate static let running = Causes(rawValue: 1 << 31)
    }

    /// The control loop.
    package let eventLoop: any EventLoop
    private let pending = Atomic<UInt32>(0)
    /// In a structure: a function that is itself the mutex's value is wrapped anew whenever it is looked at, and calls
    /// of it become slower each time.
    private struct Turn {
        var run: (@Sendable () -> Void)?
    }
    private let turn = Mutex(Turn())

    /// Makes a signal for a loop; causes raised before ``connect(_:)`` wait for it.
    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Sets what runs on the loop when it is woken; it begins with ``take()`` and ends with ``turnEnded()``.
    package func connect(_ turn: @escaping @Sendable () -> Void) {
        self.turn.withLock { $0.run = turn }
        if self.pending.load(ordering: .sequentiallyConsistent) != 0 { self.eventLoop.execute(turn) }
    }

    /// Lets go of what ``connect(_:)`` set; nothing runs any more.
    package func disconnect() {
        self.turn.withLock { $0.run = nil }
    }

    /// Notes `causes` and wakes the loop if it is not on its way already; any thread.
    package func raise(_ causes: Causes) {
        let before = self.pending.bitwiseOr(causes.rawValue, ordering: .sequentiallyConsistent).oldValue
        if before == 0 { self.wake() }
    }

    /// Takes the causes noted so far; on the loop, at the beginning of a turn.
    package func take() -> Causes {
        let taken = self.pending.exchange(Causes.running.rawValue, ordering: .sequentiallyConsistent)
        return Causes(rawValue: taken).subtracting(.running)
    }

    /// Takes one of the causes that were noted since the turn began; on the loop, within a turn.
    package func takeWithinTurn(_ cause: Causes) -> Bool {
        let before = self.pending.bitwiseAnd(~cause.rawValue, ordering: .sequentiallyConsistent).oldValue
        return before & cause.rawValue != 0
    }

    /// The turn is over; where causes were noted meanwhile, another follows once others on the loop had theirs.
    package func turnEnded() {
        let left = self.pending.bitwiseAnd(~Causes.running.rawValue, ordering: .sequentiallyConsistent).newValue
        if left != 0 { self.wake() }
    }

    private func wake() {
        guard let turn = self.turn.withLock({ $0.run }) else { return }
        self.eventLoop.execute(turn)
    }
}
