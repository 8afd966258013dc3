import Foundation
import Glibc
import Synchronization

/// A program that a test starts, reads and ends.
///
/// Its standard output and standard error are collected together as they come, line by line. Every wait ends with
/// its event; when the event does not come, the wait gives up with ``LabError/gaveUp(waitingFor:output:)``, which holds
/// everything the program said. Ends with the value: the process is killed when the last reference goes.
/// Any thread may call any method.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Status: Equatable, Sendable {
        /// It returned from `main` or called `exit` with this code.
        case exited(Int32)
        /// This signal killed it.
        case killed(Int32)
    }

    private struct State {
        var output = ""
        var outputEnded = false
        var status: Status?
    }

    /// The command line as it was started, for messages.
    package let commandLine: String
    private let processID: pid_t
    private static let starting = NSLock()
    private let condition = NSCondition()
    private let state = Mutex(State())

    /// Starts `arguments[0]`, found on PATH, with standard input empty.
    ///
    /// - Parameter environment: replaces or adds these variables.
    package init(_ arguments: [String], environment: [String: String] = [:]) throws(LabError) {
        self.commandLine = arguments.joined(separator: " ")
        // Between the making of the pipe and its marking, another start would hand it to another child.
        Self.starting.lock()
        defer { Self.starting.unlock() }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system("pipe", errno) }
        for end in ends where fcntl(end, F_SETFD, FD_CLOEXEC) != 0 { throw .system("fcntl", errno) }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&files, ends[1], 1)
        posix_spawn_file_actions_adddup2(&files, ends[1], 2)
        // A test runner may have signals blocked or ignored that the program must be able to receive.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { _, new in new }
        var processID: pid_t = 0
        let code = withCStrings(arguments) { argumentPointers in
            withCStrings(variables.map { "\($0.key)=\($0.value)" }) { environmentPointers in
                posix_spawnp(&processID, arguments[0], &files, &attributes, argumentPointers, environmentPointers)
            }
        }
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw .system("start \(self.commandLine)", code)
        }
        self.processID = processID
        self.collect(from: ends[0])
    }

    deinit {
        if self.state.withLock({ $0.status == nil }) { kill(self.processID, SIGKILL) }
    }

    /// The process's number; may have ended.
    package var identifier: Int32 { self.processID }

    /// Everything it has written so far.
    package var output: String { self.state.withLock { $0.output } }

    /// How it ended; nil while it runs.
    package var status: Status? { self.state.withLock { $0.status } }

    /// Sends `signal`, unless the process has ended.
    package func send(signal: Int32) {
        self.state.withLock { state in
            guard state.status == nil else { return }
            kill(self.processID, signal)
        }
    }

    /// Waits until its output holds `text`, and returns the first line that does.
    @discardableResult
    package func waitForOutput(containing text: String, seconds: Double = Give.up) throws(LabError) -> String {
        try self.wait(for: "“\(text)” from \(self.commandLine)", seconds: seconds) { state in
            guard state.output.contains(text) else { return nil }
            return state.output.split(separator: "\n").first { $0.contains(text) }.map(String.init)
        }
    }

    /// Waits until it has ended by itself.
    @discardableResult
    package func waitForExit(seconds: Double = Give.up) throws(LabError) -> Status {
        try self.wait(for: "the end of \(self.commandLine)", seconds: seconds, evenAfterEnd: true) { state in
            state.outputEnded ? state.status : nil
        }
    }

    /// Asks it to end with `signal`, waits, and says how it ended; kills it where it does not obey.
    @discardableResult
    package func stop(signal: Int32 = SIGTERM) throws(LabError) -> Status {
        self.send(signal: signal)
        do {
            return try self.waitForExit()
        } catch {
            self.send(signal: SIGKILL)
            throw error
        }
    }

    private func wait<Value>(
        for what: String, seconds: Double, evenAfterEnd: Bool = false, _ event: (State) -> Value?
    ) throws(LabError) -> Value {
        let limit = Date(timeIntervalSinceNow: seconds)
        self.condition.lock()
        defer { self.condition.unlock() }
        while true {
            let (value, ended, output) = self.state.withLock { state in
                (event(state), state.status != nil && state.outputEnded, state.output)
            }
            if let value { return value }
            if ended, !evenAfterEnd { throw .ended(waitingFor: what, output: output) }
            guard self.condition.wait(until: limit) else { throw .gaveUp(waitingFor: what, output: output) }
        }
    }

    /// Reads the output on one thread and awaits the end on another; both hold the state, not the process
    /// object's life.
    private func collect(from descriptor: Int32) {
        let processID = self.processID
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 16384)
            var pending: [UInt8] = []
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                pending += buffer[..<count]
                // Whole characters only: a read may end inside one.
                let whole = pending.lastIndex(of: 0x0a).map { $0 + 1 } ?? (pending.count > 4096 ? pending.count : 0)
                guard whole > 0 else { continue }
                let text = String(decoding: pending[..<whole], as: UTF8.self)
                pending.removeFirst(whole)
                self?.change { $0.output += text }
            }
            close(descriptor)
            let rest = String(decoding: pending, as: UTF8.self)
            self?.change {
                $0.output += rest
                $0.outputEnded = true
            }
        }
        Thread.detachNewThread { [weak self] in
            var information = siginfo_t()
            // Look first without reaping, so that nobody signals a number that is already somebody else's.
            while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            let reap: () -> Status = {
                var raw: Int32 = 0
                while waitpid(processID, &raw, 0) < 0, errno == EINTR {}
                return raw & 0x7f == 0 ? .exited((raw >> 8) & 0xff) : .killed(raw & 0x7f)
            }
            if let self { self.change { $0.status = reap() } } else { _ = reap() }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        self.condition.lock()
        self.state.withLock { body(&$0) }
        self.condition.broadcast()
        self.condition.unlock()
    }
}

/// How long the tests wait for what must come.
package enum Give {
    /// Seconds until a wait gives up: far more than anything takes, on a busy machine too.
    package static let up: Double = 120
}

/// What went wrong in the laboratory itself, or what never came.
package enum LabError: Error, CustomStringConvertible {
    /// A system call failed with this `errno`.
    case system(String, Int32)
    /// The event did not come in time; `output` is what was said until then.
    case gaveUp(waitingFor: String, output: String)
    /// The process ended before the event came.
    case ended(waitingFor: String, output: String)
    /// A command that had to succeed did not.
    case failed(command: String, status: ChildProcess.Status, output: String)
    /// Something else, in words.
    case other(String)

    package var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .gaveUp(let what, let output): "gave up waiting for \(what); so far:\n\(output)"
        case .ended(let what, let output): "it ended while waiting for \(what); it said:\n\(output)"
        case .failed(let command, let status, let output): "\(command): \(status):\n\(output)"
        case .other(let text): text
        }
    }
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = strings.map { strdup($0) }
    defer {
        for pointer in pointers { free(pointer) }
    }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least its terminator") }
        return body(base)
    }
}
