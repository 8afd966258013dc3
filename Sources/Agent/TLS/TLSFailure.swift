internal import COpenSSL

/// Says why a session failed: which side refused, which check, which certificate, and what would mend it.
///
/// A value over what OpenSSL left behind, so that each message can be tested without a handshake.
struct TLSFailure {
    /// Our check of the peer's certificate that failed.
    struct Verification {
        /// `X509_V_ERR_…`.
        var error: Int32
        /// Where in the chain; 0 is the peer's own certificate.
        var depth: Int32
        /// The certificate that it stopped at.
        var certificate: TLSCertificate?
    }

    /// Which end we are.
    let role: TLSRole
    /// Our files and demands.
    let configuration: TLSConfiguration
    /// Our certificate.
    let ownCertificate: TLSCertificate?
    /// What the peer's certificate had to be made out to.
    let verifiedName: String?
    /// Nil where our check found nothing.
    let verification: Verification?
    /// OpenSSL's error queue.
    let entries: [TLSError.QueueEntry]

    /// The error, given the words for one of no known cause.
    func error(otherwise code: TLSError.Code, _ message: String) -> TLSError {
        let reasons = self.entries.map(\.text)
        if let verification {
            return TLSError(.certificate, self.refusal(verification), reasons: reasons)
        }
        for entry in self.entries {
            if let alert = self.describe(alert: entry.reason - Int32(SSL_AD_REASON_OFFSET)) {
                return TLSError(alert.code, alert.text, reasons: reasons)
            }
            if let local = self.describe(reason: entry.reason) {
                return TLSError(local.code, local.text, reasons: reasons)
            }
        }
        return TLSError(code, message, reasons: reasons)
    }

    // MARK: Our check of theirs

    private func refusal(_ found: Verification) -> String {
        let why = X509_verify_cert_error_string(Int(found.error)).map { String(cString: $0) } ?? "unknown reason"
        let peer = self.role.peer
        let place =
            found.depth == 0
            ? "its certificate" : "the certificate of its chain at depth \(found.depth),"
        let which = found.certificate.map { " \($0.summary)" } ?? ""
        return "TLS: we refused the \(peer)'s certificate: \(why): \(place)\(which); \(self.remedy(found))"
    }

    private func remedy(_ found: Verification) -> String {
        let peer = self.role.peer
        switch found.error {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "renew it, or set this host's clock"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "set the clocks of both hosts"
        case X509_V_ERR_CERT_REVOKED:
            return "it is in the CRL file \(self.configuration.revocationListPath ?? ""): give the \(peer) another"
        case X509_V_ERR_UNABLE_TO_GET_CRL:
            return "its issuer's list must be in the CRL file \(self.configuration.revocationListPath ?? "")"
        case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID:
            return "get a current list for the CRL file \(self.configuration.revocationListPath ?? "")"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            let name = self.verifiedName ?? "the controller"
            return
                "it is not made out to \(name): put that into its subjectAltName, or set server-name to a name it has"
        case X509_V_ERR_INVALID_PURPOSE:
            let purpose = self.role == .client ? "serverAuth" : "clientAuth"
            return "its extendedKeyUsage must have \(purpose)"
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the authority that signed it must be in the CA file \(self.configuration.authorityPath)"
        default:
            return "check it against the CA file \(self.configuration.authorityPath)"
        }
    }

    // MARK: What the peer told us (RFC 8446 §6)

    private func describe(alert: Int32) -> (code: TLSError.Code, text: String)? {
        guard let name = Self.alertNames[alert] else { return nil }
        let peer = self.role.peer
        let told = "TLS: the \(peer) refused"
        let own = self.ownCertificate.map { " \($0.summary)" } ?? ""
        let ours = "our certificate \(self.configuration.certificatePath)\(own) (alert '\(name)')"
        switch alert {
        case SSL_AD_UNKNOWN_CA:
            return (.certificate, "\(told) \(ours): its CA file must hold the authority that issued ours")
        case SSL_AD_CERTIFICATE_EXPIRED:
            return (.certificate, "\(told) \(ours): renew it, or set the \(peer)'s clock")
        case SSL_AD_CERTIFICATE_REVOKED:
            return (.certificate, "\(told) \(ours): get another")
        case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_ACCESS_DENIED,
            SSL_AD_DECRYPT_ERROR:
            return (.certificate, "\(told) \(ours): its CA file must hold the authority that issued ours")
        case 116:  // certificate_required
            return (.certificate, "\(told) us for want of a certificate (alert '\(name)'): none of ours fits its CAs")
        case SSL_AD_PROTOCOL_VERSION:
            let oldest = self.configuration.minimumVersion.rawValue
            return (.handshake, "\(told) our versions (alert '\(name)'): we speak \(oldest) and newer")
        case SSL_AD_HANDSHAKE_FAILURE, SSL_AD_INSUFFICIENT_SECURITY:
            return (.handshake, "\(told) what we offer (alert '\(name)'): compare versions, ciphers and kinds of keys")
        case SSL_AD_UNRECOGNIZED_NAME:
            return (.handshake, "\(told) the server name we sent (alert '\(name)'): set server-name")
        default: return (.handshake, "\(told) the handshake (alert '\(name)')")
        }
    }

    private static let alertNames: [Int32: String] = [
        10: "unexpected message", 20: "bad record MAC", 22: "record overflow", 40: "handshake failure",
        42: "bad certificate", 43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
        46: "certificate unknown", 47: "illegal parameter", 48: "unknown CA", 49: "access denied", 50: "decode error",
        51: "decrypt error", 70: "protocol version", 71: "insufficient security", 80: "internal error",
        86: "inappropriate fallback", 90: "user cancelled", 109: "missing extension", 110: "unsupported extension",
        112: "unrecognized name", 116: "certificate required", 120: "no application protocol",
    ]

    // MARK: What we found ourselves

    private func describe(reason: Int32) -> (code: TLSError.Code, text: String)? {
        let peer = self.role.peer
        switch reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return (
                .certificate,
                "TLS: we refused the \(peer): it presented no certificate; it needs one signed by an authority in "
                    + self.configuration.authorityPath
            )
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
            return (.handshake, "TLS: we and the \(peer) have no cipher in common: compare ciphers and kinds of keys")
        case SSL_R_NO_CIPHERS_AVAILABLE:
            return (.handshake, "TLS: none of our ciphers goes with the versions that we speak: mend the lists")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION:
            return (
                .handshake,
                "TLS: we refused the \(peer)'s version: it is older than \(self.configuration.minimumVersion.rawValue)"
            )
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_BAD_RECORD_TYPE:
            return (.handshake, "TLS: the \(peer) does not speak TLS here: is \(self.plainHint) meant?")
        case SSL_R_INAPPROPRIATE_FALLBACK:
            return (.handshake, "TLS: we refused the \(peer): it fell back to an older version than both sides have")
        default: return nil
        }
    }

    private var plainHint: String { self.role == .client ? "tcp:" : "ptcp:" }
}
