package import Datapath
import OpenFlow

/// A traced translation of one packet, from where it came into a bridge, or back from the datapath.
package struct TranslationTrace: Sendable {
    /// The bridge.
    package var bridge: String
    /// The packet as it came in; `inPort` is the switch's port number.
    package var key: FlowKey
    /// What is only assumed of the packet, in words; empty where nothing is.
    package var assumptions: [String] = []
    /// The steps, in order.
    package var steps: [TraceRecorder.Entry]
    /// Steps that were too many to be taken down.
    package var omittedSteps: Int
    /// What came of it.
    package var translation: Translation
    /// The packets that handlers take on to other bridges: by which patch port and as what.
    package var crossings: [(port: PortIndex, key: FlowKey)]
    /// The packets that go through the datapath and come back.
    package var recirculations: [TraceRecorder.Recirculation]
}

extension BridgeDatapath where View: ~Copyable {
    /// Translates a packet without side effects and takes down each step; any thread.
    ///
    /// One with a recirculation id goes on from `state`, where it was frozen.
    package func trace(key: FlowKey, state: FrozenState?) -> TranslationTrace {
        let recorder = TraceRecorder()
        var translation = Translation()
        let now = SystemClock.now()
        let capabilities = self.service.features.current.capabilities
        self.readTables { view in
            translation = Translator.translate(
                key: key, entry: key.recirculationID == 0 ? .pipeline : .thawed(state), view: view,
                environment: self.environment(with: capabilities), now: now, allowsSideEffects: false,
                recorder: recorder)
        }
        return TranslationTrace(
            bridge: self.name, key: key, steps: recorder.entries, omittedSteps: recorder.omittedCount,
            translation: translation, crossings: recorder.crossings, recirculations: recorder.recirculations)
    }

    /// The tunnel options that the bridge's flows can name.
    package var tunnelOptions: TunnelOptionTable {
        var options = TunnelOptionTable.empty
        self.readTables { options = $0.tunnelOptions }
        return options
    }

    /// The names of the bridge's ports in the datapath.
    package var portNames: [PortIndex: String] {
        var names: [PortIndex: String] = [:]
        self.readTables { view in
            for port in view.portsInOrder {
                names[port.forwarding.tunnel?.index ?? port.index] = port.description.name
            }
        }
        return names
    }

    /// What is told of rules, in order, each once; those that are gone or hidden are left out.
    package func describe(_ rules: [RuleReference]) -> [RuleDescription] {
        var seen: Set<RuleReference> = []
        var result: [RuleDescription] = []
        self.readTables { view in
            for rule in rules where seen.insert(rule).inserted {
                if let description = view.describe(rule) { result.append(description) }
            }
        }
        return result
    }
}

extension DatapathService {
    /// How many translations of one packet and its copies are traced.
    private static let tracesMaximum = 64
    /// What connection tracking is assumed to say where nothing else is asked for: `trk` and `new`.
    package static let assumedConnectionState: UInt32 = 0x21

    private struct TraceItem {
        var bridge: any UpcallBridge
        var key: FlowKey
        var packet: [UInt8]?
        var state: FrozenState?
        var assumptions: [String] = []
        var depth = 0
    }

    /// The names of all bridges' ports in the datapath.
    package var portNames: [PortIndex: String] {
        self.bridges.reduce(into: [:]) { names, bridge in names.merge(bridge.portNames) { first, _ in first } }
    }

