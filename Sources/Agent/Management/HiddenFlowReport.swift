import OpenFlow

/// The answer to `dump-hidden-flows`: the switch's own flows, with what each is for.
enum HiddenFlowReport {
    /// Lists the hidden flows of bridges.
    static func report(of bridges: [ControlContext.Bridge]) -> String {
        var text = ""
        let now = SystemClock.now()
        for bridge in bridges {
            var flows: [(purpose: HiddenFlow.Purpose?, flow: FlowStatisticsEntry)] = []
            bridge.datapath.readTables { flows = $0.hiddenFlows(now: now) }
            text += "Bridge \(bridge.name): \(flows.count) hidden flow\(flows.count == 1 ? "" : "s")\n"
            for (purpose, flow) in flows {
                let match = flow.match.entries.isEmpty ? "every packet" : flow.match.description
                text += """
                      table=\(flow.tableID.rawValue), n_packets=\(flow.packetCount), n_bytes=\(flow.byteCount), \
                    duration=\(flow.durationSeconds)s, \(match): NORMAL (\(purpose?.text ?? "unknown"))

                    """
            }
        }
        return text
    }
}
