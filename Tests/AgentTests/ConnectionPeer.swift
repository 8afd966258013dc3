import Glibc
import NIOCore
import OpenFlow
import Testing

@testable import Agent

/// The other end of a connection, as a plain blocking socket; gives up after a minute.
final class ConnectionPeer {
    struct GaveUp: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32

    init(taking descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(self.descriptor) }

    static func connect(port: UInt16) throws -> ConnectionPeer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(try withLoopback(port) { Glibc.connect(descriptor, $0, $1) } == 0)
        return ConnectionPeer(taking: descriptor)
    }

    static func connect(path: String) throws -> ConnectionPeer {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return ConnectionPeer(taking: descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { base in
                Glibc.send(
                    self.descriptor, base.baseAddress?.advanced(by: offset), base.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw GaveUp(description: "cannot send: errno \(errno)") }
            offset += count
        }
    }

    func send(_ message: Message, version: OpenFlowVersion = .v1_3, _ transaction: UInt32 = 0) throws {
        try self.send(
            MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: transaction)))
    }

    /// The next message; nil at the end of the connection.
    func receive() throws -> (header: MessageHeader, message: Message)? {
        guard let header = try self.read(8) else { return nil }
        let length = Int(header[2]) << 8 | Int(header[3])
        let rest = try self.read(length - 8) ?? []
        let version = try #require(OpenFlowVersion(rawValue: header[0]))
        let decoded = try MessageCodec.decode(header + rest, version: version)
        return (decoded.header, decoded.message)
    }

    /// Closes the connection for both directions; the descriptor stays until the end.
    func finish() { shutdown(self.descriptor, Int32(SHUT_RDWR)) }

    /// Says and hears HELLO.
    func negotiate(_ version: OpenFlowVersion = .v1_3) throws {
        let hello = try #require(try self.receive())
        #expect(hello.header.type == 0)
        try self.send(.hello(Hello()), version: version)
    }

    /// Exactly so many bytes; nil where the connection has ended.
    private func read(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var offset = 0
        while offset < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(self.descriptor, $0.baseAddress?.advanced(by: offset), count - offset, 0)
            }
            if got < 0, errno == ECONNRESET { return nil }
            guard got >= 0 else { throw GaveUp(description: "nothing came in a minute: errno \(errno)") }
            guard got > 0 else { return nil }
            offset += got
        }
        return bytes
    }
}

/// A socket where controllers would listen.
final class ConnectionPeerListener {
    private let descriptor: Int32
    let port: UInt16

    init(port: UInt16 = 0) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(self.descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        let descriptor = self.descriptor
        try #require(try withLoopback(port) { bind(descriptor, $0, $1) } == 0)
        try #require(listen(self.descriptor, 8) == 0)
        // Family, then the port in network byte order.
        var address = [UInt8](repeating: 0, count: 128)
        var length = socklen_t(address.count)
        _ = address.withUnsafeMutableBytes {
            getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        self.port = UInt16(address[2]) << 8 | UInt16(address[3])
    }

    deinit { close(self.descriptor) }

    func accept() throws -> ConnectionPeer {
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let accepted = Glibc.accept(self.descriptor, nil, nil)
        guard accepted >= 0 else { throw ConnectionPeer.GaveUp(description: "nobody called in a minute") }
        return ConnectionPeer(taking: accepted)
    }
}

private func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws -> Int32 {
    try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)).withSockAddr { body($0, socklen_t($1)) }
}

/// A directory that is removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let directory = opendir(self.path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { unlink("\(self.path)/\(name)") }
        }
        closedir(directory)
        rmdir(self.path)
    }
}
