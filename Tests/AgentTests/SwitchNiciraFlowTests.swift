import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Flows in Nicira's form, in 1.0")
struct SwitchNiciraFlowTests {
    /// A flow that 1.0 cannot say by itself.
    private static func request(
        _ command: FlowMod.Command = .add, register: UInt32, cookie: UInt64 = 0, selecting mask: UInt64 = 0,
        newCookie: UInt64? = nil, output: UInt32 = 1, _ change: (inout FlowMod) -> Void = { _ in }
    ) -> Message {
        var flowMod = FlowMod(
            cookie: Cookie(rawValue: cookie), cookieMask: mask, command: command, priority: 100,
            match: Match([
                MatchEntry(.tunnelID, 5), MatchEntry(MatchField.register(0) ?? .metadata, register),
            ]),
            instructions: [.applyActions([.output(PortNumber(rawValue: output), maximumLength: 0)])])
        if command == .delete || command == .deleteStrict { flowMod.instructions = [] }
        change(&flowMod)
        return .nicira(.flowMod(NiciraFlowMod(flowMod: flowMod, newCookie: newCookie.map(Cookie.init(rawValue:)))))
    }

    private static func flows(
        _ harness: SwitchHarness, _ session: ControllerSession
    ) -> [NiciraFlowStatistics] {
        let request = MultipartRequest(body: .niciraFlow(FlowStatisticsRequest()))
        return harness.request(.multipartRequest(request), session).flatMap { reply in
            guard case .multipartReply(let multipart) = reply, case .niciraFlow(let flows) = multipart.body else {
                Issue.record("\(reply)")
                return [NiciraFlowStatistics]()
            }
            return flows.sorted { $0.entry.cookie.rawValue < $1.entry.cookie.rawValue }
        }
    }

