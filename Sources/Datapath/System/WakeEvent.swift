import CLinux
import Glibc

/// Wakes a thread that waits in `poll` or `epoll` (an eventfd).
///
/// Any thread may signal; one waits.
package final class WakeEvent: Sendable {
    private let descriptor: FileDescriptor

    /// Opens the eventfd.
    ///
    /// `noSpace` or `system` when the process has no descriptors left.
    package init() throws(DatapathError) {
        let number = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard number >= 0 else {
            throw DatapathError(.system, operation: "open an eventfd", errno: errno)
        }
        self.descriptor = FileDescriptor(owning: number)
    }

    /// The descriptor to wait for (readable once signalled).
    package var number: Int32 { self.descriptor.number }

    /// Wakes the waiting thread, or lets its next wait return at once.
    package func signal() {
        var one: UInt64 = 1
        while Glibc.write(self.number, &one, 8) < 0, errno == EINTR {}
    }

    /// Forgets signals so far.
    package func clear() {
        var count: UInt64 = 0
        while Glibc.read(self.number, &count, 8) < 0, errno == EINTR {}
    }

    /// Waits until signalled, for at most `timeoutMilliseconds` (nil: without end); forgets the signals that
    /// it saw.
    package func wait(timeoutMilliseconds: Int?) {
        var item = pollfd(fd: self.number, events: Int16(POLLIN), revents: 0)
        let timeout = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        if poll(&item, 1, timeout) > 0 { self.clear() }
    }
}
