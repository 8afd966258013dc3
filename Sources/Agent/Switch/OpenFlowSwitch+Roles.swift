import Logging
package import OpenFlow

// Roles: who may change the switch, and who is told of it.
extension OpenFlowSwitch {
    /// ROLE_REQUEST (1.2 §A.3.9, 1.3 §7.3.9, 1.5 §7.3.8), and Nicira's below 1.2.
    func handle(_ request: RoleMessage, _ context: RequestContext) throws(OpenFlowError) {
        // An auxiliary connection speaks for its controller.
        let session = context.session.main ?? context.session
        try self.checkShortID(request.shortID, of: session, context)
        if request.role == .primary || request.role == .secondary, let generation = request.generationID {
            // Newer means a positive difference of signed 64 bits; equal is not stale.
            if let known = self.generationID, Int64(bitPattern: generation &- known) < 0 {
                throw OpenFlowError(.roleRequestStale, value: generation)
            }
            self.generationID = generation
        }
        if context.version >= .v1_5, request.role != .noChange { self.setShortID(request.shortID, of: session) }
        let before = session.role
        if request.role != .noChange { session.role = request.role }
        // The reply goes before what the others are told.
        // Undefined is all ones (1.3 §7.3.9); Nicira's form has no generation.
        let generation = request.generationID == nil ? nil : self.generationID ?? .max
        self.reply(
            .roleReply(RoleMessage(role: session.role, shortID: session.shortID, generationID: generation)), context)
        if request.role == .primary { self.demoteOthers(session) }
        if session.role != before { self.announce(session, .role) }
    }

    /// There is one primary: whoever was it becomes secondary, and is told.
    private func demoteOthers(_ primary: ControllerSession) {
        for state in self.sessions.values.sorted(by: { $0.session.identifier < $1.session.identifier }) {
            let session = state.session
            guard session !== primary, session.auxiliaryID == 0, session.role == .primary else { continue }
            self.change(session, to: .secondary, .primaryRequest)
        }
    }

    /// Gives a session another role by the hand of an administrator; false where there is no such session.
    package func setRole(_ role: ControllerRole, ofSession identifier: UInt64) -> Bool {
        guard let session = self.sessions[identifier]?.session, session.auxiliaryID == 0, role != .noChange else {
            return false
        }
        guard session.role != role else { return true }
        self.change(session, to: role, .configuration)
        if role == .primary { self.demoteOthers(session) }
        return true
    }

    /// Changes a role that the controller did not ask to be changed, and tells it why (1.4 §7.4.4, ONF's in 1.3).
    private func change(_ session: ControllerSession, to role: ControllerRole, _ reason: RoleStatusReason) {
        // What it wants to be told is what it wanted in the role that it had.
        let isWanted = self.wants(session, .roleStatus, reason: reason.rawValue)
        session.role = role
        self.logger.info("\(self.name): \(session.peer) is \(role) now (\(reason))")
        if isWanted, session.version >= .v1_3, self.hasRoom(session, below: self.configuration.outputBytesMaximum) {
            let status = RoleStatus(role: role, reason: reason, generationID: self.generationID ?? .max)
            self.send(.roleStatus(status), to: session, .unsolicited)
        }
        self.announce(session, .role)
    }

    // MARK: Short identifiers (1.5 §7.3.8)

    private func checkShortID(
        _ shortID: UInt16, of session: ControllerSession, _ context: RequestContext
    ) throws(OpenFlowError) {
        guard context.version >= .v1_5, shortID != 0 else { return }
        let other = self.sessions.values.first {
            $0.session !== session && $0.session.auxiliaryID == 0 && $0.session.shortID == shortID
        }
        if other != nil { throw OpenFlowError(.roleRequestIDInUse, value: UInt64(shortID)) }
    }

    private func setShortID(_ shortID: UInt16, of session: ControllerSession) {
        guard session.shortID != shortID else { return }
        session.shortID = shortID
        self.announce(session, .shortID)
    }

    // MARK: Controllers' statuses (1.5 §7.3.5.21 and §7.4.8)

    /// Tells every controller of 1.5 that wants to know that something about one of them has changed.
    func announce(
        _ session: ControllerSession, _ reason: ControllerStatusReason,
        _ channel: ControllerStatus.ChannelStatus = .up
    ) {
        guard !session.isService, session.auxiliaryID == 0 else { return }
        let status = Self.status(of: session, reason, channel)
        for state in self.sessions.values {
            let other = state.session
            guard other.version >= .v1_5, self.wants(other, .controllerStatus, reason: reason.rawValue),
                self.hasRoom(other, below: self.configuration.outputBytesMaximum)
            else { continue }
            self.send(.controllerStatus(status), to: other, .unsolicited)
        }
    }

    /// What CONTROLLER_STATUS says of all controllers, those configured that are away included.
    var controllerStatuses: [ControllerStatus] {
        let present = self.sessions.values.map(\.session)
            .filter { !$0.isService && $0.auxiliaryID == 0 }
            .sorted { $0.identifier < $1.identifier }
        let away = self.configuredControllers.filter { peer in !present.contains { $0.peer == peer } }
        return present.map { Self.status(of: $0, .request, .up) }
            + away.map { peer in
                ControllerStatus(role: .equal, reason: .request, channelStatus: .down, uri: Self.uri(of: peer))
            }
    }

    private static func status(
        of session: ControllerSession, _ reason: ControllerStatusReason, _ channel: ControllerStatus.ChannelStatus
    ) -> ControllerStatus {
        ControllerStatus(
            shortID: session.shortID, role: session.role, reason: reason, channelStatus: channel,
            uri: Self.uri(of: session.peer))
    }

    /// A peer as a connection URI of 1.5 (§6.3.1) has it.
    private static func uri(of peer: String) -> String {
        peer.hasPrefix("ssl:") ? "tls:" + peer.dropFirst(4) : peer
    }
}
