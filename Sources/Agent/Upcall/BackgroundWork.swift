import Datapath
import Synchronization

/// Work that may take long and that no loop may wait for, one piece after the other on a thread of its own.
///
/// Any thread. The thread is there while there is work. Whoever adds work bounds how much: a session's next message
/// waits for its own.
final class BackgroundWork: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }
    private let state = Mutex(State())

    /// Nothing to do.
    init() {}

    /// Does `work` after what was added before; on the calling thread where the process may have no more threads.
    func add(_ work: @escaping @Sendable () -> Void) {
        let mustStart = self.state.withLock { state in
            state.waiting.append(work)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard mustStart else { return }
        do throws(DatapathError) {
            try NamedThread(name: "background") { self.run() }.detach()
        } catch {
            self.run()
        }
    }

    private func run() {
        while let work = self.next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        self.state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
