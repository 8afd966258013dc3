internal import Glibc

/// What the kernel (or the socket) answered instead of doing what was asked.
package struct NetlinkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errno, positive.
    package let errno: Int32
    /// What the kernel said about it (`NLMSGERR_ATTR_MSG`); mostly empty.
    package let message: String
    /// Where in the request the trouble is, in bytes from its netlink header (`NLMSGERR_ATTR_OFFS`).
    package let offset: UInt32?

    /// Makes an error.
    package init(errno: Int32, message: String = "", offset: UInt32? = nil) {
        self.errno = errno
        self.message = message
        self.offset = offset
    }

    /// A reply that could not be understood.
    package static let malformed = NetlinkError(errno: EBADMSG, message: "malformed reply")
    /// Replies were lost because the socket's receive buffer was full.
    package static let overrun = NetlinkError(errno: ENOBUFS, message: "replies lost: receive buffer full")

    /// One line for a person.
    package var description: String {
        var text = Self.name(of: self.errno)
        if !self.message.isEmpty { text += ": \(self.message)" }
        if let offset = self.offset { text += " (at byte \(offset) of the request)" }
        return text
    }

    /// What strerror(3) says, without its shared buffer.
    private static func name(of errno: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress, strerror_r(errno, base, 127) == 0 else { return "errno \(errno)" }
            return String(cString: base)
        }
    }

    /// The datapath's view of the error.
    ///
    /// `missing` says what ENODEV and ENOENT mean for this operation: the datapath, a port, a device or a flow was
    /// not found.
    package func datapathError(_ operation: String, missing: DatapathError.Code) -> DatapathError {
        let code: DatapathError.Code
        switch self.errno {
        case EPERM, EACCES: code = .notPermitted
        case ENODEV, ENOENT, ENXIO: code = missing
        case EEXIST: code = .exists
        case EBUSY: code = .busy
        case EINVAL, ERANGE, EMSGSIZE: code = .invalid
        case EOPNOTSUPP, ENOSYS, EPROTONOSUPPORT, EAFNOSUPPORT: code = .unsupported
        case ENOBUFS, ENOMEM, ENOSPC, EFBIG, E2BIG: code = .noSpace
        case EBADMSG: code = .malformed
        default: code = .system
        }
        return DatapathError(code, operation: operation, errno: self.errno, detail: self.description)
    }
}
