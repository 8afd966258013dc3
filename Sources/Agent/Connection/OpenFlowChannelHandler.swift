package import NIOCore
import OpenFlow

/// The I/O side of a connection: frames, decodes, answers what needs no switch, and writes.
///
/// One handler for all of it, since a handler per step costs more than the steps: it walks the whole read
/// buffer at once, keeps only the partial message at its end, hands the decoded messages to the control loop in
/// one go, and writes once per turn. The rules are in ``OpenFlowConnection/StateMachine``; this class only
/// carries out what they say.
///
/// Confined to its channel's event loop. Reading stops while the control loop is behind or the peer does not
/// read its answers.
package final class OpenFlowChannelHandler: ChannelDuplexHandler, NIOScheduledCallbackHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = Never
    package typealias OutboundOut = ByteBuffer

    private let link: ConnectionLink
    private let clock: @Sendable () -> MonotonicTime
    private let messageBytesMaximum: Int
    private var machine: OpenFlowConnection.StateMachine
    private var context: ChannelHandlerContext?

    /// The version agreed on; kept beside the state machine for the sake of the loop over messages.
    private var version: OpenFlowVersion?
    /// Nicira's extension for 1.0, switched on by a message on this connection and needed to decode the next.
    private var usesFlowModTableID = false
    /// Made with the first flow_mod, which most of many connections never send.
    private lazy var cache = DecodingCache()
    /// The beginning of a message whose rest has not come.
    private var tail = ByteBuffer()
    /// Set once the connection is to end: nothing that comes in is looked at any more.
    private var closing: CloseReason?

    private let usesTLS: Bool
    /// The TLS handshake is not done.
    private var isSecuring: Bool

    /// The control loop is behind, or lets requests wait because their answers would have no room.
    private var controlLoopIsBehind = false
    private var readIsWanted = false
    /// Bytes that this handler itself sent and that are not in the socket yet.
    private var ownBytesInFlight = 0
    private var timer: NIOScheduledCallback?
    private var timerDeadline = MonotonicTime.distantFuture

    /// Makes the handler of one channel.
    /// - Parameters:
    ///   - link: where the control loop's half is reached.
    ///   - settings: the rules' parameters.
    ///   - messageBytesMaximum: the longest message that is taken.
    ///   - clock: the present moment.
    package init(
        link: ConnectionLink, settings: OpenFlowConnection.StateMachine.Settings,
        messageBytesMaximum: Int = AgentLimits.messageBytesMaximum, usesTLS: Bool = false,
        clock: @escaping @Sendable () -> MonotonicTime = SystemClock.now
    ) {
        self.link = link
        self.clock = clock
        self.messageBytesMaximum = messageBytesMaximum
        self.usesTLS = usesTLS
        self.isSecuring = usesTLS
        self.machine = OpenFlowConnection.StateMachine(settings)
    }
}

// MARK: - The channel's life

