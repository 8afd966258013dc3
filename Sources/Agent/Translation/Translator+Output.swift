import Datapath
import NetworkTypes
import OpenFlow

// Outputs: real ports, reserved ports, queues.
extension Translator {
    /// Sends the packet, as it is now, to a port or a reserved port.
    mutating func output<View: PipelineView & ~Copyable>(
        to port: PortNumber, maximumLength: UInt16, view: borrowing View
    ) {
        switch port {
        case .inPort:
            self.emit(to: self.inPort, view: view)
        case .table:
            self.submit(view: view)
        case .normal:
            self.forwardNormally(view: view)
        case .flood:
            self.emitToAll(excluding: [.noFlood], view: view)
        case .all:
            self.emitToAll(excluding: [], view: view)
        case .controller:
            self.sendToControllers(maximumLength: maximumLength, view: view)
        case .any, .unset:
            break
        default:
            // A packet never leaves by the port it came in by unless IN_PORT is named (1.0 §3.3, 1.3 §4.5).
            // Whether it may is settled before the egress tables.
            guard port != self.inPort || self.egress?.port == port else { return self.drop(.outputToInPort) }
            self.emit(to: port, view: view)
        }
    }

    /// OFPP_TABLE: sends the packet of a packet-out through the tables.
    private mutating func submit<View: PipelineView & ~Copyable>(view: borrowing View) {
        guard self.depth < self.environment.limits.depth else {
            self.result.error = .depthExceeded
            return
        }
        // Only a packet-out may say so; in a flow the switch refuses it, and here it does nothing.
        guard self.context.reason == .packetOut else { return self.omit(.unsupportedAction) }
        self.depth += 1
        self.walk(from: TableID(rawValue: 0), view: view)
        self.performActionSet(view: view)
        self.depth -= 1
    }

    /// OFPP_CONTROLLER: the reason depends on whose action it is.
    private mutating func sendToControllers<View: PipelineView & ~Copyable>(
        maximumLength: UInt16, view: borrowing View
    ) {
        let isMiss = self.context.isTableMiss && self.context.reason == .applyAction
        if isMiss, self.suppressesMisses(view: view) { return }
        self.raisePacketIn(
            reason: isMiss ? .tableMiss : self.context.reason,
            maximumLength: self.context.isBuiltIn ? nil : maximumLength, controllerID: 0)
    }

    /// Sends the packet out of one real port, where its configuration allows.
    mutating func emit<View: PipelineView & ~Copyable>(to number: PortNumber, view: borrowing View) {
        guard let port = view.port(number) else { return self.omit(.missingPort) }
        self.emit(to: port, view: view)
    }

    mutating func emit<View: PipelineView & ~Copyable>(to port: SwitchPort, view: borrowing View) {
        guard port.description.configuration.isDisjoint(with: [.portDown, .noForward]) else {
            return self.omit(.blockedPort)
        }
        self.leave(by: port, maximumLength: nil, view: view)
    }

    /// Sends the packet, or its first `maximumLength` bytes, to the datapath or to another bridge.
    mutating func send<View: PipelineView & ~Copyable>(
        to port: SwitchPort, maximumLength: UInt32?, view: borrowing View
    ) {
        // Devices and most tunnels carry Ethernet frames; patch ports carry anything.
        let packetTypes = port.forwarding.tunnel?.settings.packetTypes ?? (port.index.isPatch ? .aware : .legacyLayer2)
        guard self.key.packetType == 0 || packetTypes != .legacyLayer2 else { return self.drop(.portCarriesEthernet) }
        if self.mirrored != .max, !self.environment.forwarding.mirrors.isEmpty {
            self.mirrorEgress(to: port, view: view)
        }
        let index = port.index
        if index.isPatch, maximumLength == nil {
            self.recorder?.note(.output(port))
            return self.pass(through: index)
        }
        if packetTypes == .legacyLayer3, self.key.packetType == 0 {
            let before = PacketCopyState(self)
            self.removeEthernet()
            if self.key.packetType != 0 { self.transmit(to: port, maximumLength: maximumLength) }
            return self.endCopy(before)
        }
        self.transmit(to: port, maximumLength: maximumLength)
    }