    /// Traces a packet that comes in by a port of `bridge`, through patch ports into other bridges, and through the
    /// datapath and back.
    ///
    /// - Parameters:
    ///   - key: the packet's key; `inPort` is the switch's port number.
    ///   - packet: its bytes, where they are known: what is behind headers that actions remove then is, too.
    ///   - bridge: where it comes in.
    ///   - connectionStates: what the connection tracker says each time that it is asked, as bits of `ct_state`;
    ///     beyond them ``assumedConnectionState``.
    ///
    /// At most ``AgentLimits/patchDepthMaximum`` patch ports deep and 64 translations in all.
    package func trace(
        key: FlowKey, packet: [UInt8]? = nil, in bridge: any UpcallBridge, connectionStates: [UInt32] = []
    ) -> [TranslationTrace] {
        var traces: [TranslationTrace] = []
        var queue = [TraceItem(bridge: bridge, key: key, packet: packet)]
        var states = connectionStates[...]
        var position = 0
        while position < queue.count, traces.count < Self.tracesMaximum {
            let item = queue[position]
            position += 1
            var trace = item.bridge.trace(key: item.key, state: item.state)
            trace.assumptions = item.assumptions
            traces.append(trace)
            queue += trace.recirculations.compactMap { self.follow($0, from: item, states: &states) }
            guard item.depth < AgentLimits.patchDepthMaximum else { continue }
            for crossing in trace.crossings {
                guard let peer = self.patchPorts.peer(of: crossing.port), let port = self.port(peer) else { continue }
                // What the next bridge sees are the headers; metadata of the pipeline stays behind.
                var next = FlowKey()
                for word in PacketParser.headerWords {
                    next.words[word] = crossing.key.words[word]
                }
                next.packetType = crossing.key.packetType
                next.priority = crossing.key.priority
                next.packetMark = crossing.key.packetMark
                next.inPort = port.number.rawValue
                queue.append(TraceItem(bridge: port.bridge, key: next, depth: item.depth + 1))
            }
        }
        return traces
    }

    /// Where a packet goes on that the datapath is to bring back.
    private func follow(
        _ recirculation: TraceRecorder.Recirculation, from item: TraceItem, states: inout ArraySlice<UInt32>
    ) -> TraceItem? {
        guard let state = self.recirculation.state(of: recirculation.identifier),
            let bridge = self.bridge(state.bridge)
        else { return nil }
        var next = TraceItem(
            bridge: bridge, key: recirculation.key, packet: item.packet, state: state, depth: item.depth)
        if let packet = item.packet, var replay = try? PacketReplay(recirculation.actions, on: packet, key: item.key),
            let (changed, parsed) = replay.packetAndKey(after: recirculation.actions.count)
        {
            next.packet = changed
            for word in PacketParser.headerWords { next.key.words[word] = parsed.words[word] }
            next.key.packetType = parsed.packetType
            if let maximum = recirculation.lengthMaximum,
                (changed.count > Int(maximum)) != (recirculation.isLonger == true)
            {
                return nil
            }
        } else if recirculation.hidesHeaders {
            next.assumptions.append("fields of headers that only the packet's bytes would show are zero")
        }
        next.key.recirculationID = recirculation.identifier
        next.key.inPort = state.inPort.rawValue
        if let request = recirculation.tracking {
            next.key.assumeTracked(as: states.popFirst() ?? Self.assumedConnectionState, by: request)
            next.assumptions.append("the connection tracker says \(FlowText.connectionState(next.key.connectionState))")
        }
        if let maximum = recirculation.lengthMaximum, next.packet == nil {
            let comparison = recirculation.isLonger == true ? "longer" : "not longer"
            next.assumptions.append("the packet is \(comparison) than \(maximum) bytes")
        }
        return next
    }
}

extension FlowKey {
    /// The connection fields of a packet of the original direction whose addresses are not translated.
    fileprivate mutating func assumeTracked(as state: UInt32, by request: ConnectionTrackingRequest) {
        self.connectionState = state
        self.connectionZone = request.zone
        self.connectionMark = request.mark
        self.connectionLabel = request.label
        guard Translator.isIP(self) else { return }
        self.connectionProtocol = self.ipProtocol
        self.connectionTransportSource = self.transportSource
        self.connectionTransportDestination = self.transportDestination
        if self.etherType == 0x0800 {
            self.connectionIPv4Source = self.ipv4Source
            self.connectionIPv4Destination = self.ipv4Destination
        } else {
            self.connectionIPv6Source = self.ipv6Source
            self.connectionIPv6Destination = self.ipv6Destination
        }
    }
}
