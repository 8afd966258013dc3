import Glibc

/// The directory where an agent's sockets and state are, held by one agent at a time.
///
/// Holding means a lock on the file `sluice.pid` in it, which the kernel lets go of however the process ends,
/// so that nothing stale can keep the next agent out. Owned by the thread that made it.
package struct RunDirectory: ~Copyable {
    /// Its path.
    package let path: String
    private let descriptor: Int32

    /// Makes the directory if need be, and takes hold of it.
    ///
    /// Throws `runDirectoryInUse`, `notPermitted`, or `failed`.
    package init(_ path: String) throws(AgentError) {
        try Self.makeDirectory(path)
        let file = Self.processFile(in: path)
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.error("cannot open \(file)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw AgentError(
                .runDirectoryInUse,
                "run directory \(path) is in use by \(holder): give each agent one of its own with --run-dir")
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let error = Self.error("cannot write \(file)")
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        // While the lock is held: afterwards the file may be another agent's.
        unlink(Self.processFile(in: self.path))
        close(self.descriptor)
    }

    /// Where an agent with that run directory listens for commands.
    package static func controlSocket(in path: String) -> String { "\(path)/sluice.ctl" }

    /// Where an agent with that run directory keeps a bridge's port numbers; it stays when the agent ends.
    package static func portNumberFile(of bridge: String, in path: String) -> String { "\(path)/\(bridge).ports" }

    private static func processFile(in path: String) -> String { "\(path)/sluice.pid" }

    /// Makes a directory and those above it, readable by all.
    private static func makeDirectory(_ path: String) throws(AgentError) {
        var end = path.utf8.startIndex
        while end < path.utf8.endIndex {
            let next = path.utf8[path.utf8.index(after: end)...].firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
            let prefix = String(path[..<next])
            end = next
            if prefix.isEmpty || prefix == "/" { continue }
            guard mkdir(prefix, 0o755) == 0 || errno == EEXIST else {
                throw Self.error("cannot make directory \(prefix)")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.error("cannot use directory \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw AgentError(.failed, "run directory \(path): not a directory")
        }
    }

    private static func holder(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let digits = buffer.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? "another agent" : "process \(String(decoding: digits, as: UTF8.self))"
    }

    private static func error(_ text: String) -> AgentError {
        let code = errno
        let permission = code == EACCES || code == EPERM || code == EROFS
        return AgentError(permission ? .notPermitted : .failed, "\(text): \(ConnectionErrorText.describe(errno: code))")
    }
}
