import Logging
package import NIOCore

// Another configuration for a bridge that runs: what is alike in both is not touched.
extension ConnectionManager {
    /// A listener that could not be opened, and why.
    package struct Obstacle: Error, Sendable {
        /// The listener.
        package var address: ControllerAddress
        /// Why.
        package var error: AgentError
    }

    /// Connects the bridge as another configuration says.
    ///
    /// Controllers and listeners that both configurations have stay, and so do their connections; a controller whose
    /// settings differ takes them over, or is called anew where an open connection cannot
    /// (``ConnectionSettings/areForOpenConnections(_:)``). What comes in by a listener is as the settings are then;
    /// peers of a listener that goes are sent away. The future gives the listeners that could not be opened, which are
    /// left out; it fails with an ``AgentError``, before anything has changed, where files cannot be had.
    ///
    /// - Parameter secureGroup: the loops of sockets with TLS.
    package func reconfigure(
        _ wanted: ConnectionConfiguration, secureGroup: (any EventLoopGroup)?
    ) -> EventLoopFuture<[Obstacle]> {
        let former = self.configuration
        guard wanted != former, !self.isStopping else { return self.eventLoop.makeSucceededFuture([]) }
        do throws(AgentError) {
            for address in wanted.controllers + wanted.listeners where !address.isUnixListener {
                if let path = wanted.settings(of: address).recordingPath { _ = try self.recorder(path) }
            }
            if former.tls != wanted.tls || Self.rolesWithTLS(former) != Self.rolesWithTLS(wanted) {
                self.bootstrap.tls = try TLSContexts(
                    configuration: wanted.tls, addresses: wanted.controllers + wanted.listeners, logger: self.logger)
            }
        } catch {
            self.closeUnusedRecordings()
            return self.eventLoop.makeFailedFuture(error)
        }
        self.configuration = wanted
        self.bootstrap.secureGroup = secureGroup ?? self.bootstrap.secureGroup
        let now = self.clock()
        self.replaceControllers(wanted)
        let (closed, added) = self.replaceListeners(wanted)
        self.closeUnusedRecordings()
        self.takeOverFailMode(wanted, now: now)
        self.updateInBandFlows(now: now)
        if former.tls == nil, wanted.tls != nil { self.armCertificateTimer() }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        // An address that goes may be what keeps one that comes from being had.
        return EventLoopFuture.andAllComplete(closed, on: self.eventLoop).flatMap {
            bound.value.open(added)
        }
    }

    private static func rolesWithTLS(_ configuration: ConnectionConfiguration) -> [Bool] {
        [configuration.controllers, configuration.listeners].map { $0.contains { $0.needsTLS } }
    }

    // MARK: Controllers

    private func replaceControllers(_ wanted: ConnectionConfiguration) {
        let former = self.controllers
        self.controllers = wanted.controllers.map { address in
            former.first { $0.address == address } ?? self.makeController(address, wanted.settings(of: address))
        }
        for controller in former where !wanted.controllers.contains(controller.address) {
            self.stop(controller)
            self.closeAuxiliaries(controller.identifier)
            self.snoopers.forget(controller.tap)
            self.logger.info("\(controller.address) is called no longer")
        }
        self.handler.configuredControllers = wanted.controllers.map { "\($0)" }
        for controller in self.controllers {
            let settings = wanted.settings(of: controller.address)
            guard former.contains(where: { $0 === controller }) else {
                self.setEars(of: controller)
                self.call(controller.identifier)
                continue
            }
            let differences = settings.differences(from: controller.settings, for: .active)
            guard !differences.isEmpty else { continue }
            controller.change(settings)
            self.setEars(of: controller)
            guard !ConnectionSettings.areForOpenConnections(differences) else { continue }
            self.callWithNewSettings(controller)
        }
    }

    /// Has the next connection of a controller be as its settings are now, and be made soon.
    func callWithNewSettings(_ controller: ActiveController) {
        if let attempt = controller.abandonAttempt() {
            self.connections[attempt.link.identifier] = nil
            self.call(controller.identifier)
        } else {
            self.reconnect(controller)
        }
    }

    private func setEars(of controller: ActiveController) {
        for ear in controller.ears { controller.tap.remove(ear) }
        // The recordings are open by now, so that nothing can fail.
        controller.ears = (try? self.ears(controller.settings)) ?? []
        let identifier = controller.identifier
        self.add(controller.ears, to: controller.tap) { origin in
            switch origin {
            case .controller(let number), .auxiliary(controller: let number, identifier: _): number == identifier
            case .listener: false
            }
        }
    }

