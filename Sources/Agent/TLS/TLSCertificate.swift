internal import COpenSSL

/// What can be said of a certificate in a log line.
package struct TLSCertificate: Sendable, Hashable {
    /// Who it was made out to, as RFC 2253 writes names.
    package var subject: String
    /// Who signed it.
    package var issuer: String
    /// Its number among the issuer's, hexadecimal.
    package var serialNumber: String
    /// The first moment of its validity, in seconds since 1970.
    package var notBeforeSeconds: Int64
    /// The last moment of its validity, in seconds since 1970.
    package var notAfterSeconds: Int64

    /// Makes a description from its parts.
    package init(
        subject: String, issuer: String, serialNumber: String, notBeforeSeconds: Int64, notAfterSeconds: Int64
    ) {
        self.subject = subject
        self.issuer = issuer
        self.serialNumber = serialNumber
        self.notBeforeSeconds = notBeforeSeconds
        self.notAfterSeconds = notAfterSeconds
    }

    init(_ description: sluice_certificate) {
        self.init(
            subject: Self.text(description.subject), issuer: Self.text(description.issuer),
            serialNumber: Self.text(description.serial), notBeforeSeconds: description.not_before,
            notAfterSeconds: description.not_after)
    }

    /// The text in an array of C, up to its zero.
    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Subject, issuer, number and last day.
    package var summary: String {
        "'\(self.subject)' (issued by '\(self.issuer)', serial \(self.serialNumber), "
            + "valid until \(CalendarDate(secondsSince1970: self.notAfterSeconds)))"
    }
}

extension TLSCertificate {
    /// What should be said of certificates that are about to expire, or have: one line each.
    ///
    /// - Parameters:
    ///   - certificates: each with a few words of what it is, such as `our certificate /etc/sluice/cert.pem`.
    ///   - nowSeconds: the present moment, in seconds since 1970.
    ///   - warningSeconds: how long before the end it is worth a line.
    package static func expiryWarnings(
        _ certificates: [(what: String, certificate: TLSCertificate)], nowSeconds: Int64, warningSeconds: Int64
    ) -> [String] {
        certificates.compactMap { what, certificate in
            let (left, overflow) = certificate.notAfterSeconds.subtractingReportingOverflow(nowSeconds)
            guard !overflow, left < warningSeconds else { return nil }
            let date = CalendarDate(secondsSince1970: certificate.notAfterSeconds)
            if left < 0 { return "\(what) ('\(certificate.subject)') expired on \(date): renew it" }
            let days = left / 86_400
            let rest = days == 0 ? "within a day" : "in \(days) day\(days == 1 ? "" : "s")"
            return "\(what) ('\(certificate.subject)') expires \(rest), on \(date): renew it"
        }
    }
}

/// A day of the Gregorian calendar in UTC, for people; from the count of days, as Hinnant's `civil_from_days` does it.
struct CalendarDate: Hashable, CustomStringConvertible {
    let year: Int64
    let month: Int64
    let day: Int64

    init(secondsSince1970 seconds: Int64) {
        // Beyond a few million years either way nobody asks for the day.
        let bounded = max(-1 << 46, min(seconds, 1 << 46))
        let days = (bounded >= 0 ? bounded : bounded - 86_399) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * shifted + 2) / 5 + 1
        self.month = shifted < 10 ? shifted + 3 : shifted - 9
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
    }

    var description: String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(self.year)-\(two(self.month))-\(two(self.day))"
    }
}
