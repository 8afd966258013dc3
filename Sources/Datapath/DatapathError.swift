/// Why a datapath refused or failed; compared by `code` alone, so that tests can name the expected error.
public struct DatapathError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure.
    public enum Code: Sendable, Hashable {
        /// No such datapath.
        case noSuchDatapath
        /// No such port.
        case noSuchPort
        /// No such device on this host.
        case noSuchDevice
        /// No such flow: an answer, not a failure.
        case noSuchFlow
        /// A datapath, port or flow of that name exists, or the device is in another datapath or bridge.
        case exists
        /// The device is in use by somebody else.
        case busy
        /// The process may not do that.
        case notPermitted
        /// This datapath (this kernel) cannot do that.
        case unsupported
        /// A limit was reached (memory, table size, socket buffer).
        case noSpace
        /// The arguments make no sense to the datapath.
        case invalid
        /// The peer's message could not be understood.
        case malformed
        /// Any other failure; `errno` says more.
        case system
    }
    /// What kind of failure.
    public let code: Code
    /// What was being done, such as `add port eth1`.
    public let operation: String
    /// The kernel's errno, 0 where there is none.
    public let errno: Int32
    /// More words, such as the kernel's extended acknowledgement; may be empty.
    public let detail: String

    /// Makes an error.
    public init(_ code: Code, operation: String, errno: Int32 = 0, detail: String = "") {
        self.code = code
        self.operation = operation
        self.errno = errno
        self.detail = detail
    }

    /// Whether the codes are equal.
    public static func == (left: DatapathError, right: DatapathError) -> Bool { left.code == right.code }

    /// One line for a person: operation, cause, detail.
    public var description: String {
        var text = "\(self.operation): \(self.code)"
        if self.errno != 0 { text += " (errno \(self.errno))" }
        if !self.detail.isEmpty { text += ": \(self.detail)" }
        return text
    }
}
