import Support
import Testing

/// Packets with a network service header, and packets of other types than Ethernet, by flows of ovs-ofctl.
@Suite("Network service headers and packet types")
struct ServiceChainTests {
    private static let datagram = TestFrame.datagram(from: 1, to: 2, sourcePort: 1000, destinationPort: 2000)

    /// A header of metadata type 1.
    private static func header(next: UInt8, ttl: UInt8 = 63, index: UInt8 = 255, contexts: [UInt8] = []) -> [UInt8] {
        [UInt8(ttl >> 2), UInt8(ttl & 3) << 6 | 6, 1, next, 0, 0x12, 0x34, index]
            + contexts + [UInt8](repeating: 0, count: 16 - contexts.count)
    }

    /// A frame from host 2 to host 1 with what follows the EtherType.
    private static func frame(_ type: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + type + payload
    }

    private static let serviceType: [UInt8] = [0x89, 0x4f]

    private struct Bench {
        let lab: Lab
        let dut: LabSwitch
        let sockets: [PacketSocket]

        func add(_ flows: String...) throws {
            for flow in flows { try self.dut.requireOfctl(.openFlow13, "add-flow", flow) }
        }

        /// Sends a frame from one host, thrice so that cached flows are used too, and expects another at the other.
        func expect(_ sent: [UInt8], from: Int, gives expected: [UInt8]) throws {
            for _ in 0..<3 {
                try self.sockets[from - 1].send(sent)
                let frame = try self.sockets[2 - from].receive("the frame from host \(from)") {
                    $0.count >= 14 && $0[12..<14] == expected[12..<14] && $0[6] != 0x33
                }
                #expect(frame == expected)
            }
        }
    }

