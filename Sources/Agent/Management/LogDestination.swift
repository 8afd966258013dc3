import Glibc
package import Logging
import Synchronization

/// Where log lines go: a file, which can be opened anew, or standard error.
///
/// Any thread may write. A line is written by one call, so that lines of threads do not mix. A place in the
/// program that logs too much is cut short: at most 64 lines in ten seconds, then one line that says how many
/// were left out.
package final class LogDestination: Sendable {
    private struct State {
        var path: String?
        var descriptor: Int32
        var sites: [Site: Allowance] = [:]
    }

    /// A place in the program that logs.
    private struct Site: Hashable {
        var file: String
        var line: UInt
    }

    private struct Allowance {
        var since: MonotonicTime
        var lines = 0
        var suppressed = 0
    }

    private static let linesPerSite = 64
    private static let interval = Duration.seconds(10)

    private let state: Mutex<State>

    /// Opens the file, which is made if need be and appended to; throws `notPermitted` or `failed`.
    package init(path: String?) throws(AgentError) {
        self.state = Mutex(State(path: path, descriptor: try Self.open(path)))
    }

    deinit {
        self.state.withLock { if $0.descriptor != STDERR_FILENO { close($0.descriptor) } }
    }

    /// Opens the file anew, which may have been moved away; if that fails, the old one is used on.
    package func reopen() throws(AgentError) {
        guard let path = self.state.withLock({ $0.path }) else { return }
        try self.open(path: path)
    }

    /// Writes to another file, or to standard error, from now on; if it cannot be opened, the old one is used on.
    package func open(path: String?) throws(AgentError) {
        let descriptor = try Self.open(path)
        let old = self.state.withLock { state in
            defer { (state.path, state.descriptor) = (path, descriptor) }
            return state.descriptor
        }
        if old != STDERR_FILENO { close(old) }
    }

    /// Writes a line.
    package func write(_ event: LogEvent, part: String, now: MonotonicTime = SystemClock.now()) {
        self.state.withLock { state in
            let site = Site(file: event.file, line: event.line)
            var allowance = state.sites[site] ?? Allowance(since: now)
            if now.since(allowance.since) >= Self.interval {
                if allowance.suppressed > 0 {
                    let text = "\(allowance.suppressed) lines like the next were left out"
                    Self.write(Self.line(event.level, part, text, nil), to: state.descriptor)
                }
                allowance = Allowance(since: now)
            }
            if allowance.lines < Self.linesPerSite {
                allowance.lines += 1
                let line = Self.line(event.level, part, event.message.description, event.metadata)
                Self.write(line, to: state.descriptor)
            } else {
                allowance.suppressed += 1
            }
            state.sites[site] = allowance
        }
    }

    private static func open(_ path: String?) throws(AgentError) -> Int32 {
        guard let path else { return STDERR_FILENO }
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let code = errno
            throw AgentError(
                code == EACCES || code == EPERM ? .notPermitted : .failed,
                "cannot open log file \(path): \(ConnectionErrorText.describe(errno: code))")
        }
        return descriptor
    }

    private static func line(_ level: Logger.Level, _ part: String, _ text: String, _ metadata: Logger.Metadata?)
        -> String
    {
        var line = "\(Self.timestamp()) \(level.rawValue) \(part): "
        Self.append(text, to: &line)
        if let metadata, !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            Self.append(" (\(pairs.joined(separator: ", ")))", to: &line)
        }
        return line + "\n"
    }

    /// A line is a line, whatever a peer put into it: control characters (C0, DEL, C1, line and paragraph separators)
    /// are written as their numbers.
    private static func append(_ text: String, to line: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    /// The present time in UTC, as RFC 3339 writes it, in milliseconds.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        let clock = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
    }

    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array(line.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            // A full disk must not stop a switch; the line is lost.
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// A level that loggers have in common, and that may change while they are in use; any thread.
package final class SharedLogLevel: Sendable {
    private let place: Atomic<Int>

    /// Makes a level.
    package init(_ level: Logger.Level) { self.place = Atomic(Self.place(of: level)) }

    /// The level, now.
    package var value: Logger.Level {
        get { Logger.Level.allCases[self.place.load(ordering: .relaxed)] }
        set { self.place.store(Self.place(of: newValue), ordering: .relaxed) }
    }

    private static func place(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// A logger of one part of the program, in front of a ``LogDestination``.
package struct AgentLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    /// The level: that of all loggers of the part, until this one is given another.
    package var logLevel: Logger.Level {
        get { self.level.value }
        set { self.level = SharedLogLevel(newValue) }
    }
    private var level: SharedLogLevel
    private let part: String
    private let destination: LogDestination

    /// Makes the handler of a part.
    package init(part: String, level: SharedLogLevel, destination: LogDestination) {
        self.part = part
        self.level = level
        self.destination = destination
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard !self.metadata.isEmpty else { return self.destination.write(event, part: self.part) }
        var event = event
        event.metadata = self.metadata.merging(event.metadata ?? [:]) { _, new in new }
        self.destination.write(event, part: self.part)
    }

    /// The logger of a part.
    package static func logger(part: String, levels: LogLevels, destination: LogDestination) -> Logger {
        Self.logger(part: part, level: SharedLogLevel(levels[part]), destination: destination)
    }

    /// The logger of a part, with a level that can be changed while it is in use.
    package static func logger(part: String, level: SharedLogLevel, destination: LogDestination) -> Logger {
        Logger(label: part) { AgentLogHandler(part: $0, level: level, destination: destination) }
    }
}
