/// Which files TLS connections use, and what they demand of the peer.
package struct TLSConfiguration: Sendable, Hashable {
    /// PEM file with our private key.
    package var privateKeyPath: String
    /// PEM file with our certificate, followed by those between it and the authority.
    package var certificatePath: String
    /// PEM file with the authorities that may have signed the peer's certificate.
    package var authorityPath: String

    /// Makes a configuration.
    package init(privateKeyPath: String, certificatePath: String, authorityPath: String) {
        self.privateKeyPath = privateKeyPath
        self.certificatePath = certificatePath
        self.authorityPath = authorityPath
    }
}

/// Which end of the handshake we are.
package enum TLSRole: Sendable, Hashable {
    /// We called: `ssl:`.
    case client
    /// We were called: `pssl:`. The peer must present a certificate too.
    case server
}
