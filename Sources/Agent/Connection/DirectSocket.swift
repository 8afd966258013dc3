import Glibc

/// A connection's socket, as the control loop writes to it: a descriptor of its own for the same socket.
///
/// The channel may close its descriptor at any moment, and another socket may get the number; this one lives as long as
/// the value. Whoever has the value sees to it that nobody writes to the channel meanwhile.
struct DirectSocket: ~Copyable, Sendable {
    private let descriptor: CInt

    /// Takes a descriptor for the socket that `descriptor` names; nil where descriptors are scarce.
    ///
    /// Half of those that the process may have are left to connections, which need one each; the numbers are given out
    /// from the lowest on, so that a high one says that there are many.
    init?(duplicating descriptor: CInt) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            UInt64(descriptor) < UInt64(limit.rlim_cur) / 2
        else { return nil }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        self.descriptor = copy
    }

    deinit { close(self.descriptor) }

    /// Writes as many of the bytes as the socket takes without waiting, and returns how many those were.
    ///
    /// None where it is broken: the channel, which reads from it, learns that by itself.
    func send(_ bytes: [UInt8]) -> Int {
        let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
        return bytes.withUnsafeBytes { max(0, Glibc.send(self.descriptor, $0.baseAddress, $0.count, flags)) }
    }
}
