import NIOCore
import NIOEmbedded
import Testing

@testable import Agent

@Suite("TLS sessions over memory")
struct TLSSessionTests {
    @Test("plaintext crosses both ways, whatever the cuts", arguments: [Int.max, 1, 7, 1000])
    func crossesBothWays(step: Int) throws {
        let authority = try TestAuthority()
        try authority.makeCertificate("controller")
        try authority.makeCertificate("switch")
        let pair = try TLSPair(
            client: TLSContext(configuration: authority.configuration("switch", trusting: "controller"), role: .client),
            server: TLSContext(configuration: authority.configuration("controller", trusting: "switch"), role: .server))
        defer { pair.finish() }
        // Written before the handshake is done: must arrive after it.
        pair.client.writeAndFlush(ByteBuffer(string: "early"), promise: nil)
        try pair.pump(step: step)
        let answer = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
        pair.server.writeAndFlush(ByteBuffer(bytes: answer), promise: nil)
        try pair.pump(step: step)
        #expect(String(decoding: pair.serverEnd.received, as: UTF8.self) == "early")
        #expect(pair.clientEnd.received == answer)
        #expect(pair.clientEnd.events.count == 1 && pair.serverEnd.events.count == 1)
        #expect(pair.clientEnd.errors.isEmpty && pair.serverEnd.errors.isEmpty)
    }

    @Test("a peer signed by another authority is refused, and both sides say so")
    func strangerIsRefused() throws {
        let authority = try TestAuthority()
        for name in ["controller", "switch", "stranger"] { try authority.makeCertificate(name) }
        let pair = try TLSPair(
            client: TLSContext(configuration: authority.configuration("switch", trusting: "stranger"), role: .client),
            server: TLSContext(configuration: authority.configuration("controller", trusting: "switch"), role: .server))
        defer { pair.finish() }
        try pair.pump()
        #expect(pair.clientEnd.errors.first as? TLSError == TLSError(.certificate, ""))
        #expect(pair.serverEnd.errors.first as? TLSError == TLSError(.certificate, ""))
        let text = (pair.clientEnd.errors.first as? TLSError)?.description ?? ""
        #expect(text.contains("we refused the controller's certificate"))
        #expect(!pair.client.isActive && !pair.server.isActive)
    }

    @Test("garbage instead of a handshake closes the channel with an error")
    func garbage() throws {
        let authority = try TestAuthority()
        try authority.makeCertificate("switch")
        let context = try TLSContext(
            configuration: authority.configuration("switch", trusting: "switch"), role: .server)
        let channel = EmbeddedChannel()
        let end = PlaintextCollector()
        try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: context), end])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/x"), promise: nil)
        _ = try? channel.writeInbound(ByteBuffer(bytes: [4, 0, 0, 8, 0, 0, 0, 1] + [UInt8](repeating: 7, count: 64)))
        #expect(end.errors.first is TLSError)
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test("an unusable file is named")
    func unusableFile() throws {
        let authority = try TestAuthority()
        try authority.makeCertificate("switch")
        var configuration = authority.configuration("switch", trusting: "switch")
        configuration.privateKeyPath = "/nonexistent/key.pem"
        let error = #expect(throws: TLSError.self) {
            try TLSContext(configuration: configuration, role: .client)
        }
        #expect(error?.code == .badFile)
        #expect(error?.description.contains("/nonexistent/key.pem") == true)
    }
}
