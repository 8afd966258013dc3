import Logging
import OpenFlow

// Packets kept while controllers have their beginnings: packet-ins name them, packet-outs and flow_mods use them.
extension OpenFlowSwitch {
    /// Keeps so many packets from now on; those that were kept are let go.
    func keepPackets(_ capacity: Int) {
        guard capacity != self.packetBuffers?.capacity ?? 0 else { return }
        self.packetBuffers =
            capacity > 0 ? PacketBuffers(capacity: capacity, seed: UInt64.random(in: 0 ... .max)) : nil
    }

    /// What has become of packets that were kept.
    package var keptPackets: PacketBuffers.Counters { self.packetBuffers?.counters ?? PacketBuffers.Counters() }

    /// Keeps the packet of a packet-in that is to tell only its beginning, once for all who are told; `none` where
    /// there is no room.
    func keep(_ event: PacketInEvent, _ cache: inout PacketInCache, now: MonotonicTime) -> BufferID {
        if let known = cache.bufferID { return known }
        let number = self.packetBuffers?.keep(KeptPacket(event), now: now) ?? .none
        cache.bufferID = number
        return number
    }

    /// Refuses the number of a packet that is not there.
    func require(_ number: BufferID, now: MonotonicTime) throws(OpenFlowError) {
        _ = try Self.packet(self.packetBuffers?.look(number, now: now), number)
    }

    /// Takes a packet for whoever names it.
    func takePacket(_ number: BufferID, now: MonotonicTime) throws(OpenFlowError) -> KeptPacket {
        try Self.packet(self.packetBuffers?.take(number, now: now), number)
    }

    private static func packet(
        _ answer: PacketBuffers.Answer?, _ number: BufferID
    ) throws(OpenFlowError) -> KeptPacket {
        switch answer {
        case .packet(let packet): return packet
        case .empty: throw OpenFlowError(.requestBufferEmpty, value: UInt64(number.rawValue))
        case .unknown, nil: throw OpenFlowError(.requestBufferUnknown, value: UInt64(number.rawValue))
        }
    }

    /// Has the packet that a flow_mod names go through the tables, from the first on, as a packet-out to them would
    /// once the flow_mod is carried out (1.3 §7.3.4.1); nothing where it is gone.
    ///
    /// Within a bundle that is when all of it is.
    func releasePacket(_ number: BufferID, now: MonotonicTime) {
        self.afterCommit {
            guard case .packet(let kept)? = self.packetBuffers?.take(number, now: now) else { return }
            let error = self.datapath.packetOut(
                packet: kept.packet, inPort: kept.inPort, metadata: kept.fields,
                actions: [.output(.table, maximumLength: 0)], now: now)
            if let error { self.logger.info("\(self.name): a packet that was kept is not sent: \(error)") }
        }
    }
}

extension KeptPacket {
    /// The packet of an event, with the fields that it came with; registers, metadata and marks were the pipeline's.
    fileprivate init(_ event: PacketInEvent) {
        let fields = event.pipelineFields
        let kinds: Set<MatchField> = [.packetType, .tunnelID, .tunnelIPv4Source, .tunnelIPv4Destination]
        self.init(
            packet: event.packet, inPort: event.inPort,
            fields: Match(
                fields.entries.filter { $0.field.isVariableLength || kinds.contains($0.field) },
                longEntries: fields.longEntries))
    }

    /// The fields of the packet, but for those that a packet-out names itself.
    func fields(under match: Match) -> Match {
        let named = Set(match.entries.map(\.field))
        return Match(
            match.entries + self.fields.entries.filter { !named.contains($0.field) },
            longEntries: match.longEntries.isEmpty ? self.fields.longEntries : match.longEntries)
    }
}
