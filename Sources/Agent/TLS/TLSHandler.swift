package import NIOCore

/// What ``TLSHandler`` tells the handlers behind it.
package enum TLSEvent: Sendable, Equatable {
    /// The handshake is done; version and cipher.
    case established(String)
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

    private var session: TLSSession
    private var phase = Phase.handshaking
    private var held: [(buffer: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var flushed: EventLoopPromise<Void>?

    /// Makes the handler; `serverName` is sent as SNI by clients.
    package init(context: TLSContext, serverName: String? = nil) throws(TLSError) {
        self.session = try TLSSession(context: context, serverName: serverName)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.continueHandshake(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.continueHandshake(context)
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
        do throws(TLSError) {
            try self.receive(ciphertext)
        } catch {
            self.fail(context, error)
            return
        }
        if self.phase == .handshaking { self.continueHandshake(context) }
        if self.phase == .established { self.decrypt(context) }
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

    private func receive(_ ciphertext: ByteBuffer) throws(TLSError) {
        let result = ciphertext.withUnsafeReadableBytes { bytes in
            Result { () throws(TLSError) in try self.session.receive(bytes) }
        }
        try result.get()
    }

    private func continueHandshake(_ context: ChannelHandlerContext) {
        guard self.phase == .handshaking else { return }
        do throws(TLSError) {
            let result = try self.session.handshake()
            self.sendOutput(context)
            guard result == .done else { return }
        } catch {
            self.fail(context, error)
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

    /// Decrypts every record received into one buffer, so that the handlers behind see one read.
    private func decrypt(_ context: ChannelHandlerContext) {
        var plaintext = context.channel.allocator.buffer(capacity: 16 * 1024)
        var ended: ReadEnd?
        while ended == nil {
            var outcome = Result<TLSSession.ReadResult, TLSError>.success(.wantsInput)
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 16 * 1024) { space in
                outcome = Result { () throws(TLSError) in try self.session.read(into: space) }
                if case .success(.bytes(let count)) = outcome { return count }
                return 0
            }
            switch outcome {
            case .success(.bytes): continue
            case .success(.wantsInput): ended = .moreNeeded
            case .success(.closed): ended = .closed
            case .failure(let error): ended = .failed(error)
            }
        }
        if plaintext.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(plaintext)) }
        self.sendOutput(context)  // key updates and the like
        switch ended {
        case .closed: context.close(promise: nil)
        case .failed(let error): self.fail(context, error)
        case .moreNeeded, nil: break
        }
    }

    private enum ReadEnd {
        case moreNeeded
        case closed
        case failed(TLSError)
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
