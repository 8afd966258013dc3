import Datapath
import Logging
import OpenFlow

// Packets to controllers.
extension OpenFlowSwitch {
    /// Sends packets on to the sessions that want them, each cut and encoded as the session's version has it, as fast
    /// as its rate allows.
    package func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {
        for event in packetIns {
            guard self.meter(event.meter ?? .controller, allows: event.packet.count, now: now) else {
                self.counters.packetInsMetered += 1
                continue
            }
            let share = PacketInShare(PacketInClass(event.packet, reason: event.reason), port: event.inPort.rawValue)
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
                var verdict = PacketInScheduler<WaitingPacketIn>.Verdict.send
                if !state.schedulers.isEmpty {
                    verdict = state.schedulers[0].offer(
                        WaitingPacketIn(event: event, reason: reason, length: length), share, now: now)
                }
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
        for state in self.sessions.values where !state.schedulers.isEmpty && state.schedulers[0].waitingCount > 0 {
            for (packetClass, count) in state.schedulers[0].dropStale(now: now) {
                self.noteDrop(packetClass, count: UInt64(count), state, now: now)
            }
            while let (waiting, packetClass) = state.schedulers[0].takeDue(now: now) {
                var cache = PacketInCache()
                self.send(waiting.event, waiting.reason, waiting.length, packetClass, to: state, &cache, now: now)
            }
            deadline = min(deadline, state.schedulers[0].deadline)
        }
        return deadline
    }

    /// Packet-ins that the session did not get, by class.
    package func packetInsDropped(of session: ControllerSession) -> PacketInTally {
        self.sessions[session.identifier]?.packetInDrops.total ?? PacketInTally()
    }

    /// The reason that a session is told for a packet, or nil when it does not want it.
    func reason(of event: PacketInEvent, for session: ControllerSession) -> PacketInReason? {
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

    func send(
        _ event: PacketInEvent, _ reason: PacketInReason, _ length: Int, _ packetClass: PacketInClass,
        to state: SessionState, _ cache: inout PacketInCache, now: MonotonicTime
    ) {
        // Packet-ins ride on an auxiliary connection where there is one (1.3 §6.3.7), so that replies need not queue
        // behind them.
        let session = state.session.auxiliaries.first { $0.isIdentified } ?? state.session
        guard self.hasRoom(session, below: self.configuration.outputBytesForPacketIns) else {
            return self.noteDrop(packetClass, state, now: now)
        }
        self.counters.packetIns += 1
        var form = PacketInCache.Form(
            version: session.version, format: state.session.packetInFormat, reason: reason, length: length)
        if self.packetBuffers != nil, length < event.packet.count, event.continuation == nil {
            // What cannot be kept is told whole.
            let number = self.keep(event, &cache, now: now)
            if number == .none { form.length = event.packet.count } else { form.isKept = true }
        }
        if let bytes = cache.bytes(form) {
            session.output += bytes
            return
        }
        let before = session.output.count
        self.send(Self.message(event, form, form.isKept ? cache.bufferID : nil), to: session, .unsolicited)
        guard self.sessions.count > 1, session.output.count > before else { return }
        cache.add(form, Array(session.output[before...]))
    }

    /// A packet-in in the form that a session asked for.
    ///
    /// - Parameter bufferID: The number of the packet where it is kept.
    private static func message(
        _ event: PacketInEvent, _ form: PacketInCache.Form, _ bufferID: BufferID?
    ) -> Message {
        let isWhole = form.length == event.packet.count
        let data = isWhole ? event.packet : Array(event.packet[..<form.length])
        let total = event.packet.count
        switch form.format {
        case .standard:
            return .packetIn(
                PacketIn(
                    bufferID: bufferID ?? .none, totalLength: UInt16(clamping: total), reason: form.reason,
                    tableID: event.table,
                    cookie: event.cookie, inPort: event.inPort,
                    pipelineFields: form.version >= .v1_2 ? event.pipelineFields : .any, data: data))
        case .nicira:
            return .nicira(
                .packetIn(
                    NiciraPacketIn(
                        bufferID: bufferID ?? .none, totalLength: UInt16(clamping: total), reason: form.reason,
                        tableID: event.table,
                        cookie: event.cookie, pipelineFields: event.pipelineFieldsAndPort, data: data)))
        case .nicira2:
            return .nicira(
                .packetIn2(
                    PacketIn2(
                        packet: data, fullLengthBytes: isWhole ? nil : UInt32(clamping: total), bufferID: bufferID,
                        tableID: event.table,
                        cookie: event.cookie == .unset ? nil : event.cookie, reason: form.reason,
                        pipelineFields: event.pipelineFieldsAndPort,
                        userData: event.userData.isEmpty ? nil : event.userData, continuation: event.continuation)))
        }
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

/// One packet's encodings: sessions that want it in the same form share one.
struct PacketInCache {
    /// What encodings differ in.
    struct Form: Hashable {
        var version: OpenFlowVersion
        var format: PacketInFormat
        var reason: PacketInReason
        var length: Int
        var isKept = false
    }

    /// The number under which the packet is kept, once that was asked for.
    var bufferID: BufferID?
    private var items: [(form: Form, bytes: [UInt8])] = []

    func bytes(_ form: Form) -> [UInt8]? { self.items.first { $0.form == form }?.bytes }

    mutating func add(_ form: Form, _ bytes: [UInt8]) { self.items.append((form, bytes)) }
}

extension PacketInEvent {
    /// The pipeline fields with the ingress port, as Nicira's forms have them.
    fileprivate var pipelineFieldsAndPort: Match {
        let fields = self.pipelineFields
        return Match(
            [MatchEntry(.inPort, self.inPort.rawValue)] + fields.entries, longEntries: fields.longEntries)
    }
}
