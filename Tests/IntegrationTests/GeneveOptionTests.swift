import Support
import Testing

/// Two switches in two namespaces, a Geneve tunnel between them, and options on its packets.
@Suite("Geneve options between two switches")
struct GeneveOptionTests {
    /// Host 1 on the first switch; the second switch is in host 2's namespace, with host 2's address on its local port.
    private static func withTunnel(
        _ datapath: LabDatapath, options: String = "type=geneve,key=7",
        _ body: @Sendable (Lab, LabSwitch, _ far: String) throws -> Void
    ) async throws {
        try await Lab.with(datapath) { lab in
            let (near, far) = (lab.switchNamespace.name, lab.hosts[1].namespace.name)
            // A kernel whose IPv6 is a module may stop for ever where the first tunnel has to load it.
            if UserModeLinux.isGuest { _ = try Command.run(["modprobe", "ipv6"]) }
            for command in [
                ["ip", "-n", near, "address", "add", "192.0.2.1/24", "dev", "eth2"],
                ["ip", "-n", far, "address", "flush", "dev", "eth0"],
                ["ip", "-n", far, "address", "add", "192.0.2.2/24", "dev", "eth0"],
            ] { try Command.require(command) }
            let dut = try lab.startSwitch(
                "--port", "eth1=1", "--port", "t1=5,\(options),remote=192.0.2.2", ports: false)
            let other = try lab.start(
                [
                    Repository.sluice, "run", "--bridge", "br1", "--datapath", datapath.rawValue, "--fail-mode",
                    "secure", "--run-dir", "\(lab.folder)/run1", "--port", "t2=5,\(options),remote=192.0.2.1",
                ], in: lab.hosts[1].namespace)
            try other.waitForOutput(containing: "sluice: ready")
            try Command.require(["ip", "-n", far, "link", "set", "br1", "up"])
            try Command.require(["ip", "-n", far, "address", "add", "10.0.0.2/24", "dev", "br1"])
            try body(lab, dut, "unix:\(lab.folder)/run1/br1.mgmt")
        }
    }

    private static func ofctl(_ far: String, _ words: String...) throws -> String {
        try Command.require(["ovs-ofctl", "-O", "OpenFlow13", words[0], far] + words.dropFirst())
    }

    /// Whether a flow that has `text` in it has counted packets.
    private static func isUsed(_ flows: String, _ text: String) -> Bool {
        flows.split(separator: "\n").contains { $0.contains(text) && !$0.contains("n_packets=0,") }
    }

    @Test("packets cross without options", arguments: LabDatapath.here)
    func plain(datapath: LabDatapath) async throws {
        try await Self.withTunnel(datapath) { lab, dut, far in
            for flow in ["in_port=1,actions=output:5", "in_port=5,tun_id=7,tun_src=192.0.2.2,actions=output:1"] {
                try dut.requireOfctl(.openFlow13, "add-flow", flow)
            }
            for flow in ["in_port=LOCAL,actions=output:5", "in_port=5,actions=LOCAL"] {
                _ = try Self.ofctl(far, "add-flow", flow)
            }
            let isReached = try lab.ping(from: lab.hosts[0], to: lab.hosts[1])
            #expect(isReached)
        }
    }

