internal import COpenSSL
import Glibc

/// One TLS connection over memory: ciphertext in and out, plaintext in and out, no sockets and no waiting.
///
/// Owns an `SSL` and the memory around it. Ciphertext is read where it lies, inside ``withInput(_:_:)``; an idle
/// session holds no buffer in either direction. Used by one thread (the channel's event loop).
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
    private let memory: UnsafeMutablePointer<sluice_memory>
    /// What our check of the peer found; gone once the handshake is done.
    private var verification: UnsafeMutablePointer<sluice_verification>?
    private let context: TLSContext
    private let peer: TLSPeer

    /// Makes a session that sends and demands the names of `peer`.
    init(context: TLSContext, peer: TLSPeer = TLSPeer()) throws(TLSError) {
        guard let ssl = SSL_new(context.pointer) else { throw .fromQueue(.library, "TLS: no session could be made") }
        let memory = UnsafeMutablePointer<sluice_memory>.allocate(capacity: 1)
        memory.initialize(to: sluice_memory())
        let verification = UnsafeMutablePointer<sluice_verification>.allocate(capacity: 1)
        verification.initialize(to: sluice_verification())
        do throws(TLSError) {
            guard sluice_attach(ssl, context.method, memory) == 1, sluice_set_verification(ssl, verification) == 1
            else { throw .fromQueue(.library, "TLS: no session could be made") }
            try Self.name(ssl, peer, isBootstrapping: context.isBootstrapping)
        } catch {
            SSL_free(ssl)
            memory.deallocate()
            verification.deallocate()
            throw error
        }
        if context.role == .client { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
        self.ssl = ssl
        self.memory = memory
        self.verification = verification
        self.context = context
        self.peer = peer
    }

    /// Sets the names to send and to demand.
    private static func name(_ ssl: OpaquePointer, _ peer: TLSPeer, isBootstrapping: Bool) throws(TLSError) {
        if let name = peer.serverName { _ = sluice_set_server_name(ssl, name) }
        guard let name = peer.verifiedName, !isBootstrapping else { return }
        guard sluice_require_name(ssl, name, TLSContexts.isLiteral(name) ? 1 : 0) == 1 else {
            throw .fromQueue(.badSetting, "TLS: '\(name)' is not a name that a certificate can be made out to")
        }
    }

    deinit {
        SSL_free(self.ssl)
        free(self.memory.pointee.output)
        self.memory.deallocate()
        self.verification?.deallocate()
    }

    /// Lets the session read `ciphertext` of the peer while `body` runs; what is not read then is gone.
    mutating func withInput<Result>(
        _ ciphertext: UnsafeRawBufferPointer, _ body: (inout TLSSession) -> Result
    ) -> Result {
        self.memory.pointee.input = ciphertext.bindMemory(to: UInt8.self).baseAddress
        self.memory.pointee.input_count = ciphertext.count
        defer {
            self.memory.pointee.input = nil
            self.memory.pointee.input_count = 0
        }
        return body(&self)
    }

    /// Goes on with the handshake as far as the ciphertext received allows.
    mutating func handshake() throws(TLSError) -> HandshakeResult {
        ERR_clear_error()
        let result = SSL_do_handshake(self.ssl)
        if result == 1 {
            _ = sluice_set_verification(self.ssl, nil)
            self.verification?.deallocate()
            self.verification = nil
            return .done
        }
        switch SSL_get_error(self.ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsInput
        default: throw self.failure(otherwise: .handshake, "TLS: handshake with the \(self.context.role.peer) failed")
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
        // In TLS 1.3 a server refuses our certificate only after our side of the handshake is done.
        default: throw self.failure(otherwise: .record, "TLS: a record of the peer could not be read")
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
    var outputCount: Int { self.memory.pointee.output_count }

    /// Moves the ciphertext for the peer into `buffer`, which has room for ``outputCount`` bytes; returns how many.
    mutating func takeOutput(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, self.memory.pointee.output_count)
        guard count > 0, let output = self.memory.pointee.output else { return 0 }
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: output, count: count))
        let left = self.memory.pointee.output_count - count
        if left > 0 {
            memmove(output, output + count, left)
        } else if self.memory.pointee.output_capacity > 1024 {
            free(output)
            self.memory.pointee.output = nil
            self.memory.pointee.output_capacity = 0
        }
        self.memory.pointee.output_count = left
        return count
    }

    /// What is known of an established session.
    var summary: TLSSummary {
        let cipher = SSL_get_current_cipher(self.ssl).flatMap { SSL_CIPHER_get_name($0) }
        var description = sluice_certificate()
        let hasPeer = sluice_describe_peer(self.ssl, &description) == 1
        return TLSSummary(
            version: String(cString: SSL_get_version(self.ssl)),
            cipher: cipher.map { String(cString: $0) } ?? "no cipher",
            peer: hasPeer ? TLSCertificate(description) : nil)
    }

    /// Writes the peer's authority to the file that is to hold it; always throws, since the connection must not go on
    /// without verification.
    func learnAuthority() throws(TLSError) {
        let path = self.context.configuration.authorityPath
        guard let authority = sluice_peer_authority(self.ssl) else {
            throw TLSError(
                .certificate,
                "TLS: the \(self.context.role.peer) did not send its authority's self-signed certificate, so that "
                    + "\(path) could not be made: copy it there, or have the peer send its whole chain")
        }
        var description = sluice_certificate()
        sluice_describe(authority, &description)
        guard let pem = sluice_pem(authority) else { throw .fromQueue(.library, "TLS: no memory for a certificate") }
        defer { BIO_free(pem) }
        var bytes = [UInt8](repeating: 0, count: Int(sluice_bio_pending(pem)))
        let count = BIO_read(pem, &bytes, Int32(clamping: bytes.count))
        // Another connection may have been first: what is there is not replaced.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, Int(count)) == Int(count), close(descriptor) == 0 else {
            throw TLSError(
                .badFile, "TLS: the authority's certificate could not be written to \(path)",
                reasons: [ConnectionErrorText.describe(errno: errno)])
        }
        throw TLSError(
            .bootstrapped,
            "TLS: learnt the authority \(TLSCertificate(description).summary) from this \(self.context.role.peer) and "
                + "wrote it to \(path); further connections are verified")
    }

    private func failure(otherwise code: TLSError.Code, _ message: String) -> TLSError {
        var found: TLSFailure.Verification?
        if let verification = self.verification?.pointee, verification.error != X509_V_OK {
            found = TLSFailure.Verification(
                error: verification.error, depth: verification.depth,
                certificate: TLSCertificate(verification.certificate))
        }
        return TLSFailure(
            role: self.context.role, configuration: self.context.configuration,
            ownCertificate: self.context.certificate, verifiedName: self.peer.verifiedName, verification: found,
            entries: TLSError.drainQueue()
        ).error(otherwise: code, message)
    }
}

/// What is known of an established TLS session.
package final class TLSSummary: Sendable, Hashable, CustomStringConvertible {
    /// Such as `TLSv1.3`.
    package let version: String
    /// Such as `TLS_AES_256_GCM_SHA384`.
    package let cipher: String
    /// The peer's own certificate.
    package let peer: TLSCertificate?

    init(version: String, cipher: String, peer: TLSCertificate?) {
        (self.version, self.cipher, self.peer) = (version, cipher, peer)
    }

    package static func == (one: TLSSummary, other: TLSSummary) -> Bool {
        one.version == other.version && one.cipher == other.cipher && one.peer == other.peer
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.version)
        hasher.combine(self.cipher)
        hasher.combine(self.peer)
    }

    /// Version, cipher and the peer's subject.
    package var description: String {
        "\(self.version) \(self.cipher)" + (self.peer.map { ", peer '\($0.subject)'" } ?? "")
    }
}
