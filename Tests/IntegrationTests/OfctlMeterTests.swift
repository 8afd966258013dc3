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