    /// Sends the packet, or its first `maximumLength` bytes, as it is.
    private mutating func transmit(to port: SwitchPort, maximumLength: UInt32?) {
        let index = port.index
        self.commit()
        self.hasSent = true
        self.recorder?.note(.output(port))
        guard index.isPatch else {
            if let maximumLength {
                if !self.environment.capabilities.truncation { self.result.slowPath.insert(.action) }
                self.append(.truncate(maximumLength))
            }
            if let tunnel = port.forwarding.tunnel { return self.encapsulate(by: tunnel) }
            return self.append(.output(index))
        }
        guard self.result.error == nil else { return }
        // How much of it is left depends on its length, so that it must be looked at anew there.
        let count = self.result.actions.count
        guard count + self.result.patchOutputs.count < self.environment.limits.actions else {
            self.result.error = .tooManyActions
            return
        }
        self.result.patchOutputs.append(
            PatchOutput(precedingActions: count, port: index, maximumLength: maximumLength))
        self.result.slowPath.insert(.patch)
        self.recorder?.noteCrossing(index, key: self.key)
    }

    /// Sends the packet out of every port but the ingress port and those with one of the `excluding` bits set.
    mutating func emitToAll<View: PipelineView & ~Copyable>(
        excluding: PortConfiguration, view: borrowing View
    ) {
        let blocked = excluding.union([.portDown, .noForward])
        for port in view.portsInOrder
        where port.number != self.inPort && port.description.configuration.isDisjoint(with: blocked) {
            self.emit(to: port, view: view)
        }
    }

    /// 1.0's enqueue: output with another queueing priority for this output alone.
    mutating func enqueue<View: PipelineView & ~Copyable>(port: PortNumber, queue: QueueID, view: borrowing View) {
        // Without a queue set before, the priority is what the packet had, which the megaflow must then know.
        self.unwildcard(.priority)
        let before = self.key.priority
        self.write(.priority, UInt128(Self.priority(of: queue)))
        self.output(to: port, maximumLength: 0, view: view)
        self.write(.priority, UInt128(before))
    }

    /// Nicira's output to the port whose number a field holds.
    mutating func output<View: PipelineView & ~Copyable>(
        toPortIn slice: FieldSlice, maximumLength: UInt16, view: borrowing View
    ) {
        guard let value = self.read(slice.field, offset: slice.offset, bitCount: slice.bitCount) else {
            return self.omit(.absentField)
        }
        let port = Self.port(of: value, bitCount: slice.bitCount)
        guard port != .table else { return self.omit(.unsupportedAction) }
        self.output(to: port, maximumLength: maximumLength, view: view)
    }

    /// The port whose number a field of so many bits holds: one of 16 bits has the numbers of 1.0.
    static func port(of value: UInt128, bitCount: UInt16) -> PortNumber {
        bitCount <= 16
            ? PortNumber(rawValue16: UInt16(truncatingIfNeeded: value))
            : PortNumber(rawValue: UInt32(truncatingIfNeeded: value))
    }

    /// Nicira's output of at most so many bytes.
    mutating func outputTruncated<View: PipelineView & ~Copyable>(
        to port: PortNumber, maximumLength: UInt32, view: borrowing View
    ) {
        let number = port == .inPort ? self.inPort : port
        guard port == .inPort || number != self.inPort else { return self.drop(.outputToInPort) }
        guard number.isOrdinary || number == .local else { return self.omit(.unsupportedAction) }
        guard let port = view.port(number) else { return self.omit(.missingPort) }
        guard port.description.configuration.isDisjoint(with: [.portDown, .noForward]) else {
            return self.omit(.blockedPort)
        }
        self.leave(by: port, maximumLength: maximumLength, view: view)
    }
}
