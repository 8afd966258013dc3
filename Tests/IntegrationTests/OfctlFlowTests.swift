import Foundation
import Support
import Testing

@Suite("Flows as ovs-ofctl changes them")
struct OfctlFlowTests {
    @Test(
        "add-flows, mod-flows, del-flows: loose, strict, by out_port", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func changes(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let file = "\(lab.folder)/flows.txt"
            try """
            priority=100,ip,nw_src=10.0.0.1,actions=output:2
            priority=100,ip,nw_src=10.0.0.2,actions=output:1
            priority=90,ip,nw_dst=10.0.0.0/24,actions=mod_nw_tos:32,output:1
            priority=90,tcp,tp_dst=80,actions=output:2
            priority=10,dl_vlan=7,actions=strip_vlan,output:LOCAL
            priority=5,arp,actions=FLOOD
            """.write(toFile: file, atomically: true, encoding: .utf8)
            try dut.requireOfctl(version, "add-flows", file)
            #expect(try dut.flows(version).count == 6)

            // The same match and priority again replaces the flow.
            try dut.requireOfctl(version, "add-flow", "priority=5,arp,actions=NORMAL")
            #expect(try dut.flows(version).count == 6)
            #expect(try dut.flows(version, "arp").map(\.actions) == ["NORMAL"])

            // Loose: every flow that the description covers.
            try dut.requireOfctl(version, "mod-flows", "ip,actions=LOCAL")
            let changed = try dut.flows(version, "ip")
            #expect(changed.map(\.actions) == ["LOCAL", "LOCAL", "LOCAL", "LOCAL"], "\(changed)")
            // Strict: this match and priority only.
            try dut.requireOfctl(version, "--strict mod-flows", "priority=100,ip,nw_src=10.0.0.1,actions=output:2")
            #expect(try dut.flows(version, "ip,nw_src=10.0.0.1").map(\.actions) == ["output:2"])
            #expect(try dut.flows(version, "tcp,tp_dst=80").map(\.actions) == ["LOCAL"])

            // By out_port: the flow to port 2 goes, those to LOCAL stay.
            try dut.requireOfctl(version, "del-flows", "out_port=2")
            #expect(try dut.flows(version).count == 5)
            // Strict, with another priority: nothing. With the right one: that flow.
            try dut.requireOfctl(version, "--strict del-flows", "priority=6,arp")
            #expect(try dut.flows(version).count == 5)
            try dut.requireOfctl(version, "--strict del-flows", "priority=5,arp")
            #expect(try dut.flows(version).count == 4)
            try dut.requireOfctl(version, "del-flows", "ip")
            let left = try dut.flows(version)
            #expect(left.count == 1 && left[0].has("dl_vlan=7", "LOCAL"), "\(left)")
            try dut.requireOfctl(version, "del-flows")
            #expect(try dut.flows(version).isEmpty)
        }
    }

