import Support
import Testing

@Suite("Controllers that contend", .enabled(if: !UserModeLinux.isGuest, "no datapath is needed"))
struct RoleContestTests {
    /// A controller of the contest, by its connection, in 1.4.
    private struct Contender {
        let client: RawOpenFlowClient
        static let version: UInt8 = 5

        init(_ dut: LabSwitch) throws {
            self.client = try dut.connect()
            try self.client.handshake(wireVersion: Self.version)
        }

        /// Asks for a role and returns the answer: a role reply, or an error.
        func ask(role: UInt32, generation: UInt64) throws -> RawOpenFlowClient.Message {
            let identifier = UInt32(truncatingIfNeeded: generation) &+ 0x1_0000
            let body = octets(role) + octets(UInt32(0)) + octets(generation)
            try self.client.send(.init(Self.version, 24, identifier, body))
            while let message = try self.client.receive() {
                if message.transactionID == identifier, message.type == 25 || message.type == 1 { return message }
            }
            throw LabError.other("the switch closed a contender's connection")
        }

        /// Adds a flow and returns the error that came before the barrier's reply, if any.
        func addFlow(cookie: UInt64) throws -> (type: Int, code: Int)? {
            let match = octets(UInt16(1)) + octets(UInt16(4)) + [0, 0, 0, 0]
            let flowMod =
                octets(cookie) + octets(UInt64(0)) + [0, 0] + octets(UInt32(0)) + octets(UInt16(7))
                + octets(UInt32.max) + octets(UInt32.max) + octets(UInt32.max) + [0, 0, 0, 0] + match
            try self.client.send(.init(Self.version, 14, 0x3001, flowMod))
            try self.client.send(.init(Self.version, 20, 0x3002))
            var error: (type: Int, code: Int)?
            while let message = try self.client.receive() {
                if message.transactionID == 0x3001, let found = message.error { error = found }
                if message.transactionID == 0x3002, message.type == 21 { return error }
            }
            throw LabError.other("the switch closed a contender's connection")
        }
    }

    /// Flow_mods and dumps without end, in a table of their own.
    private static func startLoad(_ lab: Lab) throws -> ChildProcess {
        let flows = (0..<2000).map { "table=9,priority=\($0 + 1),ip,nw_dst=10.1.\($0 / 256).\($0 % 256),actions=drop" }
        let file = try lab.write(flows.joined(separator: "\n") + "\n", to: "flows.txt")
        let ofctl = "ovs-ofctl -O OpenFlow13"
        let load = try lab.start(
            [
                "bash", "-c",
                """
                while \(ofctl) add-flows \(LabSwitch.address) \(file) && \(ofctl) dump-flows \(LabSwitch.address) \
                table=9 >/dev/null && \(ofctl) del-flows \(LabSwitch.address) table=9; do echo round; done
                """,
            ], in: lab.switchNamespace)
        try load.waitForOutput(containing: "round")
        return load
    }

    @Test(
        "roles change hands under load while one of them is killed: always one primary, and the last is obeyed",
        arguments: [2, 3])
    func contest(count: Int) async throws {
        try await Lab.with(.embedded) { lab in
            // Whoever waits for its turn here answers no probes.
            let dut = try lab.startSwitch("--protocols", "OpenFlow13,OpenFlow14", "--inactivity-probe", "0")
            var contenders = try (0..<count).map { _ in try Contender(dut) }
            for contender in contenders { #expect(try contender.ask(role: 3, generation: 0).type == 25) }
            let load = try Self.startLoad(lab)
            var primary = 0
            for generation in 1...UInt64(40) {
                primary = Int(generation) % contenders.count
                let reply = try contenders[primary].ask(role: 2, generation: generation)
                #expect(reply.type == 25 && reply.body == octets(UInt32(2)) + octets(UInt32(0)) + octets(generation))
                #expect(try contenders[primary].addFlow(cookie: generation) == nil)
                for (index, contender) in contenders.enumerated() where index != primary {
                    // It was demoted, whether it has noticed or not: OFPBRC_IS_SLAVE, and a late claim is stale.
                    let error = try contender.addFlow(cookie: 0xdead)
                    #expect(error?.type == 1 && error?.code == 10, "\(String(describing: error))")
                    let stale = try contender.ask(role: 2, generation: generation - 1).error
                    #expect(stale?.type == 11 && stale?.code == 0, "\(String(describing: stale))")
                }
                // The primary of this round dies; the others go on.
                if generation == 20, contenders.count > 1 { contenders.remove(at: primary) }
            }
            let last = Int(40) % contenders.count
            #expect(try contenders[last].ask(role: 0, generation: 0).body.prefix(4) == octets(UInt32(2))[...])
            let flows = try dut.flows(.openFlow13, "table=0")
            #expect(flows.count == 1 && flows.first?.has("cookie=0x28") == true, "\(flows)")
            #expect(load.status == nil, "\(load.output)")
            #expect(load.output.contains("round"))
        }
    }
}
