import Foundation
import Support
import Testing

@Suite("Flows in Nicira's form, as ovs-ofctl changes them in 1.0")
struct OfctlNiciraTests {
    private static let version = LabProtocol.openFlow10

    @Test("add-flow, mod-flows, del-flows and dumps with fields that 1.0 lacks", arguments: LabDatapath.here)
    func changes(datapath: LabDatapath) async throws {
        let version = Self.version
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "cookie=1,tun_id=5,actions=output:1")
            try dut.requireOfctl(version, "add-flow", "cookie=2,reg0=7,actions=output:1")
            try dut.requireOfctl(version, "add-flow", "cookie=3,ipv6,ipv6_dst=2001:db8::/32,actions=output:1")
            try dut.requireOfctl(version, "add-flow", "cookie=4,table=3,ip,nw_ttl=9,actions=load:3->NXM_NX_REG1[]")
            #expect(try dut.flows(version).count == 4)
            #expect(try dut.flows(version, "tun_id=5").map { $0.has("tun_id=0x5", "cookie=0x1") } == [true])
            #expect(try dut.flows(version, "reg0=7").map { $0.has("reg0=0x7") } == [true])
            #expect(try dut.flows(version, "ipv6").map { $0.has("ipv6_dst=2001:db8::/32") } == [true])
            #expect(try dut.flows(version, "table=3").map { $0.has("nw_ttl=9", "load:0x3->NXM_NX_REG1[]") } == [true])
            #expect(try dut.requireOfctl(version, "dump-aggregate", "reg0=7").contains("flow_count=1"))
            #expect(try dut.requireOfctl(version, "dump-aggregate", "cookie=1/3").contains("flow_count=1"))

            try dut.requireOfctl(version, "mod-flows", "cookie=0x2/-1,actions=output:2")
            #expect(try dut.flows(version, "reg0=7").map(\.actions) == ["output:2"])
            try dut.requireOfctl(version, "--strict mod-flows", "cookie=9,tun_id=5,actions=LOCAL")
            #expect(try dut.flows(version, "tun_id=5").map { $0.has("cookie=0x9", "LOCAL") } == [true])
            // What is not there is added.
            try dut.requireOfctl(version, "mod-flows", "cookie=8,tun_id=6,actions=LOCAL")
            #expect(try dut.flows(version).count == 5)
            try dut.requireOfctl(version, "del-flows", "ipv6,ipv6_dst=2001:db8::/32")
            try dut.requireOfctl(version, "del-flows", "cookie=4/-1")
            try dut.requireOfctl(version, "--strict del-flows", "reg0=7")
            #expect(try dut.flows(version).allSatisfy { $0.has("tun_id") })
            #expect(try dut.flows(version).count == 2)
        }
    }

    @Test(
        "replace-flows makes the tables what a file says, and diff-flows tells the difference",
        arguments: LabDatapath.here)
    func files(datapath: LabDatapath) async throws {
        let version = Self.version
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let file = "\(lab.folder)/flows.txt"
            try """
            priority=5,tun_id=0x5,reg3=1,actions=output:1
            ipv6,icmp6,icmp_type=135,nd_target=fe80::1,actions=output:2
            priority=9,ct_state=+trk,ip,actions=drop
            """.write(toFile: file, atomically: true, encoding: .utf8)
            try dut.requireOfctl(version, "add-flow", "reg0=1,actions=drop")
            #expect(try !dut.ofctl(version, "diff-flows", file).succeeded)
            try dut.requireOfctl(version, "replace-flows", file)
            #expect(try dut.flows(version).count == 3)
            try dut.requireOfctl(version, "diff-flows", file)
        }
    }

    @Test("a monitor of flows sees registers", arguments: LabDatapath.here)
    func monitors(datapath: LabDatapath) async throws {
        let version = Self.version
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let monitor = try dut.startMonitor(version, watching: "")
            try dut.requireOfctl(version, "add-flow", "reg5=6,send_flow_rem,actions=output:1")
            try monitor.waitForOutput(containing: "event=ADDED")
            try dut.requireOfctl(version, "del-flows", "reg5=6")
            try monitor.waitForOutput(containing: "event=DELETED")
            #expect(monitor.output.contains("reg5=0x6"), "\(monitor.output)")
        }
    }

    @Test("the table of tunnel options has the room that it says", arguments: LabDatapath.here, LabProtocol.allCases)
    func tunnelOptions(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let table = try dut.requireOfctl(version, "dump-tlv-map")
            #expect(table.contains("max option space=128 max fields=64"), "\(table)")
            try dut.requireOfctl(version, "add-tlv-map", "{class=0xffff,type=0,len=124}->tun_metadata0")
            let refusal = try dut.ofctl(version, "add-tlv-map", "{class=0xffff,type=1,len=8}->tun_metadata1")
            #expect(refusal.output.contains("NXTTMFC_TABLE_FULL"), "\(refusal.output)")
            try dut.requireOfctl(version, "del-tlv-map")
        }
    }
}
