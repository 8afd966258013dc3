import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Support
import Testing

@testable import Agent

/// What one side demands, and what the other hears of it.
@Suite("TLS: what is verified, and what is said when it fails")
struct TLSVerificationTests {
    /// The files of `name` in the test authority.
    private static func files(
        _ name: String, _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> TLSConfiguration {
        try TestCertificates.prepare()
        var configuration = TLSConfiguration(
            privateKeyPath: TestCertificates.path("\(name).key"),
            certificatePath: TestCertificates.path("\(name).pem"), authorityPath: TestCertificates.path("ca.pem"))
        change(&configuration)
        return configuration
    }

    /// What became of a handshake.
    private struct Outcome {
        var isUp: Bool
        var client: String
        var server: String
    }

    private static func handshake(
        client: TLSConfiguration, server: TLSConfiguration, peer: TLSPeer = TLSPeer()
    ) throws -> Outcome {
        let pair = try TLSPair(
            client: TLSContext(configuration: client, role: .client),
            server: TLSContext(configuration: server, role: .server), peer: peer)
        defer { pair.finish() }
        try pair.pump()
        func text(_ end: PlaintextCollector) -> String { (end.errors.first as? TLSError)?.description ?? "" }
        return Outcome(
            isUp: pair.clientEnd.events.count == 1 && pair.serverEnd.events.count == 1 && pair.client.isActive
                && pair.server.isActive,
            client: text(pair.clientEnd), server: text(pair.serverEnd))
    }

    @Test("the controller's name is verified where that is asked for: DNS name and address, right and wrong")
    func names() throws {
        let client = try Self.files("switch-rsa") { $0.verifiesName = true }
        for name in ["localhost", "127.0.0.1", "::1"] {
            let peer = TLSPeer(verifiedName: name)
            let outcome = try Self.handshake(client: client, server: Self.files("controller-rsa"), peer: peer)
            #expect(outcome.isUp, "\(name): \(outcome)")
        }
        for name in ["localhost", "192.0.2.7", "controller.example"] {
            let peer = TLSPeer(verifiedName: name)
            let outcome = try Self.handshake(client: client, server: Self.files("elsewhere"), peer: peer)
            #expect(!outcome.isUp)
            #expect(outcome.client.contains("we refused the controller's certificate"), "\(outcome.client)")
            #expect(outcome.client.contains("not made out to \(name)"), "\(outcome.client)")
            #expect(outcome.client.contains("'CN=elsewhere,O=Sluice tests'"), "\(outcome.client)")
            #expect(outcome.server.contains("refused our certificate"), "\(outcome.server)")
        }
        let unverified = try Self.handshake(client: Self.files("switch-rsa"), server: Self.files("elsewhere"))
        #expect(unverified.isUp, "names are not looked at unless asked for")
    }

    @Test("an expired certificate is refused on either side, with its date and what to do")
    func expired() throws {
        let asServer = try Self.handshake(client: Self.files("switch-rsa"), server: Self.files("expired"))
        #expect(!asServer.isUp)
        #expect(asServer.client.contains("certificate has expired"), "\(asServer.client)")
        #expect(asServer.client.contains("'CN=expired,O=Sluice tests'"), "\(asServer.client)")
        #expect(asServer.client.contains("renew it"), "\(asServer.client)")
        #expect(asServer.server.contains("alert 'certificate expired'"), "\(asServer.server)")
        let asClient = try Self.handshake(client: Self.files("expired"), server: Self.files("switch-rsa"))
        #expect(!asClient.isUp)
        #expect(asClient.server.contains("we refused the client's certificate"), "\(asClient.server)")
        // In TLS 1.3 the client hears of it only after its own side is done.
        #expect(asClient.client.contains("the controller refused our certificate"), "\(asClient.client)")
    }

    @Test("a revoked certificate is refused where there is a revocation list, and only there")
    func revoked() throws {
        let list = try Self.files("switch-ecdsa") { $0.revocationListPath = TestCertificates.path("crl.pem") }
        let revoked = try Self.handshake(client: list, server: Self.files("revoked"))
        #expect(!revoked.isUp)
        #expect(revoked.client.contains("certificate revoked") && revoked.client.contains("crl.pem"), "\(revoked)")
        #expect(try Self.handshake(client: list, server: Self.files("controller-ecdsa")).isUp)
        #expect(try Self.handshake(client: Self.files("revoked"), server: list).server.contains("revoked"))
        #expect(try Self.handshake(client: Self.files("switch-ecdsa"), server: Self.files("revoked")).isUp)
    }

    @Test("versions and ciphers without a meeting point are told apart")
    func versionsAndCiphers() throws {
        let tls13 = try Self.files("switch-rsa") { $0.minimumVersion = .v1_3 }
        #expect(try Self.handshake(client: tls13, server: Self.files("controller-rsa")).isUp)
        // Ciphers of TLS 1.2 that need a kind of key the other side has not, and other suites of 1.3.
        let rsaOnly = try Self.files("switch-rsa") {
            $0.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"
            $0.cipherSuites = "TLS_AES_128_GCM_SHA256"
        }
        let other = try Self.files("controller-ecdsa") { $0.cipherSuites = "TLS_AES_256_GCM_SHA384" }
        let outcome = try Self.handshake(client: rsaOnly, server: other)
        #expect(!outcome.isUp)
        #expect(outcome.server.contains("no cipher in common"), "\(outcome.server)")
        #expect(outcome.client.contains("compare versions, ciphers"), "\(outcome.client)")
        let error = #expect(throws: TLSError.self) {
            try TLSContext(configuration: Self.files("switch-rsa") { $0.ciphers = "NONESUCH" }, role: .client)
        }
        #expect(error?.code == .badSetting && error?.message.contains("NONESUCH") == true)
    }

