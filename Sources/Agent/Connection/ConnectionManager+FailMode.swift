import Logging
import NIOCore

// When the bridge forwards on its own, and what is said from time to time.
extension ConnectionManager {
    func apply(_ forwarding: StandaloneForwarding?, now: MonotonicTime) {
        guard let forwarding else { return }
        self.handler.setStandaloneForwarding(forwarding, now: now)
        switch forwarding {
        case .none: self.logger.info("a controller is back, standalone forwarding ends")
        case .visibleFlow: self.logger.info("no controllers configured, forwarding standalone")
        case .hiddenFlow: self.logger.warning("no controller in reach, forwarding standalone")
        }
    }

    /// A controller is in charge once it has the switch's features or has said what it wants; until then it may as well
    /// have called the wrong number.
    ///
    /// While the bridge forwards on its own, it also has to show that it controls, or to
    /// stay: the forwarding is not given up for somebody who leaves without a word.
    func noteCharge(of connection: OpenFlowConnection, now: MonotonicTime) {
        guard !connection.isInCharge, case .controller = connection.origin, let session = connection.session,
            session.isIdentified
        else { return }
        let stay = now.since(connection.openedAt)
        if self.failMode.isStandingIn, !connection.takesPart, stay < self.failMode.settlingTime {
            if connection.askedAt.map({ now.since($0) >= AgentLimits.admissionInterval }) ?? true {
                connection.askedAt = now
                self.handler.askToTakePart(session, now: now)
            }
            return self.armAdmissionTimer(in: min(AgentLimits.admissionInterval, self.failMode.settlingTime - stay))
        }
        connection.isInCharge = true
        self.apply(self.failMode.controllerTookCharge(now: now), now: now)
    }

    /// Sees to it that connections which are not in charge yet are looked at again.
    private func armAdmissionTimer(in wait: Duration) {
        guard self.admissionTimer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.admissionTimer = self.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) {
            let manager = bound.value
            manager.admissionTimer = nil
            let now = manager.clock()
            for connection in manager.connections.values { manager.noteCharge(of: connection, now: now) }
            manager.signal.raise(.connections)
        }
    }

    func armFailModeTimer() {
        self.failModeTimer?.cancel()
        let deadline = self.failMode.deadline
        guard deadline != .distantFuture else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let wait = deadline.since(self.clock())
        self.failModeTimer = self.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) {
            let manager = bound.value
            let now = manager.clock()
            manager.apply(manager.failMode.timerFired(now: now), now: now)
            manager.armFailModeTimer()
            manager.signal.raise(.connections)
        }
    }

    /// Says some seconds after the first of a burst of FLOW_MOD messages how many there were, and from whom.
    func armFlowModTimer() {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let wait = TimeAmount.nanoseconds(AgentLimits.flowModReportInterval.wholeNanoseconds)
        self.flowModTimer = self.eventLoop.scheduleTask(in: wait) {
            let manager = bound.value
            manager.flowModTimer = nil
            for connection in manager.connections.values { manager.reportFlowMods(of: connection) }
        }
    }

    func reportFlowMods(of connection: OpenFlowConnection) {
        let count = connection.takeFlowModCount()
        guard count > 0 else { return }
        let seconds = AgentLimits.flowModReportInterval.components.seconds
        self.logger.info(
            "\(connection.statistics.peer): \(count) flow_mod\(count == 1 ? "" : "s") in the last \(seconds) s")
    }

    /// Looks once a day whether certificates are about to expire.
    func armCertificateTimer() {
        self.warnOfOwnExpiry()
        guard self.configuration.tls != nil else { return }
        let interval = TimeAmount.nanoseconds(AgentLimits.certificateWarningInterval.wholeNanoseconds)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.certificateTimer = self.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.warnOfOwnExpiry()
        }
    }

    private func warnOfOwnExpiry() {
        let lines = self.bootstrap.tls.expiryWarnings(
            nowSeconds: Self.secondsSince1970, warningSeconds: AgentLimits.certificateWarning.components.seconds)
        for line in lines { self.logger.warning("TLS: \(line)") }
    }

    /// Logs which of these certificates expire soon.
    func warnOfExpiry(_ certificates: [(what: String, certificate: TLSCertificate)]) {
        let lines = TLSCertificate.expiryWarnings(
            certificates, nowSeconds: Self.secondsSince1970,
            warningSeconds: AgentLimits.certificateWarning.components.seconds)
        for line in lines { self.logger.warning("TLS: \(line)") }
    }

    private static var secondsSince1970: Int64 {
        Int64(clamping: SystemClock.nanosecondsSince1970() / 1_000_000_000)
    }
}