    private static func with(_ datapath: LabDatapath, _ body: @Sendable (Bench) throws -> Void) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow10,OpenFlow13,OpenFlow15")
            let sockets = try lab.hosts.map { try PacketSocket("eth0", in: $0.namespace) }
            try body(Bench(lab: lab, dut: dut, sockets: sockets))
        }
    }

    @Test("a header is pushed around a frame and popped from it, in the datapath", arguments: LabDatapath.here)
    func pushed(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=1,ip,actions=encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:0x11223344->nsh_c1,"
                    + "encap(ethernet),set_field:02:00:00:00:00:77->eth_dst,output:2",
                "in_port=2,dl_type=0x894f,nsh_mdtype=1,nsh_np=3,nsh_spi=0x1234,nsh_c1=0x11220000/0xffff0000,"
                    + "actions=decap(),decap(),output:1")
            let chained =
                [2, 0, 0, 0, 0, 0x77, 0, 0, 0, 0, 0, 0] + Self.serviceType
                + Self.header(next: 3, contexts: [0x11, 0x22, 0x33, 0x44]) + Self.datagram
            try bench.expect(Self.datagram, from: 1, gives: chained)
            try bench.expect(chained, from: 2, gives: Self.datagram)
            let megaflows = try bench.dut.sluice("dump-datapath-flows")
            #expect(megaflows.contains("push_nsh(flags=0,ttl=63,mdtype=1,np=3,spi=0x1234,si=255,c1=0x11223344"))
            #expect(megaflows.contains("pop_eth,pop_nsh(),eth1"), "\(megaflows)")
            #expect(megaflows.contains("nsh_spi=0x1234"), "\(megaflows)")
            #expect(!megaflows.contains("userspace("), "\(megaflows)")
            let flows = try bench.dut.flows(.openFlow13)
            #expect(flows.allSatisfy { $0.number("n_packets") == 3 }, "\(flows)")
        }
    }

    @Test("context headers of metadata type 2 travel with the packet", arguments: LabDatapath.here)
    func contextHeaders(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=1,ip,actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678),tlv(0x2000,20,0xfe))),"
                    + "set_field:0x1234->nsh_spi,encap(ethernet),output:2",
                "in_port=2,dl_type=0x894f,nsh_mdtype=2,nsh_spi=0x1234,actions=decap(),decap(),output:1")
            let metadata: [UInt8] = [0x10, 0, 10, 4, 0x12, 0x34, 0x56, 0x78, 0x20, 0, 20, 1, 0xfe, 0, 0, 0]
            var header = Self.header(next: 3, contexts: metadata)
            header[2] = 2
            let chained = [UInt8](repeating: 0, count: 12) + Self.serviceType + header + Self.datagram
            try bench.expect(Self.datagram, from: 1, gives: chained)
            try bench.expect(chained, from: 2, gives: Self.datagram)
        }
    }

    @Test(
        "a forwarder takes one from time to live and index; what is over goes no further",
        arguments: LabDatapath.here)
    func forwarder(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=2,dl_type=0x894f,nsh_si=255,actions=dec_nsh_ttl,set_field:254->nsh_si,"
                    + "move:NXOXM_NSH_C1[]->NXOXM_NSH_C2[],output:1")
            let contexts: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
            let copied: [UInt8] = [1, 2, 3, 4, 1, 2, 3, 4, 9]
            let before = Self.frame(Self.serviceType, Self.header(next: 3, contexts: contexts) + Self.datagram)
            let after = Self.frame(
                Self.serviceType, Self.header(next: 3, ttl: 62, index: 254, contexts: copied) + Self.datagram)
            try bench.expect(before, from: 2, gives: after)
            // Behind a tag as well, which the receiving socket does not show.
            try bench.expect(
                Self.frame([0x81, 0, 0x20, 5], Array(before[12...])), from: 2, gives: after)
            let megaflows = try bench.dut.sluice("dump-datapath-flows")
            #expect(!megaflows.contains("userspace("), "\(megaflows)")
            try bench.sockets[1].send(
                Self.frame(Self.serviceType, Self.header(next: 3, ttl: 1, contexts: contexts) + Self.datagram))
            try eventually("the drop is counted") {
                try bench.dut.sluice("dump-drops").contains("packets=1 cause=time to live is over") ? true : nil
            }
        }
    }

    @Test("tables match what a header hid, by packet type", arguments: LabDatapath.here)
    func packetTypes(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=2,dl_type=0x894f,actions=decap(),resubmit(,1)",
                "table=1,packet_type=(1,0x894f),nsh_spi=0x1234,nsh_si=255,actions=decap(),resubmit(,2)",
                "table=1,priority=10,dl_type=0x894f,actions=drop",
                "table=2,priority=200,ip,nw_dst=10.0.0.2,actions=output:1",
                "table=2,priority=100,packet_type=(1,0x800),nw_dst=10.0.0.2,actions=encap(ethernet),"
                    + "set_field:02:00:00:00:00:88->eth_src,output:1")
            let inner = Array(Self.datagram[14...])
            try bench.expect(
                Self.frame(Self.serviceType, Self.header(next: 3) + Self.datagram), from: 2, gives: Self.datagram)
            try bench.expect(
                Self.frame(Self.serviceType, Self.header(next: 1) + inner), from: 2,
                gives: [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0x88, 8, 0] + inner)
            let flows = try bench.dut.requireOfctl(.openFlow13, "dump-flows")
            #expect(flows.contains("packet_type=(1,0x894f)") && flows.contains("packet_type=(1,0x800)"), "\(flows)")
            let megaflows = try bench.dut.sluice("dump-datapath-flows")
            #expect(megaflows.contains("packet_type=(1,0x800)"), "\(megaflows)")
            let trace = try bench.dut.sluice(
                "trace", "br0", "in_port=2,dl_type=0x894f,nsh_np=1,nsh_spi=0x1234,nsh_si=255")
            #expect(trace.contains("packet_type=(1,0x894f)") && trace.contains("pop_nsh()"), "\(trace)")
        }
    }

    @Test("without Ethernet nothing leaves by a device, and the cause is counted", arguments: LabDatapath.here)
    func withoutEthernet(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=1,udp,tp_dst=2000,actions=decap(),output:2", "in_port=1,udp,tp_dst=7,actions=output:2")
            try bench.sockets[0].send(Self.datagram)
            let other = TestFrame.datagram(from: 1, to: 2, sourcePort: 1000, destinationPort: 7)
            try bench.expect(other, from: 1, gives: other)
            let drops = try bench.dut.sluice("dump-drops")
            #expect(
                drops.contains("packets=1 cause=without an Ethernet header, to a port that carries Ethernet"),
                "\(drops)")
        }
    }

    @Test("controllers see packets of other types, and send them", arguments: LabDatapath.here)
    func controllers(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add("in_port=1,udp,actions=decap(),controller(max_len=128)")
            let monitor = try bench.dut.startMonitor(.openFlow13)
            try bench.sockets[0].send(Self.datagram)
            try monitor.waitForOutput(containing: "packet_type=(1,0x800)")
            let packet = TestFrame.hex(Self.frame(Self.serviceType, Self.header(next: 3) + Self.datagram))
            try bench.dut.requireOfctl(
                speaking: "OpenFlow15", "packet-out", "in_port=2 packet=\(packet) actions=decap(),decap(),output:1")
            let frame = try bench.sockets[0].receive("the packet within") { $0.count > 14 && $0[12..<14] == [8, 0] }
            #expect(frame == Self.datagram)
        }
    }

    @Test("a frame travels behind a label, which is removed again", arguments: LabDatapath.here)
    func labels(datapath: LabDatapath) async throws {
        try await Self.with(datapath) { bench in
            try bench.add(
                "in_port=1,ip,actions=encap(mpls),set_field:17->mpls_label,encap(ethernet),output:2",
                "in_port=2,mpls,mpls_label=17,actions=decap(),decap(packet_type(ns=0,type=0)),output:1")
            let labelled =
                [UInt8](repeating: 0, count: 12) + [0x88, 0x47, 0, 1, 0x11, 0x40] + Self.datagram
            try bench.expect(Self.datagram, from: 1, gives: labelled)
            try bench.expect(labelled, from: 2, gives: Self.datagram)
        }
    }
}
