import Support
import Testing

@Suite("Packets kept for controllers, end to end")
struct PacketBufferTests {
    /// The numbers of OpenFlow versions on the wire, and what their messages look like from here.
    private struct Dialect: Sendable, CustomStringConvertible {
        let version: UInt8
        var description: String { "version \(self.version)" }

        /// A number's octets, the greatest first.
        static func octets(_ value: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        }

        /// An output to port 2.
        private var output: [UInt8] {
            self.version == 1 ? [0, 0, 0, 8, 0, 2, 0, 0] : [0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]
        }

        /// PACKET_OUT of a kept packet that came in by port 1, to port 2.
        func packetOut(_ number: UInt32) -> RawOpenFlowClient.Message {
            let head: [UInt8] =
                switch self.version {
                case 1: [0, 1, 0, 8]
                case 6: [0, 16, 0, 0, 0, 1, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]
                default: [0, 0, 0, 1, 0, 16, 0, 0, 0, 0, 0, 0]
                }
            return .init(self.version, 13, 3, Self.octets(number) + head + self.output)
        }

        /// FLOW_MOD: to what comes in by port 1, of priority 9, outputs to port 2; with a kept packet.
        func flowMod(_ number: UInt32) -> RawOpenFlowClient.Message {
            let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
            guard self.version > 1 else {
                // All but the port is left open.
                let match = Self.octets(0x003f_fffe) + [0, 1] + zeros(34)
                return .init(
                    1, 14, 4,
                    match + zeros(8) + [0, 0, 0, 0, 0, 0, 0, 9] + Self.octets(number) + [0xff, 0xff, 0, 0] + self.output
                )
            }
            let fixed =
                zeros(16) + [0, 0] + zeros(4) + [0, 9] + Self.octets(number) + [UInt8](repeating: 0xff, count: 8)
            let match: [UInt8] = [0, 1, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]
            return .init(self.version, 14, 4, fixed + zeros(4) + match + [0, 4, 0, 24, 0, 0, 0, 0] + self.output)
        }

        /// The number in a packet-in, and how many octets of the packet it has.
        func kept(_ packetIn: RawOpenFlowClient.Message) -> (number: UInt32, count: Int) {
            let number = packetIn.body[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard self.version > 1 else { return (number, packetIn.body.count - 10) }
            let match = Int(packetIn.body[18]) << 8 | Int(packetIn.body[19])
            return (number, packetIn.body.count - 16 - (match + 7) / 8 * 8 - 2)
        }
    }

    /// A frame of 500 octets from host 1 to host 2.
    private static func frame(_ mark: UInt8) -> [UInt8] {
        TestFrame.experimental(from: 1, to: 2, [mark] + [UInt8](repeating: 0x5a, count: 485))
    }

