package import NIOCore

/// What ``TLSHandler`` tells the handlers behind it.
package enum TLSEvent: Sendable, Equatable {
    /// The handshake is done.
    case established(TLSSummary)
}

/// TLS for one channel: decrypts what comes in, encrypts what goes out, never waits.
///
/// Plaintext written before the end of the handshake is held back and sent after it. A failure is fired as a
/// ``TLSError`` and the channel is closed once the alert is written. All on the channel's event loop, which
/// owns the session.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Where the session is; a failed or closed one is gone, so nothing can be asked of it.
    private enum Phase { case handshaking, established, closed }

    private let isBootstrapping: Bool
    private var session: TLSSession
    private var phase = Phase.handshaking
    private var held: [(buffer: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var flushed: EventLoopPromise<Void>?

    /// Makes the handler of one channel, which sends and demands the names of `peer`.
    package init(context: TLSContext, peer: TLSPeer = TLSPeer()) throws(TLSError) {
        self.isBootstrapping = context.isBootstrapping
        self.session = try TLSSession(context: context, peer: peer)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.beginHandshake(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.beginHandshake(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.phase = .closed
        self.failHeld(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.phase != .closed else { return }
        let ciphertext = self.unwrapInboundIn(data)
        var plaintext = ByteBuffer()
        let progress = ciphertext.withUnsafeReadableBytes { bytes in
            self.session.withInput(bytes) { session in
                Self.consume(&session, isUp: self.phase == .established, into: &plaintext)
            }
        }
        self.sendOutput(context)
        if progress.isUp, self.phase == .handshaking { self.establish(context) }
        if plaintext.readableBytes > 0, self.phase == .established {
            context.fireChannelRead(self.wrapInboundOut(plaintext))
        }
        switch progress.end {
        case .wantsInput: break
        case .closed: context.close(promise: nil)
        case .failed(let error): self.fail(context, error)
        }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let plaintext = self.unwrapOutboundIn(data)
        switch self.phase {
        case .closed: promise?.fail(ChannelError.ioOnClosedChannel)
        case .handshaking: self.held.append((plaintext, promise))
        case .established: self.encrypt(context, plaintext, promise)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        self.sendOutput(context)
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if self.phase == .established, mode != .input {
            self.session.shutDown()
            self.sendOutput(context)
        }
        if mode != .input { self.phase = .closed }
        self.failHeld(ChannelError.ioOnClosedChannel)
        context.close(mode: mode, promise: promise)
    }

    // MARK: Steps

    /// What one read of ciphertext came to.
    private struct Progress {
        enum End {
            case wantsInput
            case closed
            case failed(TLSError)
        }
        var isUp: Bool
        var end: End
    }

    /// Takes all ciphertext that was offered to the session: ends the handshake, then decrypts every record into one
    /// buffer, so that the handlers behind see one read.
    private static func consume(
        _ session: inout TLSSession, isUp: Bool, into plaintext: inout ByteBuffer
    ) -> Progress {
        do throws(TLSError) {
            if !isUp {
                guard try session.handshake() == .done else { return Progress(isUp: false, end: .wantsInput) }
            }
        } catch {
            return Progress(isUp: false, end: .failed(error))
        }
        while true {
            var outcome = Result<TLSSession.ReadResult, TLSError>.success(.wantsInput)
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 16 * 1024) { space in
                outcome = Result { () throws(TLSError) in try session.read(into: space) }
                if case .success(.bytes(let count)) = outcome { return count }
                return 0
            }
            switch outcome {
            case .success(.bytes): continue
            case .success(.wantsInput): return Progress(isUp: true, end: .wantsInput)
            case .success(.closed): return Progress(isUp: true, end: .closed)
            case .failure(let error): return Progress(isUp: true, end: .failed(error))
            }
        }
    }

    /// Begins the handshake: a client speaks first.
    private func beginHandshake(_ context: ChannelHandlerContext) {
        guard self.phase == .handshaking else { return }
        do throws(TLSError) {
            let result = try self.session.handshake()
            self.sendOutput(context)
            if result == .done { self.establish(context) }
        } catch {
            self.fail(context, error)
        }
    }

    /// The handshake is done: what was held back may go.
    private func establish(_ context: ChannelHandlerContext) {
        if self.isBootstrapping {
            do throws(TLSError) { try self.session.learnAuthority() } catch { self.fail(context, error) }
            return
        }
        self.phase = .established
        context.fireUserInboundEventTriggered(TLSEvent.established(self.session.summary))
        let held = self.held
        self.held = []
        for (buffer, promise) in held where self.phase == .established {
            self.encrypt(context, buffer, promise)
        }
        self.sendOutput(context)
    }

    private func encrypt(
        _ context: ChannelHandlerContext, _ plaintext: ByteBuffer, _ promise: EventLoopPromise<Void>?
    ) {
        let result = plaintext.withUnsafeReadableBytes { bytes in
            Result { () throws(TLSError) in try self.session.write(bytes) }
        }
        if case .failure(let error) = result {
            promise?.fail(error)
            self.fail(context, error)
            return
        }
        guard let promise else { return }
        // The plaintext's promise rides on the ciphertext's write; several share one.
        if let flushed = self.flushed {
            flushed.futureResult.cascade(to: promise)
        } else {
            self.flushed = promise
        }
    }

    /// Writes and flushes whatever ciphertext waits.
    private func sendOutput(_ context: ChannelHandlerContext) {
        let count = self.session.outputCount
        guard count > 0 else {
            context.flush()
            return
        }
        var ciphertext = context.channel.allocator.buffer(capacity: count)
        ciphertext.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            self.session.takeOutput(space)
        }
        let promise = self.flushed
        self.flushed = nil
        context.writeAndFlush(self.wrapOutboundOut(ciphertext), promise: promise)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard self.phase != .closed else { return }
        self.sendOutput(context)  // the alert that tells the peer why
        self.phase = .closed
        self.failHeld(error)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func failHeld(_ error: any Error) {
        let held = self.held
        self.held = []
        for (_, promise) in held { promise?.fail(error) }
        self.flushed?.fail(error)
        self.flushed = nil
    }
}