extension OpenFlowChannelHandler {
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.link.attach(eventLoop: context.eventLoop) { call in
            switch call {
            case .write: bound.value.writeOutput()
            case .resume: bound.value.controlLoopCaughtUp()
            }
        }
        if context.channel.isActive { self.open(context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.end(.closedByPeer)
        self.context = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.open(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.end(.closedByPeer)
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established(let summary)? = event as? TLSEvent {
            self.isSecuring = false
            _ = self.link.post([.secured(summary)], bytes: 0)
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(.system(ConnectionErrorText.describe(error)))
        context.close(promise: nil)
    }

    private func open(_ context: ChannelHandlerContext) {
        guard self.machine.deadline == .distantFuture, self.closing == nil else { return }
        let intent = self.machine.opened(now: self.clock())
        self.link.tap?.opened(
            self.link.identifier, local: context.channel.localAddress?.ipAddress,
            remote: context.channel.remoteAddress?.ipAddress)
        var output = Output()
        output.append(
            .hello(Hello(versions: intent.versions)), version: intent.version, transactionID: .unsolicited)
        self.write(output, context)
        self.armTimer(context)
    }

    /// The connection is over, or about to be: told to the control loop once.
    private func end(_ reason: CloseReason) {
        self.machine.closed()
        self.timer?.cancel()
        self.timer = nil
        self.link.detach()
        guard self.closing == nil else { return }
        self.link.tap?.closed(self.link.identifier)
        self.closing = reason
        self.tail = ByteBuffer()
        _ = self.link.post([.closed(reason)], bytes: 0)
    }

    /// Ends the connection once what was written has gone out.
    ///
    /// Output is shut down first and input discarded for a moment: closing a socket with unread input resets
    /// the connection, and the peer would lose the error that explains it.
    private func close(_ reason: CloseReason, after written: EventLoopFuture<Void>?, _ context: ChannelHandlerContext) {
        self.end(reason)
        if self.readIsWanted { context.read() }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(AgentLimits.closeTimeout.wholeNanoseconds)) {
            bound.value.close(promise: nil)
        }
        let done = written ?? context.eventLoop.makeSucceededVoidFuture()
        done.whenComplete { result in
            let context = bound.value
            guard case .success = result, context.channel.isActive else { return context.close(promise: nil) }
            context.close(mode: .output).whenFailure { _ in bound.value.close(promise: nil) }
        }
    }
}

// MARK: - Reading

extension OpenFlowChannelHandler {
    package func read(context: ChannelHandlerContext) {
        if self.mayRead {
            context.read()
        } else {
            self.readIsWanted = true
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.closing == nil else { return }
        let now = self.clock()
        self.machine.heard(now: now)
        var buffer = Self.unwrapInboundIn(data)
        var batch = Batch()
        if self.tail.readableBytes > 0 { self.completeTail(from: &buffer, &batch, now: now) }
        if batch.closing == nil, self.tail.readableBytes == 0 {
            let walked = buffer.readableBytesView.withUnsafeBytes { self.walkAndTell($0, &batch, now: now) }
            buffer.moveReaderIndex(forwardBy: min(walked, buffer.readableBytes))
            if batch.closing == nil, buffer.readableBytes > 0 { self.tail.writeBuffer(&buffer) }
        }
        self.finish(&batch, context, now: now)
    }

    /// Adds to the partial message what it lacks, and no more, and handles it once it is whole.
    private func completeTail(from buffer: inout ByteBuffer, _ batch: inout Batch, now: MonotonicTime) {
        while buffer.readableBytes > 0 {
            let frame = self.tail.withUnsafeReadableBytes {
                MessageFramer.next(in: $0, limit: self.messageBytesMaximum)
            }
            guard case .partial(let needed) = frame else { break }
            let missing = min(needed - self.tail.readableBytes, buffer.readableBytes)
            guard var part = buffer.readSlice(length: missing) else { break }
            self.tail.writeBuffer(&part)
        }
        // The view shares the storage, so that the tail itself may be cleared by what the message leads to.
        let tail = self.tail
        let walked = tail.readableBytesView.withUnsafeBytes { self.walkAndTell($0, &batch, now: now) }
        if walked > 0 || batch.closing != nil { self.tail.clear() }
    }

    /// As ``walk(_:_:now:)``, and lets those hear the messages who listen.
    private func walkAndTell(_ bytes: UnsafeRawBufferPointer, _ batch: inout Batch, now: MonotonicTime) -> Int {
        let walked = self.walk(bytes, &batch, now: now)
        self.link.tap?.pass([UInt8](bytes.prefix(walked)), .received, on: self.link.identifier)
        return walked
    }

    /// Handles the whole messages at the start of `bytes`; returns how many bytes they had.
    private func walk(_ bytes: UnsafeRawBufferPointer, _ batch: inout Batch, now: MonotonicTime) -> Int {
        var offset = 0
        var version = self.version
        // Messages take their bytes along as slices of one array: a refusal repeats some of them.
        let copy = [UInt8](bytes)
        batch.begin(copy)
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch MessageFramer.next(in: rest, limit: self.messageBytesMaximum) {
            case .partial:
                self.refuseEarly(rest, &batch, now: now)
                return offset
            case .badLength(let header):
                self.refuseLength(of: header, rest, &batch)
                return offset
            case .message(let header):
                let message = UnsafeRawBufferPointer(rebasing: rest[..<Int(header.length)])
                let slice = copy[offset..<offset &+ message.count]
                if let version, header.version == version.rawValue, header.type > Self.lastSymmetricType {
                    self.decode(header, message, slice, version, &batch)
                } else {
                    self.handle(header, message, slice, &batch, now: now)
                    if batch.closing != nil { return offset }
                    version = self.version
                }
                offset &+= message.count
            }
        }
    }

    /// Refuses what cannot become a HELLO by its header alone, rather than to wait for a length that means nothing.
    private func refuseEarly(_ bytes: UnsafeRawBufferPointer, _ batch: inout Batch, now: MonotonicTime) {
        guard self.version == nil, bytes.count >= MessageHeader.byteCount else { return }
        let header = MessageFramer.header(of: bytes)
        guard header.type > 1 else { return }
        self.handle(header, bytes, [UInt8](bytes)[...], &batch, now: now)
    }

    /// Types up to this one (HELLO, ERROR, ECHO) go through the state machine.
    private static var lastSymmetricType: UInt8 { 3 }

    /// Decodes a message for the switch.
    private func decode(
        _ header: MessageHeader, _ bytes: UnsafeRawBufferPointer, _ copy: ArraySlice<UInt8>,
        _ version: OpenFlowVersion, _ batch: inout Batch
    ) {
        batch.inputBytes &+= copy.count
        do throws(OpenFlowError) {
            let message = try ConnectionCodec.decode(
                bytes, version: version, usesFlowModTableID: self.usesFlowModTableID, cache: self.cache)
            if case .nicira(.setFlowModTableID(let used)) = message { self.usesFlowModTableID = used }
            if batch.appendToBurst(
                message, header, at: copy.indices, version: version, usesTableID: self.usesFlowModTableID)
            {
                return
            }
            batch.append(.message(message, header, copy))
        } catch {
            batch.append(.undecodable(error, copy))
        }
    }

    /// Does with a message what the rules say.
    private func handle(
        _ header: MessageHeader, _ bytes: UnsafeRawBufferPointer, _ copy: ArraySlice<UInt8>, _ batch: inout Batch,
        now: MonotonicTime
    ) {
        switch self.machine.received(header) {
        case .deliver(let version): self.decode(header, bytes, copy, version, &batch)
        case .ignore: break
        case .close(let reason): batch.closing = reason
        case .answerEcho(let version): batch.output.appendEchoReply(to: bytes, version: version)
        case .refuse(let refusal): self.refuse(refusal, header, bytes, &batch)
        case .hello:
            let hello = ConnectionCodec.decodeHello(bytes, headerVersion: header.version)
            switch self.machine.received(hello: hello?.versions, headerVersion: header.version, now: now) {
            case .ignore: break
            case .refuse(let refusal): self.refuse(refusal, header, bytes, &batch)
            case .adopt(let version):
                self.version = version
                self.link.opened()
                if !self.usesTLS { self.shareSocket() }
                batch.append(.opened(version))
            }
        }
    }

    /// Lets the control loop write short answers to the socket itself.
    private func shareSocket() {
        // A channel that is closing has none any more.
        try? self.context?.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            if let socket = DirectSocket(duplicating: $0) { self.link.share(socket) }
        }
    }

    private func refuse(
        _ refusal: OpenFlowConnection.StateMachine.Refusal, _ header: MessageHeader, _ bytes: UnsafeRawBufferPointer,
        _ batch: inout Batch
    ) {
        if let text = refusal.text {
            let error = ErrorMessage(error: .known(refusal.code), data: Array(text.utf8))
            batch.output.append(.error(error), version: refusal.version, transactionID: header.transactionID)
        } else {
            ConnectionCodec.appendError(
                refusal.code, refusing: bytes, version: refusal.version, transactionID: header.transactionID,
                to: &batch.output.bytes)
        }
        batch.closing = refusal.closing
    }

    /// Nobody can say where the next message begins: the error names the length, and the connection ends.
    private func refuseLength(of header: MessageHeader, _ bytes: UnsafeRawBufferPointer, _ batch: inout Batch) {
        let version = self.version ?? OpenFlowVersion(rawValue: header.version) ?? .v1_0
        let start = UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, max(Int(header.length), 64))])
        ConnectionCodec.appendError(
            .requestBadLength, refusing: start, version: version, transactionID: header.transactionID,
            to: &batch.output.bytes)
        batch.closing = .badLength(Int(header.length))
    }

    /// Passes on what one read led to.
    private func finish(_ batch: inout Batch, _ context: ChannelHandlerContext, now: MonotonicTime) {
        batch.endBurst()
        if !batch.inputs.isEmpty {
            self.controlLoopIsBehind = self.link.post(batch.inputs, bytes: batch.inputBytes)
        }
        let written = self.write(batch.output, context)
        self.noteReadingPaused(now: now)
        if let reason = batch.closing {
            self.close(reason, after: written, context)
        } else {
            self.armTimer(context)
        }
    }

    /// Whether more may be read: the control loop keeps up, and so does the peer with what we answer ourselves.
    private var mayRead: Bool {
        if self.closing != nil { return true }
        return !self.controlLoopIsBehind && self.ownBytesInFlight <= AgentLimits.readBufferBytes
    }

    /// Tells the rules why nothing is read at present, if so.
    private func noteReadingPaused(now: MonotonicTime) {
        guard !self.mayRead else { return }
        let outputIsFull = max(self.link.bytesInFlight, self.ownBytesInFlight) > AgentLimits.readBufferBytes
        self.machine.readingPaused(outputIsFull ? .outputFull : .switchBusy, now: now)
    }

    private func controlLoopCaughtUp() {
        self.controlLoopIsBehind = false
        self.resumeReading()
    }

    private func resumeReading() {
        guard self.mayRead, self.closing == nil, let context = self.context else { return }
        self.machine.readingResumed(now: self.clock())
        self.armTimer(context)
        guard self.readIsWanted else { return }
        self.readIsWanted = false
        context.read()
    }
}

