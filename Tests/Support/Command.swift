import Foundation

/// A program run to its end.
package struct Command: Sendable {
    /// What it printed, standard output and standard error together.
    package let output: String
    /// How it ended.
    package let status: ChildProcess.Status

    /// Whether it ended with code 0.
    package var succeeded: Bool { self.status == .exited(0) }

    /// The lines of the output, without the empty ones.
    package var lines: [String] { self.output.split(separator: "\n").map(String.init) }

    /// Runs `arguments` and waits for the end, whatever its status.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Double = Give.up
    ) throws(LabError) -> Command {
        let process = try ChildProcess(arguments, environment: environment)
        let status = try process.waitForExit(seconds: seconds)
        return Command(output: process.output, status: status)
    }

    /// Runs `arguments`, which must end with code 0, and returns the output.
    @discardableResult
    package static func require(_ arguments: [String], seconds: Double = Give.up) throws(LabError) -> String {
        let command = try Self.run(arguments, seconds: seconds)
        guard command.succeeded else {
            throw .failed(command: arguments.joined(separator: " "), status: command.status, output: command.output)
        }
        return command.output
    }
}
