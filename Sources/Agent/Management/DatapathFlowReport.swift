import Datapath
import OpenFlow

/// The answer to `dump-datapath-flows`: what is installed, how often it was used, and which rules it came from.
enum DatapathFlowReport {
    /// Dumps the megaflows of bridges, with counters as of now.
    static func report(of bridges: [ControlContext.Bridge]) -> String {
        var text = ""
        var services: Set<ObjectIdentifier> = []
        for bridge in bridges {
            if services.insert(ObjectIdentifier(bridge.service)).inserted {
                _ = bridge.service.readAllCounters(sweep: nil)
                text += DatapathReport.line(of: bridge.service)
            }
            Self.append(bridge, to: &text)
        }
        return text
    }

    private static func append(_ bridge: ControlContext.Bridge, to text: inout String) {
        let identifier = bridge.datapath.identifier
        let flows = bridge.service.flows.flows { $0.bridge == identifier }
        let now = SystemClock.now()
        let names = bridge.service.portNames
        text += "Bridge \(bridge.name): \(flows.count) datapath flows\n"
        for (number, flow) in flows.enumerated() {
            guard text.utf8.count < AgentLimits.controlReplyBytesMaximum - 65_536 else {
                text += "  (\(flows.count - number) more)\n"
                return
            }
            Self.append(flow, of: bridge, names, now: now, to: &text)
        }
    }

    private static func append(
        _ flow: InstalledFlow, of bridge: ControlContext.Bridge, _ names: [PortIndex: String], now: MonotonicTime,
        to text: inout String
    ) {
        var key = flow.match.key
        if let port = bridge.service.port(PortIndex(rawValue: key.inPort)) { key.inPort = port.number.rawValue }
        text += "  \(FlowText.match(key, flow.match.mask))"
        text += " packets=\(flow.credited.packets) bytes=\(flow.credited.bytes)"
        text += " age=\(Self.seconds(now.since(flow.created)))"
        let used = flow.credited.lastUsed
        text += " used=\(used == 0 ? "never" : Self.seconds(now.since(MonotonicTime(nanoseconds: used))))"
        let actions = flow.actions.map { action in
            guard case .userspace(let userdata) = action,
                case .slowPath(let reasons)? = UpcallCookie(userdata: userdata)
            else { return action.text { names[$0] ?? "port \($0.rawValue)" } }
            return "userspace(\(reasons.text))"
        }
        text += " actions=\(actions.isEmpty ? "drop" : actions.joined(separator: ","))\n"
        for rule in bridge.datapath.describe(flow.rules) { text += "    \(rule)\n" }
        for table in flow.missedTables { text += "    table=\(table.rawValue): no rule matches\n" }
        for record in flow.drops { text += "    dropped in table \(record.table.rawValue): \(record.cause.text)\n" }
        for passage in flow.passages {
            guard let other = bridge.service.bridge(passage.bridge) else { continue }
            text += "    on in bridge \(other.name):\n"
            for rule in other.describe(passage.attribution.rules) { text += "      \(rule)\n" }
            for table in passage.attribution.missedTables {
                text += "      table=\(table.rawValue): no rule matches\n"
            }
            for record in passage.attribution.drops {
                text += "      dropped in table \(record.table.rawValue): \(record.cause.text)\n"
            }
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeNanoseconds / 1_000_000)
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)s"
    }
}

/// The answer to `dump-drops`: how many packets translation has dropped, per table and cause.
enum DropReport {
    /// Dumps the drops of bridges, with counters as of now.
    static func report(of bridges: [ControlContext.Bridge]) -> String {
        var text = ""
        var services: Set<ObjectIdentifier> = []
        for bridge in bridges where services.insert(ObjectIdentifier(bridge.service)).inserted {
            _ = bridge.service.readAllCounters(sweep: nil)
        }
        for bridge in bridges {
            text += "Bridge \(bridge.name):\n"
            for (record, packets) in bridge.datapath.drops.contents {
                text += "  table=\(record.table.rawValue) packets=\(packets) cause=\(record.cause.text)\n"
            }
        }
        return text
    }
}
