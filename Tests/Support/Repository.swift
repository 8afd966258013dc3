import Foundation

/// Where things are: the repository that the tests were compiled from, and the programs beside the test bundle.
package enum Repository {
    /// The package's folder.
    package static let root: String = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The folder of the build's products: where the running test program is.
    package static let products: String = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: program).deletingLastPathComponent().path
    }()

    /// The test program itself, to be started again inside a guest.
    package static let testProgram: String =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]

    /// The switch under test: `sluice` of this build, or what SLUICE_PROGRAM names.
    package static let sluice: String = {
        guard let named = ProcessInfo.processInfo.environment["SLUICE_PROGRAM"] else {
            return "\(Self.products)/sluice"
        }
        return named.hasPrefix("/") ? named : "\(Self.root)/\(named)"
    }()

    /// The Python of the environment that `Scripts/install-dependencies` makes.
    package static let python = "\(Self.root)/.build/controllers/bin/python"

    /// The folder of programs of the environment with Faucet, Gauge and os-ken, which the same script makes.
    package static let faucetPrograms = "\(Self.root)/.build/faucet/bin"
}
