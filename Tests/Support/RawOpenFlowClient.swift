import Foundation
private import Glibc

/// A TCP connection to the switch that sends any bytes and reads OpenFlow messages as bytes.
///
/// It knows the eight octets of the header and nothing else, so that a test can say what no library would. One thread
/// at a time; closed with the object.
package final class RawOpenFlowClient {
    /// A message: its header's fields and what follows.
    package struct Message: Equatable {
        /// The header's version octet.
        package var version: UInt8
        /// The header's type octet.
        package var type: UInt8
        /// The header's transaction id.
        package var transactionID: UInt32
        /// What follows the header.
        package var body: [UInt8]

        /// Creates a message.
        package init(_ version: UInt8, _ type: UInt8, _ transactionID: UInt32 = 0, _ body: [UInt8] = []) {
            self.version = version
            self.type = type
            self.transactionID = transactionID
            self.body = body
        }

        /// Its octets, with the true length.
        package var bytes: [UInt8] {
            let length = self.body.count + 8
            return [self.version, self.type, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
                + (0..<4).map { UInt8(truncatingIfNeeded: self.transactionID >> (24 - 8 * UInt32($0))) } + self.body
        }

        /// Type and code of an ERROR message's body; nil for another message.
        package var error: (type: Int, code: Int)? {
            guard self.type == 1, self.body.count >= 4 else { return nil }
            return (Int(self.body[0]) << 8 | Int(self.body[1]), Int(self.body[2]) << 8 | Int(self.body[3]))
        }

        /// The octets after type and code of an ERROR message: the start of the message that offended.
        package var errorData: [UInt8] { Array(self.body.dropFirst(4)) }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Connects to 127.0.0.1 in `namespace`.
    package init(port: UInt16, in namespace: NetworkNamespace) throws {
        self.descriptor = try namespace.enter {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw LabError.system("socket", errno) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0 else {
                let code = errno
                close(descriptor)
                throw LabError.system("connect to port \(port)", code)
            }
            // A test that cuts messages wants the pieces to leave as they are.
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            return descriptor
        }
    }

    /// Takes over a connected socket, which it closes in the end.
    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        close(self.descriptor)
    }

    /// Sends `bytes` as they are.
    ///
    /// A peer that has closed the connection is no error here: the answer says more.
    package func send(_ bytes: [UInt8]) throws(LabError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE || errno == ECONNRESET { return }
            guard count > 0 else { throw .system("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a message.
    package func send(_ message: Message) throws(LabError) {
        try self.send(message.bytes)
    }

    /// Says that nothing more will be sent; the other direction stays open.
    package func finishSending() {
        shutdown(self.descriptor, Int32(SHUT_WR))
    }

    /// The next message; nil when the switch has closed the connection.
    package func receive() throws(LabError) -> Message? {
        while true {
            if let message = self.takeMessage() { return message }
            guard try self.readMore() else { return nil }
        }
    }

    /// The next message of the given type, passing over others; it must come.
    package func receive(type: UInt8) throws(LabError) -> Message {
        while let message = try self.receive() {
            if message.type == type { return message }
        }
        throw .other("the switch closed the connection where a message of type \(type) was expected")
    }

    /// Waits until the switch closes the connection, and returns what it said until then.
    package func receiveUntilClosed() throws(LabError) -> [Message] {
        var messages: [Message] = []
        while let message = try self.receive() { messages.append(message) }
        return messages
    }

    /// Sends HELLO in `version`, waits for the switch's, and asks for its features; returns the features reply.
    @discardableResult
    package func handshake(_ version: LabProtocol) throws(LabError) -> Message {
        try self.handshake(wireVersion: version.wireVersion)
    }

    /// As ``handshake(_:)``, in the version with that number on the wire.
    @discardableResult
    package func handshake(wireVersion: UInt8) throws(LabError) -> Message {
        try self.send(Message(wireVersion, 0, 1))
        _ = try self.receive(type: 0)
        try self.send(Message(wireVersion, 5, 2))
        return try self.receive(type: 6)
    }

    /// Sends an echo request and waits for its reply: the connection lives.
    ///
    /// Echoes overtake what the switch has not come to; ``awaitBarrier(_:_:)`` waits for that.
    package func proveAlive(_ version: LabProtocol, _ transactionID: UInt32 = 0x77) throws(LabError) {
        try self.send(Message(version.wireVersion, 2, transactionID, [1, 2, 3]))
        while true {
            let reply = try self.receive(type: 3)
            if reply.transactionID == transactionID { return }
        }
    }

    /// Sends a barrier request and waits for its reply: everything sent before has been done, and packets meet it.
    package func awaitBarrier(_ version: LabProtocol, _ transactionID: UInt32 = 0x78) throws(LabError) {
        let request: UInt8 = version == .openFlow10 ? 18 : 20
        try self.send(Message(version.wireVersion, request, transactionID))
        while try self.receive(type: request + 1).transactionID != transactionID {}
    }

    private func takeMessage() -> Message? {
        guard self.received.count >= 8 else { return nil }
        let length = max(8, Int(self.received[2]) << 8 | Int(self.received[3]))
        guard self.received.count >= length else { return nil }
        let bytes = Array(self.received[..<length])
        self.received.removeFirst(length)
        let transactionID = bytes[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Message(bytes[0], bytes[1], transactionID, Array(bytes[8...]))
    }

    /// Reads what has come; false at the end of the stream.
    private func readMore() throws(LabError) -> Bool {
        var descriptors = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&descriptors, 1, Int32(Give.up * 1000))
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else { throw .gaveUp(waitingFor: "a message from the switch", output: "") }
            break
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(self.descriptor, &buffer, buffer.count, 0)
        if count > 0 { self.received += buffer[..<count] }
        if count < 0, errno != ECONNRESET, errno != EINTR { throw .system("recv", errno) }
        return count > 0 || (count < 0 && errno == EINTR)
    }
}
