import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("What a packet-out says of its packet")
struct PacketOutFieldTests {
    private func sent(_ match: Match, _ actions: [Action]) throws -> (
        refusal: OpenFlowError?, actions: [[DatapathAction]]
    ) {
        let options = try TunnelOptionTests.table([TunnelOptionTests.mapping(3, 9, 24)])
        let fixture = try UpcallFixture { $0.tunnelOptions = options }
        let refusal = fixture.bridge.packetOut(
            packet: TestFrame().bytes, inPort: PortNumber(rawValue: 1), metadata: match, actions: actions,
            now: UpcallFixture.start)
        return (refusal, fixture.datapath.takeExecutions().map(\.actions))
    }

    @Test("tunnel options of its match are the packet's, as other pipeline fields are")
    func tunnelOptions() throws {
        let output = Action.outputField(
            FieldSlice(.tunnelMetadata3, offset: 16, bitCount: 16), maximumLength: .max)
        let entry = MatchEntry(.tunnelMetadata3, value: 0x3_0000, mask: .max)
        #expect(try self.sent(Match([entry]), [output]) == (nil, [[out(3)]]))
        let value = [UInt8](repeating: 7, count: 20) + [0, 2, 0, 0]
        let long = try #require(LongMatchEntry(.tunnelMetadata3, value: value, mask: nil))
        #expect(try self.sent(Match(longEntries: [long]), [output]) == (nil, [[out(2)]]))
        let metadata = MatchEntry(.metadata, 4)
        let other = Action.outputField(
            FieldSlice(.metadata, offset: 0, bitCount: 16), maximumLength: .max)
        let both = try self.sent(Match([entry, metadata]), [output, other])
        #expect(both == (nil, [[out(3), out(4)]]))
        // What no field stands for, and what is not the pipeline's.
        #expect(
            try self.sent(Match([MatchEntry(.tunnelMetadata4, value: 1, mask: .max)]), [output]).refusal
                != nil)
        #expect(
            try self.sent(Match([MatchEntry(.ethernetSource, 1)]), [output]).refusal?.code
                == .requestPipelineFieldsOnly)
    }
}
