import Glibc

/// Signals as events that the main thread waits for, rather than interruptions of whatever runs.
///
/// ``block()`` must be called before any other thread exists: threads inherit the mask, and a signal that one of
/// them has not blocked would end the process there.
package enum ProcessSignals {
    /// What the program is asked to do.
    package enum Event: Hashable, Sendable {
        /// SIGTERM or SIGINT: end in order.
        case terminate
        /// SIGHUP: open the log file anew, and read the configuration again.
        case reload
        /// SIGUSR1: open the log file anew, after it was moved.
        case reopenLog
    }

    private static var handled: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1] { sigaddset(&set, signal) }
        return set
    }

    /// Keeps the signals for ``wait()``; a broken pipe becomes an error of the write.
    package static func block() {
        signal(SIGPIPE, SIG_IGN)
        var set = Self.handled
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Lets the signals have their ordinary effect again, so that a second one ends a program that takes too
    /// long to end.
    package static func unblock() {
        var set = Self.handled
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits for the next signal.
    package static func wait() -> Event {
        var set = Self.handled
        while true {
            var number: Int32 = 0
            guard sigwait(&set, &number) == 0 else { continue }
            switch number {
            case SIGHUP: return .reload
            case SIGUSR1: return .reopenLog
            default: return .terminate
            }
        }
    }
}
