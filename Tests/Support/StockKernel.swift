import Foundation

/// Debian's stock kernel in a machine emulated in software: for what user-mode Linux's kernel lacks, such as zones of
/// connection tracking.
///
/// As ``UserModeLinux``, the host's test starts this very test program again inside the guest. The kernel is fetched
/// once, into the build folder.
package enum StockKernel {
    private static let mark = "SLUICE_IN_STOCK_KERNEL"
    private static let gate = AsyncGate()

    /// Whether this process runs inside the guest.
    package static let isGuest = ProcessInfo.processInfo.environment[Self.mark] != nil

    /// Runs the tests that `filter` selects inside a fresh guest with so many processors, and returns what happened.
    package static func runTests(
        filter: String, processors: Int = 1, seconds: Int = 900
    ) async throws -> Command {
        try await Self.gate.pass {
            let kernel = "\(Repository.root)/.build/stock-kernel"
            try Command.require(["\(Repository.root)/Scripts/stock-kernel", kernel])
            let arguments = [
                "\(Repository.root)/Scripts/qemu-run", "--kernel", kernel, "--cpus", "\(processors)", "--timeout",
                "\(seconds)", "--",
                Repository.testProgram, "--testing-library", "swift-testing", "--filter", filter,
            ]
            return try Command.run(
                arguments, environment: [Self.mark: "1", "SLUICE_IN_GUEST": "1"], seconds: Double(seconds + 60))
        }
    }

    /// One guest at a time: emulation takes a whole processor.
    private actor AsyncGate {
        private var last: Task<Void, Never>?

        func pass<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
            let before = self.last
            let task = Task {
                await before?.value
                return try await body()
            }
            self.last = Task { _ = await task.result }
            return try await task.value
        }
    }
}
