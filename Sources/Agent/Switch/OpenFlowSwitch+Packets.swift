import Datapath
import OpenFlow

// Packets from and to controllers.
extension OpenFlowSwitch {
    /// PACKET_OUT (1.0 §5.3.6, 1.3 §7.3.7).
    func handle(_ packetOut: PacketOut, _ context: RequestContext) throws(OpenFlowError) {
        guard packetOut.bufferID == .none else {
            throw OpenFlowError(.requestBufferUnknown, value: UInt64(packetOut.bufferID.rawValue))
        }
        switch packetOut.inPort {
        // A reserved number that packets cannot come in by.
        case .inPort, .table, .normal, .flood, .all, .unset:
            throw OpenFlowError(.requestBadPort, value: UInt64(packetOut.inPort.rawValue))
        case .controller, .local, .any: break
        default:
            guard packetOut.inPort.isOrdinary else {
                throw OpenFlowError(.requestBadPort, value: UInt64(packetOut.inPort.rawValue))
            }
        }
        try InstructionValidator.validate(packetOut: packetOut.actions, version: context.version)
        let error = self.datapath.packetOut(
            packet: packetOut.data, inPort: packetOut.inPort, metadata: packetOut.pipelineFields,
            actions: packetOut.actions, now: context.now)
        if let error { throw error }
    }

    /// Sends packets on to the sessions that want them, each cut and encoded as the session's version has it.
    package func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {
        for event in packetIns {
            var cache = PacketInCache()
            var sent: UInt64 = 0
            for state in self.sessions.values {
                let session = state.session
                guard let reason = self.reason(of: event, for: session),
                    self.hasRoom(session, below: self.configuration.outputBytesForPacketIns)
                else { continue }
                // The action says how much it wants; a miss without a flow leaves it to the session (1.0
                // §5.3.2, 1.3 §7.3.2).
                let length = Int(event.maximumLength ?? session.missSendLength)
                self.send(event, reason, min(length == 0xffff ? .max : length, event.packet.count), to: session, &cache)
                sent += 1
            }
            self.counters.packetIns += sent
            if sent == 0 { self.counters.packetInsUnwanted += 1 }
        }
    }

    /// The reason that a session is told for a packet, or nil when it does not want it.
    private func reason(of event: PacketInEvent, for session: ControllerSession) -> PacketInReason? {
        guard event.controllerID == session.controllerID else { return nil }
        var reason = event.reason
        switch reason {
        case .tableMiss:
            // Without a table-miss flow, packets go to controllers up to 1.2 alone; with one, those are told of
            // an action.
            if event.maximumLength == nil {
                guard session.version < .v1_3 else { return nil }
            } else if session.version < .v1_3 {
                reason = .applyAction
            }
        case .actionSet, .group, .packetOut: if session.version < .v1_4 { reason = .applyAction }
        case .applyAction: break
        case .invalidTTL: if session.version < .v1_2 { return nil }
        }
        return self.wants(session, .packetIn, reason: reason.rawValue) ? reason : nil
    }

    private func send(
        _ event: PacketInEvent, _ reason: PacketInReason, _ length: Int, to session: ControllerSession,
        _ cache: inout PacketInCache
    ) {
        if let bytes = cache.bytes(session.version, reason, length) {
            session.output += bytes
            return
        }
        let message = PacketIn(
            totalLength: UInt16(clamping: event.packet.count), reason: reason, tableID: event.table,
            cookie: event.cookie, inPort: PortNumber(rawValue: event.key.inPort),
            pipelineFields: session.version >= .v1_2 ? event.key.pipelineFields : .any,
            data: length == event.packet.count ? event.packet : Array(event.packet[..<length]))
        let before = session.output.count
        self.send(.packetIn(message), to: session, .unsolicited)
        guard self.sessions.count > 1, session.output.count > before else { return }
        cache.add(session.version, reason, length, Array(session.output[before...]))
    }
}

/// One packet's encodings: sessions of equal version that want equally much share one.
private struct PacketInCache {
    private var items: [(version: OpenFlowVersion, reason: PacketInReason, length: Int, bytes: [UInt8])] = []

    func bytes(_ version: OpenFlowVersion, _ reason: PacketInReason, _ length: Int) -> [UInt8]? {
        self.items.first { $0.version == version && $0.reason == reason && $0.length == length }?.bytes
    }

    mutating func add(_ version: OpenFlowVersion, _ reason: PacketInReason, _ length: Int, _ bytes: [UInt8]) {
        self.items.append((version, reason, length, bytes))
    }
}

extension FlowKey {
    /// The pipeline fields that a packet-in carries beside the ingress port: those that are not zero.
    fileprivate var pipelineFields: Match {
        var entries: [MatchEntry] = []
        for field in Self.packetInFields {
            guard let layout = field.flowLayout else { continue }
            let value = self.bits(at: layout)
            if value != 0 { entries.append(MatchEntry(field, value: value, mask: field.allOnes)) }
        }
        return Match(entries)
    }

    private static let packetInFields: [MatchField] =
        [.metadata, .tunnelID, .tunnelIPv4Source, .tunnelIPv4Destination, .packetMark]
        + (0..<16).compactMap { MatchField.register($0) }
}
