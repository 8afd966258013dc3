import Foundation
import Support
import Testing

@Suite("Flows that end by themselves")
struct FlowExpiryTests {
    @Test(
        "a hard timeout ends a flow, whatever it carries, and the controller is told", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func hardTimeout(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let monitor = try dut.startMonitor(version)
            try dut.requireOfctl(version, "add-flow", "in_port=2,actions=output:1")
            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            try dut.requireOfctl(
                version, "add-flow", "cookie=0xbeef,hard_timeout=4,send_flow_rem,in_port=1,actions=output:2")
            for _ in 0..<3 { try socket.send(TestFrame.experimental(from: 1, to: 2, [])) }
            let line = try monitor.waitForOutput(containing: "FLOW_REMOVED")
            #expect(line.contains("reason=hard"), "\(line)")
            #expect(line.contains("cookie=0xbeef") || line.contains("cookie:0xbeef"), "\(line)")
            #expect(line.contains("in_port=1"), "\(line)")
            #expect(line.contains("pkts3 bytes180"), "its last counters are in the message: \(line)")
            #expect(try dut.flows(version).map { $0.has("in_port=2") } == [true])
        }
    }

    @Test(
        "an idle timeout ends a flow that carries nothing, and lets live one that does", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func idleTimeout(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let monitor = try dut.startMonitor(version)
            try dut.requireOfctl(version, "add-flow", "in_port=1,idle_timeout=12,send_flow_rem,actions=output:2")
            try dut.requireOfctl(version, "add-flow", "in_port=2,idle_timeout=12,send_flow_rem,actions=output:1")
            try dut.requireOfctl(version, "add-flow", "in_port=LOCAL,idle_timeout=3,send_flow_rem,actions=drop")
            // Five packets a second keep two of the flows alive, until the third has gone.
            let traffic = try lab.start(
                ["ping", "-n", "-q", "-i", "0.2", lab.hosts[1].address], in: lab.hosts[0].namespace)
            let first = try monitor.waitForOutput(containing: "FLOW_REMOVED")
            #expect(first.contains("reason=idle"), "\(first)")
            #expect(first.contains("in_port=LOCAL"), "\(first)")
            #expect(try dut.flows(version).count == 2)
            try traffic.stop(signal: SIGINT)
            try eventually("the other two to go") { try dut.flows(version).isEmpty ? true : nil }
            try eventually("three flow-removed messages") {
                monitor.output.components(separatedBy: "reason=idle").count == 4 ? true : nil
            }
        }
    }

    @Test("a deleted flow is announced where it asked for that", arguments: LabDatapath.here, LabProtocol.allCases)
    func deleted(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let monitor = try dut.startMonitor(version)
            try dut.requireOfctl(version, "add-flow", "cookie=1,in_port=1,actions=output:2")
            try dut.requireOfctl(version, "add-flow", "cookie=2,send_flow_rem,in_port=2,actions=output:1")
            try dut.requireOfctl(version, "del-flows")
            let line = try monitor.waitForOutput(containing: "FLOW_REMOVED")
            #expect(line.contains("reason=delete"), "\(line)")
            #expect(line.contains("in_port=2"), "the other did not ask: \(line)")
        }
    }
}
