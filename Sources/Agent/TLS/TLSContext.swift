internal import COpenSSL
import Glibc

/// Keys, certificates and rules that the TLS sessions of one role share.
///
/// Owns an `SSL_CTX`. Immutable once made; OpenSSL counts references to it atomically and allows sessions of
/// different threads to share it, which is what makes this `Sendable`:
/// nothing here changes the `SSL_CTX` after `init`.
package final class TLSContext: @unchecked Sendable {
    /// The `SSL_CTX`; never leaves this folder.
    let pointer: OpaquePointer
    /// How sessions reach their memory; shared by all of them, read only.
    let method: OpaquePointer
    /// Which end its sessions are.
    package let role: TLSRole
    /// What it was made from.
    package let configuration: TLSConfiguration
    /// Whether any peer is believed, once, to learn its authority: the file of authorities was missing.
    package let isBootstrapping: Bool
    /// Our certificate.
    package let certificate: TLSCertificate?
    /// The authorities that may have signed a peer's certificate.
    package let authorities: [TLSCertificate]

    /// Reads the files and makes the context: TLS 1.2 or newer, certificates demanded of both sides.
    ///
    /// Throws `badFile` naming the file and what is wrong with it, or `badSetting`. Any thread; reads files.
    package init(configuration: TLSConfiguration, role: TLSRole) throws(TLSError) {
        ERR_clear_error()
        let method = role == .client ? TLS_client_method() : TLS_server_method()
        guard let memory = sluice_bio_method() else { throw .fromQueue(.library, "TLS: no context could be made") }
        guard let pointer = SSL_CTX_new(method) else {
            BIO_meth_free(memory)
            throw .fromQueue(.library, "TLS: no context could be made")
        }
        do throws(TLSError) {
            self.isBootstrapping = try Self.configure(pointer, configuration)
        } catch {
            SSL_CTX_free(pointer)
            BIO_meth_free(memory)
            throw error
        }
        self.pointer = pointer
        self.method = memory
        self.role = role
        self.configuration = configuration
        self.certificate = SSL_CTX_get0_certificate(pointer).map { certificate in
            var description = sluice_certificate()
            sluice_describe(certificate, &description)
            return TLSCertificate(description)
        }
        self.authorities = (0..<sluice_authority_count(pointer)).compactMap { place in
            var description = sluice_certificate()
            return sluice_describe_authority(pointer, place, &description) == 1 ? TLSCertificate(description) : nil
        }
    }

    deinit {
        SSL_CTX_free(self.pointer)
        BIO_meth_free(self.method)
    }

    /// Our certificate and the authorities', each with what it is.
    package var certificatesInUse: [(what: String, certificate: TLSCertificate)] {
        let own = self.certificate.map { [("our certificate \(self.configuration.certificatePath)", $0)] } ?? []
        return own + self.authorities.map { ("the authority in \(self.configuration.authorityPath)", $0) }
    }

    /// Applies a configuration; returns whether the file of authorities is to be learnt.
    private static func configure(
        _ context: OpaquePointer, _ configuration: TLSConfiguration
    ) throws(TLSError) -> Bool {
        let minimum = configuration.minimumVersion == .v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION
        _ = sluice_ctx_set_minimum_version(context, minimum)
        _ = sluice_ctx_set_mode(context, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        // Sessions are long; tickets would only cost memory and tie a reconnect to old keys.
        _ = sluice_ctx_disable_session_cache(context)
        sluice_ctx_set_options(context)
        if let ciphers = configuration.ciphers, SSL_CTX_set_cipher_list(context, ciphers) != 1 {
            throw .fromQueue(.badSetting, "TLS: '\(ciphers)' names no cipher of TLS 1.2 that OpenSSL has")
        }
        if let suites = configuration.cipherSuites, SSL_CTX_set_ciphersuites(context, suites) != 1 {
            throw .fromQueue(.badSetting, "TLS: '\(suites)' is not a list of cipher suites of TLS 1.3")
        }
        try Self.load(configuration, into: context)
        let isMissing = configuration.bootstrapsAuthority && access(configuration.authorityPath, F_OK) != 0
        sluice_ctx_set_verification(context, isMissing ? 1 : 0)
        if !isMissing { try Self.loadAuthorities(configuration, into: context) }
        return isMissing
    }

    private static func load(_ files: TLSConfiguration, into context: OpaquePointer) throws(TLSError) {
        guard SSL_CTX_use_certificate_chain_file(context, files.certificatePath) == 1 else {
            throw .fromQueue(
                .badFile, "TLS: certificate file \(files.certificatePath) cannot be used: expected PEM certificates")
        }
        guard SSL_CTX_use_PrivateKey_file(context, files.privateKeyPath, SSL_FILETYPE_PEM) == 1 else {
            throw .fromQueue(
                .badFile,
                "TLS: private key file \(files.privateKeyPath) cannot be used: expected a PEM key without "
                    + "pass phrase that belongs to \(files.certificatePath)")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw .fromQueue(
                .badFile, "TLS: private key \(files.privateKeyPath) does not belong to \(files.certificatePath)")
        }
    }

    private static func loadAuthorities(_ files: TLSConfiguration, into context: OpaquePointer) throws(TLSError) {
        guard SSL_CTX_load_verify_locations(context, files.authorityPath, nil) == 1 else {
            throw .fromQueue(
                .badFile, "TLS: CA file \(files.authorityPath) cannot be used: expected PEM certificates")
        }
        if let names = SSL_load_client_CA_file(files.authorityPath) {
            SSL_CTX_set_client_CA_list(context, names)
        }
        guard let path = files.revocationListPath else { return }
        guard sluice_ctx_load_revocation_lists(context, path) == 1 else {
            throw .fromQueue(.badFile, "TLS: CRL file \(path) cannot be used: expected PEM revocation lists")
        }
    }
}
