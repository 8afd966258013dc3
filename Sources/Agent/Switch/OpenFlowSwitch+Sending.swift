import OpenFlow

// What goes out: replies, errors, asynchronous messages.
extension OpenFlowSwitch {
    /// Queues a message; one that the session's version cannot say is counted and not sent.
    func send(_ message: Message, to session: ControllerSession, _ transactionID: TransactionID) {
        do throws(Inexpressible) {
            try MessageCodec.encode(
                message, version: session.version, transactionID: transactionID, into: &session.output)
        } catch {
            session.inexpressibleMessages += 1
            self.counters.inexpressible += 1
        }
    }

    /// Queues the error that refuses the request in `bytes`.
    func refuse(
        _ code: OpenFlowError.Code, _ bytes: [UInt8], to session: ControllerSession, _ transactionID: TransactionID
    ) {
        self.counters.errors += 1
        MessageCodec.encodeError(
            code, refusing: bytes.span.bytes, version: session.version, transactionID: transactionID,
            into: &session.output)
    }

    /// Whether a session wants asynchronous messages of `kind` with reason number `reason`.
    ///
    /// A service connection (one that came in by a listener) gets none until it asks for packets, as with Open vSwitch.
    func wants(_ session: ControllerSession, _ kind: AsyncConfig.Kind, reason: UInt8) -> Bool {
        // What is not asked for goes by the main connection; packet-ins may go on to an auxiliary one.
        guard session.isIdentified, session.auxiliaryID == 0 else { return false }
        if session.isService, session.missSendLength == 0 { return false }
        let mask = session.asyncConfig[kind, session.role] ?? 0
        return reason < 32 && mask & (1 << UInt32(reason)) != 0
    }

    /// Whether a session's output has room for asynchronous messages; where it has not, that is counted.
    func hasRoom(_ session: ControllerSession, below limit: Int) -> Bool {
        if session.output.count + session.bytesInFlight < min(limit, session.outputBytesAllowed) { return true }
        self.counters.asynchronousDropped += 1
        return false
    }

    /// Queues an asynchronous message for every session that wants it, encoded once per version.
    func broadcast(
        _ message: Message, _ kind: AsyncConfig.Kind, except excluded: ControllerSession? = nil,
        reason: (OpenFlowVersion) -> UInt8
    ) {
        var encoded: [OpenFlowVersion: [UInt8]] = [:]
        for state in self.sessions.values {
            let session = state.session
            guard session !== excluded, self.wants(session, kind, reason: reason(session.version)),
                self.hasRoom(session, below: self.configuration.outputBytesMaximum)
            else { continue }
            if let bytes = encoded[session.version] {
                session.output += bytes
                continue
            }
            let before = session.output.count
            self.send(message, to: session, .unsolicited)
            encoded[session.version] = Array(session.output[before...])
        }
    }
}
