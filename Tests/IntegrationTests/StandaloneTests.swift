import Support
import Testing

@Suite("Without a controller")
struct StandaloneTests {
    @Test("in fail mode standalone the switch forwards as a learning switch", arguments: LabDatapath.here)
    func standalone(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            _ = try lab.startSwitch("--fail-mode", "standalone")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            #expect(try lab.ping(from: lab.hosts[2], to: lab.hosts[0]))
        }
    }

    @Test(
        "controllers that come and go: without them the switch forwards on its own, and no flow is lost",
        .enabled(if: !UserModeLinux.isGuest, "one datapath is enough"))
    func transitions() async throws {
        try await Lab.with(.embedded, hosts: 3) { lab in
            let (one, two, three) = (lab.hosts[0], lab.hosts[1], lab.hosts[2])
            let listener = try RawOpenFlowListener(port: 6633, in: lab.switchNamespace)
            let dut = try lab.startSwitch(
                "--fail-mode", "standalone", "--controller", "tcp:127.0.0.1:6633", "--inactivity-probe", "4s",
                "--max-backoff", "1s", "--protocols", "OpenFlow13")
            // Somebody who takes the calls and says nothing is no controller.
            do {
                let silent = try listener.accept()
                try dut.process.waitForOutput(containing: "no controller in reach, forwarding standalone")
                withExtendedLifetime(silent) {}
            }
            #expect(try lab.ping(from: one, to: two))
            #expect(try dut.sluice("dump-hidden-flows").contains("fail mode standalone"))
            try Self.steer(listener, dut, lab)

            // It is gone: after three intervals the switch forwards on its own, above the flows, which stay.
            try eventually("forwarding on its own again") {
                try dut.sluice("dump-hidden-flows").contains("fail mode standalone") ? true : nil
            }
            #expect(try lab.ping(from: one, to: three))
            #expect(try dut.flows(.openFlow13).filter { $0.has("cookie=0x77") }.count == 2)
            // And when a controller is back, they are what it left.
            let successor = try Self.handshake(listener)
            try successor.send(.init(4, 24, 0x30, [0, 0, 0, 2] + [UInt8](repeating: 0, count: 12)))
            _ = try successor.receive(type: 25)
            #expect(try dut.sluice("dump-hidden-flows").contains("0 hidden flows"), "it asked for a role")
            #expect(try dut.flows(.openFlow13).filter { $0.has("cookie=0x77") }.count == 2)
            #expect(try lab.ping(from: one, to: two))
            withExtendedLifetime(successor) {}
        }
    }

    /// The next controller's session; calls that the switch has given up meanwhile are passed over.
    private static func handshake(_ listener: RawOpenFlowListener) throws -> RawOpenFlowClient {
        while true {
            let client = try listener.accept()
            if (try? client.handshake(.openFlow13)) != nil { return client }
        }
    }

    /// A controller that stays for longer than a probe interval is in charge: its flows decide, and nothing else.
    private static func steer(_ listener: RawOpenFlowListener, _ dut: LabSwitch, _ lab: Lab) throws {
        let controller = try Self.handshake(listener)
        // It may yet leave without a word; it is sent a packet, answers it, and is believed.
        let asked = try controller.receive(type: 10)
        #expect(asked.body.suffix(60).prefix(14).suffix(2) == [0x80, 0x35], "\(asked)")
        #expect(try !dut.sluice("dump-hidden-flows").contains("0 hidden flows"))
        let packetOut: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0]
        try controller.send(.init(4, 13, 0x20, packetOut + asked.body.suffix(60)))
        try controller.awaitBarrier(.openFlow13)
        #expect(try dut.sluice("dump-hidden-flows").contains("0 hidden flows"))
        #expect(try dut.sluice("show").contains("1 controller in charge"))
        try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x77,in_port=1,actions=output:2")
        try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x77,in_port=2,actions=output:1")
        #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
        try eventually("the controller to have been there for longer than a probe interval") {
            try controller.proveAlive(.openFlow13)
            let show = try dut.sluice("show")
            return (6..<600).contains { show.contains("connected for \($0) s") } ? true : nil
        }
    }

    @Test("in fail mode secure it forwards what its flows say, and nothing else", arguments: LabDatapath.here)
    func secure(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch("--fail-mode", "secure")
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,actions=output:2")
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=2,actions=output:1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))

            // Host 3 may speak, and nobody hears: the frame after it, which is allowed through, arrives first.
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            try PacketSocket("eth0", in: lab.hosts[2].namespace).send(TestFrame.experimental(from: 3, to: 2, [0xbb]))
            try eventually("port 3 counts the frame") {
                try dut.requireOfctl(.openFlow13, "dump-ports", "3").contains("rx pkts=0,") ? nil : true
            }
            try PacketSocket("eth0", in: lab.hosts[0].namespace).send(TestFrame.experimental(from: 1, to: 2, [0xaa]))
            let heard = try ear.receive("a frame of type 0x88b5") { $0[12...13] == [0x88, 0xb5] }
            #expect(heard[14] == 0xaa)
        }
    }
}
