import Glibc

/// Paths of unix sockets that we listen on.
enum UnixSocketPath {
    /// Removes a socket that a process which is gone left behind; throws if somebody listens there, or if it is
    /// no socket.
    static func prepare(_ path: String) throws(AgentError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw AgentError(.addressInUse, "cannot listen on \(path): a file that is not a socket is there")
        }
        guard !Self.somebodyListens(path) else {
            throw AgentError(.addressInUse, "cannot listen on \(path): another process listens there")
        }
        unlink(path)
    }

    /// Removes a socket of ours.
    static func remove(_ path: String) { unlink(path) }

    private static func somebodyListens(_ path: String) -> Bool {
        // Without waiting: a listener whose queue is full would keep the caller until somebody accepts.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || errno == EAGAIN
    }
}
