import Datapath
import OpenFlow

/// What commands at the control socket may use: the bridges that run, any thread.
package struct ControlContext: Sendable {
    /// A bridge that runs.
    struct Bridge: Sendable {
        /// Its name.
        var name: String
        /// Its datapath's service, which other bridges may share.
        var service: DatapathService
        /// Its side of the datapath.
        var datapath: BridgeDatapath<PipelineState>
        /// Its connections.
        var connections: ConnectionOperations
    }
    /// All of them, in the configuration's order.
    let bridges: [Bridge]
    /// Reads the configuration again and has the agent be so, or only says what would change; returns what does.
    var reload: @Sendable (_ isDryRun: Bool) throws(ControlError) -> String = { _ throws(ControlError) in
        throw ControlError("this agent has no configuration to read")
    }

    /// The bridge of that name.
    func bridge(_ name: String) throws(ControlError) -> Bridge {
        guard let bridge = self.bridges.first(where: { $0.name == name }) else {
            let names = self.bridges.map(\.name).joined(separator: ", ")
            throw ControlError("there is no bridge \(name); there is \(names)")
        }
        return bridge
    }

    /// The bridge of that name, or all.
    func bridges(_ name: String?) throws(ControlError) -> [Bridge] {
        guard let name else { return self.bridges }
        return [try self.bridge(name)]
    }
}

/// Why a command was refused: one line for a person.
package struct ControlError: Error, Sendable {
    /// What is wrong.
    let message: String
    /// Makes an error.
    init(_ message: String) { self.message = message }
}

/// A command at the control socket; may take a while.
struct ControlCommand: Sendable {
    /// Its word.
    let name: String
    /// How many arguments it takes.
    let argumentCounts: ClosedRange<Int>
    /// Does it and returns the answer.
    let run: @Sendable (_ context: ControlContext, _ arguments: [String]) throws(ControlError) -> String

    /// All commands.
    static let all: [ControlCommand] = [
        ControlCommand(name: "trace", argumentCounts: 2...(3 + 64)) { (context, arguments) throws(ControlError) in
            // Bridge, flow, the packet's bytes or nothing, states of connections.
            try TraceReport.report(
                in: context.bridge(arguments[0]), flow: arguments[1],
                packet: arguments.count > 2 ? arguments[2] : "", connectionStates: Array(arguments.dropFirst(3)))
        },
        ControlCommand(name: "dump-datapath-flows", argumentCounts: 0...1) {
            (context, arguments) throws(ControlError) in
            DatapathFlowReport.report(of: try context.bridges(arguments.first))
        },
        ControlCommand(name: "dump-drops", argumentCounts: 0...1) { (context, arguments) throws(ControlError) in
            DropReport.report(of: try context.bridges(arguments.first))
        },
        ControlCommand(name: "dump-hidden-flows", argumentCounts: 0...1) {
            (context, arguments) throws(ControlError) in
            HiddenFlowReport.report(of: try context.bridges(arguments.first))
        },
        ControlCommand(name: "show", argumentCounts: 0...1) { (context, arguments) throws(ControlError) in
            try ConnectionReport.report(of: try context.bridges(arguments.first))
        },
        ControlCommand(name: "metrics", argumentCounts: 0...1) { (context, arguments) throws(ControlError) in
            try MetricsReport.report(of: try context.bridges(arguments.first))
        },
        ControlCommand(name: "reconnect", argumentCounts: 0...1) { (context, arguments) throws(ControlError) in
            var text = ""
            for bridge in try context.bridges(arguments.first) {
                let count = try bridge.connections.reconnectAll()
                text += "Bridge \(bridge.name): \(count) controller\(count == 1 ? "" : "s") called anew\n"
            }
            return text
        },
        ControlCommand(name: "reload", argumentCounts: 0...1) { (context, arguments) throws(ControlError) in
            guard arguments.isEmpty || arguments == ["dry-run"] else { throw ControlError("reload: expected dry-run") }
            return try context.reload(!arguments.isEmpty)
        },
        ControlCommand(name: "restore-complete", argumentCounts: 0...0) { (context, _) throws(ControlError) in
            for bridge in context.bridges { bridge.service.restoration.finish() }
            return ""
        },
        ControlCommand(name: "ct-get-limits", argumentCounts: 0...1024) { (context, arguments) throws(ControlError) in
            try ConnectionTrackingReport.limits(context, arguments)
        },
        ControlCommand(name: "ct-set-limits", argumentCounts: 1...1024) { (context, arguments) throws(ControlError) in
            try ConnectionTrackingReport.setLimits(context, arguments)
        },
        ControlCommand(name: "ct-del-limits", argumentCounts: 1...1024) { (context, arguments) throws(ControlError) in
            try ConnectionTrackingReport.removeLimits(context, arguments)
        },
        ControlCommand(name: "ct-get-timeouts", argumentCounts: 0...0) { (context, _) throws(ControlError) in
            try ConnectionTrackingReport.timeouts(context)
        },
        ControlCommand(name: "ct-set-timeouts", argumentCounts: 2...64) { (context, arguments) throws(ControlError) in
            try ConnectionTrackingReport.setTimeouts(context, arguments)
        },
        ControlCommand(name: "ct-del-timeouts", argumentCounts: 1...1) { (context, arguments) throws(ControlError) in
            try ConnectionTrackingReport.removeTimeouts(context, arguments[0])
        },
        ControlCommand(name: "show-datapath-features", argumentCounts: 0...1) {
            (context, arguments) throws(ControlError) in
            DatapathFeatureReport.show(try context.bridges(arguments.first))
        },
        ControlCommand(name: "set-datapath-feature", argumentCounts: 3...3) {
            (context, arguments) throws(ControlError) in
            try DatapathFeatureReport.set(context.bridge(arguments[0]), arguments[1], arguments[2])
        },
        ControlCommand(name: "fdb-show", argumentCounts: 1...1) { (context, arguments) throws(ControlError) in
            ForwardingDatabaseReport.show(try context.bridge(arguments[0]))
        },
        ControlCommand(name: "fdb-stats", argumentCounts: 1...1) { (context, arguments) throws(ControlError) in
            ForwardingDatabaseReport.statistics(try context.bridge(arguments[0]))
        },
        ControlCommand(name: "fdb-flush", argumentCounts: 1...2) { (context, arguments) throws(ControlError) in
            try ForwardingDatabaseReport.flush(
                context.bridge(arguments[0]), port: arguments.count > 1 ? arguments[1] : nil)
        },
        ControlCommand(name: "fdb-add", argumentCounts: 4...4) { (context, arguments) throws(ControlError) in
            try ForwardingDatabaseReport.add(context.bridge(arguments[0]), Array(arguments[1...]))
        },
        ControlCommand(name: "fdb-delete", argumentCounts: 3...3) { (context, arguments) throws(ControlError) in
            try ForwardingDatabaseReport.remove(context.bridge(arguments[0]), Array(arguments[1...]))
        },
    ]

    /// Answers a request: a command's word and its arguments.
    static func answer(_ words: [String], _ context: ControlContext) throws(ControlError) -> String {
        guard let name = words.first, let command = Self.all.first(where: { $0.name == name }) else {
            throw ControlError("unknown command \(words.first ?? "")")
        }
        let arguments = Array(words.dropFirst())
        guard command.argumentCounts.contains(arguments.count) else {
            throw ControlError("\(name): \(arguments.count) arguments, not \(command.argumentCounts)")
        }
        return try command.run(context, arguments)
    }
}
