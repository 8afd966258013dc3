import Glibc

/// A file descriptor that is closed when its last owner is gone; immutable, so it may be shared between
/// threads.
package final class FileDescriptor: Sendable {
    /// The descriptor's number, valid for the life of this object.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(self.number) }
}
