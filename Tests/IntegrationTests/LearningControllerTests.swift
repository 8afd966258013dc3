import Support
import Testing

@Suite("Two hosts behind a switch that a controller teaches")
struct LearningControllerTests {
    @Test(
        "Ryu's learning switch: pings pass, flows appear, and their counters grow",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func learning(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let ryu = try lab.startRyu(version.ryuApplication)
            let dut = try lab.startSwitch("--controller", "tcp:127.0.0.1:6633", "--protocols", version.rawValue)
            try ryu.waitForOutput(containing: "move onto main mode")

            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))

            let toSecond = try eventually("a flow to host 2") {
                try dut.flows(version).first { $0.has(lab.hosts[1].hardwareAddress) && $0.actions == "output:2" }
            }
            #expect(toSecond.has("in_port=1"))
            try eventually("a flow to host 1") {
                try dut.flows(version).first { $0.has(lab.hosts[0].hardwareAddress) && $0.actions == "output:1" }
            }
            let before = try #require(toSecond.number("n_packets"))
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1], count: 5))
            try eventually("five more packets in the flow to host 2") {
                try dut.flows(version).first {
                    $0.actions == "output:2" && $0.has("in_port=1") && ($0.number("n_packets") ?? 0) >= before + 5
                }
            }
        }
    }
}

extension LabProtocol {
    /// Ryu's learning switch of this version.
    var ryuApplication: String {
        switch self {
        case .openFlow10: "ryu.app.simple_switch"
        case .openFlow13: "ryu.app.simple_switch_13"
        }
    }
}
