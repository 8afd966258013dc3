import Glibc
import Logging

/// The life of the process `sluice run`: signals, log, run directory, agent, readiness, end.
///
/// Used by the main thread, before any other exists. Prints one line on standard output when all bridges run,
/// and one per error on standard error where they cannot.
package enum AgentProgram {
    /// Runs an agent until SIGTERM or SIGINT; returns the exit status.
    ///
    /// - Parameters:
    ///   - configuration: what it is made from.
    ///   - source: where that comes from, to be read again.
    package static func run(_ configuration: AgentConfiguration, from source: ConfigurationSource) -> Int32 {
        ProcessSignals.block()
        Self.raiseDescriptorLimit()
        do throws(AgentError) {
            let destination = try LogDestination(path: configuration.logFile)
            let directory = try RunDirectory(configuration.runDirectory)
            let loggers = AgentLoggers(levels: configuration.logLevels, destination: destination)
            let agent = SluiceAgent(
                settings: SluiceAgent.Settings(configuration, source: source), loggers: loggers,
                hostIdentity: Self.hostIdentity())
            try Self.serve(agent, destination, loggers.agent, canReload: source.path != nil)
            _ = consume directory
            return 0
        } catch {
            Self.report(error.message)
            return error.code.exitStatus
        }
    }

    /// Says on standard error what is wrong, each line with the program's name before it.
    package static func report(_ text: String) {
        let lines = text.split(separator: "\n").map { "sluice: \($0)\n" }
        let bytes = Array(lines.joined().utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// The line that says what runs.
    package static func readyLine(_ bridges: [SluiceAgent.Started]) -> String {
        let parts = bridges.map { bridge in
            var text = "bridge \(bridge.name), \(bridge.datapath.rawValue) datapath"
            // The management socket is where everybody knows; what was asked for comes first.
            let listeners = bridge.listening.filter { !$0.isManagementSocket(of: bridge.name) }.map { $0.description }
            if !listeners.isEmpty { text += ", listening on \(listeners.joined(separator: " and "))" }
            return text
        }
        return "sluice: ready (\(parts.joined(separator: "; ")))"
    }

    private static func serve(
        _ agent: SluiceAgent, _ destination: LogDestination, _ logger: Logger, canReload: Bool
    ) throws(AgentError) {
        let notifier = ServiceNotifier.fromEnvironment()
        let ready = Self.readyLine(try agent.start())
        logger.info("\(ready.dropFirst("sluice: ".utf8.count))")
        print(ready)
        fflush(nil)
        notifier.ready(status: String(ready.dropFirst("sluice: ".utf8.count)))
        waiting: while true {
            let event = ProcessSignals.wait()
            guard event != .terminate else { break waiting }
            do throws(AgentError) {
                try destination.reopen()
                logger.info("log opened")
            } catch {
                logger.error("\(error)")
            }
            // What comes of it is in the log.
            if event == .reload, canReload { _ = try? agent.reload() }
        }
        notifier.stopping()
        logger.info("stopping")
        ProcessSignals.unblock()
        agent.stop()
        logger.info("stopped")
    }

    /// Lets the process have as many descriptors as it may: connections, ports and upcall sockets are many.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The machine's identifier (`machine-id(5)`), or its name where it has none.
    private static func hostIdentity() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 256)
        let descriptor = open("/etc/machine-id", O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 {
            defer { close(descriptor) }
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { return Array(buffer[..<count]) }
        }
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return [] }
        return name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
}