// MARK: - Writing

extension OpenFlowChannelHandler {
    @discardableResult
    private func write(_ output: Output, _ context: ChannelHandlerContext) -> EventLoopFuture<Void>? {
        guard !output.bytes.isEmpty else { return nil }
        let count = output.bytes.count
        self.ownBytesInFlight += count
        if self.link.willWrite(count) { self.writeOutput() }
        self.link.tap?.pass(output.bytes, .sent, on: self.link.identifier)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: output.bytes)))
        written.whenComplete { _ in bound.value.ownBytesWritten(count) }
        return written
    }

    private func ownBytesWritten(_ count: Int) {
        self.ownBytesInFlight -= count
        self.link.wroteOwn(count)
        self.machine.wrote(now: self.clock())
        if self.readIsWanted { self.resumeReading() }
    }

    /// Writes what the control loop has sent.
    private func writeOutput() {
        guard let context = self.context, self.closing == nil else { return }
        let (chunks, closing) = self.link.takeOutput()
        var last: EventLoopFuture<Void>?
        for chunk in chunks {
            let count = chunk.count
            self.link.tap?.pass(chunk, .sent, on: self.link.identifier)
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            let written = context.write(Self.wrapOutboundOut(ByteBuffer(bytes: chunk)))
            written.whenComplete { _ in bound.value.outputWritten(count) }
            last = written
        }
        if last != nil { context.flush() }
        if let closing { self.close(closing, after: last, context) }
    }

    private func outputWritten(_ count: Int) {
        self.link.wrote(count)
        self.machine.wrote(now: self.clock())
    }
}