    @Test("del-flows and dump-flows by cookie take the flows whose cookie fits the mask", arguments: LabDatapath.here)
    func cookies(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            for number in 1...4 {
                try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x1\(number),in_port=\(number),actions=drop")
            }
            try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x21,in_port=5,actions=drop")
            #expect(try dut.flows(.openFlow13, "cookie=0x10/0xf0").count == 4)
            #expect(try dut.flows(.openFlow13, "cookie=0x12/-1").map { $0.has("in_port=2") } == [true])
            try dut.requireOfctl(.openFlow13, "del-flows", "cookie=0x12/-1")
            #expect(try dut.flows(.openFlow13).count == 4)
            try dut.requireOfctl(.openFlow13, "del-flows", "cookie=0x10/0xf0")
            #expect(try dut.flows(.openFlow13).map { $0.has("cookie=0x21") } == [true])
        }
    }

    @Test(
        "dump-flows filters by match, table and out_port, and dump-aggregate sums what is left",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func filters(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "in_port=1,dl_type=0x88b5,actions=output:2")
            try dut.requireOfctl(version, "add-flow", "in_port=2,dl_type=0x88b5,actions=output:1")
            try dut.requireOfctl(version, "add-flow", "in_port=2,arp,actions=output:1")
            #expect(try dut.flows(version, "in_port=2").count == 2)
            #expect(try dut.flows(version, "dl_type=0x88b5").count == 2)
            #expect(try dut.flows(version, "out_port=1").count == 2)
            #expect(try dut.flows(version, "in_port=2,out_port=2").isEmpty)
            #expect(try dut.flows(version, "table=0").count == 3)

            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for _ in 0..<4 { try socket.send(TestFrame.experimental(from: 1, to: 2, [])) }
            try eventually("the aggregate of four packets") {
                let sum = try dut.requireOfctl(version, "dump-aggregate", "dl_type=0x88b5")
                return sum.contains("packet_count=4 byte_count=240 flow_count=2") ? true : nil
            }
            #expect(try dut.requireOfctl(version, "dump-aggregate", "arp").contains("flow_count=1"))
        }
    }

    @Test(
        "packets take the flow of the highest priority, and its actions in their order", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func forwarding(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch()
            // Out of port 2 as it came, out of port 3 with another destination and a VLAN tag.
            let actions = "output:2,mod_dl_dst:02:00:00:00:00:03,\(version.pushVLAN),mod_vlan_vid:42,output:3"
            try dut.requireOfctl(version, "add-flow", "priority=10,in_port=1,actions=\(actions)")
            try dut.requireOfctl(version, "add-flow", "priority=20,in_port=1,ip,actions=drop")
            try dut.requireOfctl(version, "add-flow", "priority=1,actions=drop")
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let third = try PacketSocket("eth0", in: lab.hosts[2].namespace)
            let sent = TestFrame.experimental(from: 1, to: 2, Array("sluice".utf8))
            for _ in 0..<2 {
                try PacketSocket("eth0", in: lab.hosts[0].namespace).send(sent)
                let plain = try second.receive("the frame at host 2") { $0[12...13] == [0x88, 0xb5] }
                #expect(plain == sent)
                // The receiving kernel takes the tag off into its meta-data; what is left says the rest.
                let changed = try third.receive("the frame at host 3") { $0.contains(Array("sluice".utf8)) }
                #expect(Array(changed[0..<6]) == [2, 0, 0, 0, 0, 3])
            }
            try eventually("two packets in the flow") {
                try dut.flows(version, "in_port=1").contains { $0.number("n_packets") == 2 } ? true : nil
            }
        }
    }

    @Test("goto_table, write_actions, write_metadata and clear_actions work together", arguments: LabDatapath.here)
    func pipeline(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            try dut.requireOfctl(
                version, "add-flow", "in_port=1,actions=write_actions(output:1),write_metadata:0x5,goto_table:1")
            try dut.requireOfctl(
                version, "add-flow",
                "table=1,metadata=0x5,actions=clear_actions,write_actions(mod_dl_src:02:00:00:00:00:99,output:2)")
            try dut.requireOfctl(version, "add-flow", "table=1,priority=0,actions=drop")
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            try PacketSocket("eth0", in: lab.hosts[0].namespace)
                .send(TestFrame.experimental(from: 1, to: 2, Array("tables".utf8)))
            let heard = try ear.receive("the frame at host 2") { $0.contains(Array("tables".utf8)) }
            #expect(Array(heard[6..<12]) == [2, 0, 0, 0, 0, 0x99])
            try eventually("the packet counted in both tables") {
                try dut.flows(version).filter { $0.number("n_packets") == 1 }.count == 2 ? true : nil
            }
        }
    }
}

extension LabProtocol {
    /// How a flow pushes a VLAN tag: 1.0 does with the identifier.
    var pushVLAN: String {
        switch self {
        case .openFlow10: "mod_vlan_pcp:0"
        case .openFlow13: "push_vlan:0x8100"
        }
    }
}
