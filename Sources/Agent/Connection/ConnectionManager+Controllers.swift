import Logging
import NIOCore
import NIOPosix
import OpenFlow

// Calling controllers, and what becomes of it.
extension ConnectionManager {
    /// Calls a controller.
    func call(_ identifier: Int) {
        guard !self.isStopping, let controller = self.controller(identifier) else { return }
        let (attempt, channel) = self.bootstrap.connect(
            controller.address, controller.settings, tap: controller.tap, timeout: controller.attemptTimeout)
        let link = attempt.link
        controller.beginAttempt(attempt)
        self.pendingCalls += 1
        // Known at once: the handler may speak up before the future does.
        self.connections[link.identifier] = OpenFlowConnection(
            link: link, origin: .controller(identifier), peer: "\(controller.address)",
            settings: controller.settings)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        channel.hop(to: self.eventLoop).whenComplete { result in
            bound.value.called(identifier, attempt, result)
        }
    }

    private func called(_ identifier: Int, _ attempt: ConnectionAttempt, _ result: Result<any Channel, any Error>) {
        let controller = self.controller(identifier)
        let link = attempt.link
        self.pendingCalls = max(0, self.pendingCalls - 1)
        defer { self.finishStopping() }
        switch result {
        case .success(let channel):
            guard let connection = self.connections[link.identifier], let controller, controller.attempt === attempt
            else { return channel.close(promise: nil) }
            controller.connected(connection)
        case .failure(let error):
            guard self.connections.removeValue(forKey: link.identifier) != nil, let controller,
                controller.attempt === attempt
            else { return }
            let text = ConnectionErrorText.describe(error)
            let now = self.clock()
            let wait = controller.attemptFailed(text, now: now)
            self.tell("\(controller.address): \(text)", of: controller, now: now)
            self.call(identifier, after: wait)
        }
    }

    /// Logs what became of a call: at once if it is news, sparsely if it repeats.
    private func tell(_ text: String, of controller: ActiveController, now: MonotonicTime) {
        switch controller.news.note(text, now: now) {
        case .hold: self.logger.debug("\(text)")
        case .say(0): self.logger.info("\(text)")
        case .say(let heldBack): self.logger.info("\(text) (and \(heldBack) times more)")
        }
    }

    func call(_ identifier: Int, after wait: Duration) {
        guard !self.isStopping, let controller = self.controller(identifier) else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let timer = self.eventLoop.scheduleTask(in: .nanoseconds(wait.wholeNanoseconds)) {
            bound.value.call(identifier)
        }
        controller.waits(for: timer)
    }

    /// Closes the connections to all controllers and calls them anew, at once and without regard to earlier failures;
    /// returns how many there are.
    package func reconnect() -> Int {
        guard !self.isStopping else { return 0 }
        for controller in self.controllers { self.reconnect(controller) }
        return self.controllers.count
    }

    func reconnect(_ controller: ActiveController) {
        switch controller.reconnect() {
        case .calling: break
        case .closing(let connection): connection.close(.reconnect)
        case .waiting: self.call(controller.identifier)
        }
    }

    /// The main connection of a controller has ended.
    func mainClosed(_ identifier: Int, _ connection: OpenFlowConnection, _ reason: CloseReason, now: MonotonicTime) {
        let controller = self.controller(identifier)
        let hadSession = connection.statistics.sessions > 0
        if let controller {
            controller.add(connection.statistics)
            if hadSession { controller.news.reset() }
            self.tell("\(connection.statistics.peer): \(reason)", of: controller, now: now)
        }
        if connection.isInCharge {
            self.apply(self.failMode.controllerLeft(now: now), now: now)
            self.armFailModeTimer()
        }
        self.closeAuxiliaries(identifier)
        guard let controller, !controller.isStopped else { return }
        let wait = controller.connectionEnded(reason, openedAt: hadSession ? connection.openedAt : nil, now: now)
        self.call(identifier, after: wait)
    }

    // MARK: Auxiliary connections (1.3 §6.3.7)

    /// Calls for the auxiliary connections of a controller whose main one speaks `version`.
    func callAuxiliaries(_ index: Int, _ version: OpenFlowVersion) {
        guard version >= .v1_3, let count = self.controller(index)?.settings.auxiliaryConnections, count > 0 else {
            return
        }
        for identifier in 1...UInt8(clamping: count) { self.callAuxiliary(index, identifier, version) }
    }

    private func callAuxiliary(_ index: Int, _ identifier: UInt8, _ version: OpenFlowVersion) {
        guard let controller = self.controller(index) else { return }
        controller.auxiliaryTimers[identifier] = nil
        guard !self.isStopping, !controller.isStopped, let main = self.mainSession(index) else { return }
        var settings = controller.settings
        // An auxiliary connection speaks what the main one does.
        settings.protocols = VersionSet(versions: [version])
        let (attempt, channel) = self.bootstrap.connect(
            controller.address, settings, tap: controller.tap, timeout: controller.attemptTimeout)
        let link = attempt.link
        self.pendingCalls += 1
        self.connections[link.identifier] = OpenFlowConnection(
            link: link, origin: .auxiliary(controller: index, identifier: identifier),
            peer: "\(controller.address) auxiliary \(identifier)", settings: settings, main: main)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let (mainIdentifier, address) = (main.identifier, controller.address)
        channel.hop(to: self.eventLoop).whenComplete { result in
            let manager = bound.value
            manager.pendingCalls = max(0, manager.pendingCalls - 1)
            defer { manager.finishStopping() }
            let hasMain = manager.mainSession(index)?.identifier == mainIdentifier
            let isWanted = hasMain && manager.connections[link.identifier] != nil
            switch result {
            case .success(let channel): if !isWanted { channel.close(promise: nil) }
            case .failure(let error):
                guard manager.connections.removeValue(forKey: link.identifier) != nil, isWanted else { return }
                manager.logger.debug(
                    "\(address) auxiliary \(identifier): \(ConnectionErrorText.describe(error))")
                manager.retryAuxiliary(index, identifier, version)
            }
        }
    }

    /// An auxiliary connection has ended; while the main one is there, it is called for again.
    func auxiliaryClosed(_ index: Int, _ identifier: UInt8, _ reason: CloseReason, now: MonotonicTime) {
        guard let controller = self.controller(index) else { return }
        self.logger.debug("\(controller.address) auxiliary \(identifier): \(reason)")
        guard let main = self.mainSession(index) else { return }
        self.retryAuxiliary(index, identifier, main.version)
    }

    private func retryAuxiliary(_ index: Int, _ identifier: UInt8, _ version: OpenFlowVersion) {
        guard !self.isStopping, let controller = self.controller(index) else { return }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let wait = controller.settings.maxBackoff ?? .seconds(8)
        controller.auxiliaryTimers[identifier] = self.eventLoop.scheduleTask(
            in: .nanoseconds(wait.wholeNanoseconds)
        ) {
            bound.value.callAuxiliary(index, identifier, version)
        }
    }

    /// The main connection is gone: so go the auxiliary ones.
    func closeAuxiliaries(_ index: Int) {
        self.controller(index)?.cancelAuxiliaries()
        for connection in self.connections.values {
            guard case .auxiliary(index, _) = connection.origin else { continue }
            connection.close(.mainConnectionEnded)
        }
    }

    /// The session of a controller's main connection.
    private func mainSession(_ index: Int) -> ControllerSession? {
        self.connections.values.first { $0.origin == .controller(index) && $0.session != nil }?.session
    }
}
