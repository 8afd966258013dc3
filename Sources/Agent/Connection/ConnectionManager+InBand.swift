import Logging
import NIOCore

// Controllers that are reached through the bridge's own ports.
extension ConnectionManager {
    /// Looks where the controllers in band are, and sees to the hidden flows towards them; again from time to time.
    func updateInBandFlows(now: MonotonicTime) {
        let inBand = self.controllers.filter { $0.settings.isInBand ?? false }
        guard !inBand.isEmpty else {
            self.inBandTimer?.cancel()
            self.inBandTimer = nil
            return self.handler.setInBandFlows([], now: now)
        }
        guard let local = self.handler.localHardwareAddress else { return }
        let tables = NeighbourTables.read()
        var remotes: [InBandRemote] = []
        for controller in inBand {
            guard let remote = Self.remote(controller.address, tables) else {
                if self.inBandTimer == nil, controller.address.isTCP {
                    self.logger.warning(
                        "\(controller.address): in-band control needs the controller's address, not its name")
                }
                continue
            }
            remotes.append(remote)
        }
        self.handler.setInBandFlows(InBandControl.flows(local: local, remotes: remotes), now: now)
        guard self.inBandTimer == nil, !self.isStopping else { return }
        let interval = TimeAmount.nanoseconds(AgentLimits.nextHopInterval.wholeNanoseconds)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.inBandTimer = self.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let manager = bound.value
            manager.updateInBandFlows(now: manager.clock())
            manager.signal.raise(.connections)
        }
    }

    private static func remote(_ address: ControllerAddress, _ tables: NeighbourTables) -> InBandRemote? {
        switch address.transport {
        case .tcp(let host, let port), .tls(let host, let port):
            guard let host, var remote = InBandRemote(host: host, port: port) else { return nil }
            if case .v4(let address) = remote.address { remote.nextHop = tables.nextHop(towards: address) }
            return remote
        case .unix: return nil
        }
    }
}
