import Support
import Testing

@Suite("Conjunctive matches, by ovs-ofctl")
struct OfctlConjunctionTests {
    @Test(
        "packets that are in every clause take the flow with the conjunction's number, others do not",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func clauses(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let second = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            let first = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            try dut.requireOfctl(
                version, "add-flow", "priority=1,in_port=1,actions=mod_dl_src:02:00:00:00:00:66,output:2")
            try dut.requireOfctl(
                version, "add-flow", "conj_id=1234,in_port=1,actions=mod_dl_src:02:00:00:00:00:77,output:2")
            for source in ["02:00:00:00:00:01", "02:00:00:00:00:03"] {
                try dut.requireOfctl(
                    version, "add-flow", "priority=100,dl_src=\(source),actions=conjunction(1234,1/2)")
            }
            for destination in ["02:00:00:00:00:02", "02:00:00:00:00:04"] {
                try dut.requireOfctl(
                    version, "add-flow", "priority=100,dl_dst=\(destination),actions=conjunction(1234,2/2)")
            }
            var octet: UInt8 = 0
            for source in 1...4 {
                for destination in 2...5 {
                    octet += 1
                    try first.send(TestFrame.experimental(from: source, to: destination, [octet]))
                    let frame = try second.receive("frame \(octet) at host 2") {
                        $0[12...13] == [0x88, 0xb5] && $0[14] == octet
                    }
                    let isIn = (source == 1 || source == 3) && (destination == 2 || destination == 4)
                    #expect(frame[11] == (isIn ? 0x77 : 0x66), "from \(source) to \(destination)")
                }
            }
            let parts = try dut.flows(version).filter { $0.has("conjunction(1234,1/2)") }
            #expect(parts.count == 2 && parts.allSatisfy { $0.number("n_packets") == 0 })
            let refusal = try dut.ofctl(
                version, "add-flow", "dl_src=02:00:00:00:00:09,actions=conjunction(1,1/2),output:1")
            #expect(!refusal.succeeded)
        }
    }
}
