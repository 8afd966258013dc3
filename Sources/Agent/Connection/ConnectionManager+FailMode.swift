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
