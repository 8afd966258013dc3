import Support
import Testing

@Suite("What ovs-ofctl asks of the switch")
struct OfctlReadTests {
    @Test(
        "show, dump-desc, dump-tables, dump-ports, dump-ports-desc, probe and ping are answered",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func descriptions(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()

            let show = try dut.requireOfctl(version, "show")
            #expect(show.contains("OFPT_FEATURES_REPLY"))
            #expect(show.contains("dpid:00000000000000a1"))
            #expect(show.contains("FLOW_STATS TABLE_STATS PORT_STATS"))
            for port in [" 1(eth1): addr:", " 2(eth2): addr:", " LOCAL(br0): addr:"] {
                #expect(show.contains(port), "\(show)")
            }
            #expect(show.contains("OFPT_GET_CONFIG_REPLY"))
            #expect(show.contains("frags=normal"))

            let description = try dut.requireOfctl(version, "dump-desc")
            for field in ["Manufacturer:", "Hardware:", "Software:", "Serial Num:", "DP Description:"] {
                #expect(description.contains(field), "\(description)")
            }

            let tables = try dut.requireOfctl(version, "dump-tables")
            #expect(tables.contains("table 0"), "\(tables)")
            #expect(tables.contains("active=0"), "\(tables)")

            let ports = try dut.requireOfctl(version, "dump-ports-desc")
            for port in [" 1(eth1): addr:", " 2(eth2): addr:", " LOCAL(br0): addr:"] {
                #expect(ports.contains(port), "\(ports)")
            }

            try dut.requireOfctl(version, "probe")
            let ping = try dut.requireOfctl(version, "ping")
            #expect(ping.contains("8 bytes from") || ping.contains("bytes from tcp:127.0.0.1:6653"), "\(ping)")
        }
    }

    @Test("dump-ports in 1.4 tells what a port's driver counts", arguments: LabDatapath.here)
    func driverCounters(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow14")
            // A virtual Ethernet device tells the number of its peer.
            let port = try dut.requireOfctl(speaking: "OpenFlow14", "dump-ports", "1")
            #expect(port.contains("CUSTOM Statistics") && port.contains("peer_ifindex="), "\(port)")
        }
    }

    @Test(
        "dump-ports counts the packets and bytes of each port", arguments: LabDatapath.here, LabProtocol.allCases)
    func portCounters(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "actions=output:2")
            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for number in 0..<7 {
                try socket.send(TestFrame.experimental(from: 1, to: 2, [UInt8(number)]))
            }
            try eventually("seven packets in at port 1") {
                let port = try dut.requireOfctl(version, "dump-ports", "1")
                return port.contains("rx pkts=7, bytes=420") ? true : nil
            }
            try eventually("seven packets out at port 2") {
                let all = try dut.requireOfctl(version, "dump-ports")
                #expect(all.contains("3 ports"), "port 1, port 2 and the local port: \(all)")
                return all.contains("tx pkts=7, bytes=420") ? true : nil
            }
        }
    }

    @Test(
        "dump-tables counts flows, lookups and matches", arguments: LabDatapath.here, LabProtocol.allCases)
    func tableCounters(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(version, "add-flow", "dl_type=0x88b5,actions=output:2")
            try dut.requireOfctl(version, "add-flow", "arp,actions=drop")
            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for _ in 0..<5 { try socket.send(TestFrame.experimental(from: 1, to: 2, [])) }
            try eventually("two flows, five matches") {
                let tables = try dut.requireOfctl(version, "dump-tables")
                return tables.contains("active=2") && tables.contains("matched=5") ? true : nil
            }
        }
    }

    @Test("dump-table-features, dump-group-features and dump-meter-features are answered", arguments: LabDatapath.here)
    func features(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let tables = try dut.requireOfctl(.openFlow13, "dump-table-features")
            #expect(tables.contains("table 0"), "\(tables)")
            #expect(tables.contains("max_entries="), "\(tables)")
            let groups = try dut.requireOfctl(.openFlow13, "dump-group-features")
            #expect(groups.contains("Group Features") || groups.contains("OFPST_GROUP_FEATURES"), "\(groups)")
            let meters = try dut.requireOfctl(.openFlow13, "meter-features")
            #expect(meters.contains("max_meter"), "\(meters)")
        }
    }
}
