import CLinux
import NIOCore
import NIOPosix
import Synchronization

/// Gives memory back to the system after a flood; any thread.
///
/// What connections held and gave back stays with the C library's allocator otherwise, for ever. Trimming looks at
/// every free block and may take milliseconds, so it is done on a thread of its own, some time after the flood, and
/// only if the flood was one (``AgentLimits/trimBytesMinimum``).
enum MemoryTrim {
    private static let isScheduled = Atomic<Bool>(false)

    /// Trims once, some seconds from now, however often it is asked for until then.
    static func soon(on eventLoop: any EventLoop) {
        guard !self.isScheduled.exchange(true, ordering: .relaxed) else { return }
        eventLoop.scheduleTask(in: .nanoseconds(AgentLimits.trimDelay.wholeNanoseconds)) {
            self.isScheduled.store(false, ordering: .relaxed)
            NIOThreadPool.singleton.submit { _ in clinux_trim_memory() }
        }
    }
}
