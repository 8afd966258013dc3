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
