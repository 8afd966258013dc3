import Foundation
import Support
import Testing

@Suite("Groups as ovs-ofctl changes them")
struct OfctlGroupTests {
    private static let everywhere = ["OpenFlow11", "OpenFlow13", "OpenFlow15"]

    @Test("add-group, dump-groups, mod-group, del-groups", arguments: LabDatapath.here, everywhere)
    func changes(datapath: LabDatapath, version: String) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow11,OpenFlow13,OpenFlow15")
            try dut.requireOfctl(speaking: version, "add-group", "group_id=1,type=all,bucket=output:1,bucket=output:2")
            try dut.requireOfctl(
                speaking: version, "add-group",
                "group_id=2,type=select,bucket=weight:3,output:1,bucket=weight:1,group:1")
            try dut.requireOfctl(
                speaking: version, "add-group",
                "group_id=3,type=ff,bucket=watch_port:1,output:1,bucket=watch_group:1,output:2")
            let groups = try dut.requireOfctl(speaking: version, "dump-groups")
            #expect(groups.contains("group_id=1,type=all"), "\(groups)")
            #expect(groups.contains("weight:3") && groups.contains("group:1"), "\(groups)")
            #expect(groups.contains("watch_port:1") || groups.contains("watch_port:eth1"), "\(groups)")
            try dut.requireOfctl(speaking: version, "mod-group", "group_id=1,type=indirect,bucket=output:2")
            #expect(try dut.requireOfctl(speaking: version, "dump-groups").contains("group_id=1,type=indirect"))
            try dut.requireOfctl(speaking: version, "add-flow", "priority=9,actions=group:2")
            let statistics = try dut.requireOfctl(speaking: version, "dump-group-stats")
            #expect(statistics.contains("group_id=2") && statistics.contains("ref_count=1"), "\(statistics)")

            let loop = try dut.ofctl(speaking: version, "mod-group", "group_id=1,type=indirect,bucket=group:2")
            #expect(loop.output.contains("OFPGMFC_LOOP"), "\(loop.output)")
            let again = try dut.ofctl(speaking: version, "add-group", "group_id=1,type=all,bucket=output:1")
            #expect(again.output.contains("OFPGMFC_GROUP_EXISTS"), "\(again.output)")

