import Support
import Testing

@Suite("Messages in pieces")
struct CutMessageTests {
    /// HELLO, FEATURES_REQUEST, a FLOW_MOD that drops everything from port 1, BARRIER_REQUEST, ECHO_REQUEST.
    private static func conversation(_ version: LabProtocol, cookie: UInt8) -> [UInt8] {
        typealias Message = RawOpenFlowClient.Message
        let number = version.wireVersion
        let barrier: UInt8 = version == .openFlow10 ? 18 : 20
        return Message(number, 0, 1).bytes + Message(number, 5, 2).bytes
            + Message(number, 14, 3, self.flowMod(version, cookie: cookie)).bytes + Message(number, barrier, 4).bytes
            + Message(number, 2, 5, [9, 8, 7]).bytes
    }

    /// The body of a FLOW_MOD that adds a flow for port 1 without actions: 1.0 §5.3.3, 1.3 §7.3.4.1.
    private static func flowMod(_ version: LabProtocol, cookie: UInt8) -> [UInt8] {
        let cookieField: [UInt8] = [0, 0, 0, 0, 0, 0, 0, cookie]
        let noBuffer: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        switch version {
        case .openFlow10:
            // Everything wild but the in_port: OFPFW_ALL without OFPFW_IN_PORT; then 36 octets of match.
            let match: [UInt8] = [0x00, 0x3f, 0xff, 0xfe, 0, 1] + [UInt8](repeating: 0, count: 34)
            let fixed: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 100] + noBuffer + [0xff, 0xff, 0, 0]
            return match + cookieField + fixed
        case .openFlow13:
            let wild: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
            let fixed = cookieField + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 100] + noBuffer + wild
            // Flags, padding, then an OXM match with the one field in_port, padded to eight octets.
            return fixed + [0, 0, 0, 0] + [0, 1, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]
        }
    }

    private static let answers: [LabProtocol: [UInt8]] = [.openFlow10: [0, 6, 19, 3], .openFlow13: [0, 6, 21, 3]]

    @Test(
        "cut in two at every octet, a conversation gets the same answers", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func cutAnywhere(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", version.rawValue)
            let bytes = Self.conversation(version, cookie: 1)
            for cut in 1..<bytes.count {
                let client = try dut.connect()
                try client.send(Array(bytes[..<cut]))
                // The first piece has arrived when it was answered, where there is something whole in it to answer.
                if cut >= 8 { #expect(try client.receive()?.type == 0, "the switch's hello, cut at \(cut)") }
                try client.send(Array(bytes[cut...]))
                var types: [UInt8] = cut >= 8 ? [0] : []
                while types.last != 3, let message = try client.receive() { types.append(message.type) }
                #expect(types == Self.answers[version], "cut at \(cut)")
            }
            let flows = try dut.flows(version)
            #expect(flows.count == 1 && flows[0].has("in_port=1", "cookie=0x1"), "\(flows)")
        }
    }

    @Test("octet by octet, a conversation gets the same answers", arguments: LabDatapath.here, LabProtocol.allCases)
    func dripFed(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", version.rawValue)
            let client = try dut.connect()
            for octet in Self.conversation(version, cookie: 2) { try client.send([octet]) }
            var types: [UInt8] = []
            while types.last != 3, let message = try client.receive() { types.append(message.type) }
            #expect(types == Self.answers[version])
            #expect(try dut.flows(version).count == 1)
        }
    }

    @Test(
        "a connection that ends inside a message leaves nothing of it behind", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func truncated(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", version.rawValue)
            let hello = RawOpenFlowClient.Message(version.wireVersion, 0, 1).bytes
            let flow = RawOpenFlowClient.Message(version.wireVersion, 14, 3, Self.flowMod(version, cookie: 3)).bytes
            for length in 0..<flow.count {
                let client = try dut.connect()
                try client.send(hello + flow[..<length])
                client.finishSending()
                _ = try client.receiveUntilClosed()
            }
            #expect(try dut.flows(version).isEmpty)
            let client = try dut.connect()
            try client.handshake(version)
            try client.proveAlive(version)
        }
    }
}
