import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import Agent

/// A certificate authority in a temporary directory, made with the openssl program; removed at the end.
private final class TestAuthority {
    let directory: URL

    init() throws {
        self.directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: self.directory) }

    func path(_ name: String) -> String { self.directory.appendingPathComponent(name).path }

    /// Makes a self-signed ECDSA certificate, which is its own authority.
    func makeCertificate(_ name: String) throws {
        try self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-keyout", self.path("\(name).key"), "-out", self.path("\(name).pem"),
        ])
    }

    func configuration(_ name: String, trusting authority: String) -> TLSConfiguration {
        TLSConfiguration(
            privateKeyPath: self.path("\(name).key"), certificatePath: self.path("\(name).pem"),
            authorityPath: self.path("\(authority).pem"))
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments.first ?? "") failed")
    }
}

/// Collects what comes out of a channel's pipeline.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var received: [UInt8] = []
    var errors: [any Error] = []
    var events: [TLSEvent] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += self.unwrapInboundIn(data).readableBytesView
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.errors.append(error) }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSEvent { self.events.append(event) }
    }
}

/// A client and a server joined in memory.
private struct Pair {
    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    let clientEnd = Collector()
    let serverEnd = Collector()

    init(client clientContext: TLSContext, server serverContext: TLSContext) throws {
        try self.server.pipeline.syncOperations.addHandlers([
            TLSHandler(context: serverContext), self.serverEnd,
        ])
        try self.client.pipeline.syncOperations.addHandlers([
            TLSHandler(context: clientContext), self.clientEnd,
        ])
        self.server.connect(to: try SocketAddress(unixDomainSocketPath: "/server"), promise: nil)
        self.client.connect(to: try SocketAddress(unixDomainSocketPath: "/client"), promise: nil)
    }

    /// Carries ciphertext both ways, `step` bytes at a time, until neither side has any.
    func pump(step: Int = .max) throws {
        var moved = true
        while moved {
            moved = false
            for (from, to) in [(self.client, self.server), (self.server, self.client)] {
                while var bytes = try from.readOutbound(as: ByteBuffer.self) {
                    moved = true
                    while let part = bytes.readSlice(length: min(step, bytes.readableBytes)), part.readableBytes > 0 {
                        if to.isActive { _ = try? to.writeInbound(part) }
                    }
                }
            }
        }
    }

    func finish() {
        _ = try? self.client.finish(acceptAlreadyClosed: true)
        _ = try? self.server.finish(acceptAlreadyClosed: true)
    }
}

@Suite("TLS sessions over memory")
struct TLSSessionTests {
    @Test("plaintext crosses both ways, whatever the cuts", arguments: [Int.max, 1, 7, 1000])
    func crossesBothWays(step: Int) throws {
        let authority = try TestAuthority()
        try authority.makeCertificate("controller")
        try authority.makeCertificate("switch")
        let pair = try Pair(
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
        let pair = try Pair(
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
        let end = Collector()
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
