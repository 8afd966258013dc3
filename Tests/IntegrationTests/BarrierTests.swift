import Support
import Testing

@Suite("Barrier means barrier")
struct BarrierTests {
    /// A 1.0 FLOW_MOD that sends every packet to port 2 with this source address (1.0 §5.3.3).
    private func flowMod(_ number: UInt16) -> RawOpenFlowClient.Message {
        let address: [UInt8] = [2, 0, 0, 1, UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
        var body: [UInt8] = [0x00, 0x3f, 0xff, 0xff] + [UInt8](repeating: 0, count: 36)  // Matches everything.
        body += [UInt8](repeating: 0, count: 8)  // Cookie.
        body += [0, 0, 0, 0, 0, 0, 0x80, 0]  // ADD, no timeouts, priority.
        body += [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]  // No buffer, no out_port, no flags.
        body += [0, 4, 0, 16] + address + [0, 0, 0, 0, 0, 0]  // Sets the source address.
        body += [0, 0, 0, 8, 0, 2, 0, 0]  // Output to port 2.
        return RawOpenFlowClient.Message(1, 14, UInt32(number), body)
    }

    @Test("after its reply no packet meets the flow as it was before, a thousand times", arguments: LabDatapath.here)
    func neverTheOldBehaviour(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let client = try dut.connect()
            try client.handshake(.openFlow10)
            let source = try PacketSocket("eth0", in: lab.hosts[0].namespace)
            let ear = try PacketSocket("eth0", in: lab.hosts[1].namespace)
            for number in 1...1_000 as ClosedRange<UInt16> {
                let octets = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
                try client.send(self.flowMod(number))
                try client.send(RawOpenFlowClient.Message(1, 18, 0x1_0000 + UInt32(number)))
                let reply = try client.receive(type: 19)
                #expect(reply.transactionID == 0x1_0000 + UInt32(number))
                try source.send(TestFrame.experimental(from: 1, to: 2, octets))
                let heard = try ear.receive("packet \(number)") {
                    $0[12...13] == [0x88, 0xb5] && Array($0[14...15]) == octets
                }
                #expect(Array(heard[10...11]) == octets, "packet \(number) met another flow")
            }
        }
    }
}
