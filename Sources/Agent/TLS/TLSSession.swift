internal import COpenSSL

/// One TLS connection over memory: ciphertext in and out, plaintext in and out, no sockets and no waiting.
///
/// Owns an `SSL` and, through it, two memory BIOs. Used by one thread (the channel's event loop).
struct TLSSession: ~Copyable {
    /// What a step of the handshake came to.
    enum HandshakeResult: Equatable {
        /// More ciphertext of the peer is needed.
        case wantsInput
        /// The session is up.
        case done
    }
    /// What a read of plaintext came to.
    enum ReadResult: Equatable {
        /// This many bytes of plaintext.
        case bytes(Int)
        /// More ciphertext is needed.
        case wantsInput
        /// The peer closed the session properly.
        case closed
    }

    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private let role: TLSRole

    /// Makes a session; `serverName` (a DNS name) is sent as SNI by clients.
    init(context: TLSContext, serverName: String? = nil) throws(TLSError) {
        guard let ssl = SSL_new(context.pointer) else { throw .fromQueue(.library, "TLS: no session could be made") }
        guard let input = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw .fromQueue(.library, "TLS: no session could be made")
        }
        guard let output = BIO_new(BIO_s_mem()) else {
            BIO_free(input)
            SSL_free(ssl)
            throw .fromQueue(.library, "TLS: no session could be made")
        }
        sluice_bio_set_retry(input)
        sluice_bio_set_retry(output)
        // The SSL takes both BIOs over and frees them.
        SSL_set_bio(ssl, input, output)
        if context.role == .client { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
        if let serverName { _ = sluice_set_server_name(ssl, serverName) }
        self.ssl = ssl
        self.input = input
        self.output = output
        self.role = context.role
    }

    deinit { SSL_free(self.ssl) }

    /// Gives the session ciphertext that came from the peer.
    mutating func receive(_ ciphertext: UnsafeRawBufferPointer) throws(TLSError) {
        var rest = ciphertext[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(Int32.max)))
            let written = BIO_write(self.input, part.baseAddress, Int32(part.count))
            guard written > 0 else { throw .fromQueue(.library, "TLS: no memory for received records") }
            rest = rest.dropFirst(Int(written))
        }
    }

    /// Goes on with the handshake as far as the ciphertext received allows.
    mutating func handshake() throws(TLSError) -> HandshakeResult {
        ERR_clear_error()
        let result = SSL_do_handshake(self.ssl)
        if result == 1 { return .done }
        switch SSL_get_error(self.ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsInput
        default: throw self.handshakeError()
        }
    }

    /// Decrypts into `plaintext`.
    mutating func read(into plaintext: UnsafeMutableRawBufferPointer) throws(TLSError) -> ReadResult {
        ERR_clear_error()
        let result = SSL_read(self.ssl, plaintext.baseAddress, Int32(clamping: plaintext.count))
        if result > 0 { return .bytes(Int(result)) }
        switch SSL_get_error(self.ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsInput
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: throw .fromQueue(.record, "TLS: a record of the peer could not be read")
        }
    }

    /// Encrypts all of `plaintext`; the ciphertext is then in ``takeOutput(_:)``.
    mutating func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) {
        var rest = plaintext[...]
        while !rest.isEmpty {
            ERR_clear_error()
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 24))
            let written = SSL_write(self.ssl, part.baseAddress, Int32(part.count))
            guard written > 0 else { throw .fromQueue(.record, "TLS: a record could not be written") }
            rest = rest.dropFirst(Int(written))
        }
    }

    /// Says goodbye to the peer (close_notify); the record is then in ``takeOutput(_:)``.
    mutating func shutDown() {
        ERR_clear_error()
        _ = SSL_shutdown(self.ssl)
        ERR_clear_error()
    }

    /// How many bytes of ciphertext wait to be sent.
    var outputCount: Int { Int(sluice_bio_pending(self.output)) }

    /// Moves up to `buffer.count` bytes of ciphertext for the peer into `buffer`; returns how many.
    mutating func takeOutput(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        max(0, Int(BIO_read(self.output, buffer.baseAddress, Int32(clamping: buffer.count))))
    }

    /// Version and cipher, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    var summary: String {
        let cipher = SSL_get_current_cipher(self.ssl).flatMap { SSL_CIPHER_get_name($0) }
        return String(cString: SSL_get_version(self.ssl)) + " " + (cipher.map { String(cString: $0) } ?? "no cipher")
    }

    /// Says which side refused what: our check of the peer's certificate, the peer's of ours, or something else.
    private func handshakeError() -> TLSError {
        let peer = self.role == .client ? "controller" : "client"
        let verification = SSL_get_verify_result(self.ssl)
        let reasons = TLSError.drainQueue()
        if verification != Int(X509_V_OK) {
            let why = X509_verify_cert_error_string(verification).map { String(cString: $0) } ?? "unknown reason"
            return TLSError(
                .certificate, "TLS: we refused the \(peer)'s certificate: \(why); check --ca-certificate",
                reasons: reasons)
        }
        if reasons.contains(where: { $0.contains("peer did not return a certificate") }) {
            return TLSError(
                .certificate, "TLS: the \(peer) presented no certificate; it needs one signed by our --ca-certificate",
                reasons: reasons)
        }
        if reasons.contains(where: { $0.contains("alert") && ($0.contains("certificate") || $0.contains("ca")) }) {
            return TLSError(
                .certificate, "TLS: the \(peer) refused our certificate; its CA must have signed --certificate",
                reasons: reasons)
        }
        return TLSError(.handshake, "TLS: handshake with the \(peer) failed", reasons: reasons)
    }
}
