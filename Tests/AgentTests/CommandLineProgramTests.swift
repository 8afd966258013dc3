import Glibc
import Logging
import Testing

@testable import Agent

@Suite("The program's surroundings")
struct CommandLineProgramTests {
    private static func contents(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    private static func hold(_ path: String) throws {
        let directory = try RunDirectory(path)
        #expect(try Self.contents("\(path)/sluice.pid") == "\(getpid())\n")
        do {
            _ = try RunDirectory(path)
            Issue.record("two agents hold \(path)")
        } catch {
            #expect(error.code == .runDirectoryInUse)
            #expect(
                error.message == "run directory \(path) is in use by process \(getpid()): "
                    + "give each agent one of its own with --run-dir")
        }
        _ = consume directory
    }

    @Test("a run directory is made, held by one agent, and free again afterwards")
    func runDirectory() throws {
        let parent = try TemporaryDirectory()
        let path = "\(parent.path)/a"
        try Self.hold(path)
        #expect(access("\(path)/sluice.pid", F_OK) != 0)
        try Self.hold(path)
        rmdir(path)
    }

    @Test("a run directory that is a file is refused")
    func runDirectoryFile() throws {
        let parent = try TemporaryDirectory()
        close(open("\(parent.path)/f", O_CREAT | O_WRONLY, 0o600))
        do {
            _ = try RunDirectory("\(parent.path)/f")
            Issue.record("a file was taken for a directory")
        } catch {
            #expect(error.message == "run directory \(parent.path)/f: not a directory")
        }
    }

    @Test("the service manager hears of readiness and end")
    func serviceManager() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/notify"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let notifier = ServiceNotifier(socketPath: path)
        notifier.ready(status: "ready (bridge br0)")
        notifier.stopping()
        for expected in ["READY=1\nSTATUS=ready (bridge br0)", "STOPPING=1"] {
            var bytes = [UInt8](repeating: 0, count: 200)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self) == expected)
        }
        // Nobody there: nothing happens.
        ServiceNotifier(socketPath: nil).stopping()
        ServiceNotifier(socketPath: "\(directory.path)/nobody").stopping()
        ServiceNotifier(socketPath: "relative").stopping()
    }

    // MARK: Logs

    private static func lines(_ path: String) throws -> [String] {
        // Without the time, which is not ours to choose.
        try Self.contents(path).split(separator: "\n").map { line in
            line.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
        }
    }

    @Test("a line says time, level, part and what happened, on one line, each part at its level")
    func logLines() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/log"
        let destination = try LogDestination(path: path)
        let levels = LogLevels(general: .warning, byPart: ["connection": .debug])
        let connection = AgentLogHandler.logger(part: "connection", levels: levels, destination: destination)
        let datapath = AgentLogHandler.logger(part: "datapath", levels: levels, destination: destination)
        connection.debug("peer said \"a\nb\"", metadata: ["peer": "tcp:127.0.0.1:1", "bytes": "3"])
        connection.debug("said", metadata: ["peer\u{1b}": "x\r\n\u{9b}31m\u{2028}"])
        datapath.info("not to be seen")
        datapath.error("seen")
        #expect(
            try Self.lines(path) == [
                "debug connection: peer said \"a\\u{a}b\" (bytes=3, peer=tcp:127.0.0.1:1)",
                "debug connection: said (peer\\u{1b}=x\\u{d}\\u{a}\\u{9b}31m\\u{2028})", "error datapath: seen",
            ])
        let line = try #require(try Self.contents(path).split(separator: "\n").first)
        #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z debug connection: .*/) != nil)
    }

    @Test("a log file that was moved away is opened anew")
    func reopen() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/log"
        let destination = try LogDestination(path: path)
        let logger = AgentLogHandler.logger(part: "agent", levels: LogLevels(), destination: destination)
        logger.info("first")
        rename(path, "\(path).1")
        logger.info("second")
        try destination.reopen()
        logger.info("third")
        #expect(try Self.lines("\(path).1") == ["info agent: first", "info agent: second"])
        #expect(try Self.lines(path) == ["info agent: third"])
    }

    @Test("a place that logs too much is cut short, and says how much was left out")
    func rateLimit() throws {
        let directory = try TemporaryDirectory()
        let destination = try LogDestination(path: "\(directory.path)/log")
        var now = MonotonicTime(nanoseconds: 1)
        func log() {
            let event = LogEvent(
                level: .info, message: "again", metadata: nil, source: "test", file: "f", function: "g", line: 1)
            destination.write(event, part: "agent", now: now)
        }
        for _ in 0..<100 { log() }
        #expect(try Self.lines("\(directory.path)/log").count == 64)
        now = now + .seconds(10)
        log()
        #expect(
            try Self.lines("\(directory.path)/log").suffix(2) == [
                "info agent: 36 lines like the next were left out", "info agent: again",
            ])
    }

    @Test("a log file that cannot be made is named")
    func badLogFile() {
        do {
            _ = try LogDestination(path: "/nonexistent/log")
            Issue.record("a log file in no directory")
        } catch {
            #expect(error.message == "cannot open log file /nonexistent/log: No such file or directory")
        }
    }
}
