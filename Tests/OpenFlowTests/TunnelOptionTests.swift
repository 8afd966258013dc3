import Testing

@testable import OpenFlow

/// Tunnel metadata options of more than 16 bytes, which matches and actions keep apart.
@Suite("Long tunnel options")
struct TunnelOptionTests {
    private static let versions: [OpenFlowVersion] = [.v1_2, .v1_3, .v1_4, .v1_5]

    private static func bytes(_ count: Int, _ first: UInt8 = 0xa1) -> [UInt8] {
        (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
    }

    private static func entry(_ count: Int, mask: [UInt8]? = nil) throws -> LongMatchEntry {
        try #require(LongMatchEntry(.tunnelMetadata5, value: Self.bytes(count), mask: mask))
    }

    private static func roundTrip(_ flowMod: FlowMod, _ version: OpenFlowVersion) throws -> FlowMod? {
        let bytes = try MessageCodec.encode(.flowMod(flowMod), version: version, transactionID: .unsolicited)
        guard case .flowMod(let read) = try MessageCodec.decode(bytes, version: version).message else { return nil }
        return read
    }

    @Test("are matched and set, exactly and under masks", arguments: versions, [17, 31, 32, 64, 123, 124])
    func matchesAndActions(version: OpenFlowVersion, count: Int) throws {
        var mask = [UInt8](repeating: 0xf0, count: count)
        mask[0] = 1
        for entry in [try Self.entry(count), try Self.entry(count, mask: mask)] {
            var flowMod = FlowMod(command: .add)
            flowMod.match = Match([MatchEntry(.inPort, 1)], longEntries: [entry])
            flowMod.instructions = [
                .applyActions([.setLongField(entry), .output(PortNumber(rawValue: 2), maximumLength: 0)])
            ]
            #expect(try Self.roundTrip(flowMod, version) == flowMod)
            #expect(try FlowMod(text: flowMod.description) == flowMod)
        }
    }

    @Test(
        "are said by Nicira's load and match in 1.0, and not by the fixed matches",
        arguments: [OpenFlowVersion.v1_0, .v1_1])
    func fixed(version: OpenFlowVersion) throws {
        let entry = try Self.entry(40)
        var flowMod = FlowMod(command: .add)
        flowMod.instructions = [.applyActions([.setLongField(entry)])]
        #expect(try Self.roundTrip(flowMod, version)?.instructions == flowMod.instructions)
        flowMod.match = Match(longEntries: [entry])
        #expect(throws: Inexpressible.matchField(.tunnelMetadata5)) {
            try MessageCodec.encode(.flowMod(flowMod), version: version, transactionID: .unsolicited)
        }
    }

    @Test("whose bits that count fit into 16 bytes are short ones")
    func canonical() throws {
        #expect(LongMatchEntry(.tunnelMetadata0, value: Self.bytes(16)) == nil)
        #expect(LongMatchEntry(.register0, value: Self.bytes(17)) == nil)
        #expect(LongMatchEntry(.tunnelMetadata0, value: Self.bytes(125)) == nil)
        let value = [UInt8](repeating: 9, count: 17) + [7]
        let mask = [UInt8](repeating: 0, count: 17) + [0xff]
        var short = MatchEntry(.tunnelMetadata5, value: 7, mask: 0xff)
        short.isPartial = true
        #expect(FieldValue(.tunnelMetadata5, value: value, mask: mask) == .short(short))
        let cut = try #require(
            LongMatchEntry(.tunnelMetadata0, value: [1] + Self.bytes(17), mask: [0] + Self.bytes(17)))
        #expect(cut.value.count == 17)
    }

    @Test("are refused where they are too long, twice, or outside their mask")
    func refusals() throws {
        func decode(_ fields: [UInt8]) -> OpenFlowError.Code? {
            let length = 4 + fields.count
            let padding = [UInt8](repeating: 0, count: (8 - length % 8) % 8)
            var bytes: [UInt8] = [4, 14, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 24)
            bytes += [UInt8](repeating: 0xff, count: 12) + [0, 0, 0, 0, 0, 1, UInt8(length >> 8), UInt8(length & 0xff)]
            bytes += fields + padding
            (bytes[2], bytes[3]) = (UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff))
            do {
                _ = try MessageCodec.decode(bytes, version: .v1_3)
                return nil
            } catch {
                return error.code
            }
        }
        let exact: [UInt8] = [0, 1, 45 << 1, 20] + Self.bytes(20)
        #expect(decode(exact) == nil)
        #expect(decode(exact + exact) == .matchDuplicateField)
        #expect(decode([0, 1, 45 << 1, 1, 5] + exact) == .matchDuplicateField)
        #expect(decode([0, 1, 45 << 1, 125] + Self.bytes(125)) == .matchBadLength)
        #expect(decode([0, 1, 45 << 1 | 1, 41] + Self.bytes(41)) == .matchBadLength)
        #expect(decode([0, 1, 45 << 1 | 1, 40] + Self.bytes(40)) == .matchBadWildcards)
        #expect(decode(Array(exact.dropLast())) == .matchBadLength)
    }

    @Test("are moved, loaded and learned beyond their first 128 bits", arguments: versions)
    func slices(version: OpenFlowVersion) throws {
        for text in [
            "move:NXM_NX_TUN_METADATA0[500..531]->NXM_NX_REG0[]",
            "move:NXM_NX_REG0[]->NXM_NX_TUN_METADATA63[960..991]",
            "learn(table=1,NXM_NX_TUN_METADATA0[0..199]=0x" + String(repeating: "0", count: 49) + "5)",
            "learn(table=1,load:NXM_NX_TUN_METADATA0[0..300]->NXM_NX_TUN_METADATA1[0..300])",
            "push:NXM_NX_TUN_METADATA2[200..263]",
        ] {
            let action = try Action(text: text)
            #expect(action.description == text)
            var flowMod = FlowMod(command: .add)
            flowMod.instructions = [.applyActions([action])]
            #expect(try Self.roundTrip(flowMod, version) == flowMod)
        }
        let load = try Action(text: "load:0x5->NXM_NX_TUN_METADATA0[200..263]")
        guard case .setLongField(let entry) = load else {
            Issue.record("\(load)")
            return
        }
        #expect(entry.value.count == 33 && entry.value.first == 0 && entry.value[7] == 5)
    }
}
