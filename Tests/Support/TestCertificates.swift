/// The keys and certificates that `certs/make-test-certificates.sh` makes, shared by all tests of a build.
package enum TestCertificates {
    /// The directory that holds them.
    package static let directory = "\(Repository.root)/.build/test-certificates"

    /// The kinds of keys that switch and controllers have certificates of.
    package static let kinds = ["rsa", "ecdsa"]

    /// Makes the certificates, the first time.
    package static func prepare() throws(LabError) {
        try Command.require(["\(Repository.root)/certs/make-test-certificates.sh", Self.directory])
    }

    /// The path of a file in the directory.
    package static func path(_ name: String) -> String { "\(Self.directory)/\(name)" }

    /// The flags of a program that is `name`: key, certificate, and the authority by the flag `caFlag`.
    package static func flags(_ name: String, caFlag: String) -> [String] {
        [
            "--private-key", Self.path("\(name).key"), "--certificate", Self.path("\(name).pem"), caFlag,
            Self.path("ca.pem"),
        ]
    }
}
