import Support
import Testing

@Suite("What the switch refuses, and how")
struct ProtocolErrorTests {
    typealias Message = RawOpenFlowClient.Message

    /// Something to send after the handshake, and the error that must answer it.
    struct Refusal: Sendable, CustomStringConvertible {
        /// What is wrong with the message.
        let description: String
        /// The message.
        let bytes: [UInt8]
        /// The type and code of the error.
        let error: (type: Int, code: Int)
    }

    private static func header(_ version: LabProtocol, _ type: UInt8, length: UInt16) -> [UInt8] {
        [version.wireVersion, type, UInt8(length >> 8), UInt8(length & 255), 0, 0, 0, 0x55]
    }

    /// Errors of one message: the connection goes on.
    private static func refusals(_ version: LabProtocol) -> [Refusal] {
        let isFirst = version == .openFlow10
        let number = version.wireVersion
        let multipart: UInt8 = isFirst ? 16 : 18
        let multipartPadding = [UInt8](repeating: 0, count: isFirst ? 0 : 4)
        return [
            Refusal(
                description: "an unknown message type", bytes: Message(number, 0xf0, 0x55).bytes, error: (1, 1)),
            Refusal(
                description: "a features request that is too long",
                bytes: Message(number, 5, 0x55, [0, 0, 0, 0]).bytes, error: (1, 6)),
            Refusal(
                description: "a flow_mod that is too short",
                bytes: Message(number, 14, 0x55, [UInt8](repeating: 0, count: 20)).bytes, error: (1, 6)),
            Refusal(
                description: "an experimenter that nobody knows",
                bytes: Message(number, 4, 0x55, [0x00, 0x12, 0x34, 0x56, 0, 0, 0, 1]).bytes, error: (1, 3)),
            Refusal(
                description: "an unknown multipart type",
                bytes: Message(number, multipart, 0x55, [0x7f, 0xf0, 0, 0] + multipartPadding).bytes, error: (1, 2)),
            Refusal(
                description: "a packet_out with a buffer that was never given",
                bytes: Message(number, 13, 0x55, [0, 0, 0, 9] + Self.packetOutRest(version)).bytes,
                error: (1, 8)),
        ]
    }

    /// What follows the buffer id of a PACKET_OUT from OFPP_NONE or OFPP_CONTROLLER without actions.
    private static func packetOutRest(_ version: LabProtocol) -> [UInt8] {
        switch version {
        case .openFlow10: [0xff, 0xff, 0, 0]
        case .openFlow13: [0xff, 0xff, 0xff, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }

    @Test(
        "a faulty message is answered with its error and its own octets, and the connection goes on",
        arguments: LabDatapath.here, LabProtocol.allCases)
    func errors(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let client = try dut.connect()
            try client.handshake(version)
            for refusal in Self.refusals(version) {
                try client.send(refusal.bytes)
                let reply = try client.receive(type: 1)
                let error = try #require(reply.error)
                #expect(error == refusal.error, "\(refusal): \(reply)")
                #expect(reply.transactionID == 0x55, "\(refusal)")
                let offending = Array(refusal.bytes.prefix(64))
                #expect(Array(reply.errorData.prefix(64)) == offending, "\(refusal): the error holds what offended")
                try client.proveAlive(version)
            }
        }
    }

    @Test("a length field under eight is refused", arguments: LabDatapath.here, LabProtocol.allCases)
    func lengthUnderEight(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            for length in UInt16(0)..<8 {
                let client = try dut.connect()
                try client.handshake(version)
                // There is no telling where the next message would begin: an error, and the end.
                try client.send(Self.header(version, 2, length: length))
                let answer = try client.receiveUntilClosed()
                #expect(answer.compactMap(\.error).contains { $0 == (1, 6) }, "length \(length): \(answer)")
            }
            try dut.connect().handshake(version)
        }
    }

    @Test("a first message that is no hello, or no OpenFlow, is refused", arguments: LabDatapath.here)
    func garbage(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let openings: [(String, [UInt8])] = [
                ("HTTP", Array("GET / HTTP/1.1\r\nHost: switch\r\n\r\n".utf8)),
                ("TLS", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x42]),
                ("zeros", [UInt8](repeating: 0, count: 64)),
                ("ones", [UInt8](repeating: 0xff, count: 64)),
                ("a features request before the hello", Message(4, 5, 1).bytes),
            ]
            for (name, bytes) in openings {
                let client = try dut.connect()
                try client.send(bytes)
                client.finishSending()
                let answer = try client.receiveUntilClosed()
                #expect(!answer.contains { $0.type == 6 }, "\(name) got the features: \(answer)")
            }
            try dut.connect().handshake(.openFlow13)
        }
    }

    @Test("a peer of an unknown version is told so", arguments: LabDatapath.here)
    func versions(datapath: LabDatapath) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch("--protocols", "OpenFlow13")
            // 1.0 alone, which this bridge does not allow: HELLO_FAILED, INCOMPATIBLE.
            let old = try dut.connect()
            try old.send(Message(1, 0, 1))
            #expect(try old.receiveUntilClosed().compactMap(\.error).contains { $0 == (0, 0) })
            // 1.4 alone, by the bitmap of its hello.
            let new = try dut.connect()
            try new.send(Message(5, 0, 1, [0, 1, 0, 8, 0, 0, 0, 0x20]))
            #expect(try new.receiveUntilClosed().compactMap(\.error).contains { $0 == (0, 0) })
            // A header of a version to come, whose bitmap has 1.3: that is agreed on.
            let future = try dut.connect()
            try future.send(Message(0x20, 0, 1, [0, 1, 0, 8, 0, 0, 0, 0x12]))
            try future.send(Message(4, 5, 2))
            #expect(try future.receive(type: 6).version == 4)
            // A header of a version to come without a bitmap: the lower of the two highest.
            let bare = try dut.connect()
            try bare.send(Message(9, 0, 1))
            try bare.send(Message(4, 5, 2))
            #expect(try bare.receive(type: 6).version == 4)
        }
    }

    @Test("a message of another version than agreed is refused", arguments: LabDatapath.here, LabProtocol.allCases)
    func changedVersion(datapath: LabDatapath, version: LabProtocol) async throws {
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            let client = try dut.connect()
            try client.handshake(version)
            try client.send(Message(version == .openFlow10 ? 4 : 1, 5, 0x66))
            let error = try client.receive(type: 1)
            #expect(try #require(error.error) == (1, 0))
            #expect(error.transactionID == 0x66)
        }
    }

    @Test("octets at random never end the switch (seed printed)", arguments: LabDatapath.here, LabProtocol.allCases)
    func random(datapath: LabDatapath, version: LabProtocol) async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await Lab.with(datapath) { lab in
            let dut = try lab.startSwitch()
            var generator = SeededGenerator(seed: seed)
            for round in 0..<200 {
                let client = try dut.connect()
                try client.send(Message(version.wireVersion, 0, 1))
                // Half of the rounds: right header, random type and body. The others: anything.
                let body = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let type = UInt8.random(in: 2...30, using: &generator)
                try client.send(round.isMultiple(of: 2) ? Message(version.wireVersion, type, 7, body).bytes : body)
                client.finishSending()
                _ = try client.receiveUntilClosed()
                #expect(dut.process.status == nil, "ended in round \(round), seed \(seed)")
            }
            let client = try dut.connect()
            try client.handshake(version)
            try client.proveAlive(version)
        }
    }
}