    @Test("the format is taken in 1.0, others than the two are refused, and later versions have one")
    func format() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        #expect(harness.request(.nicira(.setFlowFormat(2)), session).isEmpty)
        #expect(session.usesNiciraFlowFormat)
        #expect(harness.error(.nicira(.setFlowFormat(1)), session) == .requestNotPermitted)
        #expect(session.usesNiciraFlowFormat)
        #expect(harness.request(.nicira(.setFlowFormat(0)), session).isEmpty)
        #expect(!session.usesNiciraFlowFormat)
        let later = harness.connect(.v1_3)
        #expect(harness.error(.nicira(.setFlowFormat(2)), later) == .requestNotPermitted)
        #expect(harness.request(.nicira(.setFlowFormat(0)), later).isEmpty)
    }

    @Test("flows with fields that 1.0 lacks are added, told with their ages, summed, modified and deleted")
    func changes() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        for register in 1...3 as ClosedRange<UInt32> {
            #expect(harness.request(Self.request(register: register, cookie: UInt64(register)), session).isEmpty)
        }
        harness.now = .seconds(104)
        harness.credit(1, packets: 5)
        harness.now = .seconds(106)
        let flows = Self.flows(harness, session)
        #expect(flows.map(\.entry.cookie.rawValue) == [1, 2, 3])
        #expect(flows.map(\.idleAgeSeconds) == [2, 6, 6] && flows.map(\.hardAgeSeconds) == [6, 6, 6])
        #expect(flows.first?.entry.match.entries.count == 2 && flows.first?.entry.packetCount == 5)
        let sums = MultipartRequest(body: .niciraAggregate(FlowStatisticsRequest()))
        #expect(
            harness.request(.multipartRequest(sums), session) == [
                .multipartReply(
                    MultipartReply(
                        body: .niciraAggregate(
                            AggregateStatistics(packetCount: 5, byteCount: 500, flowCount: 3))))
            ])
        // Which flows by one cookie, and another for them.
        harness.request(
            Self.request(.modify, register: 0, cookie: 2, selecting: .max, newCookie: 20, output: 2) {
                $0.match = .any
            }, session)
        #expect(Self.flows(harness, session).map(\.entry.cookie.rawValue) == [1, 3, 20])
        #expect(Self.flows(harness, session).map(\.hardAgeSeconds) == [6, 6, 0])
        // No new cookie: it stays.
        harness.request(Self.request(.modifyStrict, register: 1, output: 3), session)
        #expect(Self.flows(harness, session).map(\.entry.cookie.rawValue) == [1, 3, 20])
        #expect(
            Self.flows(harness, session).first?.entry.instructions
                == [.applyActions([.output(PortNumber(rawValue: 3), maximumLength: 0)])])
        harness.request(Self.request(.deleteStrict, register: 1), session)
        harness.request(Self.request(.delete, register: 0, cookie: 3, selecting: .max) { $0.match = .any }, session)
        #expect(Self.flows(harness, session).map(\.entry.cookie.rawValue) == [20])
    }

    @Test("a modify that finds nothing adds a flow where it gives a cookie and selects by none")
    func modifyAdds() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        harness.request(Self.request(.modify, register: 1), session)
        harness.request(Self.request(.modify, register: 2, cookie: 1, selecting: .max, newCookie: 2), session)
        #expect(Self.flows(harness, session).isEmpty)
        harness.request(Self.request(.modify, register: 3, newCookie: 3), session)
        #expect(Self.flows(harness, session).map(\.entry.cookie.rawValue) == [3])
    }

    @Test("with tables in flow_mods, an add names one, or leaves it to the switch")
    func tables() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        harness.request(.nicira(.setFlowModTableID(true)), session)
        for (register, table) in [(UInt32(1), UInt8(7)), (2, 255), (3, 254)] {
            guard
                var bytes = try? MessageCodec.encode(
                    Self.request(register: register, cookie: UInt64(register)), version: .v1_0,
                    transactionID: TransactionID(rawValue: 1))
            else {
                Issue.record("cannot be encoded")
                return
            }
            // The upper byte of the command, behind two headers and the cookie.
            bytes[24] = table
            harness.deliver(bytes, session)
        }
        #expect(SwitchHarness.code(of: harness.take(session)) == .flowModNotPermitted, "1.0 has no word for it")
        #expect(Self.flows(harness, session).map(\.entry.tableID.rawValue) == [7, 0])
    }

    @Test("flows that go are told in the form that each session has asked for")
    func removals() {
        let harness = SwitchHarness()
        let (first, second) = (harness.connect(.v1_0), harness.connect(.v1_0))
        harness.request(.nicira(.setFlowFormat(2)), first)
        harness.request(Self.request(register: 1, cookie: 1) { $0.flags = .sendFlowRemoved }, first)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 2) { $0.flags = .sendFlowRemoved }, second)
        let toldFirst = harness.request(.flowMod(FlowMod(command: .delete)), first)
        let told = harness.take(second)
        #expect(toldFirst.count == 2 && told.count == 1, "\(toldFirst) \(told)")
        for message in toldFirst {
            guard case .nicira(.flowRemoved(let flow)) = message else {
                Issue.record("\(message)")
                continue
            }
            #expect(flow.reason == .delete && flow.tableID == TableID(rawValue: 0))
        }
        // The other's version has no words for the flow with a register.
        guard told.count == 1, case .flowRemoved(let flow) = told[0] else {
            Issue.record("\(told)")
            return
        }
        #expect(flow.cookie.rawValue == 2)
    }

    @Test("an add that selects by a cookie is refused")
    func addSelects() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_0)
        // NXT_FLOW_MOD, an add whose match is NXM_NX_COOKIE.
        var bytes: [UInt8] = [1, 4, 0, 64, 0, 0, 0, 9, 0, 0, 0x23, 0x20, 0, 0, 0, 13]
        bytes += [0, 0, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 0, 100]
        bytes += [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0]
        bytes += [0, 1, 0x3c, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
        harness.deliver(bytes, session)
        #expect(SwitchHarness.code(of: harness.take(session)) == .requestNiciraNXMInvalid)
        #expect(Self.flows(harness, session).isEmpty)
    }
}
