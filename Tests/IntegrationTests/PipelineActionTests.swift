import Support
import Testing

@Suite("Labels, lengths and pauses under traffic")
struct PipelineActionTests {
    /// An IPv4 frame from host 1 to host 2 of UDP port 9 to 9, with so many bytes of payload.
    private static func frame(_ size: Int) -> [UInt8] {
        let length = 28 + size
        var header: [UInt8] = [0x45, 0, UInt8(length >> 8), UInt8(length & 0xff), 0, 1, 0, 0, 64, 17, 0, 0]
        header += [10, 0, 0, 1, 10, 0, 0, 2]
        var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
        while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
        header[10] = UInt8(~sum >> 8 & 0xff)
        header[11] = UInt8(~sum & 0xff)
        let udp: [UInt8] = [0, 9, 0, 9, UInt8((8 + size) >> 8), UInt8((8 + size) & 0xff), 0, 0]
        return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00] + header + udp + [UInt8](repeating: 0x5a, count: size)
    }

    @Test(
        "labels are pushed and popped, four deep, with their times to live; what is behind them is matched",
        arguments: LabDatapath.here)
    func labels(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let push = "push_mpls:0x8847,set_field:%->mpls_label"
            let pushes = [5, 6, 7, 8].map { push.replacing("%", with: "\($0)") }.joined(separator: ",")
            let pops = "pop_mpls:0x8847,pop_mpls:0x8847,pop_mpls:0x8847,pop_mpls:0x0800"
            for flow in [
                "in_port=1,ip,actions=\(pushes),dec_mpls_ttl,output:2",
                "in_port=2,mpls,mpls_label=8,actions=\(pops),goto_table:1",
                "table=1,ip,nw_dst=10.0.0.2,nw_ttl=64,actions=dec_ttl,output:1",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let frame = Self.frame(30)
            for _ in 0..<2 {
                try first.send(frame)
                let labelled = try second.receive("the labelled packet") { $0[12...13] == [0x88, 0x47] }
                #expect(
                    Array(labelled[14..<30]) == [0, 0, 0x80, 63, 0, 0, 0x70, 64, 0, 0, 0x60, 64, 0, 0, 0x51, 64])
                #expect(Array(labelled[30...]) == Array(frame[14...]))
                try second.send(labelled)
                let back = try first.receive("the packet without labels") { $0.count == frame.count && $0[22] == 63 }
                #expect(Array(back[30...]) == Array(frame[30...]))
            }
        }
    }

    @Test("packets are told apart by their length", arguments: LabDatapath.here)
    func lengths(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            for flow in [
                "in_port=1,ip,actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)",
                "table=1,reg0=1,ip,actions=mod_dl_src:02:00:00:00:00:77,output:2", "table=1,reg0=0,ip,actions=output:2",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            for _ in 0..<2 {
                for (size, source) in [(58, UInt8(0x01)), (59, 0x77)] {
                    try first.send(Self.frame(size))
                    let received = try second.receive("the packet of \(size) bytes") { $0.count == 42 + size }
                    #expect(received[11] == source, "\(size)")
                }
            }
        }
    }

    @Test("a packet pauses for a controller, and goes on when it gives the packet back", arguments: LabDatapath.here)
    func pause(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "in_port=1,ip,actions=mod_dl_src:02:00:00:00:00:77,controller(pause,userdata=01.02),output:2")
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            // A controller that keeps the packet: what is sent after it is the first to arrive.
            let keeper = try dut.startMonitor(.openFlow13)
            try first.send(Self.frame(29))
            _ = try keeper.waitForOutput(containing: "userdata=01.02")
            let later = TestFrame.experimental(from: 9, to: 2, Array("later".utf8))
            try dut.requireOfctl(
                .openFlow13, "packet-out", "in_port=controller packet=\(TestFrame.hex(later)) actions=output:2")
            let arrived = try second.receive("a packet") { $0[11] == 0x77 || $0[12...13] == [0x88, 0xb5] }
            #expect(Array(arrived.prefix(later.count)) == later)
            let monitor = try dut.startMonitor(.openFlow13, "resume")
            try first.send(Self.frame(30))
            _ = try monitor.waitForOutput(containing: "userdata=01.02")
            let received = try second.receive("the packet that goes on") { $0[11] == 0x77 }
            #expect(Array(received[12...]) == Array(Self.frame(30)[12...]))
        }
    }
}
