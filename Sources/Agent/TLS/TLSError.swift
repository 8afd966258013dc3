internal import COpenSSL

/// Why a TLS context could not be made or a session failed; compared by ``code`` alone.
package struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Hashable {
        /// A key or certificate file cannot be used.
        case badFile
        /// The peer's certificate was not accepted, or the peer did not accept ours.
        case certificate
        /// The handshake failed for another reason.
        case handshake
        /// A record could not be read or written.
        case record
        /// The library could not allocate or initialise.
        case library
    }
    /// What kind of failure.
    package let code: Code
    /// What was being done, with whom, and what would mend it.
    package let message: String
    /// What OpenSSL said, the oldest first; at most eight entries.
    package let reasons: [String]

    /// Makes an error with given reasons.
    package init(_ code: Code, _ message: String, reasons: [String] = []) {
        self.code = code
        self.message = message
        self.reasons = reasons
    }

    /// Makes an error with the entries of this thread's OpenSSL error queue, which is emptied.
    @inline(never)
    static func fromQueue(_ code: Code, _ message: String) -> TLSError {
        TLSError(code, message, reasons: Self.drainQueue())
    }

    /// Empties this thread's OpenSSL error queue; at most the first eight entries are returned.
    static func drainQueue() -> [String] {
        var reasons: [String] = []
        while true {
            let number = ERR_get_error()
            guard number != 0 else { return reasons }
            guard reasons.count < 8 else { continue }
            if let reason = ERR_reason_error_string(number) {
                reasons.append(String(cString: reason))
            } else {
                reasons.append("error \(number)")
            }
        }
    }

    /// Whether the codes are equal.
    package static func == (left: TLSError, right: TLSError) -> Bool { left.code == right.code }

    /// One line: the message, then what OpenSSL said.
    package var description: String {
        self.reasons.isEmpty ? self.message : "\(self.message) (\(self.reasons.joined(separator: "; ")))"
    }
}
