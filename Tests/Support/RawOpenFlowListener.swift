private import Glibc

/// A controller as bytes: listens for switches that call, and gives their connections out.
///
/// One thread at a time; closed with the object.
package final class RawOpenFlowListener {
    private let descriptor: Int32

    /// Listens on `port` of an IPv4 address in `namespace`.
    package init(port: UInt16, address host: String = "127.0.0.1", in namespace: NetworkNamespace) throws {
        self.descriptor = try namespace.enter {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw LabError.system("socket", errno) }
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = inet_addr(host)
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0, listen(descriptor, 16) == 0 else {
                let code = errno
                close(descriptor)
                throw LabError.system("listen on port \(port)", code)
            }
            return descriptor
        }
    }

    deinit {
        close(self.descriptor)
    }

    /// The next connection; waits until a switch calls.
    package func accept() throws(LabError) -> RawOpenFlowClient {
        var descriptors = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&descriptors, 1, Int32(Give.up * 1000))
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else { throw .gaveUp(waitingFor: "a call from the switch", output: "") }
            let connection = Glibc.accept(self.descriptor, nil, nil)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { throw .system("accept", errno) }
            guard fcntl(connection, F_SETFD, FD_CLOEXEC) == 0 else { throw .system("fcntl", errno) }
            return RawOpenFlowClient(adopting: connection)
        }
    }
}
