import NetworkTypes
import Testing

@testable import OpenFlow

@Suite("Text in the manner of ovs-ofctl")
struct TextTests {
    @Test("Flows that ovs-ofctl sent read as they were typed")
    func flows() throws {
        let expected = [
            "tcp,nw_dst=10.0.0.0/24,tcp_src=80,tcp_dst=1024": "tcp,nw_dst=10.0.0.0/24,tp_src=80",
            "eth_src=00:11:22:33:44:55": "dl_src=00:11:22:33:44:55",
        ]
        let vectors = try Vector.load("openvswitch").filter { $0.version == .v1_3 && $0.title.contains("add-flow") }
        for (ours, theirs) in expected {
            let vector = try #require(vectors.first { $0.title.contains(theirs) })
            guard case .flowMod(let flow) = try MessageCodec.decode(vector.bytes, version: .v1_3).message else {
                Issue.record("not a flow")
                continue
            }
            #expect(flow.match.description.contains(ours))
        }
    }

    @Test("Actions and matches")
    func samples() {
        #expect(Match.any.description == "any")
        #expect([Instruction]().actionsText == "drop")
        #expect(
            [
                Instruction.applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0), .popVLAN]),
                .gotoTable(TableID(rawValue: 3)),
            ].actionsText == "output:2,pop_vlan,goto_table:3")
        #expect(
            MatchEntry(.ipv4Source, value: 0x0a00_0000, mask: 0xffff_fff0).description == "nw_src=10.0.0.0/28")
        #expect(MatchEntry(.metadata, value: 5, mask: 0xff).description == "metadata=0x5/0xff")
        #expect(
            Action.setField(.vlanID, value: 0x1005, mask: MatchField.vlanID.allOnes).description
                == "set_field:0x1005->vlan_vid")
        #expect(Action.resubmit(port: nil, table: TableID(rawValue: 4)).description == "resubmit(,4)")
    }
}
