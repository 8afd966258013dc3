import Support
import Testing

@Suite("Flow monitors as ovs-ofctl asks for them")
struct FlowMonitorTests {
    @Test(
        "flows that are there, that come, change and go are told", arguments: LabDatapath.here,
        [LabProtocol.openFlow10, .openFlow13])
    func watch(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow10,OpenFlow13")
            try dut.requireOfctl(version, "add-flow", "priority=7,ip,actions=output:1")
            let monitor = try dut.startMonitor(version, watching: "")
            try eventually("the first flow is told") {
                monitor.output.contains("priority=7") || monitor.output.contains("ip actions=") ? true : nil
            }
            try dut.requireOfctl(version, "add-flow", "priority=8,arp,actions=output:2")
            try dut.requireOfctl(version, "mod-flows", "ip,actions=output:2")
            try dut.requireOfctl(version, "del-flows", "arp")
            try eventually("what came, changed and went is told: \(monitor.output)") {
                monitor.output.contains("event=ADDED") && monitor.output.contains("event=MODIFIED")
                    && monitor.output.contains("event=DELETED") ? true : nil
            }
        }
    }
}