    @Test(
        "controllers of 1.0, 1.3 and 1.5 are told the beginning, and send the rest by its number",
        arguments: LabDatapath.here)
    func peers(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch(
                ["--packet-buffers", "256", "--protocols", "OpenFlow10,OpenFlow13,OpenFlow15"])
            try dut.requireOfctl(.openFlow13, "add-flow", "priority=1,actions=controller:64")
            let sender = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let receiver = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let dialects = [1, 4, 6].map { Dialect(version: $0) }
            var clients: [RawOpenFlowClient] = []
            for dialect in dialects {
                let client = try dut.connect()
                let features = try client.handshake(wireVersion: dialect.version)
                #expect(Array(features.body[8..<12]) == [0, 0, 1, 0])
                // SET_CONFIG, after which those who came in get packet-ins.
                try client.send(.init(dialect.version, 9, 2, [0, 0, 0, 64]))
                try client.send(.init(dialect.version, 2, 3))
                _ = try client.receive(type: 3)
                clients.append(client)
            }
            for (round, dialect) in dialects.enumerated() {
                let client = clients[round]
                let frame = Self.frame(UInt8(round))
                try sender.send(frame)
                let told = try zip(dialects, clients).map { try $0.kept($1.receive(type: 10)) }
                #expect(told.allSatisfy { $0.count == 64 && $0.number == told[0].number }, "\(told)")
                let number = told[round].number
                #expect(number != 0xffff_ffff)
                try client.send(dialect.packetOut(number))
                _ = try receiver.receive("the whole frame") { $0 == frame }
                // Whoever comes second is told so, whatever version they speak.
                let second = (round + 1) % 3
                try clients[second].send(dialects[second].packetOut(number))
                #expect(try clients[second].receive(type: 1).error.map { [$0.type, $0.code] } == [1, 7])
                try client.send(dialect.packetOut(number ^ 0x4000_0000))
                #expect(try client.receive(type: 1).error.map { [$0.type, $0.code] } == [1, 8])

                // By a flow_mod: the packet meets the flow that it brings.
                let other = Self.frame(UInt8(0x10 + round))
                try sender.send(other)
                let kept = try zip(dialects, clients).map { try $0.kept($1.receive(type: 10)) }
                try client.send(dialect.flowMod(kept[round].number))
                _ = try receiver.receive("the frame by its flow") { $0 == other }
                let flow = try dut.flows(.openFlow13).first { $0.has("priority=9") }
                #expect(flow?.actions == "output:2" && flow?.number("n_packets") == 1, "\(String(describing: flow))")
                try dut.requireOfctl(.openFlow13, "--strict del-flows", "priority=9,in_port=1")
            }
            let metrics = try dut.sluice("metrics")
            #expect(metrics.contains("sluice_packet_buffers_total{bridge=\"br0\",event=\"kept\"} 6\n"), "\(metrics)")
            #expect(metrics.contains("sluice_packet_buffers_total{bridge=\"br0\",event=\"used\"} 6\n"), "\(metrics)")
        }
    }

    @Test("ovs-ofctl prints the number of a packet that is kept, and none where none are", arguments: [0, 16])
    func ofctl(count: Int) async throws {
        try await Lab.with(LabDatapath.here[0]) { lab in
            let dut = try lab.startSwitch(["--packet-buffers", "\(count)"])
            #expect(try dut.requireOfctl(.openFlow13, "show").contains("n_buffers:\(count)"))
            try dut.requireOfctl(.openFlow13, "add-flow", "actions=controller:64")
            let monitor = try dut.startMonitor(.openFlow13, missSendLength: 64, standardPacketIn: true)
            try PacketSocket("eth0", in: lab.hosts[0].namespace).send(Self.frame(1))
            let text = try monitor.waitForOutput(containing: "OFPT_PACKET_IN")
            let line = try monitor.waitForOutput(containing: "data_len=64")
            #expect(line.contains("total_len=500"), "\(line)")
            #expect(
                line.contains("buffer=0x") == (count > 0) && line.contains("(unbuffered)") == (count == 0), "\(text)")
        }
    }

    @Test("a learning switch in Ryu that is told 128 bytes of each packet passes long pings")
    func ryu() async throws {
        try await Lab.with(LabDatapath.here[0]) { lab in
            let ryu = try lab.startRyu("ryu.app.simple_switch")
            let dut = try lab.startSwitch(["--packet-buffers", "256", "--controller", "tcp:127.0.0.1:6633"])
            try ryu.waitForOutput(containing: "move onto main mode")
            for (from, to) in [(0, 1), (1, 0)] {
                let run = try lab.run(
                    ["ping", "-n", "-q", "-c", "3", "-s", "1000", "-i", "0.2", "-W", "20", lab.hosts[to].address],
                    in: lab.hosts[from].namespace)
                #expect(run.output.contains(" 3 received"), "\(run.output)\n\(ryu.output.suffix(3000))")
            }
            let metrics = try dut.sluice("metrics")
            #expect(!metrics.contains("event=\"used\"} 0\n"), "\(metrics)")
        }
    }
}
