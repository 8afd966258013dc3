import Logging
package import OpenFlow

/// Where a request came from, when, and what it looked like.
struct RequestContext {
    /// The session.
    let session: ControllerSession
    /// The request's transaction, which replies repeat.
    let transactionID: TransactionID
    /// When it is handled.
    let now: MonotonicTime
    /// The whole message; part of what was read with it, so that whoever keeps it copies it.
    let bytes: ArraySlice<UInt8>

    /// Who asks, for the record of changes.
    var origin: ChangeOrigin { .controller(session: self.session.identifier, self.transactionID) }
    /// The session's version.
    var version: OpenFlowVersion { self.session.version }
}

extension OpenFlowSwitch {
    /// Handles a message to its end; only replies may wait.
    ///
    /// - Parameter bytes: The whole message, whose beginning an error carries.
    package func handle(
        _ message: Message, header: MessageHeader, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {
        self.handle(message, header: header, bytes: bytes[...], from: session, now: now)
    }

    /// See the same of an array; the bytes are part of a larger array.
    package func handle(
        _ message: Message, header: MessageHeader, bytes: ArraySlice<UInt8>, from session: ControllerSession,
        now: MonotonicTime
    ) {
        guard let state = self.sessions[session.identifier], !session.shouldClose else { return }
        self.counters.messages += 1
        guard !self.postpones(message, header, bytes, state) else { return }
        self.logger.trace("\(self.name): \(session.peer): \(message)")
        let context = RequestContext(
            session: session, transactionID: header.transactionID, now: now, bytes: bytes)
        do throws(OpenFlowError) {
            if session.role == .secondary, message.changesState { throw OpenFlowError(.requestIsSecondary) }
            if let refusal = message.experimenterRefusal { throw refusal }
            try self.dispatch(message, context, state)
        } catch {
            self.logger.info("\(self.name): \(session.peer): type \(header.type) refused: \(error)")
            self.refuse(error.code, Array(bytes), to: session, header.transactionID)
        }
    }

    /// Answers a message that could not be decoded; `bytes` is the whole message, or its beginning.
    package func handleDecodeError(
        _ error: OpenFlowError, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {
        guard !session.shouldClose else { return }
        var transactionID: UInt32 = 0
        if bytes.count >= MessageHeader.byteCount {
            for octet in bytes[4..<8] { transactionID = transactionID << 8 | UInt32(octet) }
        }
        self.logger.info("\(self.name): \(session.peer): a message that cannot be read refused: \(error)")
        self.refuse(error.code, bytes, to: session, TransactionID(rawValue: transactionID))
    }

    private func dispatch(
        _ message: Message, _ context: RequestContext, _ state: SessionState
    ) throws(OpenFlowError) {
        switch message {
        case .flowMod(let flowMod): try self.handle(flowMod, context)
        case .packetOut(let packetOut): try self.handle(packetOut, context)
        case .barrierRequest: self.handleBarrier(context, state)
        case .multipartRequest(let request): try self.handle(request, context, state)
        case .echoRequest(let payload): self.reply(.echoReply(payload), context)
        case .featuresRequest:
            var features = self.features(for: context.version)
            features.auxiliaryID = context.session.auxiliaryID
            self.reply(.featuresReply(features), context)
            context.session.isIdentified = true
        case .getConfigRequest: self.reply(.getConfigReply(self.switchConfig(for: context.session)), context)
        case .setConfig(let config): try self.handle(config, context)
        case .portMod(let portMod): try self.handle(portMod, context)
        case .groupMod, .meterMod: try self.carryOut(message, context)
        case .tableMod(let tableMod): try self.handle(tableMod, context)
        case .queueGetConfigRequest(let port): try self.handleQueueConfiguration(of: port, context)
        case .roleRequest(let request): try self.handle(request, context)
        case .getAsyncRequest: self.reply(.getAsyncReply(Self.asyncConfig(of: context.session)), context)
        case .setAsync(let config): try self.handle(config, context)
        case .nicira(let request): try self.handle(request, context)
        case .experimenter(let request): throw Self.refusal(of: request)
        case .bundleControl(let control): try self.handle(control, context, state)
        case .bundleAdd(let add): try self.handle(add, context, state)
        case .flowMonitorCancel(let monitor): try self.cancelMonitor(monitor, state)
        // A late HELLO and answers to what the connection layer asked are no requests.
        case .hello, .error, .echoReply: break
        case .featuresReply, .getConfigReply, .packetIn, .flowRemoved, .portStatus, .multipartReply, .barrierReply,
            .queueGetConfigReply, .roleReply, .getAsyncReply, .roleStatus, .tableStatus, .requestForward,
            .controllerStatus, .flowMonitorPaused, .flowMonitorResumed:
            throw OpenFlowError(.requestBadType)
        }
    }

    /// Queues the reply to a request.
    func reply(_ message: Message, _ context: RequestContext) {
        self.send(message, to: context.session, context.transactionID)
    }

    /// Experimenters whose messages some version of this agent knows are refused by type, others altogether.
    static func refusal(of request: Experimenter) -> OpenFlowError {
        let isKnown = request.experimenter == 0x2320 || request.experimenter == 0x4f4e_4600
        return OpenFlowError(
            isKnown ? .requestBadExperimenterType : .requestBadExperimenter, value: UInt64(request.experimenter))
    }
}

extension Message {
    /// Whether a controller in the secondary role may not send it (1.2 §A.3.9, 1.3 §6.3.6).
    var changesState: Bool {
        switch self {
        case .flowMod, .packetOut, .groupMod, .meterMod, .portMod, .tableMod, .bundleControl, .bundleAdd: true
        case .nicira(let request): request.changesState
        case .multipartRequest(let request):
            if case .tableFeatures(let features) = request.body { !features.isEmpty } else { false }
        default: false
        }
    }
}

extension NiciraMessage {
    /// Whether a controller in the secondary role may not send it.
    fileprivate var changesState: Bool {
        switch self {
        case .flowMod, .resume, .tlvTableMod, .flushConnections, .flushConnectionZone: true
        default: false
        }
    }
}
