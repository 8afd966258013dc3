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

    /// Queues an asynchronous message for every session that wants it, encoded once per version and form.
    ///
    /// - Parameter nicira: The message for sessions that have asked for flows in Nicira's form, where it differs.
    func broadcast(
        _ message: Message, nicira: Message? = nil, _ kind: AsyncConfig.Kind,
        except excluded: ControllerSession? = nil, reason: (OpenFlowVersion) -> UInt8
    ) {
        var encoded: [MessageForm: [UInt8]] = [:]
        for state in self.sessions.values {
            let session = state.session
            guard session !== excluded, self.wants(session, kind, reason: reason(session.version)),
                self.hasRoom(session, below: self.configuration.outputBytesMaximum)
            else { continue }
            let form = MessageForm(version: session.version, isNicira: nicira != nil && session.usesNiciraFlowFormat)
            if let bytes = encoded[form] {
                session.output += bytes
                continue
            }
            let before = session.output.count
            self.send(form.isNicira ? nicira ?? message : message, to: session, .unsolicited)
            encoded[form] = Array(session.output[before...])
        }
    }
}

/// What encodings of one asynchronous message differ in.
private struct MessageForm: Hashable {
    var version: OpenFlowVersion
    var isNicira: Bool
}
