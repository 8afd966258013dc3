import Testing

@testable import OpenFlow

@Suite("Round trips")
struct RoundTripTests {
    @Test(
        "What is written is read back, and written again to the same bytes",
        arguments: messageSubjects, OpenFlowVersion.allCases)
    func roundTrip(subject: MessageSubject, version: OpenFlowVersion) throws {
        guard subject.versions.contains(version) else {
            // The version has no such message: that, too, must be said rather than written wrongly.
            return
        }
        var trials = 0
        for seed in UInt64(1)...60 {
            var wire = WireGenerator(version: version, seed: seed)
            let message: Message
            do throws(WireError) { message = try subject.make(&wire) } catch { continue }
            trials += 1
            let transaction = TransactionID(rawValue: 0x0102_0304)
            let bytes = try MessageCodec.encode(message, version: version, transactionID: transaction)
            let decoded: (header: MessageHeader, message: Message)
            do {
                decoded = try MessageCodec.decode(bytes, version: version)
            } catch {
                Issue.record("seed \(seed): \(error) in \(message)")
                return
            }
            let again = try MessageCodec.encode(decoded.message, version: version, transactionID: transaction)
            #expect(again == bytes, "seed \(seed): \(message)")
            #expect(decoded.header.transactionID == transaction)
            #expect(Int(decoded.header.length) == bytes.count)
            let twice = try MessageCodec.decode(again, version: version).message
            #expect(twice == decoded.message, "seed \(seed)")
            if Self.isExact(message, version) { #expect(decoded.message == message, "seed \(seed)") }
        }
        #expect(trials > 0, "every seed was refused")
    }

    /// Whether nothing in the message is said otherwise in the version (reasons, features, semantics,
    /// defaults).
    private static func isExact(_ message: Message, _ version: OpenFlowVersion) -> Bool {
        switch message {
        case .flowRemoved, .packetIn: version >= .v1_5
        // Of a modify, the cookie that is given and the one that selects are told apart in reading.
        case .nicira(.flowMod), .nicira(.flowRemoved), .bundleAdd: false
        case .multipartReply(let reply) where version < .v1_4:
            if case .flowMonitor = reply.body { false } else { true }
        case .flowMod: version >= .v1_2
        case .queueGetConfigReply: version >= .v1_1
        default: true
        }
    }
}

@Suite("Lengths")
struct LengthTests {
    @Test(
        "A FEATURES_REPLY carries as many ports as fit, and is sent whatever their number",
        arguments: [(OpenFlowVersion.v1_0, 1364), (.v1_1, 1023), (.v1_2, 1023), (.v1_3, 0)])
    func manyPorts(version: OpenFlowVersion, count: Int) throws {
        let ports = (1...2000).map { PortDescription(number: PortNumber(rawValue: UInt32($0))) }
        let bytes = try MessageCodec.encode(
            .featuresReply(SwitchFeatures(ports: ports)), version: version, transactionID: TransactionID(rawValue: 1))
        guard case .featuresReply(let read) = try MessageCodec.decode(bytes, version: version).message else {
            Issue.record("not a features reply")
            return
        }
        #expect(read.ports.map(\.number) == ports.prefix(count).map(\.number))
    }

    @Test("An error names where it lies: the message, the part, the field, the byte, value and limit")
    func place() throws {
        // A bundle with a GROUP_MOD of an unknown command, at byte 24 of the whole message.
        let bytes: [UInt8] =
            [5, 34, 0, 32, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]
            + [5, 15, 0, 16, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 1]
        do {
            _ = try MessageCodec.decode(bytes, version: .v1_4)
            Issue.record("read")
        } catch {
            #expect(error.path == "groupMod.command")
            #expect(error.description == "OFPGMFC_BAD_COMMAND in groupMod.command at byte 24, value 9")
        }
        // An output action whose length is beyond the instruction.
        let flow: [UInt8] =
            [4, 14, 0, 72, 0, 0, 0, 1] + Array(repeating: 0, count: 24)
            + Array(repeating: 0xff, count: 12) + [0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0]
            + [0, 4, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1]
        do {
            _ = try MessageCodec.decode(flow, version: .v1_3)
            Issue.record("read")
        } catch {
            #expect(error.description == "OFPBAC_BAD_LEN in flowMod.action.length at byte 66, value 16, limit 8")
        }
    }
}
