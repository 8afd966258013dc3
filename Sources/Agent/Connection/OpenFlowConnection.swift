import OpenFlow

/// The control loop's half of a connection: its session, the messages that wait for the switch, and the way back.
///
/// Confined to its bridge's control loop. Its other half is the ``OpenFlowChannelHandler``; they meet in a
/// ``ConnectionLink``.
package final class OpenFlowConnection {
    /// How it came to be.
    package enum Origin: Hashable, Sendable {
        /// We called the configured controller of that number, which none has had before it.
        case controller(Int)
        /// It came in by the listener of that number.
        case listener(Int)
        /// We called the controller of that number a second time, beside its main connection.
        case auxiliary(controller: Int, identifier: UInt8)
    }

    /// What a turn led to.
    struct TurnResult: Equatable {
        /// The version that was agreed in this turn; the connection may have ended in the same turn.
        var opened: OpenFlowVersion?
        /// The connection ended in this turn, for this reason.
        var closed: CloseReason?
        /// There are messages left that could be handled at once.
        var hasMore = false
    }

    /// How it came to be.
    package let origin: Origin
    /// The session; nil before a version is agreed and after the end.
    package private(set) var session: ControllerSession?
    /// When the version was agreed.
    private(set) var openedAt = MonotonicTime.zero
    /// What is known of it.
    package private(set) var statistics: ConnectionStatistics
    /// FLOW_MOD messages since ``takeFlowModCount()`` was asked last.
    private(set) var flowModCount = 0
    /// The number of FLOW_MOD, in all versions.
    private static let flowModType: UInt8 = 14
    /// How many messages ahead of the one that is handled the switch is told of, so that memory has had time to answer.
    private static let foreseenMessages = 3
    /// Whether the peer has sent anything that only those send who control: a change, a packet, a role.
    private(set) var takesPart = false
    /// When the peer was last sent a packet to see whether it takes part.
    var askedAt: MonotonicTime?
    /// Whether the bridge's fail mode counts it among the controllers in charge.
    var isInCharge = false

    private let link: ConnectionLink
    private let packetInLimit: PacketInLimit
    private let sendsAsynchronousMessages: Bool
    /// The session of the main connection, of an auxiliary one.
    private let main: ControllerSession?
    /// What came in one read and is not handled yet, from ``nextInput`` on.
    private var current: [ConnectionInput] = []
    private var nextInput = 0
    /// What came in later reads, in order, from ``nextBatch`` on.
    private var batches: [[ConnectionInput]] = []
    private var nextBatch = 0
    /// The reason in the last input, if the connection has ended.
    private var closeReasonAhead: CloseReason?
    private var closeWasAsked = false

    init(
        link: ConnectionLink, origin: Origin, peer: String, settings: ConnectionSettings = ConnectionSettings(),
        main: ControllerSession? = nil
    ) {
        self.main = main
        self.link = link
        self.packetInLimit = settings.packetInLimit
        self.sendsAsynchronousMessages = settings.sendsAsynchronousMessages ?? true
        self.origin = origin
        self.statistics = ConnectionStatistics(peer: peer)
        self.statistics.attempts = 1
    }

    /// A number that is never given twice in the life of the process.
    package var identifier: UInt64 { self.link.identifier }

    /// How many FLOW_MOD messages there were since the last call.
    func takeFlowModCount() -> Int {
        defer { self.flowModCount = 0 }
        return self.flowModCount
    }

    /// Bytes sent and not yet in the socket.
    var bytesInFlight: Int { self.link.bytesInFlight }

    /// Takes over what has come in and lets the switch handle at most `limit` messages of it.
    ///
    /// Requests of a peer that does not read its answers wait; what then piles up stops the reading.
    func turn(_ handler: any SwitchRequestHandler, limit: Int, now: MonotonicTime) -> TurnResult {
        var result = TurnResult()
        self.takeInputs()
        var handled = 0
        var bytes = 0
        var isHeldBack = false
        while handled < limit, self.hasInput {
            // The switch goes on with what it is busy with at the end of this turn.
            isHeldBack = self.session?.isBusy == true || self.session?.isSuspended == true
            if isHeldBack { break }
            if let session = self.session, session.shouldClose || !self.hasRoom(session) {
                // Only the end of the connection may pass.
                guard self.closeReasonAhead != nil else { break }
            }
            if case .flowMods = self.current[self.nextInput] {
                let done = self.handleFlowMods(handler, maximum: limit - handled, now: now)
                handled += done.messages
                bytes += done.bytes
                continue
            }
            // What stays behind holds no memory; the input itself is moved, not copied.
            var input = ConnectionInput.opened(.v1_0)
            swap(&input, &self.current[self.nextInput])
            self.nextInput += 1
            self.foresee(self.nextInput + Self.foreseenMessages, handler)
            handled += 1
            bytes += input.byteCount
            self.handle(input, handler, &result, now: now)
        }
        if handled > 0 { self.link.handled(messages: handled, bytes: bytes) }
        result.hasMore = self.hasInput && (handled >= limit || isHeldBack)
        return result
    }

    /// Lets the switch handle FLOW_MODs of the burst that is the next input.
    private func handleFlowMods(
        _ handler: any SwitchRequestHandler, maximum: Int, now: MonotonicTime
    ) -> (messages: Int, bytes: Int) {
        var input = ConnectionInput.opened(.v1_0)
        swap(&input, &self.current[self.nextInput])
        guard case .flowMods(var burst) = consume input else { return (0, 0) }
        let first = burst.next
        if let session = self.session, !session.shouldClose {
            handler.handle(&burst, maximum: maximum, from: session, now: now)
            self.statistics.messagesReceived += UInt64(burst.next - first)
            if burst.destination == .tables { self.flowModCount += burst.next - first }
            self.takesPart = true
        } else {
            burst.next = burst.count
        }
        let handled = first..<burst.next
        let bytes = burst.byteCount(of: handled)
        if burst.next < burst.count {
            self.current[self.nextInput] = .flowMods(burst)
        } else {
            self.nextInput += 1
        }
        return (handled.count, bytes)
    }

    /// Tells the switch of the input at `index` of ``current``, if there is one.
    private func foresee(_ index: Int, _ handler: any SwitchRequestHandler) {
        guard index < self.current.count, case .message(let message, _, _) = self.current[index] else { return }
        handler.foresee(message)
    }

    /// Sends what the switch has queued since the last turn; resumes long answers where there is room.
    func carryOutput(_ handler: any SwitchRequestHandler, wasWoken: Bool, now: MonotonicTime) {
        guard let session = self.session else { return }
        session.bytesInFlight = self.link.bytesInFlight
        session.outputBytesAllowed = self.link.outputAllowed(.max)
        if wasWoken, session.bytesInFlight < AgentLimits.dumpOutputBytesMaximum {
            handler.resume(session, now: now)
        }
        if !session.output.isEmpty {
            let output = session.output
            session.output = []
            self.statistics.bytesSent += UInt64(output.count)
            self.link.send(output)
            session.bytesInFlight = self.link.bytesInFlight
            if output.count >= AgentLimits.dumpOutputBytesMaximum / 8 { self.link.requestProgress() }
        }
        if !self.hasRoom(session) || session.isPaused { self.link.requestProgress() }
        if session.shouldClose { self.close(.closedBySwitch) }
    }

    /// Closes the connection when everything sent so far is written.
    func close(_ reason: CloseReason) {
        guard !self.closeWasAsked else { return }
        self.closeWasAsked = true
        self.link.close(reason)
    }

    /// Adds what has come to what waits; the link bounds the two together.
    private func takeInputs() {
        let batches = self.link.takeBatches()
        guard !batches.isEmpty else { return }
        if case .closed(let reason) = batches.last?.last { self.closeReasonAhead = reason }
        if self.nextBatch == self.batches.count {
            self.batches = batches
        } else {
            self.batches.removeSubrange(..<self.nextBatch)
            self.batches.append(contentsOf: batches)
        }
        self.nextBatch = 0
    }

    /// Whether something waits, which is then at ``nextInput`` in ``current``.
    private var hasInput: Bool {
        while self.nextInput == self.current.count {
            // A connection that has nothing to say holds nothing.
            if self.current.capacity > 0 { self.current = [] }
            self.nextInput = 0
            guard self.nextBatch < self.batches.count else {
                if !self.batches.isEmpty { (self.batches, self.nextBatch) = ([], 0) }
                return false
            }
            swap(&self.current, &self.batches[self.nextBatch])
            self.nextBatch += 1
        }
        return true
    }

    private func hasRoom(_ session: ControllerSession) -> Bool {
        self.link.bytesInFlight + session.output.count
            <= self.link.outputAllowed(AgentLimits.requestOutputBytesMaximum)
    }

    private func handle(
        _ input: consuming ConnectionInput, _ handler: any SwitchRequestHandler, _ result: inout TurnResult,
        now: MonotonicTime
    ) {
        switch consume input {
        case .secured(let summary): self.statistics.security = summary
        case .opened(let version):
            let isService = if case .listener = self.origin { true } else { false }
            let session = ControllerSession(
                identifier: self.identifier, version: version, peer: self.statistics.peer, isService: isService,
                packetInLimit: self.packetInLimit,
                sendsAsynchronousMessages: self.sendsAsynchronousMessages)
            if case .auxiliary(_, let identifier) = self.origin { session.auxiliaryID = identifier }
            self.main?.attach(session)
            self.session = session
            self.openedAt = now
            self.statistics.isConnected = true
            self.statistics.sessions += 1
            self.statistics.version = version
            self.statistics.lastChange = now
            result.opened = version
            handler.sessionOpened(session)
        case .message(let message, let header, let bytes):
            guard let session = self.session, !session.shouldClose else { return }
            self.statistics.messagesReceived += 1
            if header.type == Self.flowModType { self.flowModCount += 1 }
            if !self.takesPart { self.takesPart = message.showsControl }
            handler.handle(message, header: header, bytes: bytes, from: session, now: now)
        // Handled by the part; see ``handleFlowMods(_:maximum:now:)``.
        case .flowMods: break
        case .undecodable(let error, let bytes):
            guard let session = self.session, !session.shouldClose else { return }
            self.statistics.messagesUndecodable += 1
            handler.handleDecodeError(error, bytes: Array(bytes), from: session, now: now)
        case .closed(let reason):
            self.statistics.isConnected = false
            self.statistics.lastError = reason.description
            self.statistics.lastChange = now
            result.closed = reason
            guard let session = self.session else { return }
            self.session = nil
            self.main?.detach(session)
            handler.sessionClosed(session)
        }
    }
}
