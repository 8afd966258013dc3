internal import COpenSSL

/// Why a TLS context could not be made or a session failed; compared by ``code`` alone.
package struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Hashable {
        /// A key or certificate file cannot be used.
        case badFile
        /// A setting, such as a list of ciphers, means nothing to the library.
        case badSetting
        /// The peer's certificate was not accepted, or the peer did not accept ours.
        case certificate
        /// The handshake failed for another reason.
        case handshake
        /// A record could not be read or written.
        case record
        /// The library could not allocate or initialise.
        case library
        /// The peer's authority was learnt; the next connection verifies.
        case bootstrapped
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
        TLSError(code, message, reasons: Self.drainQueue().map(\.text))
    }

    /// An entry of OpenSSL's error queue.
    struct QueueEntry: Hashable, Sendable {
        /// OpenSSL's number of the reason, such as `SSL_R_NO_SHARED_CIPHER`; an alert of the peer is 1000 and more.
        var reason: Int32
        /// OpenSSL's words.
        var text: String
    }

    /// Empties this thread's OpenSSL error queue; at most the first eight entries are returned.
    static func drainQueue() -> [QueueEntry] {
        var entries: [QueueEntry] = []
        while true {
            let number = ERR_get_error()
            guard number != 0 else { return entries }
            guard entries.count < 8 else { continue }
            let reason = sluice_error_reason(number)
            // What has no words in OpenSSL is an errno.
            let text = ERR_reason_error_string(number).map { String(cString: $0) }
            entries.append(QueueEntry(reason: reason, text: text ?? ConnectionErrorText.describe(errno: reason)))
        }
    }

    /// Whether the codes are equal.
    package static func == (left: TLSError, right: TLSError) -> Bool { left.code == right.code }

    /// One line: the message, then what OpenSSL said.
    package var description: String {
        self.reasons.isEmpty ? self.message : "\(self.message) (\(self.reasons.joined(separator: "; ")))"
    }
}
