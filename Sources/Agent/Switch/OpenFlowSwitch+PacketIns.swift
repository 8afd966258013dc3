import Datapath
import Logging
import OpenFlow

// Packets to controllers.
extension OpenFlowSwitch {
    /// Sends packets on to the sessions that want them, each cut and encoded as the session's version has it, as fast
    /// as its rate allows.
    package func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {
        for event in packetIns {
            let share = PacketInShare(PacketInClass(event.packet, reason: event.reason), port: event.key.inPort)
            var cache = PacketInCache()
            var isWanted = false
            for state in self.sessions.values {
                let session = state.session
                guard let reason = self.reason(of: event, for: session) else { continue }
                isWanted = true
                // The action says how much it wants; a miss without a flow leaves it to the session (1.0
                // §5.3.2, 1.3 §7.3.2).
                let wanted = Int(event.maximumLength ?? session.missSendLength)
                let length = min(wanted == 0xffff ? .max : wanted, event.packet.count)
                let verdict = state.packetIns.offer(
                    WaitingPacketIn(event: event, reason: reason, length: length), share, now: now)
                switch verdict {
                case .send: self.send(event, reason, length, share.packetClass, to: state, &cache, now: now)
                case .wait(dropped: nil): break
                case .wait(dropped: let dropped?): self.noteDrop(dropped, state, now: now)
                case .drop: self.noteDrop(share.packetClass, state, now: now)
                }
            }
            if !isWanted { self.counters.packetInsUnwanted += 1 }
        }
    }

    /// Sends the packets that waited for their sessions' rates and may go now; returns when it wants to be called next.
    package func releasePacketIns(now: MonotonicTime) -> MonotonicTime {
        var deadline = MonotonicTime.distantFuture
        for state in self.sessions.values where state.packetIns.waitingCount > 0 {
            for (packetClass, count) in state.packetIns.dropStale(now: now) {
                self.noteDrop(packetClass, count: UInt64(count), state, now: now)
            }
            while let (waiting, packetClass) = state.packetIns.takeDue(now: now) {
                var cache = PacketInCache()
                self.send(waiting.event, waiting.reason, waiting.length, packetClass, to: state, &cache, now: now)
            }
            deadline = min(deadline, state.packetIns.deadline)
        }
        return deadline
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
        _ event: PacketInEvent, _ reason: PacketInReason, _ length: Int, _ packetClass: PacketInClass,
        to state: SessionState, _ cache: inout PacketInCache, now: MonotonicTime
    ) {
        let session = state.session
        guard self.hasRoom(session, below: self.configuration.outputBytesForPacketIns) else {
            return self.noteDrop(packetClass, state, now: now)
        }
        self.counters.packetIns += 1
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

    /// Counts packet-ins that a session did not get, and says so, at most every ten seconds.
    private func noteDrop(
        _ packetClass: PacketInClass, count: UInt64 = 1, _ state: SessionState, now: MonotonicTime
    ) {
        guard let (drops, duration) = state.packetInDrops.note(packetClass, count: count, now: now) else { return }
        let time = duration == .zero ? "" : " in \(duration.components.seconds) s"
        self.logger.notice("\(self.name): packet-ins dropped for \(state.session.peer)\(time): \(drops)")
    }
}

/// A packet on its way to one session.
struct WaitingPacketIn: Sendable {
    /// The packet.
    let event: PacketInEvent
    /// The reason that the session is told.
    let reason: PacketInReason
    /// How many bytes it gets.
    let length: Int
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
