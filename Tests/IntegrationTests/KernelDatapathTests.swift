import Support
import Testing

/// Runs the suites of this module again on the kernel datapath: in user-mode Linux, whose kernel has the module.
///
/// One guest per suite, so that a failure names its suite and a broken kernel spoils one only.
@Suite("On the kernel datapath, under user-mode Linux", .enabled(if: !UserModeLinux.isGuest, "this is the guest"))
struct KernelDatapathTests {
    @Test(
        "the same suite passes",
        arguments: [
            "LearningControllerTests", "OfctlReadTests", "OfctlFlowTests", "OfctlPacketTests", "FlowExpiryTests",
            "PortEventTests", "ReconnectTests", "CutMessageTests", "ProtocolErrorTests", "StandaloneTests",
            "PatchPortTests", "TraceTests", "ExtensionActionTests", "VLANModeTests", "TunnelTests",
            "PipelineActionTests", "ForwardingDatabaseTests", "RestartTests",
            "OfctlGroupTests", "OfctlMeterTests", "OfctlBundleTests", "BarrierTests", "FlowMonitorTests",
            "OfctlNiciraTests", "PortNumberTests", "QueueTests", "MeterRateTests",
            "EgressTableTests", "CounterTests", "SystemCallTests", "GeneveOptionTests",
            "DatapathSettingTests", "DatapathStreamTests", "ServiceChainTests", "TCPStreamTests", "ReloadTests",
            "PacketBufferTests",
        ])
    func guest(suite: String) async throws {
        let run = try await UserModeLinux.runTests(filter: "IntegrationTests\\.\(suite)/")
        #expect(run.succeeded, "\(run.output)")
        // A filter that selects nothing succeeds too.
        #expect(run.output.contains("passed after") && !run.output.contains("with 0 tests"), "\(run.output)")
    }
}
