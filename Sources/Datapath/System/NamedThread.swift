import CLinux
import Glibc

/// A thread of our own with a name that `ps -L` and debuggers show, for work that polls devices.
package final class NamedThread: Sendable {
    private let handle: pthread_t

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts `body` on a new thread; the name is cut to 15 bytes by the kernel.
    ///
    /// `system` when the process may have no more threads.
    package init(name: String, body: @escaping @Sendable () -> Void) throws(DatapathError) {
        var handle = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        // The new thread takes over the one reference that `start` holds.
        let result = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                clinux_set_thread_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw DatapathError(.system, operation: "start thread \(name)", errno: result)
        }
        self.handle = handle
    }

    /// Lets the thread end unwatched; instead of ``join()``.
    package func detach() { _ = pthread_detach(self.handle) }

    /// Waits until the body has returned; to be called exactly once, from another thread.
    package func join() { _ = pthread_join(self.handle, nil) }
}
