/// Why the agent cannot start or go on: one line for a person, and an exit code for a script.
///
/// Compared by ``code`` alone, so that tests can name the expected error.
package struct AgentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure; each kind that ends the program has its own exit code.
    package enum Code: Sendable, Hashable {
        /// The configuration is wrong; more than one line may be needed to say how.
        case configuration
        /// A device or a datapath that was asked for is not there.
        case missingDevice
        /// A device is in use by another bridge, datapath or program.
        case deviceInUse
        /// The process may not do that.
        case notPermitted
        /// An address or a socket path is in use.
        case addressInUse
        /// Another agent uses the run directory.
        case runDirectoryInUse
        /// Something this build or this host cannot do.
        case unsupported
        /// Any other failure.
        case failed

        /// What the program's exit status says; documented in `sluice run --help`.
        package var exitStatus: Int32 {
            switch self {
            case .failed: 1
            case .configuration, .unsupported: 2
            case .missingDevice, .deviceInUse: 3
            case .notPermitted: 4
            case .addressInUse, .runDirectoryInUse: 5
            }
        }
    }

    /// What kind of failure.
    package let code: Code
    /// What failed and what to do about it; lower case, no full stop, one line per error.
    package let message: String

    /// Makes an error.
    @inline(never)
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the codes are equal.
    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// The message.
    package var description: String { self.message }
}
