import Support
import Testing

@Suite("Datapaths that may do less than they can")
struct DatapathSettingTests {
    @Test(
        "what the datapath is not to do is done for it: the same packets, the same results", arguments: LabDatapath.here
    )
    func features(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,actions=output(port=2,max_len=40)")
            let (source, destination) = (
                try PacketSocket("eth0", in: lab.hosts[0].namespace),
                try PacketSocket("eth0", in: lab.hosts[1].namespace)
            )
            var number: UInt8 = 0
            func send() throws {
                number += 1
                let frame = TestFrame.experimental(from: 1, to: 2, [number])
                try source.send(frame)
                let found = try destination.receive("the packet that was cut") {
                    $0.starts(with: frame[..<15])
                }
                #expect(found == Array(frame[..<40]))
            }
            func shows(_ text: String) throws {
                try eventually("datapath flows with \(text)") { () -> Bool? in
                    try send()
                    return try dut.sluice("dump-datapath-flows").contains(text) ? true : nil
                }
            }
            try shows("trunc")
            #expect(try dut.sluice("datapath", "show-features").contains("  truncation: yes\n"))
            _ = try dut.sluice("datapath", "set-feature", "br0", "truncation", "no")
            #expect(try dut.sluice("datapath", "show-features", "br0").contains("  truncation: no (found: yes)\n"))
            try shows("userspace(action that the datapath cannot do)")
            _ = try dut.sluice("datapath", "set-feature", "br0", "truncation", "yes")
            try shows("trunc")
            #expect(throws: LabError.self) { try dut.sluice("datapath", "set-feature", "br0", "vlan-depth", "0") }
            #expect(throws: LabError.self) { try dut.sluice("datapath", "set-feature", "br0", "mpls-depth", "99") }
            #expect(throws: LabError.self) { try dut.sluice("datapath", "set-feature", "br0", "nonsense", "no") }
        }
    }

    @Test(
        "there are no more megaflows than flow-limit, none longer than max-idle, and it is said why",
        arguments: LabDatapath.here)
    func limits(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--flow-limit", "2", "--max-idle", "300ms", "--max-revalidator", "200ms")
            // Each packet has a megaflow of its own.
            try dut.requireOfctl(.openFlow13, "add-flow", "in_port=1,dl_src=02:00:00:00:ff:ff,actions=drop")
            let line = try dut.sluice("dump-datapath-flows").split(separator: "\n").first ?? ""
            #expect(line.contains("of at most 2 (flow-limit)") && line.contains("swept every 200 ms"), "\(line)")
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            var number = 0
            try eventually("a megaflow that was not installed for want of room, and idle ones that go") { () -> Bool? in
                // Others than before, which become idle.
                for _ in 0..<32 {
                    number += 1
                    try source.send(TestFrame.experimental(from: number % 200, to: 2, [1]))
                }
                let metrics = try dut.sluice("metrics").split(separator: "\n")
                func value(_ name: String) -> Int {
                    metrics.first { $0.hasPrefix("sluice_datapath_\(name){") }
                        .flatMap { $0.split(separator: " ").last.flatMap { Int($0) } } ?? 0
                }
                #expect(value("flows") <= 2 + 8)
                return value("flows_over_limit_total") > 0 && value("flows_idle_total") > 0 ? true : nil
            }
        }
    }
}
