internal import COpenSSL

/// Keys, certificates and rules that the TLS sessions of one role share.
///
/// Owns an `SSL_CTX`. Immutable once made; OpenSSL counts references to it atomically and allows sessions of
/// different threads to share it, which is what makes this `Sendable`:
/// nothing here changes the `SSL_CTX` after `init`.
package final class TLSContext: @unchecked Sendable {
    /// The `SSL_CTX`; never leaves this folder.
    let pointer: OpaquePointer
    /// Which end its sessions are.
    package let role: TLSRole

    /// Reads the files and makes the context: TLS 1.2 or newer, certificates demanded of both sides.
    ///
    /// Throws `badFile` naming the file and what is wrong with it. Any thread; reads files.
    package init(configuration: TLSConfiguration, role: TLSRole) throws(TLSError) {
        ERR_clear_error()
        let method = role == .client ? TLS_client_method() : TLS_server_method()
        guard let pointer = SSL_CTX_new(method) else {
            throw .fromQueue(.library, "TLS: no context could be made")
        }
        self.pointer = pointer
        self.role = role
        // From here on a throw runs deinit, which frees the pointer.
        _ = sluice_ctx_set_minimum_version(pointer, TLS1_2_VERSION)
        _ = sluice_ctx_set_mode(
            pointer, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        // Sessions are long; tickets would only cost memory and tie a reconnect to old keys.
        _ = sluice_ctx_disable_session_cache(pointer)
        sluice_ctx_disable_tickets(pointer)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        try Self.load(configuration, into: pointer)
    }

    deinit { SSL_CTX_free(self.pointer) }

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
        guard SSL_CTX_load_verify_locations(context, files.authorityPath, nil) == 1 else {
            throw .fromQueue(
                .badFile, "TLS: CA file \(files.authorityPath) cannot be used: expected PEM certificates")
        }
        if let names = SSL_load_client_CA_file(files.authorityPath) {
            SSL_CTX_set_client_CA_list(context, names)
        }
    }
}
