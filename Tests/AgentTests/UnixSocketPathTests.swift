import Glibc
import Testing

@testable import Agent

@Suite("Paths of sockets to listen on")
struct UnixSocketPathTests {
    /// A listening socket at `path` whose queue is full: nobody accepts, and who connects would wait.
    private func busyListener(_ path: String) throws -> [Int32] {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        func with(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        var descriptors = [socket(AF_UNIX, type, 0)]
        try #require(with { bind(descriptors[0], $0, $1) } == 0 && listen(descriptors[0], 0) == 0)
        for _ in 0..<8 {
            let descriptor = socket(AF_UNIX, type, 0)
            descriptors.append(descriptor)
            guard with({ connect(descriptor, $0, $1) }) == 0 else { break }
        }
        return descriptors
    }

    @Test("a listener that is too busy to accept is told from one that is gone, without waiting for it")
    func busy() throws {
        let path = "/tmp/sluice-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        let descriptors = try self.busyListener(path)
        defer { unlink(path) }
        #expect(throws: AgentError.self) { try UnixSocketPath.prepare(path) }
        #expect(access(path, F_OK) == 0)
        for descriptor in descriptors { close(descriptor) }
        try UnixSocketPath.prepare(path)
        #expect(access(path, F_OK) != 0)
    }
}
