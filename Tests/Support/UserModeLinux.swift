import Foundation

/// A real kernel with the openvswitch module, as a process of this machine: how the kernel datapath is tested anywhere.
///
/// The host's test starts this very test program again inside the guest, with a filter and a mark in the environment;
/// there ``LabDatapath/here`` is the kernel's. The guest's failures fail the host's test, with everything it printed.
package enum UserModeLinux {
    private static let mark = "SLUICE_IN_GUEST"

    /// Whether this process runs inside the guest.
    package static let isGuest = ProcessInfo.processInfo.environment[Self.mark] != nil

    /// Runs the tests that `filter` selects inside a fresh guest, and returns what happened.
    package static func runTests(filter: String, seconds: Int = 900) async throws -> Command {
        try await LabGate.shared.pass {
            // The test program's own exit code must be the guest's, and it may not wait for a terminal.
            let arguments = [
                "\(Repository.root)/Scripts/uml-run", "--mem", "1024M", "--timeout", "\(seconds)", "--",
                Repository.testProgram, "--testing-library", "swift-testing", "--filter", filter,
            ]
            return try Command.run(arguments, environment: [Self.mark: "1"], seconds: Double(seconds + 60))
        }
    }
}
