package import Datapath
package import OpenFlow

// Ports: what the bridge says of them, PORT_MOD, and the objects that this switch does not have yet.
extension OpenFlowSwitch {
    /// Adds a port and tells the controllers.
    ///
    /// The datapath id stays as it is.
    ///
    /// - Parameter requested: The number asked for; nil for the one that the name had, or the lowest that is free.
    package func addPort(
        _ description: PortDescription, index: PortIndex, requested: PortNumber? = nil, now: MonotonicTime,
        forwarding: PortForwarding = PortForwarding()
    ) throws(PortTable.Refusal) -> SwitchPort {
        let port = try self.commit(by: .management, now: now) {
            (state: inout PipelineState) throws(PortTable.Refusal) -> SwitchPort in
            try state.addPort(
                description, index: index, requested: requested, now: now, forwarding: forwarding)
        }
        self.announce(port, .add)
        return port
    }

    /// Remembers the numbers that ports of these names had in an earlier life of the switch.
    package func recallPorts(_ numbers: [String: PortNumber], now: MonotonicTime) {
        self.commit(by: .management, now: now) { $0.ports.recall(numbers) }
    }

    /// Removes a port and tells the controllers; nil where there is none.
    ///
    /// Flows that name it stay.
    @discardableResult
    package func removePort(_ number: PortNumber, now: MonotonicTime) -> SwitchPort? {
        guard let port = self.commit(by: .management, now: now, { $0.removePort(number) }) else { return nil }
        self.announce(port, .delete)
        return port
    }

    /// Changes what is known of a port (link, speed, address) and tells the controllers if anything changed.
    package func portChanged(
        _ number: PortNumber, now: MonotonicTime, _ change: (inout PortDescription) -> Void
    ) {
        guard let port = self.commit(by: .management, now: now, { $0.updatePort(number, change) }) else { return }
        self.announce(port, .modify)
    }

    /// Changes what a port does with packets beyond what controllers are told of it, who therefore are not told.
    package func setForwarding(of number: PortNumber, _ forwarding: PortForwarding, now: MonotonicTime) {
        self.commit(by: .management, now: now) { $0.setForwarding(of: number, forwarding) }
        self.datapath.versionAwaited()
    }

    private func announce(
        _ port: SwitchPort, _ reason: PortStatusReason, except excluded: ControllerSession? = nil
    ) {
        let message = Message.portStatus(PortStatus(reason: reason, port: port.description))
        self.afterCommit {
            self.broadcast(message, .portStatus, except: excluded) { _ in reason.rawValue }
        }
        // Who hears of a port uses it at once: megaflows from before must not wait for more changes to gather.
        self.datapath.versionAwaited()
    }

    /// PORT_MOD (1.0 §5.3.3, 1.3 §7.3.4.3): all of it or nothing.
    func handle(_ portMod: PortMod, _ context: RequestContext) throws(OpenFlowError) {
        guard let port = self.pipeline.read({ $0.port(portMod.port) }) else {
            throw OpenFlowError(.portModBadPort, value: UInt64(portMod.port.rawValue))
        }
        let description = port.description
        guard portMod.hardwareAddress == description.hardwareAddress else {
            throw OpenFlowError(.portModBadHardwareAddress)
        }
        var changeable: PortConfiguration = [.portDown, .noReceive, .noForward, .noPacketIn]
        if context.version == .v1_0 { changeable.formUnion([.noSpanningTree, .noReceiveSpanningTree, .noFlood]) }
        guard portMod.mask.isSubset(of: changeable) else {
            throw OpenFlowError(.portModBadConfig, value: UInt64(portMod.mask.rawValue))
        }
        guard portMod.advertise.isEmpty || portMod.advertise == description.advertised else {
            throw OpenFlowError(.portModBadAdvertise, value: UInt64(portMod.advertise.rawValue))
        }
        let wanted = description.configuration.subtracting(portMod.mask)
            .union(portMod.configuration.intersection(portMod.mask))
        let changed = wanted.symmetricDifference(description.configuration)
        guard !changed.isEmpty else { return }
        if changed.contains(.portDown) {
            let up = !wanted.contains(.portDown)
            try self.changeDevice { () throws(OpenFlowError) in
                guard self.datapath.setAdministrativeState(of: port, up: up) == nil else {
                    throw OpenFlowError(.portModNotPermitted)
                }
                self.onRollback { _ = self.datapath.setAdministrativeState(of: port, up: !up) }
            }
        }
        let updated = self.commit(by: context.origin, now: context.now) {
            $0.updatePort(port.number) { $0.configuration = wanted }
        }
        // Before 1.5 the controller that changes a port is not told of it (Open vSwitch's reading, too).
        if let updated { self.announce(updated, .modify, except: context.version < .v1_5 ? context.session : nil) }
    }
}