// MARK: - Time

extension OpenFlowChannelHandler {
    /// Sees to it that the timer fires at the machine's deadline or before; an early one does no harm.
    private func armTimer(_ context: ChannelHandlerContext) {
        let deadline = self.machine.deadline
        guard deadline != .distantFuture, self.timer == nil || deadline < self.timerDeadline else { return }
        self.timer?.cancel()
        self.timerDeadline = deadline
        let wait = deadline.since(self.clock())
        // A callback holds less than a task; where the loop is ending, there is nothing to wait for.
        self.timer = try? context.eventLoop.assumeIsolated().scheduleCallback(
            in: .nanoseconds(wait.wholeNanoseconds), handler: self)
    }

    package func handleScheduledCallback(eventLoop: some EventLoop) { self.timerFired() }

    private func timerFired() {
        self.timer = nil
        guard let context = self.context, self.closing == nil else { return }
        let now = self.clock()
        // Who waits for answers of ours is silent for a good reason: some, like ovs-ofctl, then answer no echo request.
        if self.link.hasUnhandledInputs { self.machine.heard(now: now) }
        switch self.machine.timerFired(now: now) {
        case .wait: break
        case .close(.noHello) where self.isSecuring: return self.close(.noTLSHandshake, after: nil, context)
        case .close(let reason): return self.close(reason, after: nil, context)
        case .sendEchoRequest(let version):
            var output = Output()
            output.append(.echoRequest([]), version: version, transactionID: .unsolicited)
            self.write(output, context)
        }
        self.armTimer(context)
    }
}
