import Support
import Testing

@Suite("What a running agent tells of its tables and datapath")
struct TraceTests {
    private static func sluice(_ lab: Lab, _ words: String...) throws -> String {
        try Command.require(
            lab.switchNamespace.command(
                [Repository.sluice] + words + ["--run-dir", "\(lab.folder)/run"]))
    }

    @Test("a trace shows tables, rules, changes, actions and drops", arguments: LabDatapath.here)
    func trace(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(
                .openFlow13, "add-flow",
                "cookie=0x77,priority=300,ip,nw_dst=10.0.0.2,"
                    + "actions=set_field:02:00:00:00:00:99->eth_dst,output:2,goto_table:1")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,priority=5,ip,actions=output:99")
            let text = try Self.sluice(lab, "trace", "br0", "in_port=1,ip,nw_dst=10.0.0.2")
            #expect(text.contains("table=0, priority=300, cookie=0x77, ip,nw_dst=10.0.0.2"), "\(text)")
            #expect(text.contains("ethernetDestination: 00:00:00:00:00:00 -> 02:00:00:00:00:99"), "\(text)")
            #expect(text.contains(">> eth2 (2)"), "\(text)")
            #expect(text.contains("table=1, priority=5"), "\(text)")
            #expect(text.contains("dropped: output to a port that is not there"), "\(text)")
            #expect(text.contains("Datapath actions: set(eth(dst=02:00:00:00:00:99)),eth2\n"), "\(text)")
            #expect(text.contains("Megaflow: recirc_id=0,ip,in_port=1,") || text.contains("nw_dst=10.0.0.2"), "\(text)")

            let missed = try Self.sluice(lab, "trace", "br0", "in_port=1,arp")
            #expect(missed.contains("Dropped: table 0: no rule matches"), "\(missed)")
            let refused = try Command.run(
                lab.switchNamespace.command(
                    [Repository.sluice, "trace", "br9", "in_port=1", "--run-dir", "\(lab.folder)/run"]))
            #expect(!refused.succeeded && refused.output.contains("there is no bridge br9"), "\(refused.output)")
        }
    }

    @Test(
        "a trace goes on where packets come back from the datapath, and in other bridges", arguments: LabDatapath.here)
    func following(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch(
                "--port", "eth1=1", "--port", "p0=3,peer=p1", "--bridge", "br1", "--datapath", datapath.rawValue,
                "--port", "eth2=2", "--port", "p1=4,peer=p0", "--listen", "punix:\(lab.folder)/br1", ports: false)
            try dut.requireOfctl(
                .openFlow13, "add-flow", "mpls,in_port=1,actions=pop_mpls:0x0800,resubmit(,1)")
            try dut.requireOfctl(.openFlow13, "add-flow", "table=1,ip,nw_dst=10.0.0.2,actions=output:3")
            try Command.require(
                lab.switchNamespace.command(
                    ["ovs-ofctl", "-OOpenFlow13", "add-flow", "unix:\(lab.folder)/br1", "in_port=4,actions=output:2"]))
            // Ethernet, one label, IPv4 to 10.0.0.2 with UDP.
            let packet =
                "020000000002" + "020000000001" + "8847" + "00010140"
                + "4500001c000000004011669f0a0000010a000002" + "0035003500080000"
            let text = try Self.sluice(lab, "trace", "br0", "in_port=1", "--packet", packet)
            #expect(text.contains("back from the datapath (recirc_id="), "\(text)")
            #expect(text.contains("table=1, priority=32768, cookie=0x0, ip,nw_dst=10.0.0.2"), "\(text)")
            #expect(text.contains(">> p0 (3)") && text.contains(">> eth2 (2)"), "\(text)")
            #expect(text.hasSuffix("Datapath actions: eth2\n"), "\(text)")
        }
    }

    @Test(
        "datapath flows are shown with their rules and counters, drops with their causes", arguments: LabDatapath.here
    )
    func flows(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "cookie=0x5,priority=7,in_port=1,actions=output:2")
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=2,actions=output:1")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let text = try Self.sluice(lab, "dump-datapath-flows", "br0")
            #expect(text.contains("actions=eth2") && text.contains("actions=eth1"), "\(text)")
            #expect(text.contains("table=0, priority=7, cookie=0x5, in_port=1"), "\(text)")
            #expect(text.contains("packets="), "\(text)")
            let name = datapath == .kernel ? "kernel" : "userspace"
            #expect(text.hasPrefix("Datapath \(name): ") && text.contains(" megaflows of at most "), "\(text)")
            let metrics = try Self.sluice(lab, "metrics")
            #expect(metrics.contains("sluice_datapath_upcalls_lost_total{datapath=\"\(name)\"} 0\n"), "\(metrics)")

            // Without a rule for them, packets of port 2 are dropped and counted.
            try dut.requireOfctl(.openFlow13, "--strict del-flows", "in_port=2")
            #expect(try !lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            let drops = try Self.sluice(lab, "dump-drops")
            #expect(drops.contains("table=0 packets=") && drops.contains("cause=no rule matches"), "\(drops)")
        }
    }
}