    /// Has conversations listened to, those among them that go on already.
    private func add(
        _ ears: [any ConversationListener], to tap: ConversationTap, of isMeant: (OpenFlowConnection.Origin) -> Bool
    ) {
        for ear in ears {
            for connection in self.connections.values where connection.session != nil && isMeant(connection.origin) {
                ear.opened(connection.identifier, local: nil, remote: connection.statistics.peer)
            }
            tap.add(ear)
        }
    }

    // MARK: Listeners

    /// Closes those that go and has the others take over their settings; returns what is to be waited for, and those
    /// that are to be opened.
    private func replaceListeners(
        _ wanted: ConnectionConfiguration
    ) -> (closed: [EventLoopFuture<Void>], added: [Listener]) {
        let former = self.listeners
        var closed: [EventLoopFuture<Void>] = []
        for listener in former where !wanted.listeners.contains(listener.address) {
            closed.append(self.close(listener))
            if let tap = listener.tap { self.snoopers.forget(tap) }
            for connection in self.connections.values where connection.origin == .listener(listener.identifier) {
                connection.close(.shutdown)
            }
            self.logger.info("no longer listening on \(listener.address)")
        }
        self.listeners = wanted.listeners.map { address in
            former.first { $0.address == address } ?? self.makeListener(address, wanted.settings(of: address))
        }
        for place in self.listeners.indices {
            let settings = wanted.settings(of: self.listeners[place].address)
            let isKnown = former.contains { $0.identifier == self.listeners[place].identifier }
            self.listeners[place].terms.change(settings, self.bootstrap.tls)
            guard !isKnown || settings != self.listeners[place].settings else { continue }
            self.listeners[place].settings = settings
            self.listeners[place].gate.change(settings)
            guard let tap = self.listeners[place].tap else { continue }
            for ear in self.listeners[place].ears { tap.remove(ear) }
            self.listeners[place].ears = (try? self.ears(settings)) ?? []
            let origin = OpenFlowConnection.Origin.listener(self.listeners[place].identifier)
            self.add(self.listeners[place].ears, to: tap) { $0 == origin }
        }
        let known = Set(former.map(\.identifier))
        return (closed, self.listeners.filter { !known.contains($0.identifier) })
    }

    /// Opens listeners; those that cannot be had are left out, and told of.
    private func open(_ added: [Listener]) -> EventLoopFuture<[Obstacle]> {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let opened = added.map { listener in
            let (address, identifier) = (listener.address, listener.identifier)
            return self.listen(listener).map { _ in Obstacle?.none }.flatMapError { error in
                let manager = bound.value
                manager.listeners.removeAll { $0.identifier == identifier }
                manager.configuration.listeners.removeAll { $0 == address }
                let reason = error as? AgentError ?? AgentError(.failed, "cannot listen on \(address): \(error)")
                return manager.eventLoop.makeSucceededFuture(Obstacle(address: address, error: reason))
            }
        }
        return EventLoopFuture.whenAllSucceed(opened, on: self.eventLoop).map { $0.compactMap { $0 } }
    }

    /// Sends everybody away who came in, since what they know of the switch is no longer so.
    package func dismissPeers() {
        for connection in self.connections.values {
            guard case .listener = connection.origin else { continue }
            connection.close(.shutdown)
        }
    }

    // MARK: The rest

    /// Closes the files that no address is recorded to any longer.
    private func closeUnusedRecordings() {
        let settings = self.controllers.map(\.settings) + self.listeners.filter { $0.tap != nil }.map(\.settings)
        let used = Set(settings.compactMap(\.recordingPath))
        for (path, recorder) in self.recorders where !used.contains(path) {
            recorder.close()
            self.recorders[path] = nil
        }
    }

    private func takeOverFailMode(_ wanted: ConnectionConfiguration, now: MonotonicTime) {
        let inCharge = self.connections.values.count { $0.isInCharge }
        let forwarding = self.failMode.reconfigured(
            mode: wanted.failMode, inactivityProbe: wanted.inactivityProbe, controllers: wanted.controllers.count,
            inCharge: inCharge, now: now)
        if let forwarding {
            self.handler.setStandaloneForwarding(forwarding, now: now)
            self.logger.info("fail mode \(wanted.failMode.rawValue): \(self.failMode.summary(now: now))")
        }
        self.armFailModeTimer()
    }
}
