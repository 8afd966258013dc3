import Support
import Testing

@Suite("Ryu's learning switches of the newer versions", .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
struct RyuVersionTests {
    @Test(
        "hosts reach each other, and the switch lists the flows that Ryu made",
        arguments: [("OpenFlow14", "ryu.app.simple_switch_14"), ("OpenFlow15", "ryu.app.simple_switch_15")])
    func learning(version: String, application: String) async throws {
        try await Lab.with(.embedded) { lab in
            let ryu = try lab.startRyu(application)
            let dut = try lab.startSwitch("--controller", "tcp:127.0.0.1:6633", "--protocols", version)
            try ryu.waitForOutput(containing: "move onto main mode")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[1], to: lab.hosts[0]))
            let command = ["ovs-ofctl", "-t", "60", "-O", version, "dump-flows", LabSwitch.address]
            try eventually("a flow to each host") {
                let flows = try Command.require(lab.switchNamespace.command(command))
                return lab.hosts.allSatisfy { flows.contains("dl_dst=\($0.hardwareAddress)") } ? true : nil
            }
            #expect(!ryu.output.contains("Traceback"), "\(ryu.output)")
            #expect(dut.process.status == nil)
        }
    }
}
