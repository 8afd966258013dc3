import Foundation
private import Glibc

/// A network namespace of the laboratory: `ip netns` made it and removes it.
package struct NetworkNamespace: Sendable, Hashable {
    /// Its name under /run/netns.
    package let name: String

    /// The beginning of every name that the laboratory gives: after it come the test process's number and a count.
    private static let prefix = "sluice-"

    /// The namespace `role` of the lab with the given number in this process.
    package init(lab: Int, role: String) {
        self.name = "\(Self.prefix)\(getpid())-\(lab)-\(role)"
    }

    /// `arguments`, to be run inside.
    package func command(_ arguments: [String]) -> [String] {
        ["ip", "netns", "exec", self.name] + arguments
    }

    /// Runs `body` with the calling thread inside the namespace: sockets that it opens stay there.
    package func enter<Result>(_ body: () throws -> Result) throws -> Result {
        let outside = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let inside = open("/run/netns/\(self.name)", O_RDONLY | O_CLOEXEC)
        defer {
            close(outside)
            close(inside)
        }
        guard inside >= 0, Self.setThreadNamespace(inside) == 0 else {
            throw LabError.system("enter namespace \(self.name)", errno)
        }
        defer {
            // A thread left in the wrong namespace would spoil whatever runs on it next.
            if Self.setThreadNamespace(outside) != 0 {
                preconditionFailure("cannot leave \(self.name): errno \(errno)")
            }
        }
        return try body()
    }

    /// Ends what still runs inside and removes the namespace with its devices.
    package func remove() throws(LabError) {
        for text in try Command.run(["ip", "netns", "pids", self.name]).lines {
            if let process = Int32(text) { kill(process, SIGKILL) }
        }
        try Command.require(["ip", "netns", "delete", self.name])
    }

    /// Removes the namespaces of test processes that were killed before they could.
    package static func removeLeftOver() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        for name in names where name.hasPrefix(Self.prefix) {
            let parts = name.dropFirst(Self.prefix.count).split(separator: "-")
            guard let owner = parts.first.flatMap({ Int32($0) }), kill(owner, 0) != 0, errno == ESRCH else { continue }
            try? NetworkNamespace(name: name).remove()
        }
    }

    /// setns(2) for network namespaces.
    ///
    /// Swift's Glibc module does not declare it, so it is looked up by name.
    private static func setThreadNamespace(_ descriptor: Int32) -> Int32 {
        guard let symbol = dlsym(nil, "setns") else { preconditionFailure("the C library has no setns") }
        let setns = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        return setns(descriptor, 0x4000_0000)  // CLONE_NEWNET, <linux/sched.h>
    }

    private init(name: String) {
        self.name = name
    }
}
