import Foundation
import Support
import Testing

@Suite("A controller that dies and returns")
struct ReconnectTests {
    @Test("is found again, and the flows carry packets meanwhile", arguments: LabDatapath.here, LabProtocol.allCases)
    func controllerRestart(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch(
                "--controller", "tcp:127.0.0.1:6633", "--protocols", version.rawValue, "--max-backoff", "1s")
            // The switch has been asking since before there was a controller.
            let first = try lab.startRyu(version.ryuApplication)
            try first.waitForOutput(containing: "move onto main mode")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))

            try first.stop(signal: SIGKILL)
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]), "fail mode secure keeps the flows")

            let second = try lab.startRyu(version.ryuApplication)
            try second.waitForOutput(containing: "move onto main mode")
            try dut.requireOfctl(version, "del-flows")
            if version == .openFlow13 {
                // The flow by which this Ryu application hears of packets, which it installed before and we deleted.
                try dut.requireOfctl(version, "add-flow", "priority=0,actions=CONTROLLER:65535")
            }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try eventually("flows of the second controller") { try dut.flows(version).count >= 2 ? true : nil }
        }
    }

    @Test("two controllers at once both hear of packets", arguments: LabDatapath.here)
    func twoControllers(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,actions=CONTROLLER:65535")
            let one = try dut.startMonitor(.openFlow13)
            let other = try dut.startMonitor(.openFlow10)
            try PacketSocket("eth0", in: lab.hosts[0].namespace).send(TestFrame.experimental(from: 1, to: 2, []))
            try one.waitForOutput(containing: "_PACKET_IN")
            try other.waitForOutput(containing: "_PACKET_IN")
        }
    }

    @Test(
        "`sluice reconnect` ends its session and calls it anew, calls those it was to call later, and leaves others be",
        .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
    func reconnectCommand() async throws {
        try await Lab.with(.embedded) { lab in
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)
            let dut = try lab.startSwitch(
                "--controller", "tcp:127.0.0.1:6633", "--controller", "tcp:127.0.0.1:6634", "--max-backoff", "1000s")
            let first = try listener.accept()
            try first.handshake(.openFlow13)
            let bystander = try dut.connect()
            try bystander.handshake(.openFlow13)
            try eventually("the other controller to be called in vain") {
                try dut.sluice("show").contains("last error: Connection refused") ? true : nil
            }

            let late = try RawOpenFlowListener(port: 6634, in: lab.switchNamespace)
            #expect(try dut.sluice("reconnect") == "Bridge br0: 2 controllers called anew\n")
            _ = try first.receiveUntilClosed()
            let second = try listener.accept()
            try second.handshake(.openFlow13)
            let other = try late.accept()
            try other.handshake(.openFlow13)
            try bystander.proveAlive(.openFlow13)
            let show = try dut.sluice("show", "br0")
            #expect(show.contains("attempts 2, sessions 2"), "\(show)")
        }
    }
}
