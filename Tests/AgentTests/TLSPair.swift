import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import Agent

/// A certificate authority in a temporary directory, made with the openssl program; removed at the end.
final class TestAuthority {
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
final class PlaintextCollector: ChannelInboundHandler {
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
struct TLSPair {
    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    let clientEnd = PlaintextCollector()
    let serverEnd = PlaintextCollector()

    init(client clientContext: TLSContext, server serverContext: TLSContext, peer: TLSPeer = TLSPeer()) throws {
        try self.server.pipeline.syncOperations.addHandlers([
            TLSHandler(context: serverContext), self.serverEnd,
        ])
        try self.client.pipeline.syncOperations.addHandlers([
            TLSHandler(context: clientContext, peer: peer), self.clientEnd,
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
