import Support
import Testing

@Suite("Messages in pieces")
struct CutMessageTests {
    typealias Message = RawOpenFlowClient.Message

    /// HELLO, ECHO_REQUEST, FEATURES_REQUEST, a FLOW_MOD that drops everything from port 1, BARRIER_REQUEST.
    private static func conversation(_ version: LabProtocol, cookie: UInt8) -> [UInt8] {
        let number = version.wireVersion
        let flow = self.flowMod(version, cookie: cookie)
        let messages = [
            Message(number, 0, 1), Message(number, 2, 2, [9, 8, 7]), Message(number, 5, 3),
            Message(number, 14, 4, flow),
            Message(number, version.barrierRequest, 5),
        ]
        return messages.flatMap(\.bytes)
    }

    /// Reads the answers to the conversation, and says what is wrong with them; nil where nothing is.
    ///
    /// An echo may be answered out of turn; the features come before the barrier's reply.
    private static func fault(
        in version: LabProtocol, _ client: RawOpenFlowClient, after seen: [UInt8] = []
    ) throws(LabError) -> String? {
        let barrierReply = version.barrierRequest + 1
        var types = seen
        while types.count < 4, let message = try client.receive() { types.append(message.type) }
        let isRight = types.first == 0 && Set(types) == [0, 3, 6, barrierReply]
        let isInOrder = types.filter { $0 != 3 } == [0, 6, barrierReply]
        return isRight && isInOrder ? nil : "\(types)"
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

    @Test(
        "cut in two at every octet, a conversation gets the same answers", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func cutAnywhere(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", version.rawValue)
            let bytes = Self.conversation(version, cookie: 1)
            var faults: [String] = []
            for cut in 1..<bytes.count {
                let client = try dut.connect()
                try client.send(Array(bytes[..<cut]))
                // The first piece has been read when the hello in it was answered, where there is one.
                let first = cut >= 8 ? try client.receive().map { [$0.type] } : nil
                try client.send(Array(bytes[cut...]))
                if let fault = try Self.fault(in: version, client, after: first ?? []) {
                    faults.append("cut at \(cut): \(fault)")
                }
            }
            #expect(faults.isEmpty)
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
            #expect(try Self.fault(in: version, client) == nil)
            #expect(try dut.flows(version).count == 1)
        }
    }

    @Test(
        "a connection that ends inside a message leaves nothing of it behind", arguments: LabDatapath.here,
        LabProtocol.allCases)
    func truncated(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", version.rawValue)
            let hello = Message(version.wireVersion, 0, 1).bytes
            let flow = Message(version.wireVersion, 14, 3, Self.flowMod(version, cookie: 3)).bytes
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
