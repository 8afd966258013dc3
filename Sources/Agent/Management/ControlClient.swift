import Glibc

/// Asks a running agent at its control socket; for the program's other commands, on their only thread.
package enum ControlClient {
    /// Sends a request and returns the answer.
    ///
    /// Throws `failed` with the agent's refusal, or where no agent with that run directory can be reached.
    package static func ask(_ words: [String], runDirectory: String) throws(AgentError) -> String {
        let path = RunDirectory.controlSocket(in: runDirectory)
        guard let request = ControlMessage.request(words) else {
            throw AgentError(.configuration, "arguments may not have line breaks in them")
        }
        let descriptor = try Self.connect(path)
        defer { close(descriptor) }
        try Self.send(request, descriptor, path)
        guard let (text, isRefusal) = ControlMessage.read(answer: try Self.receive(descriptor, path)) else {
            throw AgentError(.failed, "\(path): the agent's answer is incomplete")
        }
        guard !isRefusal else { throw AgentError(.failed, text) }
        return text
    }

    private static func connect(_ path: String) throws(AgentError) -> Int32 {
        let bytes = Array(path.utf8)
        guard bytes.count <= AgentLimits.socketPathBytesMaximum else {
            throw AgentError(.configuration, "\(path): longer than a socket's path may be")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw AgentError(.failed, "no socket: \(ConnectionErrorText.describe(errno: errno))")
        }
        var limit = timeval(tv_sec: AgentLimits.controlTimeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            let isAbsent = code == ENOENT || code == ECONNREFUSED
            throw AgentError(
                code == EACCES || code == EPERM ? .notPermitted : .failed,
                isAbsent
                    ? "no agent runs with run directory \(path.dropLast("/sluice.ctl".utf8.count)) (see --run-dir)"
                    : "cannot reach \(path): \(ConnectionErrorText.describe(errno: code))")
        }
        return descriptor
    }

    private static func send(_ request: [UInt8], _ descriptor: Int32, _ path: String) throws(AgentError) {
        var sent = 0
        while sent < request.count {
            let count = Glibc.send(
                descriptor, Array(request[sent...]), request.count - sent, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw AgentError(.failed, "\(path): \(ConnectionErrorText.describe(errno: errno))")
            }
            sent += count
        }
    }

    private static func receive(_ descriptor: Int32, _ path: String) throws(AgentError) -> [UInt8] {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw AgentError(.failed, "\(path): \(ConnectionErrorText.describe(errno: errno))")
            }
            if count == 0 { return answer }
            guard answer.count + count <= 2 * AgentLimits.controlReplyBytesMaximum else {
                throw AgentError(.failed, "\(path): the agent's answer is too long")
            }
            answer += chunk[..<count]
        }
    }
}