    @Test("what one sets the other matches, each by its own table", arguments: LabDatapath.here)
    func crossing(datapath: LabDatapath) async throws {
        try await Self.withTunnel(datapath) { lab, dut, far in
            try dut.requireOfctl(.openFlow13, "add-tlv-map", "{class=0x102,type=0x80,len=4}->tun_metadata0")
            try dut.requireOfctl(.openFlow13, "add-tlv-map", "{class=0x102,type=0x1,len=20}->tun_metadata1")
            _ = try Self.ofctl(far, "add-tlv-map", "{class=0x102,type=0x80,len=4}->tun_metadata5")
            for flow in [
                "in_port=1,actions=set_field:0x1234->tun_metadata0,set_field:0x77->tun_metadata1,output:5",
                "priority=100,in_port=5,tun_metadata0=0x99,actions=output:1",
                "priority=50,in_port=5,actions=drop",
            ] { try dut.requireOfctl(.openFlow13, "add-flow", flow) }
            for flow in [
                "priority=100,in_port=5,tun_metadata5=0x1234/0xfffff,actions=move:NXM_NX_TUN_METADATA5[0..15]->"
                    + "NXM_NX_REG0[0..15],resubmit(,1)",
                "priority=50,in_port=5,tun_metadata5,actions=drop",
                "in_port=LOCAL,actions=load:0x99->NXM_NX_TUN_METADATA5[0..31],output:5",
                "table=1,reg0=0x1234,actions=LOCAL",
            ] { _ = try Self.ofctl(far, "add-flow", flow) }
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let flows = try Self.ofctl(far, "dump-flows")
            #expect(Self.isUsed(flows, "tun_metadata5=0x1234/0xfffff"), "\(flows)")
            let near = try dut.requireOfctl(.openFlow13, "dump-flows")
            #expect(Self.isUsed(near, "tun_metadata0=0x99"), "\(near)")
            let table = try Self.ofctl(far, "dump-tlv-map")
            #expect(table.contains("max option space=128 max fields=64"), "\(table)")
            #expect(table.contains("tun_metadata5"), "\(table)")
            let megaflows = try dut.sluice("dump-datapath-flows")
            #expect(megaflows.contains("geneve({class=0x102,type=0x80,len=4,0x99/0xffffffff})"), "\(megaflows)")
            #expect(megaflows.contains("geneve({class=0x102,type=0x80,len=4,0x1234}"), "\(megaflows)")
            // One more option behind those that are known makes no difference.
            try dut.requireOfctl(.openFlow13, "add-tlv-map", "{class=0x103,type=0x2,len=8}->tun_metadata2")
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "in_port=1,actions=set_field:0x1234->tun_metadata0,set_field:5->"
                    + "tun_metadata2,output:5")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            // Another value is another packet.
            try dut.requireOfctl(
                .openFlow13, "add-flow", "in_port=1,actions=set_field:0x1235->tun_metadata0,output:5")
            let isReached = try lab.run(
                ["ping", "-n", "-q", "-c", "1", "-W", "1", "10.0.0.2"], in: lab.hosts[0].namespace
            ).succeeded
            #expect(!isReached)
        }
    }

    @Test("mappings that flows name stay, options are deleted, and traces name them", arguments: LabDatapath.here)
    func management(datapath: LabDatapath) async throws {
        try await Self.withTunnel(datapath) { lab, dut, far in
            let map = "{class=0x102,type=0x80,len=4}->tun_metadata0"
            try dut.requireOfctl(.openFlow13, "add-tlv-map", map)
            let again = try dut.ofctl(.openFlow13, "add-tlv-map", map)
            #expect(again.output.contains("NXTTMFC_ALREADY_MAPPED"), "\(again.output)")
            let unmapped = try dut.ofctl(.openFlow13, "add-flow", "tun_metadata9=1,actions=drop")
            #expect(unmapped.output.contains("NXFMFC_INVALID_TLV_FIELD"), "\(unmapped.output)")
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "in_port=5,tun_metadata0=0x5/0xf,actions=set_field:7->tun_metadata0,"
                    + "delete_field:tun_metadata0,output:1")
            let refused = try dut.ofctl(.openFlow13, "del-tlv-map", map)
            #expect(refused.output.contains("NXTTMFC_INVALID_TLV_DEL"), "\(refused.output)")
            let trace = try dut.sluice("trace", "br0", "in_port=5,tun_dst=192.0.2.1,tun_metadata0=0x15,ip")
            #expect(trace.contains("tun_metadata0: 0x15 -> 0x7"), "\(trace)")
            #expect(trace.contains("tun_metadata0: 0x7 -> none"), "\(trace)")
            #expect(trace.contains("geneve({class=0x102,type=0x80,len=4,0x15/0xf})"), "\(trace)")
            try dut.requireOfctl(.openFlow13, "del-flows")
            try dut.requireOfctl(.openFlow13, "del-tlv-map", map)
            #expect(try !dut.requireOfctl(.openFlow13, "dump-tlv-map").contains("0x80"))
        }
    }
}
