import Foundation
import Synchronization

/// Runs laboratory work on threads of its own.
///
/// A lab blocks: it waits for programs, sockets and lines. On the concurrency pool, as wide as the machine has
/// processors, that would stop every other test. A task that prefers this executor keeps its task-local values,
/// so an expectation that fails is still counted to its test.
package final class LabExecutor: TaskExecutor {
    /// The one executor.
    package static let shared = LabExecutor()

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}

/// Lets a few labs run at once, the others wait for their turn.
package final class LabGate: Sendable {
    /// The gate of this process: three labs, or one where there is one processor (inside a guest).
    package static let shared = LabGate(places: ProcessInfo.processInfo.activeProcessorCount > 1 ? 3 : 1)

    private let free: DispatchSemaphore

    /// A gate for `places` labs at once.
    package init(places: Int) {
        self.free = DispatchSemaphore(value: places)
    }

    /// Runs `body` on a thread where it may block, when there is a place.
    package func pass<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(LabExecutor.shared) {
            self.enter()
            defer { self.free.signal() }
            return try await body()
        }
    }

    private func enter() {
        self.free.wait()
    }
}
