import Foundation
import Support
import Testing

/// openssl's own client and server against the switch, from the outside: what is let in, and what the log says.
@Suite("TLS handshakes with openssl", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct TLSHandshakeTests {
    /// A peer that must be refused, and the words that the switch's log must have for it.
    struct Refusal: Sendable, CustomStringConvertible {
        let description: String
        /// Arguments of `openssl s_client`.
        let arguments: [String]
        let words: [String]
    }

    private static func identity(_ name: String) -> [String] {
        ["-cert", TestCertificates.path("\(name).pem"), "-key", TestCertificates.path("\(name).key")]
    }

    private static let refusals = [
        Refusal(
            description: "another authority", arguments: Self.identity("stranger"),
            words: ["we refused the client's certificate", "CN=stranger", "ca.pem"]),
        Refusal(
            description: "expired", arguments: Self.identity("expired"),
            words: ["certificate has expired", "CN=expired", "renew it"]),
        Refusal(
            description: "revoked", arguments: Self.identity("revoked"),
            words: ["certificate revoked", "CN=revoked", "crl.pem"]),
        Refusal(description: "no certificate", arguments: [], words: ["it presented no certificate"]),
        Refusal(
            description: "downgrade",
            arguments: Self.identity("controller-rsa") + ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            words: ["older than TLSv1.2"]),
    ]

    private static func connect(_ lab: Lab, _ arguments: [String], port: Int = 6654) throws -> Command {
        // What is typed ends at once: the client says nothing, waits for the switch to close, and ends.
        let line =
            ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", TestCertificates.path("ca.pem")]
            + arguments
        return try lab.run(["bash", "-c", "exec \"$@\" </dev/null", "bash"] + line, in: lab.switchNamespace)
    }

    @Test("who is refused is told so, the log says why, and others go on", arguments: Self.refusals)
    func refused(_ refusal: Refusal) async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let flags = TestCertificates.flags("switch-ecdsa", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(
                ["--listen", "pssl:6654:127.0.0.1", "--crl", TestCertificates.path("crl.pem"), "--log-level", "debug"]
                    + flags)
            let client = try dut.connect()
            try client.handshake(.openFlow13)
            _ = try Self.connect(lab, refusal.arguments)
            try eventually("the log's words for: \(refusal.description)") {
                let text = dut.process.output
                return refusal.words.allSatisfy { text.contains($0) } ? true : nil
            }
            try client.proveAlive(.openFlow13)
            let show =
                ["ovs-ofctl", "-t", "60", "-O", "OpenFlow13"]
                + TestCertificates.flags("controller-rsa", caFlag: "--ca-cert") + ["show", "ssl:127.0.0.1:6654"]
            #expect(try lab.run(show, in: lab.switchNamespace).succeeded)
        }
    }

    @Test("a controller whose certificate is made out to another name is refused where names are verified")
    func wrongName() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            let server = try lab.start(
                ["openssl", "s_server", "-accept", "127.0.0.1:6655", "-rev", "-Verify", "2"]
                    + Self.identity("elsewhere")
                    + ["-CAfile", TestCertificates.path("ca.pem")], in: lab.switchNamespace)
            try server.waitForOutput(containing: "ACCEPT")
            let flags = TestCertificates.flags("switch-rsa", caFlag: "--ca-certificate")
            let dut = try lab.startSwitch(
                ["--controller", "ssl:127.0.0.1:6655", "--verify-controller-name"] + flags)
            try dut.process.waitForOutput(containing: "it is not made out to 127.0.0.1")
            #expect(dut.process.output.contains("IP address mismatch"))
            #expect(dut.process.output.contains("CN=elsewhere"))
        }
    }

    @Test("certificates that are renewed are used by the next connection, and sessions go on")
    func renewal() async throws {
        try TestCertificates.prepare()
        try await Lab.with(.embedded) { lab in
            func install(_ name: String) throws {
                for suffix in ["key", "pem"] {
                    let data = try Data(contentsOf: URL(fileURLWithPath: TestCertificates.path("\(name).\(suffix)")))
                    try data.write(to: URL(fileURLWithPath: "\(lab.folder)/own.\(suffix)"), options: .atomic)
                }
            }
            try install("switch-rsa")
            let dut = try lab.startSwitch([
                "--listen", "pssl:6654:127.0.0.1", "--private-key", "\(lab.folder)/own.key", "--certificate",
                "\(lab.folder)/own.pem", "--ca-certificate", TestCertificates.path("ca.pem"),
            ])
            let monitor = try lab.start(
                ["ovs-ofctl", "-O", "OpenFlow13", "--unixctl=\(lab.folder)/monitor.ctl"]
                    + TestCertificates.flags("controller-rsa", caFlag: "--ca-cert")
                    + ["monitor", "ssl:127.0.0.1:6654", "100"], in: lab.switchNamespace)
            try dut.process.waitForOutput(containing: "OpenFlow13 agreed")
            func subject() throws -> String {
                try Self.connect(lab, Self.identity("controller-rsa")).output
            }
            #expect(try subject().contains("CN = switch-rsa"))
            try install("switch-ecdsa")
            let renewed = try subject()
            #expect(renewed.contains("CN = switch-ecdsa"), "\(renewed)")
            #expect(dut.process.output.contains("files have changed; new connections use certificate"))
            #expect(monitor.status == nil)
        }
    }
}
