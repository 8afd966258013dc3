/// Which files TLS connections use, and what they demand of the peer.
package struct TLSConfiguration: Sendable, Hashable {
    /// PEM file with our private key.
    package var privateKeyPath: String
    /// PEM file with our certificate, followed by those between it and the authority.
    package var certificatePath: String
    /// PEM file with the authorities that may have signed the peer's certificate.
    package var authorityPath: String
    /// PEM file with the authorities' revocation lists; nil where revocation is not looked at.
    ///
    /// With a file, each certificate of the peer's chain needs the list of the authority that issued it.
    package var revocationListPath: String?
    /// Whether the first peer's authority is believed, and written to ``authorityPath``, while that file is missing.
    package var bootstrapsAuthority = false
    /// The oldest version spoken.
    package var minimumVersion = TLSVersion.v1_2
    /// Ciphers of TLS 1.2 in OpenSSL's notation; nil for the library's choice.
    package var ciphers: String?
    /// Cipher suites of TLS 1.3, with colons between them; nil for the library's choice.
    package var cipherSuites: String?
    /// Whether a controller that we call must have a certificate made out to the name or address called.
    package var verifiesName = false

    /// Makes a configuration that verifies the peer by its authority alone, as Open vSwitch does.
    package init(privateKeyPath: String, certificatePath: String, authorityPath: String) {
        self.privateKeyPath = privateKeyPath
        self.certificatePath = certificatePath
        self.authorityPath = authorityPath
    }
}

/// A version of TLS that can be demanded.
package enum TLSVersion: String, CaseIterable, Sendable, Hashable {
    /// TLS 1.2 (RFC 5246).
    case v1_2 = "TLSv1.2"
    /// TLS 1.3 (RFC 8446).
    case v1_3 = "TLSv1.3"
}

/// Which end of the handshake we are.
package enum TLSRole: Sendable, Hashable {
    /// We called: `ssl:`.
    case client
    /// We were called: `pssl:`. The peer must present a certificate too.
    case server

    /// What the other end is, in words.
    var peer: String { self == .client ? "controller" : "client" }
}

/// What one connection says of its peer's name, and demands.
package struct TLSPeer: Sendable, Hashable {
    /// The DNS name sent in the handshake (SNI, RFC 6066 §3); nil sends none.
    package var serverName: String?
    /// The DNS name or address that the peer's certificate must be made out to; nil for any.
    package var verifiedName: String?

    /// Makes demands; none without arguments.
    package init(serverName: String? = nil, verifiedName: String? = nil) {
        self.serverName = serverName
        self.verifiedName = verifiedName
    }
}
