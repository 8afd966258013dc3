import Glibc

/// Tells the service manager how the program is, where it was started by one (`sd_notify(3)`).
///
/// The protocol is a datagram of `KEY=VALUE` lines to the unix socket that `NOTIFY_SOCKET` names; a leading `@`
/// stands for the zero byte of an abstract address. Without the variable, and where the manager does not
/// listen, nothing happens: it is news, not a request.
package struct ServiceNotifier: Sendable {
    private let socketPath: String?

    /// Makes a notifier for the socket of that path; nil notifies nobody.
    package init(socketPath: String?) {
        self.socketPath = socketPath
    }

    /// A notifier for the manager that started this process, if one did.
    package static func fromEnvironment() -> ServiceNotifier {
        guard let value = getenv("NOTIFY_SOCKET") else { return ServiceNotifier(socketPath: nil) }
        return ServiceNotifier(socketPath: String(cString: value))
    }

    /// The program serves.
    package func ready(status: String) { self.send("READY=1\nSTATUS=\(status)") }

    /// The program ends.
    package func stopping() { self.send("STOPPING=1") }

    private func send(_ text: String) {
        guard let path = self.socketPath, path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(text.utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
