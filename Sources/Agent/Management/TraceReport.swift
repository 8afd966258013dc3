import Datapath
import OpenFlow

/// The answer to `trace`: what the tables do to a packet, step by step.
enum TraceReport {
    /// Traces a packet in a bridge, on through patch ports, and through the datapath and back.
    ///
    /// - Parameters:
    ///   - flow: the packet, as ovs-ofctl describes flows.
    ///   - packet: its bytes in hexadecimal; empty where they are not known.
    ///   - connectionStates: what the connection tracker is assumed to say, time after time, as words with commas.
    static func report(
        in bridge: ControlContext.Bridge, flow: String, packet: String, connectionStates: [String]
    ) throws(ControlError) -> String {
        var key = try FlowText.key(flow, bridge.datapath.tunnelOptions)
        var bytes: [UInt8]?
        if !packet.isEmpty {
            let known = try FlowText.bytes(packet)
            PacketParser.parse(known.span.bytes, into: &key)
            bytes = known
        }
        var states: [UInt32] = []
        for text in connectionStates { states.append(try FlowText.connectionState(text)) }
        guard key.inPort != 0 else { throw ControlError("the flow must say by which port the packet comes (in_port=)") }
        let traces = bridge.service.trace(
            key: key, packet: bytes, in: bridge.datapath, connectionStates: states)
        let names = bridge.service.portNames
        return traces.map { Self.text($0, names) }.joined(separator: "\n")
    }

    /// A trace as lines.
    static func text(_ trace: TranslationTrace, _ names: [PortIndex: String]) -> String {
        var lines = ["Bridge \(trace.bridge): \(FlowText.packet(trace.key))"]
        for assumption in trace.assumptions { lines.append("  assumed: \(assumption)") }
        for entry in trace.steps {
            lines.append(String(repeating: "  ", count: 1 + entry.depth) + Self.text(entry.step))
        }
        if trace.omittedSteps > 0 { lines.append("  (\(trace.omittedSteps) more steps)") }
        let translation = trace.translation
        lines.append("Megaflow: \(FlowText.match(trace.key, translation.mask))")
        let name: (PortIndex) -> String = { names[$0] ?? "port \($0.rawValue)" }
        var actions = translation.actions.text(port: name)
        for output in translation.patchOutputs { actions += ",patch(\(name(output.port)))" }
        if translation.actions.isEmpty, !translation.patchOutputs.isEmpty { actions.removeFirst("drop,".count) }
        if translation.actions.isEmpty, !translation.packetIns.isEmpty { actions = "controller" }
        lines.append("Datapath actions: \(actions)")
        if !translation.slowPath.isEmpty { lines.append("Slow path: \(translation.slowPath.text)") }
        if let error = translation.error { lines.append("Given up: \(error.dropCause.text)") }
        for record in translation.drops {
            lines.append("Dropped: table \(record.table.rawValue): \(record.cause.text)")
        }
        for record in translation.passages.flatMap(\.attribution.drops) {
            lines.append("Dropped beyond a patch port: table \(record.table.rawValue): \(record.cause.text)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ step: TraceStep) -> String {
        switch step {
        case .entered(let port, let recirculation):
            recirculation == 0
                ? "in by port \(port)" : "back from the datapath (recirc_id=0x\(String(recirculation, radix: 16)))"
        case .matched(let table, nil): "table=\(table.rawValue), a rule that is gone"
        case .matched(_, let rule?): rule.description
        case .missed(let table, .drop): "table=\(table.rawValue): no rule matches: dropped"
        case .missed(let table, .controllers): "table=\(table.rawValue): no rule matches: to the controllers"
        case .missed(let table, .goto(let next)):
            "table=\(table.rawValue): no rule matches: on to table \(next.rawValue)"
        case .action(let action): "  \(action)"
        case .changed(let field, let old, let new):
            "    \(field): \(FlowText.value(old, of: field)) -> \(FlowText.value(new, of: field))"
        case .output(let port): "    >> \(port.description.name) (\(port.number))"
        case .packetIn(let reason, let controller):
            "    >> controllers (reason \(reason)" + (controller == 0 ? ")" : ", id \(controller))")
        case .learned(let update): "    learned: \(update.address) in VLAN \(update.vlan) is behind port \(update.port)"
        case .omitted(let what): "    passed over: \(what.text)"
        case .dropped(let record): "    dropped: \(record.cause.text)"
        case .note(let text): "    \(text)"
        }
    }
}

extension SlowPathReasons {
    /// The reasons in words.
    var text: String {
        let words: [(SlowPathReasons, String)] = [
            (.controller, "packet-in"), (.action, "action that the datapath cannot do"), (.patch, "patch port"),
            (.match, "field that the datapath does not know"), (.meter, "meter that the datapath cannot have"),
        ]
        return words.filter { self.contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

extension TranslationOmissions {
    /// What was passed over, in words.
    fileprivate var text: String {
        if self.contains(.absentField) { return "the packet has no such field" }
        if self.contains(.unsupportedAction) { return "not supported" }
        return "port"
    }
}
