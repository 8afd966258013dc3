import Foundation
import Support
import Testing

@Suite("Meters as ovs-ofctl changes them")
struct OfctlMeterTests {
    @Test(
        "add-meter, dump-meters, mod-meter, del-meters; packets above the rate are dropped and counted",
        arguments: LabDatapath.here)
    func meters(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            let features = try dut.requireOfctl(version, "meter-features")
            guard !features.contains("max_meter:0 ") else {
                // A kernel without meters says so, and refuses.
                let refused = try dut.ofctl(version, "add-meter", "meter=1,pktps,bands=type=drop,rate=2")
                #expect(refused.output.contains("OFPMMFC_OUT_OF_METERS"), "\(refused.output)")
                return
            }
            #expect(features.contains("drop"), "\(features)")
            try dut.requireOfctl(
                version, "add-meter", "meter=1,pktps,burst,stats,bands=type=drop,rate=1,burst_size=3")
            let dump = try dut.requireOfctl(version, "dump-meters")
            #expect(dump.contains("meter=1 pktps burst stats bands="), "\(dump)")
            #expect(dump.contains("type=drop rate=1 burst_size=3"), "\(dump)")
            let again = try dut.ofctl(version, "add-meter", "meter=1,pktps,bands=type=drop,rate=2")
            #expect(again.output.contains("OFPMMFC_METER_EXISTS"), "\(again.output)")

            try dut.requireOfctl(version, "add-flow", "in_port=1,actions=meter:1,output:2")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for number in 0..<20 as Range<UInt8> {
                try source.send(TestFrame.experimental(from: 1, to: 2, [number]))
            }
            try eventually("the meter has measured all and dropped some") { () -> Bool? in
                let statistics = try dut.requireOfctl(version, "meter-stats", "meter=1")
                guard statistics.contains("packet_in_count:20 ") else { return nil }
                let band = statistics.split(separator: "\n").first { $0.hasPrefix("0:") } ?? ""
                let dropped = band.split(separator: " ").compactMap { word in
                    word.hasPrefix("packet_count:") ? Int(word.dropFirst("packet_count:".count)) : nil
                }
                return dropped.first.map { $0 > 0 && $0 < 20 } == true ? true : nil
            }
            try dut.requireOfctl(version, "mod-meter", "meter=1,kbps,bands=type=drop,rate=1000")
            #expect(try dut.requireOfctl(version, "dump-meters").contains("kbps"))
            // The flow goes with its meter.
            try dut.requireOfctl(version, "del-meters")
            #expect(try dut.flows(version).isEmpty)
            #expect(try !dut.requireOfctl(version, "dump-meters").contains("meter=1"))
        }
    }

    /// How many packets a meter has measured, and how many its first band applied to.
    private func counted(by dut: LabSwitch, _ meter: Int) throws -> (measured: Int, applied: Int) {
        let statistics = try dut.requireOfctl(.openFlow13, "meter-stats", "meter=\(meter)")
        func number(_ name: String, in text: some StringProtocol) -> Int {
            text.split(whereSeparator: \.isWhitespace).compactMap { word in
                word.hasPrefix("\(name):") ? Int(word.dropFirst(name.count + 1)) : nil
            }.first ?? 0
        }
        let band = statistics.split(separator: "\n").first { $0.hasPrefix("0:") }?.dropFirst(2) ?? ""
        return (number("packet_in_count", in: statistics), number("packet_count", in: band))
    }

    @Test(
        "a meter remarks what is above its rate, and later tables see the new code point", arguments: LabDatapath.here)
    func remark(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            guard try !dut.requireOfctl(version, "meter-features").contains("max_meter:0 ") else { return }
            try dut.requireOfctl(
                version, "add-meter",
                "meter=1,pktps,burst,stats,bands=type=dscp_remark,rate=1,burst_size=3,prec_level=1")
            for flow in [
                "in_port=1,ip,actions=set_field:10->ip_dscp,goto_table:1", "table=1,actions=meter:1,goto_table:2",
                "table=2,ip,ip_dscp=10,actions=output:2", "table=2,ip,ip_dscp=12,actions=output:2",
            ] { try dut.requireOfctl(version, "add-flow", flow) }
            let (source, destination) = (
                try PacketSocket("eth0", in: lab.hosts[0].namespace),
                try PacketSocket("eth0", in: lab.hosts[1].namespace)
            )
            let datagram = TestFrame.datagram(from: 1, to: 2, sourcePort: 7, destinationPort: 8)
            for _ in 0..<20 { try source.send(datagram) }
            let (_, remarked) = try eventually("the meter has measured all and remarked some") { () -> (Int, Int)? in
                let found = try self.counted(by: dut, 1)
                return found.measured == 20 && found.applied > 0 && found.applied < 20 ? found : nil
            }
            try eventually("the flows have counted what they saw") { () -> Bool? in
                let flows = try dut.flows(version, "table=2")
                let counts = ["nw_tos=40", "nw_tos=48"].map { text in
                    flows.first { $0.has(text) || $0.has("ip_dscp=\(text == "nw_tos=40" ? 10 : 12)") }?
                        .number("n_packets")
                }
                return counts == [UInt64(20 - remarked), UInt64(remarked)] ? true : nil
            }
            _ = try destination.receive("a remarked datagram") {
                $0.count > 15 && $0[12] == 8 && $0[13] == 0 && $0[15] == 0x30
            }
            let installed = try dut.sluice("dump-datapath-flows")
            #expect(installed.contains("userspace(meter that the datapath cannot have)") == (datapath == .kernel))
            #expect(installed.contains("recirc"), "\(installed)")
        }
    }

    @Test(
        "what a meter drops does not reach controllers, whatever names them", arguments: LabDatapath.here,
        ["meter:1,controller", "meter:1,load:0xfffffffd->NXM_NX_REG0[],output:NXM_NX_REG0[]"])
    func controllerBehindMeter(datapath: LabDatapath, actions: String) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            guard try !dut.requireOfctl(version, "meter-features").contains("max_meter:0 ") else { return }
            try dut.requireOfctl(version, "add-meter", "meter=1,pktps,burst,stats,bands=type=drop,rate=1,burst_size=3")
            try dut.requireOfctl(version, "add-flow", "in_port=1,actions=\(actions)")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for number in 0..<20 as Range<UInt8> {
                try source.send(TestFrame.experimental(from: 1, to: 2, [number]))
            }
            try eventually("all are measured, some dropped, and the others queued for controllers") { () -> Bool? in
                let found = try self.counted(by: dut, 1)
                guard found.measured == 20, found.applied > 0 else { return nil }
                let queued = try dut.sluice("metrics").split(separator: "\n").first {
                    $0.hasPrefix("sluice_packet_in_queue_total")
                }
                return queued?.split(separator: " ").last.flatMap { Int($0) } == 20 - found.applied ? true : nil
            }
        }
    }

    @Test(
        "a meter measures a packet once that goes out by several ports as the datapath cannot make it",
        arguments: LabDatapath.here)
    func several(datapath: LabDatapath) async throws {
        try await Lab.with(datapath, hosts: 3) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            guard try !dut.requireOfctl(version, "meter-features").contains("max_meter:0 ") else { return }
            try dut.requireOfctl(version, "add-meter", "meter=1,pktps,burst,stats,bands=type=drop,rate=1,burst_size=3")
            // The kernel takes no header of metadata type 2 without context headers.
            let push = "encap(nsh(md_type=2)),encap(ethernet)"
            try dut.requireOfctl(version, "add-flow", "in_port=1,ip,actions=meter:1,\(push),output:2,output:3")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            for number in 0..<20 as Range<UInt8> {
                try source.send(TestFrame.datagram(from: 1, to: 2, sourcePort: Int(number), destinationPort: 8))
            }
            func sent(_ port: Int) throws -> Int? {
                let text = try dut.requireOfctl(version, "dump-ports", "\(port)")
                return text.components(separatedBy: "tx pkts=").last.flatMap { Int($0.prefix { $0.isNumber }) }
            }
            try eventually("each port has sent what the meter let pass of twenty packets") { () -> Bool? in
                let found = try self.counted(by: dut, 1)
                guard found.applied > 0 else { return nil }
                return try found.measured == 20 && sent(2) == 20 - found.applied && sent(3) == 20 - found.applied
                    ? true : nil
            }
            let installed = try dut.sluice("dump-datapath-flows")
            #expect(
                installed.contains("userspace(action that the datapath cannot do)") == (datapath == .kernel),
                "\(installed)")
        }
    }

    @Test("a controller action may name a meter, and goes with it", arguments: LabDatapath.here)
    func controllerMeter(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let version = LabProtocol.openFlow13
            let flow = "in_port=1,actions=controller(max_len=128,meter_id=5)"
            let refusal = try dut.ofctl(version, "add-flow", flow)
            #expect(refusal.output.contains("OFPBAC_BAD_METER") || !refusal.succeeded, "\(refusal.output)")
            #expect(try dut.flows(version).isEmpty)
            guard try !dut.requireOfctl(version, "meter-features").contains("max_meter:0 ") else { return }
            try dut.requireOfctl(version, "add-meter", "meter=5,pktps,bands=type=drop,rate=2")
            try dut.requireOfctl(version, "add-flow", flow)
            #expect(try dut.flows(version).map { $0.has("meter_id=5") } == [true])
            try dut.requireOfctl(version, "del-meter", "meter=5")
            #expect(try dut.flows(version).isEmpty)
        }
    }
}
