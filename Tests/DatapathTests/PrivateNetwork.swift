import CLinux
import Glibc

/// Root-only tests run in a network namespace of their own, which vanishes with its last user.
enum PrivateNetwork {
    static var isPossible: Bool { geteuid() == 0 }

    /// Runs `body` on this thread, inside a new network namespace; threads and sockets made by it are in
    /// there too.
    static func run<Result>(_ body: () throws -> Result) throws -> Result {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard home >= 0 else { throw WireError(text: "open ns: \(errno)") }
        defer { close(home) }
        guard clinux_network_unshare() == 0 else { throw WireError(text: "unshare: \(errno)") }
        defer { _ = clinux_network_enter(home) }
        return try body()
    }

    /// Runs a command (in this thread's namespace) and waits for it; throws unless it succeeds.
    ///
    /// Standard output is returned.
    @discardableResult
    static func command(_ words: String...) throws -> String {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 })
        else { throw WireError(text: "pipe: \(errno)") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        defer { posix_spawn_file_actions_destroy(&actions) }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var child: pid_t = 0
        let result = posix_spawnp(&child, words[0], &actions, nil, arguments, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard result == 0 else { throw WireError(text: "\(words): \(result)") }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            output += chunk.prefix(count)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw WireError(text: "\(words): status \(status)") }
        return String(decoding: output, as: UTF8.self)
    }

    /// A veth pair, both ends up and without the host's own chatter.
    static func addPair(_ left: String, _ right: String) throws {
        try Self.command("ip", "link", "add", left, "type", "veth", "peer", "name", right)
        for name in [left, right] {
            try Self.command("sysctl", "-qw", "net.ipv6.conf.\(name).disable_ipv6=1")
            try Self.command("ip", "link", "set", name, "up")
        }
    }
}