            // The flow that uses the group goes with it.
            try dut.requireOfctl(speaking: version, "del-groups", "group_id=2")
            #expect(try dut.flows(.openFlow13).isEmpty)
            try dut.requireOfctl(speaking: version, "del-groups")
            #expect(try !dut.requireOfctl(speaking: version, "dump-groups").contains("group_id"))
        }
    }

    @Test("insert-buckets and remove-buckets (1.5)", arguments: LabDatapath.here)
    func buckets(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow13,OpenFlow15")
            let version = "OpenFlow15"
            try dut.requireOfctl(
                speaking: version, "add-group", "group_id=1,type=select,bucket=bucket_id:5,weight:1,output:1")
            try dut.requireOfctl(
                speaking: version, "insert-buckets",
                "group_id=1,command_bucket_id=last,bucket=bucket_id:6,weight:1,output:2")
            let both = try dut.requireOfctl(speaking: version, "dump-groups")
            #expect(both.contains("bucket_id:5") && both.contains("bucket_id:6"), "\(both)")
            try dut.requireOfctl(speaking: version, "remove-buckets", "group_id=1,command_bucket_id=5")
            let one = try dut.requireOfctl(speaking: version, "dump-groups")
            #expect(!one.contains("bucket_id:5") && one.contains("bucket_id:6"), "\(one)")
        }
    }

    @Test("packets take the buckets, which count them; group features", arguments: LabDatapath.here)
    func traffic(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            try dut.requireOfctl(version, "add-group", "group_id=1,type=all,bucket=output:1,bucket=output:2")
            try dut.requireOfctl(version, "add-group", "group_id=2,type=select,bucket=weight:1,group:1")
            try dut.requireOfctl(version, "add-flow", "priority=9,actions=group:2")
            #expect(try lab.ping(from: lab.hosts[0], to: lab.hosts[1]))
            try eventually("group 1 and its buckets count the packets") { () -> Bool? in
                let lines = try dut.requireOfctl(version, "dump-group-stats").split(separator: "\n")
                guard let line = lines.first(where: { $0.contains("group_id=1") }),
                    let flow = try dut.flows(version).first, let sent = flow.number("n_packets"), sent > 0
                else { return nil }
                return line.contains("packet_count=\(sent),")
                    && line.contains("bucket1:packet_count=\(sent),") ? true : nil
            }
            let features = try dut.requireOfctl(version, "dump-group-features")
            #expect(features.contains("Capabilities:  0xf"), "\(features)")
        }
    }

    @Test("fast failover goes to the next port as soon as one loses its link, and back", arguments: LabDatapath.here)
    func failover(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            try eventually("links are up") {
                try dut.portDescription(version, 2).contains("LINK_DOWN") ? nil : true
            }
            try dut.requireOfctl(
                version, "add-group",
                "group_id=1,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3")
            try dut.requireOfctl(version, "add-flow", "in_port=1,actions=group:1")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let ear = try PacketSocket("eth0", in: lab.hosts[2].namespace)
            let namespace = lab.hosts[1].namespace.name
            for round in [1, 2] as [UInt8] {
                let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
                try source.send(TestFrame.experimental(from: 1, to: 2, [round]))
                let heard = try second.receive("round \(round) at host 2") { $0[12...13] == [0x88, 0xb5] }
                #expect(heard[14] == round)
                try Command.require(["ip", "-n", namespace, "link", "set", "eth0", "down"])
                try eventually("the switch knows") {
                    try dut.portDescription(version, 2).contains("LINK_DOWN") ? true : nil
                }
                try dut.requireOfctl(version, "del-flows", "in_port=77")
                try source.send(TestFrame.experimental(from: 1, to: 2, [round + 10]))
                let moved = try ear.receive("round \(round) at host 3") { $0[12...13] == [0x88, 0xb5] }
                #expect(moved[14] == round + 10)
                try Command.require(["ip", "-n", namespace, "link", "set", "eth0", "up"])
                try eventually("the link is back") {
                    try dut.portDescription(version, 2).contains("LINK_DOWN") ? nil : true
                }
                try dut.requireOfctl(version, "del-flows", "in_port=77")
            }
        }
    }

    @Test(
        "a select group shares two thousand conversations out by weight, at the cost of a few hundred cached flows",
        arguments: LabDatapath.here)
    func conversations(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            try dut.requireOfctl(
                version, "add-group", "group_id=7,type=select,bucket=weight:1,output:2,bucket=weight:3,output:3")
            try dut.requireOfctl(version, "add-flow", "in_port=1,ip,actions=group:7")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for round in 1...20 {
                for number in 0..<100 {
                    try source.send(
                        TestFrame.datagram(
                            from: 1, to: 2, sourcePort: 10_000 + 100 * round + number, destinationPort: 7))
                }
                // One after the other, so that no queue on the way is too short.
                try eventually("\(100 * round) packets are counted") {
                    let counted = try dut.flows(version, "in_port=1,ip").first?.number("n_packets")
                    return counted == UInt64(100 * round) ? true : nil
                }
            }
            let statistics = try eventually("both buckets count them") { () -> [Int]? in
                let text = try dut.requireOfctl(version, "dump-group-stats", "group_id=7")
                let counts = text.components(separatedBy: "packet_count=").dropFirst()
                    .compactMap { Int($0.prefix { $0.isNumber }) }
                return counts.count == 3 && counts[0] == 2_000 && counts[1] + counts[2] == 2_000 ? counts : nil
            }
            // Five standard deviations of a binomial distribution.
            #expect(abs(statistics[1] - 500) < 100, "\(statistics)")
            let cached = try dut.sluice("dump-datapath-flows", "br0").split(separator: "\n")
                .count { $0.contains("actions=") }
            #expect(cached <= 300, "\(cached) cached flows")
        }
    }

    @Test("packets meet a select group as it is once it was changed, cached or not", arguments: LabDatapath.here)
    func changes(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            for round in 1...60 {
                let address = round < 16 ? "0\(String(round, radix: 16))" : String(round, radix: 16)
                let bucket = "bucket=weight:1,set_field:02:00:00:00:01:\(address)->eth_src,output:2"
                // ovs-ofctl ends when the barrier behind the change is answered.
                try dut.requireOfctl(
                    version, round == 1 ? "add-group" : "mod-group", "group_id=7,type=select,\(bucket),\(bucket)")
                if round == 1 { try dut.requireOfctl(version, "add-flow", "in_port=1,ip,actions=group:7") }
                try source.send(TestFrame.datagram(from: 1, to: 2, sourcePort: 1_000, destinationPort: round))
                let heard = try ear.receive("packet \(round)") {
                    $0[12...13] == [8, 0] && $0[23] == 17 && $0[37] == UInt8(round)
                }
                #expect(Array(heard[10...11]) == [1, UInt8(round)], "packet \(round) met another group")
            }
        }
    }
}
