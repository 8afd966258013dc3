package import Logging

/// The loggers of the program's parts, each with a level of its own (``LogLevels``).
package struct AgentLoggers: Sendable {
    /// The process: start, readiness, end.
    package var agent: Logger
    /// Controllers, listeners, TLS, fail mode.
    package var connection: Logger
    /// Datapaths, their ports and the host's devices.
    package var datapath: Logger
    /// What controllers ask of the switch and what it refuses; flows that expire.
    package var openFlowSwitch: Logger
    /// Upcall handlers and the revalidator.
    package var upcall: Logger
    /// Who changed what in a switch's tables, groups, meters and ports: one line for each change, at debug.
    package var audit: Logger
    /// Where they write to; nil where that is nobody's business.
    package let destination: LogDestination?
    /// The level of each part.
    private let levels: [String: SharedLogLevel]

    /// Makes the loggers of all parts, which write to one destination.
    package init(levels: LogLevels, destination: LogDestination) {
        var shared: [String: SharedLogLevel] = [:]
        for part in LogLevels.parts { shared[part] = SharedLogLevel(levels[part]) }
        self.levels = shared
        self.destination = destination
        func logger(_ part: String) -> Logger {
            AgentLogHandler.logger(
                part: part, level: shared[part] ?? SharedLogLevel(levels[part]), destination: destination)
        }
        self.agent = logger("agent")
        self.connection = logger("connection")
        self.datapath = logger("datapath")
        self.openFlowSwitch = logger("switch")
        self.upcall = logger("upcall")
        self.audit = logger("audit")
    }

    /// Takes one logger for all parts.
    package init(all logger: Logger) {
        self.agent = logger
        self.connection = logger
        self.datapath = logger
        self.openFlowSwitch = logger
        self.upcall = logger
        self.audit = logger
        self.destination = nil
        self.levels = [:]
    }

    /// Has all loggers that were made of these keep to other levels; any thread.
    package func setLevels(_ levels: LogLevels) {
        for (part, level) in self.levels { level.value = levels[part] }
    }

    /// Loggers that write nothing.
    package static let silent = AgentLoggers(all: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
}
