import Support
import Testing

@Suite("Packets to and from the controller")
struct OfctlPacketTests {
    @Test(
        "monitor prints the packets that a flow sends to the controller", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func packetIns(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "priority=1,in_port=1,actions=CONTROLLER:65535")
            let monitor = try dut.startMonitor(version)
            try PacketSocket("eth0", in: lab.hosts[0].namespace).send(TestFrame.experimental(from: 1, to: 2, [7]))
            let line = try monitor.waitForOutput(containing: "_PACKET_IN")
            #expect(line.contains("total_len=60"), "\(line)")
            #expect(line.contains("in_port=1"), "\(line)")
            #expect(line.contains("via action"), "\(line)")
            let packet = try monitor.waitForOutput(containing: "dl_type=0x88b5")
            #expect(packet.contains("dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02"), "\(packet)")
        }
    }

    @Test(
        "a packet that misses the tables of 1.0 goes to the controller, cut at miss_send_len",
        arguments: LabDatapath.here)
    func tableMiss(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow10")
            let monitor = try dut.startMonitor(.openFlow10, missSendLength: 128, standardPacketIn: true)
            let long = [UInt8](repeating: 0x5a, count: 500)
            try PacketSocket("eth0", in: lab.hosts[0].namespace).send(TestFrame.experimental(from: 1, to: 2, long))
            let line = try monitor.waitForOutput(containing: "OFPT_PACKET_IN")
            #expect(line.contains("total_len=514"), "\(line)")
            #expect(line.contains("(via no_match)"), "\(line)")
            #expect(line.contains("data_len=128"), "\(line)")
        }
    }

    @Test("packet-out leaves through the ports it names", arguments: LabDatapath.here, LabProtocol.allCases)
    func packetOut(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let frame = TestFrame.experimental(from: 9, to: 2, Array("packet-out".utf8))
            try dut.requireOfctl(
                version, "packet-out", "in_port=controller packet=\(TestFrame.hex(frame)) actions=output:2")
            #expect(try second.receive("the packet at host 2") { $0[12...13] == [0x88, 0xb5] } == frame)

            // FLOOD leaves through every port but the one it is said to come from.
            let flooded = TestFrame.experimental(from: 9, to: 2, Array("flood".utf8))
            try dut.requireOfctl(version, "packet-out", "in_port=2 packet=\(TestFrame.hex(flooded)) actions=FLOOD")
            #expect(try first.receive("the flooded packet at host 1") { $0[12...13] == [0x88, 0xb5] } == flooded)

            // TABLE sends it through the flows, as if it had come from the port.
            try dut.requireOfctl(
                version, "add-flow", "in_port=1,dl_type=0x88b5,actions=mod_dl_src:02:00:00:00:00:77,output:2")
            try dut.requireOfctl(version, "packet-out", "in_port=1 packet=\(TestFrame.hex(flooded)) actions=TABLE")
            let table = try second.receive("the packet that took the flow") { $0[11] == 0x77 }
            #expect(Array(table[14...]) == Array(flooded[14...]))
        }
    }

    @Test(
        "mod-port sets no-flood, no-packet-in, no-recv and no-fwd, and packets obey", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func portModifications(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch()
            func config(of port: Int) throws -> String {
                let lines = try dut.portDescription(version, port).split(separator: "\n")
                return try #require(lines.first { $0.contains("config:") }.map(String.init))
            }
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let third = try PacketSocket("eth0", in: lab.hosts[2].namespace)
            func flood(_ octet: UInt8) throws {
                let frame = TestFrame.experimental(from: 1, to: 9, [octet])
                try dut.requireOfctl(
                    version, "packet-out", "in_port=1 packet=\(TestFrame.hex(frame)) actions=FLOOD,output:3")
            }

            if version == .openFlow10 {
                // 1.3 has no such bit: a controller of 1.3 floods with groups.
                try dut.requireOfctl(version, "mod-port", "eth2", "no-flood")
                #expect(try config(of: 2).contains("NO_FLOOD"))
                try flood(0xa1)
                _ = try third.receive("the flooded packet at host 3") { $0[14] == 0xa1 }
                try dut.requireOfctl(version, "mod-port", "eth2", "flood")
                #expect(try !config(of: 2).contains("NO_FLOOD"))
            }
            try dut.requireOfctl(version, "mod-port", "eth2", "no-forward")
            #expect(try config(of: 2).contains("NO_FWD"))
            try flood(0xa2)
            _ = try third.receive("the flooded packet at host 3") { $0[14] == 0xa2 }
            try dut.requireOfctl(version, "mod-port", "eth2", "forward")
            try flood(0xa3)
            // What was held back never comes; the first that host 2 hears is the last that was sent.
            let heard = try second.receive("a flooded packet at host 2") { $0[12...13] == [0x88, 0xb5] }
            #expect(heard[14] == 0xa3)

            try dut.requireOfctl(version, "mod-port", "eth1", "no-receive")
            #expect(try config(of: 1).contains("NO_RECV"))
            try dut.requireOfctl(version, "mod-port", "eth1", "no-packet-in")
            #expect(try config(of: 1).contains("NO_PACKET_IN"))
            try dut.requireOfctl(version, "mod-port", "eth1", "receive")
            try dut.requireOfctl(version, "mod-port", "eth1", "packet-in")
            #expect(try config(of: 1).hasSuffix("config:     0"))

            try dut.requireOfctl(version, "mod-port", "eth1", "down")
            #expect(try config(of: 1).contains("PORT_DOWN"))
            try dut.requireOfctl(version, "mod-port", "eth1", "up")
            #expect(try !config(of: 1).contains("PORT_DOWN"))
        }
    }
}
