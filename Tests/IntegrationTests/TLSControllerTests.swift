import Support
import Testing

/// openssl's server as the controller that the switch calls.
@Suite("Controllers of openssl", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct TLSControllerTests {
    /// A controller that no session comes about with, and the words that the switch's log must have for it.
    struct Refusal: Sendable, CustomStringConvertible {
        let description: String
        /// The controller's certificate.
        let identity: String
        /// Further arguments of `openssl s_server`.
        var arguments: [String] = []
        let words: [String]
    }

    private static let refusals = [
        Refusal(
            description: "another authority", identity: "stranger",
            words: ["we refused the controller's certificate", "CN=stranger", "must be in the CA file", "/ca.pem"]),
        Refusal(
            description: "expired", identity: "expired",
            words: ["certificate has expired", "CN=expired", "renew it, or set this host's clock"]),
        Refusal(
            description: "revoked", identity: "revoked",
            words: ["certificate revoked", "CN=revoked", "give the controller another"]),
        Refusal(
            description: "downgrade", identity: "controller-rsa",
            arguments: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            words: ["the controller refused our versions", "we speak TLSv1.2 and newer"]),
        Refusal(
            description: "it refuses ours", identity: "controller-rsa",
            arguments: ["-CAfile", TestCertificates.path("other-ca.pem"), "-verify_return_error"],
            words: ["the controller refused our certificate", "CN=switch-rsa", "its CA file must hold the authority"]),
    ]

    private static func serve(_ lab: Lab, _ identity: String, _ more: [String]) throws -> ChildProcess {
        let authority = more.contains("-CAfile") ? [] : ["-CAfile", TestCertificates.path("ca.pem")]
        let server = try lab.start(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:6655", "-rev", "-Verify", "2", "-cert",
                TestCertificates.path("\(identity).pem"), "-key", TestCertificates.path("\(identity).key"),
            ] + authority + more, in: lab.switchNamespace)
        try server.waitForOutput(containing: "ACCEPT")
        return server
    }

    @Test(
        "the log says which side refused, which check, which certificate, and the remedy", arguments: Self.refusals)
    func refused(_ refusal: Refusal) async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let server = try Self.serve(lab, refusal.identity, refusal.arguments)
            let dut = try lab.startSwitch(
                ["--controller", "ssl:127.0.0.1:6655", "--crl", TestCertificates.path("crl.pem")]
                    + TestCertificates.flags("switch-rsa", caFlag: "--ca-certificate"))
            try eventually("the log's words for: \(refusal.description)") {
                let text = dut.process.output
                return refusal.words.allSatisfy { text.contains($0) } ? true : nil
            }
            #expect(try dut.sluice("show").contains("last error: TLS: "))
            try dut.requireOfctl(.openFlow13, "probe")
            withExtendedLifetime(server) {}
        }
    }

    @Test("a client that wants to renegotiate is refused that, and others go on")
    func renegotiation() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let dut = try lab.startSwitch(
                ["--listen", "pssl:6654:127.0.0.1"] + TestCertificates.flags("switch-rsa", caFlag: "--ca-certificate"))
            let client = try dut.connect()
            try client.handshake(.openFlow13)
            let arguments = [
                "openssl", "s_client", "-connect", "127.0.0.1:6654", "-tls1_2", "-CAfile",
                TestCertificates.path("ca.pem"), "-cert", TestCertificates.path("controller-rsa.pem"), "-key",
                TestCertificates.path("controller-rsa.key"),
            ]
            // An R at the beginning of a line makes it renegotiate.
            let renegotiating = try lab.start(
                ["bash", "-c", "(echo R; exec tail -f /dev/null) | exec \"$@\"", "bash"] + arguments,
                in: lab.switchNamespace)
            try renegotiating.waitForOutput(containing: "RENEGOTIATING")
            try renegotiating.waitForExit()
            try client.proveAlive(.openFlow13)
            #expect(dut.process.status == nil)
        }
    }
}
