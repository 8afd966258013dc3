import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Which headers a switch lets flows add and remove")
struct SwitchPacketTypeTests {
    private static func header(_ type: UInt32, _ properties: Encapsulation.Property...) -> Action {
        var header = Encapsulation()
        header.packetType = type
        header.properties = properties
        return .encapsulate(header)
    }
    private static let service: UInt32 = 0x1_894f
    private static let decap = Action.decapsulate(packetType: Encapsulation.nextProtocolType)

    private static func set(_ field: MatchField, _ value: UInt128) -> Action {
        .setField(field, value: value, mask: field.allOnes)
    }

    private static func context(_ count: Int) -> Encapsulation.Property {
        .serviceHeaderContext(optionClass: 1, type: 2, value: [UInt8](repeating: 3, count: count))
    }

    private static let ip = Match([MatchEntry(.etherType, 0x0800)])
    private static let chain = Match([MatchEntry(.etherType, 0x894f)])
    private static let bare = Match([MatchEntry(.packetType, UInt128(service))])

    @Test(
        "each refusal has its own error",
        arguments: [
            (ip, [header(service, context(4))], .actionNiciraBadEncapDecapProperty),
            (ip, [header(service, .serviceHeaderMetadataType(1), context(4))], .actionNiciraBadEncapDecapProperty),
            (ip, [header(service, .serviceHeaderMetadataType(3))], .actionNiciraBadEncapDecapProperty),
            (
                ip, [header(service, .serviceHeaderMetadataType(2), context(120), context(117))],
                .actionNiciraBadEncapDecapProperty
            ),
            (ip, [header(0x1_8847, .mplsEtherType(0x8848))], .actionNiciraBadEncapDecapProperty),
            (ip, [header(0, .serviceHeaderMetadataType(1))], .actionNiciraBadEncapDecapProperty),
            (ip, [.decapsulate(packetType: 0x2_0006)], .actionNiciraBadHeaderType),
            (ip, [set(.serviceHeaderPathID, 5)], .actionMatchInconsistent),
            (ip, [.decrementServiceHeaderTTL], .actionMatchInconsistent),
            (ip, [decap, set(.ethernetSource, 5)], .actionMatchInconsistent),
            (ip, [header(service), set(.ethernetSource, 5)], .actionMatchInconsistent),
            (ip, [header(service), set(.ipv4Source, 5)], .actionMatchInconsistent),
            (bare, [decap, set(.serviceHeaderPathID, 5)], .actionMatchInconsistent),
            (chain, [set(.serviceHeaderTTL, 64)], .actionBadSetArgument),
            (chain, [set(.serviceHeaderFlags, 4)], .actionBadSetArgument),
            (chain, [set(.serviceHeaderNextProtocol, 1)], .actionBadSetArgument),
        ] as [(Match, [Action], OpenFlowError.Code)])
    func refusals(match: Match, actions: [Action], code: OpenFlowError.Code) {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let flow = SwitchHarness.flowMod(.add, 1) {
            $0.match = match
            $0.instructions = [.applyActions(actions)]
        }
        #expect(harness.error(flow, session) == code)
        #expect(harness.flows(session).isEmpty)
    }

    @Test(
        "what can be done is taken, and told as it was said",
        arguments: [
            (ip, [header(service), set(.serviceHeaderPathID, 5), header(0), set(.ethernetSource, 5)]),
            (ip, [header(service, .serviceHeaderMetadataType(2), context(120), context(112))]),
            (ip, [decap, set(.ipv4Source, 5), header(0)]),
            (chain, [.decrementServiceHeaderTTL, set(.serviceHeaderTTL, 63), decap, decap]),
            (bare, [set(.serviceHeaderContext4, 5), decap, .resubmit(port: nil, table: TableID(rawValue: 1))]),
            (ip, [header(0x1_8848, .mplsEtherType(0x8848)), set(.mplsLabel, 5), header(0)]),
        ] as [(Match, [Action])])
    func accepted(match: Match, actions: [Action]) {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let flow = SwitchHarness.flowMod(.add, 1) {
            $0.match = match
            $0.instructions = [.applyActions(actions)]
        }
        #expect(harness.error(flow, session) == nil)
        let told = harness.flows(session)
        #expect(told.map(\.match) == [match] && told.first?.instructions == [.applyActions(actions)])
    }

    @Test("zeros of Ethernet are deleted by what was said of them, strictly and not")
    func deleted() {
        let untagged = Match([MatchEntry(.vlanID, value: 0, mask: 0x1fff)])
        for command in [FlowMod.Command.delete, .deleteStrict] {
            let harness = SwitchHarness()
            let session = harness.connect(.v1_3)
            #expect(harness.error(SwitchHarness.flowMod(.add, 1) { $0.match = untagged }, session) == nil)
            #expect(harness.flows(session).map(\.match) == [untagged])
            #expect(harness.error(SwitchHarness.flowMod(command, 1) { $0.match = untagged }, session) == nil)
            #expect(harness.flows(session).isEmpty, "\(command)")
        }
    }
}
