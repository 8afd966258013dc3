import CLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Lets I/O loops, and after them control loops, go before the other threads of the process when there are more of
/// them than processors; any thread.
///
/// I/O loops answer echo requests, and only pass on the rest: what they do at a stretch is short, and stops while the
/// control loop is behind. So no echo waits for a flow_mod. Control loops go before upcall handlers: what a controller
/// has answered is worth more than another packet of a storm, which is better dropped before it is worked on. They are
/// preferred by little, for they share locks with handlers and revalidators, which must not be kept from letting go of
/// them.
enum LoopPriority {
    /// By how many steps of niceness I/O loops go before the rest of the process, whatever its own niceness is: enough
    /// to go first, not enough for a peer that floods to starve other programs.
    static let inputOutputSteps: CInt = 5
    /// By how many control loops do.
    static let controlSteps: CInt = 3
    /// How long a loop runs at a stretch where others want to: short, so that the kernel lets it run soon.
    private static let sliceNanoseconds: UInt64 = 500_000

    /// Sets the priority of a group's threads; where that is not permitted, the log, if there is one, says so once.
    static func prefer(_ group: MultiThreadedEventLoopGroup, steps: CInt, logger: Logger?) {
        let isSaid = SaidOnce()
        for loop in group.makeIterator() {
            loop.execute {
                let result = clinux_prefer_thread(steps, Self.sliceNanoseconds)
                guard result < 0, let logger, isSaid.first() else { return }
                let reason = ConnectionErrorText.describe(errno: -result)
                logger.info(
                    """
                    threads of connections have no priority over others (\(reason)): with CAP_SYS_NICE, \
                    echo requests are answered sooner under load
                    """)
            }
        }
    }

    private final class SaidOnce: Sendable {
        private let isSaid = Atomic<Bool>(false)
        func first() -> Bool { !self.isSaid.exchange(true, ordering: .relaxed) }
    }
}
