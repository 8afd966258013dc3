package import Datapath
package import OpenFlow

// Packets that controllers send, or give back.
extension BridgeDatapath where View: ~Copyable {
    /// Translates a packet of a controller's and carries the result out; `fields` has its pipeline fields.
    func inject(
        _ packet: [UInt8], _ fields: FlowKey, inPort: PortNumber, entry: TranslationEntry, now: MonotonicTime
    ) {
        var key = fields
        PacketParser.parse(packet.span.bytes, into: &key)
        key.inPort = inPort.rawValue
        var translation = Translation()
        var index = PortIndex.none
        let pipelineKey = key
        let capabilities = self.service.features.current.capabilities
        self.readTables { view in
            translation = Translator.translate(
                key: pipelineKey, entry: entry, view: view, environment: self.environment(with: capabilities),
                now: now, allowsSideEffects: true)
            self.credit(translation, bytes: packet.count, tcpFlags: pipelineKey.tcpFlags, at: now, in: view)
            // The datapath knows nothing of patch ports.
            if let port = view.port(inPort), !port.index.isPatch {
                index = port.forwarding.tunnel?.index ?? port.index
            }
        }
        self.learnedFlows.append(translation.learnedFlows)
        self.service.credit(translation.creditsElsewhere(bytes: packet.count, tcpFlags: pipelineKey.tcpFlags, at: now))
        if translation.learned != nil { self.service.noteLearning() }
        self.service.counters.note(translation)

        // In the datapath's terms the packet has no pipeline fields.
        var datapathKey = FlowKey()
        for word in PacketParser.headerWords { datapathKey.words[word] = key.words[word] }
        datapathKey.packetType = key.packetType
        datapathKey.inPort = index.rawValue
        var work = TranslatedWork()
        self.service.perform(translation, on: packet, key: datapathKey, now: now, into: &work)
        self.service.execute(work.executions)
        self.service.deliver(work.events)
        self.service.cross(work.crossings, now: now)
    }

    /// Gives the packet of a packet-out the tunnel options that its match names (1.5 §7.3.6); nil when done.
    func setTunnelOptions(of match: Match, in key: inout FlowKey) -> OpenFlowError? {
        let named = Match(match.entries.filter { $0.field.isVariableLength }, longEntries: match.longEntries)
        guard !named.entries.isEmpty || !named.longEntries.isEmpty else { return nil }
        var options = TunnelOptionTable.empty
        self.readTables { options = $0.tunnelOptions }
        var (raised, mask) = (FlowKey(), FlowMask())
        do throws(OpenFlowError) {
            try MatchCompiler.compile(named, into: &raised, &mask, options)
        } catch {
            return error
        }
        // As if they had come with it: in the order in which they would leave.
        let bytes = options.encode(raised)
        guard bytes.count <= FlowKey.tunnelOptionBytesMaximum else {
            return OpenFlowError(.matchBadLength, value: UInt64(bytes.count))
        }
        key.setTunnelOptions(bytes.span.bytes)
        return nil
    }

    /// Goes on with a packet that a controller gives back (NXT_RESUME), perhaps changed.
    ///
    /// What was left to be done is kept here under the number in `continuation`, for
    /// ``AgentLimits/pausedPacketLinger``; a controller can neither change it nor make it up.
    package func resume(
        packet: [UInt8], fields: Match, continuation: [UInt8], now: MonotonicTime
    ) -> OpenFlowError? {
        guard packet.count <= PacketBuffer.maximumCount else {
            return OpenFlowError(.requestBadPacket, value: UInt64(packet.count))
        }
        guard let state = self.service.pausedState(of: continuation), state.bridge == self.identifier else {
            return OpenFlowError(.resumeStale)
        }
        var key = FlowKey()
        for entry in fields.entries where entry.field != .inPort {
            guard let layout = entry.field.pipelineLayout else { return OpenFlowError(.requestPipelineFieldsOnly) }
            key.set(layout, value: entry.value & entry.mask)
        }
        guard packet.isWhole(for: key) else { return OpenFlowError(.requestBadPacket, value: UInt64(packet.count)) }
        self.inject(packet, key, inPort: state.inPort, entry: .resumed(state), now: now)
        return nil
    }
}

extension BridgeDatapath where View: ~Copyable {
    /// Forgets tracked connections, on a thread of the service's; the control loop is woken when that is done.
    package func flushConnections(
        _ filter: ConnectionFilter, done: @escaping @Sendable (DatapathError?) -> Void
    ) {
        let (backend, notify) = (self.service.backend, self.onVersionFinished)
        self.service.background.add {
            do throws(DatapathError) {
                _ = try backend.flushConnections(filter)
                done(nil)
            } catch {
                done(error)
            }
            notify()
        }
    }
}

extension [UInt8] {
    /// Whether a controller may send it as a packet of the key's type: a whole Ethernet header, or a type that
    /// datapaths know.
    func isWhole(for key: FlowKey) -> Bool {
        guard key.packetType != 0 else { return self.count >= 14 }
        return key.etherTypeWithoutEthernet != nil && !self.isEmpty
    }
}

extension DatapathService {
    /// What a controller is given to resume a paused packet: a number, and what tells it from another process's.
    ///
    /// In the form of a property within a property, as peers expect it there: padding, a type and length, the value.
    func continuation(_ identifier: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 0, 0x7f, 0, 0, 16]
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: identifier >> shift))
        }
        var seal = FlowHash(seed: self.continuationSeal)
        seal.combine(UInt64(identifier))
        let sealed = seal.finalize()
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: sealed >> shift))
        }
        return bytes
    }

    /// The state of a paused packet; nil where that is gone, or `continuation` was not made here.
    func pausedState(of continuation: [UInt8]) -> FrozenState? {
        guard continuation.count == 20 else { return nil }
        let identifier = continuation[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard continuation == self.continuation(identifier), let state = self.recirculation.state(of: identifier),
            state.isPaused
        else { return nil }
        return state
    }
}
