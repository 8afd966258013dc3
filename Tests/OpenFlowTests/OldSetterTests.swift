import Testing

@testable import OpenFlow

/// The setters of 1.0 and 1.1, each of one header field, and what became of them in 1.2.
@Suite("The setters of 1.0 and 1.1")
struct OldSetterTests {
    private static let newer: [OpenFlowVersion] = [.v1_2, .v1_3, .v1_4, .v1_5]

    /// Each setter in text, what it sets from 1.2 on, and its number in 1.0 and 1.1.
    private static let setters: [(text: String, field: MatchField, value: UInt128, numbers: (UInt8?, UInt8?))] = [
        ("mod_vlan_vid:5", .vlanID, 0x1005, (1, 1)), ("mod_vlan_pcp:3", .vlanPriority, 3, (2, 2)),
        ("mod_dl_src:00:11:22:33:44:55", .ethernetSource, 0x11_2233_4455, (4, 3)),
        ("mod_dl_dst:00:11:22:33:44:55", .ethernetDestination, 0x11_2233_4455, (5, 4)),
        ("mod_nw_src:10.0.0.1", .ipv4Source, 0x0a00_0001, (6, 5)),
        ("mod_nw_dst:10.0.0.1", .ipv4Destination, 0x0a00_0001, (7, 6)), ("mod_nw_tos:32", .ipDSCP, 8, (8, 7)),
        ("mod_nw_ecn:2", .ipECN, 2, (nil, 8)), ("mod_tp_src:80", .tcpSource, 80, (9, 9)),
        ("mod_tp_dst:80", .tcpDestination, 80, (10, 10)), ("set_mpls_label:7", .mplsLabel, 7, (nil, 13)),
        ("set_mpls_tc:5", .mplsTrafficClass, 5, (nil, 14)),
    ]

    private static func flow(_ text: String) throws -> FlowMod { try FlowMod(text: "tcp actions=\(text)") }
    private static func written(_ flow: FlowMod, _ version: OpenFlowVersion) throws -> [UInt8] {
        try MessageCodec.encode(.flowMod(flow), version: version, transactionID: .unsolicited)
    }

    @Test("become SET_FIELD in 1.2 and later", arguments: newer)
    func setField(version: OpenFlowVersion) throws {
        for (text, field, value, _) in Self.setters {
            let bytes = try Self.written(try Self.flow(text), version)
            guard case .flowMod(let read) = try MessageCodec.decode(bytes, version: version).message else { continue }
            let expected = Action.setField(field, value: value, mask: field.allOnes)
            #expect(read.instructions == [.applyActions([expected])], "\(text)")
        }
    }

    /// In 1.0 the VLAN setters give a tag to a packet that has none, so they stay what they are.
    ///
    /// In 1.1 they set the tag that is there, as SET_FIELD does from 1.2 on, and are read as that. All others mean
    /// the same in both.
    @Test("have their own numbers in 1.0 and 1.1, and are read there as what they mean")
    func numbers() throws {
        for (text, field, value, numbers) in Self.setters {
            for (version, number, offset) in [(OpenFlowVersion.v1_0, numbers.0, 72), (.v1_1, numbers.1, 144)] {
                guard let number else { continue }
                let flow = try Self.flow(text)
                let bytes = try Self.written(flow, version)
                #expect(bytes[offset] == 0 && bytes[offset + 1] == number, "\(version) \(text)")
                guard case .flowMod(let read) = try MessageCodec.decode(bytes, version: version).message else {
                    continue
                }
                let needsTag = version == .v1_1 && (field == .vlanID || field == .vlanPriority)
                let expected: [Instruction] =
                    needsTag
                    ? [.applyActions([.setField(field, value: value, mask: field.allOnes)])] : flow.instructions
                #expect(read.instructions == expected, "\(version) \(text)")
            }
        }
    }

    @Test("are unknown by their numbers in 1.2 and later", arguments: newer, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14])
    func unknown(version: OpenFlowVersion, number: UInt8) throws {
        var bytes = try Self.written(try Self.flow("dec_ttl"), version)
        bytes[bytes.count - 7] = number
        do {
            _ = try MessageCodec.decode(bytes, version: version)
            Issue.record("read")
        } catch {
            #expect(error.code == .actionBadType)
        }
    }
}
