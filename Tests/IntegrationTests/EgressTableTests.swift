import OpenFlow
import Support
import Testing

@Suite("Egress tables under traffic (1.5)")
struct EgressTableTests {
    @Test(
        "what leaves by a port is changed by the tables for that, and nothing leaves without a flow there",
        arguments: LabDatapath.here)
    func changes(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow13,OpenFlow15")
            let client = try dut.connect()
            _ = try client.handshake(wireVersion: 6)
            let place = TableFeatures(
                tableID: TableID(rawValue: 10), command: .modify, features: 18, name: "", metadataMatch: .max,
                metadataWrite: .max, maximumEntries: 1_000_000, properties: [])
            try client.send(
                try MessageCodec.encode(
                    .multipartRequest(MultipartRequest(body: .tableFeatures([place]))), version: .v1_5,
                    transactionID: TransactionID(rawValue: 9)))
            #expect(try client.receive(type: 19).transactionID == 9)
            try dut.requireOfctl(.openFlow13, "add-flow", "table=0,in_port=1,actions=output:2")
            let socket = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            try socket.send(TestFrame.experimental(from: 1, to: 2, [1]))
            try eventually("the packet has come to the egress tables") {
                let flows = try dut.flows(.openFlow13, "table=0")
                return flows.contains { ($0.number("n_packets") ?? 0) > 0 } ? true : nil
            }
            try dut.requireOfctl(
                .openFlow13, "add-flow", "table=10,actset_output=2,actions=mod_dl_src:02:00:00:00:00:77")
            try socket.send(TestFrame.experimental(from: 1, to: 2, [2]))
            let heard = try ear.receive("the second packet") { $0[12...13] == [0x88, 0xb5] && $0[14] == 2 }
            #expect(Array(heard[6..<12]) == [2, 0, 0, 0, 0, 0x77])
        }
    }
}
