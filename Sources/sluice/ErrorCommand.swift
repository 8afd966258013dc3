import ArgumentParser
import OpenFlow

/// `sluice error`: what an error number or name means.
struct ErrorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error",
        abstract: "Explain an OpenFlow error.",
        discussion: """
            The error is its type and code with a comma between, as in a switch's or a \
            controller's log, or the name of the specification's constant, whole or \
            without its prefix. Errors of experimenters have type 65535.

              sluice error 5,6 --of 13
              sluice error OFPBMC_BAD_PREREQ
              sluice error table_full

            EXIT STATUS
              0   explained
              1   there is no such error (in that version)
              64  wrong command line
            """)

    @Argument(help: ArgumentHelp("TYPE,CODE or a name.", valueName: "error"))
    var error: String

    @Option(
        name: .customLong("of"),
        help: ArgumentHelp("The version whose numbers these are: 10 to 15. (default: any)", valueName: "version"))
    var version: String?

    func run() throws {
        let version = try self.version.map { text in
            let digits = text.hasPrefix("OpenFlow") ? text : "OpenFlow" + text.filter { $0 != "." }
            guard let version = OpenFlowVersion(digits) else {
                throw ValidationError("--of \(text): a version from 10 to 15 is expected")
            }
            return version
        }
        let errors = try self.find(version)
        guard !errors.isEmpty else {
            let place = version.map { " in \($0)" } ?? ""
            StandardError.write("sluice: no error \(self.error)\(place)")
            throw ExitCode(1)
        }
        print(errors.map { Self.text($0) }.joined(separator: "\n\n"))
    }

    private func find(_ version: OpenFlowVersion?) throws -> [OpenFlowError.Code] {
        let parts = self.error.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return OpenFlowError.Code.named(self.error).filter { error in
                version.map { version in error.numbers.contains { $0.versions.contains(version) } } ?? true
            }
        }
        let numbers = parts.map { part -> UInt16? in
            part.hasPrefix("0x") ? UInt16(part.dropFirst(2), radix: 16) : UInt16(part)
        }
        guard let type = numbers[0], let code = numbers[1] else {
            throw ValidationError("\(self.error): TYPE,CODE with numbers from 0 to 65535, or a name, is expected")
        }
        return OpenFlowError.Code.matching(type: type, code: code, in: version)
    }

    private static func text(_ error: OpenFlowError.Code) -> String {
        let explanation = error.explanation
        let numbers = error.numbers.map { "  \($0)" }.joined(separator: "\n")
        return "\(error.constant)\n  \(explanation.meaning)\n  Causes and remedies: \(explanation.causes)\n\(numbers)"
    }
}
