import Glibc
import NIOCore
import NIOPosix

/// Turns errors of the network layer into a few words, as a controller's "last error".
enum ConnectionErrorText {
    /// The operating system's words where there are any.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as IOError: Self.describe(errno: error.errnoCode)
        case let error as NIOConnectionError: Self.describe(error)
        case let error as ChannelError: Self.describe(error)
        case let error as CloseReason: error.description
        case let error as AgentError: error.message
        case let error as TLSError: error.description
        default: "\(error)"
        }
    }

    /// The C library's words for an errno.
    static func describe(errno code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        _ = strerror_r(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func describe(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.last { return Self.describe(failure.error) }
        return "cannot resolve \(error.host)"
    }

    private static func describe(_ error: ChannelError) -> String {
        switch error {
        case .connectTimeout: "connection attempt timed out"
        case .eof, .alreadyClosed, .ioOnClosedChannel: "connection closed"
        default: "\(error)"
        }
    }
}