    @Test("a peer that does not speak TLS is called that")
    func plain() throws {
        let context = try TLSContext(configuration: Self.files("switch-rsa"), role: .client)
        let channel = EmbeddedChannel()
        let end = PlaintextCollector()
        try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: context), end])
        channel.connect(to: try .init(unixDomainSocketPath: "/x"), promise: nil)
        _ = try? channel.writeInbound(channel.allocator.buffer(bytes: [4, 0, 0, 8, 0, 0, 0, 1]))
        let text = (end.errors.first as? TLSError)?.description ?? ""
        #expect(text.contains("does not speak TLS here: is tcp: meant?"), "\(text)")
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test("an unknown authority is bootstrapped once, and verified from then on")
    func bootstrap() throws {
        let authority = try TestAuthority()
        for name in ["controller", "switch", "stranger"] { try authority.makeCertificate(name) }
        var client = authority.configuration("switch", trusting: "learnt")
        client.bootstrapsAuthority = true
        let server = authority.configuration("controller", trusting: "switch")
        let first = try Self.handshake(client: client, server: server)
        #expect(!first.isUp)
        #expect(first.client.contains("learnt the authority 'CN=controller'"), "\(first.client)")
        #expect(try Self.handshake(client: client, server: server).isUp)
        let stranger = authority.configuration("stranger", trusting: "switch")
        let refused = try Self.handshake(client: client, server: stranger)
        #expect(!refused.isUp && refused.client.contains("we refused the controller's certificate"))
    }

    @Test("files that change are used by the next connection, and files that do not fit leave the old ones in use")
    func reload() throws {
        let authority = try TestAuthority()
        for name in ["old", "new"] { try authority.makeCertificate(name) }
        let manager = FileManager.default
        func install(_ suffix: String, from name: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: authority.path("\(name).\(suffix)")))
                .write(to: URL(fileURLWithPath: authority.path("current.\(suffix)")), options: .atomic)
        }
        try install("key", from: "old")
        try install("pem", from: "old")
        let store = try TLSContextStore(
            configuration: authority.configuration("current", trusting: "old"), role: .server,
            logger: Logger(label: "connection"))
        let before = store.current()
        #expect(store.current() === before)
        try install("key", from: "new")
        #expect(store.current() === before, "key and certificate do not belong together")
        try install("pem", from: "new")
        let after = store.current()
        #expect(after !== before && after.certificate?.subject == "CN=new")
        #expect(store.reloads == 1)
        try manager.removeItem(atPath: authority.path("current.pem"))
        #expect(store.current() === after)
    }

    @Test("certificates that expire soon, or have, are named with the day")
    func expiryWarnings() {
        func certificate(_ notAfter: Int64) -> (what: String, certificate: TLSCertificate) {
            let certificate = TLSCertificate(
                subject: "CN=x", issuer: "CN=y", serialNumber: "1", notBeforeSeconds: 0, notAfterSeconds: notAfter)
            return ("our certificate", certificate)
        }
        let now: Int64 = 1_700_000_000
        let month: Int64 = 30 * 86_400
        func lines(_ left: Int64) -> [String] {
            TLSCertificate.expiryWarnings([certificate(now + left)], nowSeconds: now, warningSeconds: month)
        }
        #expect(lines(month).isEmpty)
        #expect(lines(month - 1) == ["our certificate ('CN=x') expires in 29 days, on 2023-12-14: renew it"])
        #expect(lines(86_400) == ["our certificate ('CN=x') expires in 1 day, on 2023-11-15: renew it"])
        #expect(lines(5) == ["our certificate ('CN=x') expires within a day, on 2023-11-14: renew it"])
        #expect(lines(-86_400) == ["our certificate ('CN=x') expired on 2023-11-13: renew it"])
        #expect(
            TLSCertificate.expiryWarnings([certificate(.max)], nowSeconds: .min, warningSeconds: month).isEmpty)
    }

    @Test(
        "days are counted as calendars do",
        arguments: [
            (0, "1970-01-01"), (86_399, "1970-01-01"), (86_400, "1970-01-02"), (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"), (4_107_542_400, "2100-03-01"), (1_700_000_000, "2023-11-14"),
            (-62_135_596_800, "1-01-01"),
        ] as [(Int64, String)])
    func calendar(_ seconds: Int64, _ date: String) {
        #expect(CalendarDate(secondsSince1970: seconds).description == date)
    }

    @Test("server names are DNS names of controllers that we call")
    func serverNames() throws {
        var configuration = try Self.files("switch-rsa")
        func peer(_ text: String, _ serverName: String? = nil) throws -> TLSPeer {
            TLSContexts.peer(at: try ControllerAddress(parsing: text), serverName: serverName, configuration)
        }
        #expect(try peer("ssl:controller.example") == TLSPeer(serverName: "controller.example"))
        #expect(try peer("ssl:192.0.2.1") == TLSPeer())
        #expect(try peer("ssl:[2001:db8::1]:6653") == TLSPeer())
        #expect(try peer("ssl:192.0.2.1", "a.example") == TLSPeer(serverName: "a.example"))
        #expect(try peer("pssl:6653") == TLSPeer())
        configuration.verifiesName = true
        #expect(try peer("ssl:192.0.2.1") == TLSPeer(verifiedName: "192.0.2.1"))
        #expect(try peer("ssl:a.example") == TLSPeer(serverName: "a.example", verifiedName: "a.example"))
        #expect(try peer("pssl:6653") == TLSPeer())
    }
}
