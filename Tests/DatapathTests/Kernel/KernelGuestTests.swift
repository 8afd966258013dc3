import Support
import Testing

/// Runs the suites of this folder in user-mode Linux, whose kernel has the openvswitch module.
@Suite(
    "The kernel's openvswitch module, under user-mode Linux",
    .enabled(if: !UserModeLinux.isGuest, "this is the guest"))
struct KernelGuestTests {
    @Test(
        "What the guest's suites prove",
        arguments: ["KernelContractTests", "KernelDatapathTests", "KernelFlowTests", "KernelTrafficTests"])
    func guest(suite: String) async throws {
        let run = try await UserModeLinux.runTests(filter: "DatapathTests\\.\(suite)/", seconds: 600)
        #expect(run.succeeded, "\(run.output)")
        // A filter that selects nothing succeeds too.
        #expect(run.output.contains("passed after") && !run.output.contains("with 0 tests"), "\(run.output)")
    }

    @Test("Packets go through, come up and are counted by the agent on two processors, under the stock kernel")
    func processors() async throws {
        // User-mode Linux has one. In one guest, and of the former those that handlers take part in: emulation is slow.
        let handlers = "DatapathTests\\.KernelTrafficTests/(userspace|recirculation|overflow)"
        let run = try await StockKernel.runTests(
            filter: "\(handlers)|IntegrationTests\\.CounterTests/", processors: 2)
        #expect(run.succeeded, "\(run.output)")
        // A filter that selects nothing succeeds too.
        #expect(run.output.contains("tests in 2 suites passed after"), "\(run.output)")
    }
}
