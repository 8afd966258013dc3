/// The switch's side of a session with ONOS 2.7, played from a script: what ONOS sends, in its order and its writes.
///
/// ONOS is silent until the switch's HELLO and goes on in exactly that header's version. A message out of place ends
/// its session, so here it is an error: only what ONOS takes at a step is taken. Transaction ids count down as ONOS's.
package final class ScriptedONOS {
    /// A message that ONOS would not stand.
    package struct OutOfPlace: Error, CustomStringConvertible {
        package let description: String
    }

    /// The connection.
    package let client: RawOpenFlowClient
    /// The version of the switch's HELLO.
    package let version: UInt8
    /// Packet-ins that have come since the handshake, with what follows their headers.
    package private(set) var packetIns: [RawOpenFlowClient.Message] = []
    private var nextTransactionID: UInt32 = 0xffff_fffe
    private var isConnected = false

    /// Message types that have other numbers in 1.0.
    private var barrierRequest: UInt8 { self.version == 1 ? 18 : 20 }
    private var statisticsRequest: UInt8 { self.version == 1 ? 16 : 18 }

    /// Waits for the switch's HELLO and answers it.
    package init(_ client: RawOpenFlowClient) throws {
        self.client = client
        guard let hello = try client.receive(), hello.type == 0 else {
            throw OutOfPlace(description: "the switch's first message is no HELLO")
        }
        self.version = hello.version
        // A bitmap of 1.0, 1.3, 1.4 and 1.5 from 1.3 on (OFPHET_VERSIONBITMAP).
        let bitmap: [UInt8] = hello.version >= 4 ? octets(UInt16(1)) + octets(UInt16(8)) + octets(UInt32(0x72)) : []
        try client.send(.init(hello.version, 0, 0xffff_ffff, bitmap))
    }

    /// A transaction id of its own.
    package func takeTransactionID() -> UInt32 {
        defer { self.nextTransactionID &-= 1 }
        return self.nextTransactionID
    }

    /// The next message, which must be of one of `types`; what ONOS keeps or answers meanwhile passes by.
    package func expect(_ types: UInt8..., to transactionID: UInt32? = nil) throws -> RawOpenFlowClient.Message {
        while let message = try self.client.receive() {
            guard message.version == self.version else {
                throw OutOfPlace(description: "version \(message.version) in a session of \(self.version)")
            }
            if types.contains(message.type), transactionID == nil || message.transactionID == transactionID {
                return message
            }
            switch message.type {
            case 2: try self.client.send(.init(self.version, 3, message.transactionID, message.body))
            case 10: if self.isConnected { self.packetIns.append(message) }
            case 12: break
            default:
                throw OutOfPlace(
                    description: "type \(message.type) (id \(message.transactionID)) where ONOS takes \(types): "
                        + "\(message.body.prefix(16))")
            }
        }
        throw OutOfPlace(description: "the switch closed the connection")
    }

    /// Asks for statistics and returns the bodies of the answer's parts, joined.
    package func statistics(
        _ kind: UInt16, _ body: [UInt8] = [], transactionID: UInt32? = nil
    ) throws -> [UInt8] {
        let identifier = transactionID ?? self.takeTransactionID()
        let head = octets(kind) + octets(UInt16(0)) + (self.version == 1 ? [] : [0, 0, 0, 0])
        try self.client.send(.init(self.version, self.statisticsRequest, identifier, head + body))
        var result: [UInt8] = []
        while true {
            let reply = try self.expect(self.statisticsRequest + 1, to: identifier)
            guard number(reply.body.prefix(2), as: UInt16.self) == kind else {
                throw OutOfPlace(description: "statistics of another kind than \(kind): \(reply.body.prefix(8))")
            }
            result += reply.body.dropFirst(head.count)
            if reply.body[3] & 1 == 0 { return result }
        }
    }

    /// Everything from FEATURES_REQUEST to DESC; returns the body of the features reply and of DESC.
    package func handshake() throws -> (features: [UInt8], description: [UInt8]) {
        var identifier = self.takeTransactionID()
        try self.client.send(.init(self.version, 5, identifier))
        let features = try self.expect(6, to: identifier).body
        if self.version >= 4 { _ = try self.portDescriptions() }
        // SET_CONFIG goes along only where the switch keeps packets (n_buffers).
        var write: [UInt8] = []
        if features[8..<12] != [0, 0, 0, 0] {
            write += RawOpenFlowClient.Message(self.version, 9, self.takeTransactionID(), [0, 0, 0xff, 0xff]).bytes
        }
        identifier = self.takeTransactionID()
        write += RawOpenFlowClient.Message(self.version, self.barrierRequest, identifier).bytes
        let configuration = self.takeTransactionID()
        write += RawOpenFlowClient.Message(self.version, 7, configuration).bytes
        try self.client.send(write)
        _ = try self.expect(self.barrierRequest + 1, to: identifier)
        _ = try self.expect(8, to: configuration)
        if self.version >= 4 { try self.askMeterFeatures() }
        let description = try self.statistics(0)
        self.isConnected = true
        return (features, description)
    }

    /// PORT_DESC, which names a port from 1.5 on: any.
    package func portDescriptions(transactionID: UInt32? = nil) throws -> [UInt8] {
        let body = self.version >= 6 ? octets(UInt32.max) + [0, 0, 0, 0] : []
        return try self.statistics(13, body, transactionID: transactionID)
    }

    /// METER_FEATURES: an answer or any error will do, silence will not.
    private func askMeterFeatures() throws {
        let identifier = self.takeTransactionID()
        try self.client.send(.init(self.version, 18, identifier, octets(UInt16(11)) + [0, 0, 0, 0, 0, 0]))
        let reply = try self.expect(19, 1, to: identifier)
        guard reply.type == 19 else { return }
        // 16 octets up to 1.4; from 1.5 on there are features and padding after them.
        let length = self.version >= 6 ? 24 : 16
        guard reply.body.count == 8 + length else {
            throw OutOfPlace(description: "meter features of \(reply.body.count - 8) octets")
        }
    }

    /// ROLE_REQUEST with generation id 0, as ONOS sends it however often; the answer must name that role.
    package func takeRole(_ role: UInt32) throws {
        let identifier = self.takeTransactionID()
        let body = octets(role) + octets(UInt32(0)) + octets(UInt64(0))
        try self.client.send(.init(self.version, 24, identifier, body))
        let reply = try self.expect(25, to: identifier)
        guard reply.body.prefix(4) == octets(role)[...] else {
            throw OutOfPlace(description: "role reply \(reply.body) to role \(role)")
        }
    }

    /// Sends messages and a barrier in one write, all with one transaction id, and waits for the barrier's reply.
    package func sendBatch(_ messages: [(type: UInt8, body: [UInt8])]) throws {
        let identifier = self.takeTransactionID()
        let barrier = [(type: self.barrierRequest, body: [UInt8]())]
        try self.client.send(
            (messages + barrier).flatMap {
                RawOpenFlowClient.Message(self.version, $0.type, identifier, $0.body).bytes
            })
        _ = try self.expect(self.barrierRequest + 1, to: identifier)
    }
}
