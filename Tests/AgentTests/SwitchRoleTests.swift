import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Roles and what is told of them")
struct SwitchRoleTests {
    private static func ask(
        _ harness: SwitchHarness, _ session: ControllerSession, _ role: ControllerRole, generation: UInt64 = 0,
        shortID: UInt16 = 0
    ) -> [Message] {
        let isNicira = session.version < .v1_2
        let request = RoleMessage(role: role, shortID: shortID, generationID: isNicira ? nil : generation)
        return harness.request(.roleRequest(request), session)
    }

    private static func wantEverything(_ session: ControllerSession) {
        for kind in AsyncConfig.Kind.allCases {
            session.asyncConfig[kind, .primary] = 0xffff_ffff
            session.asyncConfig[kind, .secondary] = 0xffff_ffff
        }
    }

    @Test(
        "one controller is primary; the one before it becomes secondary and is told why",
        arguments: [
            OpenFlowVersion.v1_0, .v1_1, .v1_2, .v1_3, .v1_4, .v1_5,
        ])
    func primary(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let (first, second) = (harness.connect(version), harness.connect(.v1_3))
        first.asyncConfig[.roleStatus, .primary] = 0b111
        #expect(Self.ask(harness, first, .primary, generation: 5).count == 1)
        #expect(first.role == .primary && second.role == .equal)
        let replies = Self.ask(harness, second, .primary, generation: 6)
        guard case .roleReply(let reply)? = replies.first else {
            Issue.record("no role reply")
            return
        }
        #expect(reply.role == .primary && reply.generationID == 6)
        #expect(first.role == .secondary && second.role == .primary)
        let told = harness.take(first)
        if version >= .v1_3 {
            #expect(told == [.roleStatus(RoleStatus(role: .secondary, reason: .primaryRequest, generationID: 6))])
        } else {
            #expect(told.isEmpty, "the version cannot say it")
        }
        #expect(Self.ask(harness, first, .equal).count == 1)
        #expect(first.role == .equal && second.role == .primary, "others keep their roles")
    }

    @Test("a stale generation is refused and changes nothing; the same one twice is not stale")
    func generation() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_4)
        #expect(Self.ask(harness, session, .primary, generation: .max - 3).count == 1)
        #expect(Self.ask(harness, session, .secondary, generation: .max - 3).count == 1)
        #expect(Self.ask(harness, session, .primary, generation: 5).count == 1, "newer, across the wrap")
        let stale = Self.ask(harness, session, .secondary, generation: .max - 3)
        #expect(SwitchHarness.code(of: stale) == .roleRequestStale)
        #expect(session.role == .primary)
        #expect(Self.ask(harness, session, .equal, generation: 1).count == 1, "equal is not guarded")
        #expect(Self.ask(harness, session, .noChange, generation: 9).count == 1)
        #expect(harness.control.generationID == 5)
    }

    @Test(
        "a secondary may ask but not change, and the error has its version's number",
        arguments: [
            OpenFlowVersion.v1_0, .v1_1, .v1_2, .v1_3, .v1_4, .v1_5,
        ])
    func secondary(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        #expect(Self.ask(harness, session, .secondary).count == 1)
        let portMod = Message.portMod(PortMod())
        for message in [SwitchHarness.flowMod(.add, 0x0a00_0001), .packetOut(PacketOut()), portMod] {
            let code = harness.error(message, session)
            // 1.0 and 1.1 have no word for it but "not permitted".
            #expect(code == (version >= .v1_2 ? .requestIsSecondary : .requestNotPermitted), "\(message)")
        }
        #expect(harness.flows(session).isEmpty)
        #expect(harness.request(.getConfigRequest, session).count == 1)
        #expect(harness.request(.barrierRequest, session) == [.barrierReply])
    }

    @Test("an administrator's change is told as one, and there is still one primary")
    func configuration() {
        let harness = SwitchHarness()
        let (first, second) = (harness.connect(.v1_5), harness.connect(.v1_4))
        for session in [first, second] { session.asyncConfig[.roleStatus, .primary] = 0b111 }
        #expect(harness.control.setRole(.primary, ofSession: first.identifier))
        #expect(harness.take(first) == [.roleStatus(RoleStatus(role: .primary, reason: .configuration))])
        #expect(harness.control.setRole(.primary, ofSession: second.identifier))
        #expect(first.role == .secondary && second.role == .primary)
        #expect(harness.take(first) == [.roleStatus(RoleStatus(role: .secondary, reason: .primaryRequest))])
        #expect(harness.take(second) == [.roleStatus(RoleStatus(role: .primary, reason: .configuration))])
        #expect(harness.control.setRole(.primary, ofSession: second.identifier))
        #expect(harness.take(second).isEmpty, "nothing has changed")
        #expect(!harness.control.setRole(.equal, ofSession: 999))
    }

    @Test("short identifiers of 1.5 are echoed, unique, and told of")
    func shortIdentifiers() {
        let harness = SwitchHarness()
        let (first, second) = (harness.connect(.v1_5), harness.connect(.v1_5))
        second.asyncConfig[.controllerStatus, .primary] = 0b111_1111
        let replies = Self.ask(harness, first, .equal, shortID: 7)
        guard case .roleReply(let reply)? = replies.first else {
            Issue.record("no role reply")
            return
        }
        #expect(reply.shortID == 7)
        guard case .controllerStatus(let status)? = harness.take(second).first else {
            Issue.record("no controller status")
            return
        }
        #expect(status.shortID == 7 && status.reason == .shortID && status.channelStatus == .up)
        #expect(SwitchHarness.code(of: Self.ask(harness, second, .primary, shortID: 7)) == .roleRequestIDInUse)
        #expect(second.role == .equal)
        #expect(Self.ask(harness, second, .primary, shortID: 8).count >= 1)
        #expect(Self.ask(harness, first, .equal, shortID: 0).count >= 1)
        _ = harness.take(second)
        #expect(Self.ask(harness, second, .primary, generation: 1, shortID: 7).count >= 1, "it is free again")
    }

    @Test("controllers of 1.5 hear of each other, and can ask for all, those away included")
    func controllerStatus() {
        let harness = SwitchHarness()
        harness.control.configuredControllers = ["test:1", "ssl:192.0.2.1:6653"]
        let watcher = harness.connect(.v1_5)
        watcher.asyncConfig[.controllerStatus, .primary] = 0b111_1111
        let other = harness.connect(.v1_0)
        func statuses() -> [ControllerStatus] {
            harness.take(watcher).compactMap { if case .controllerStatus(let status) = $0 { status } else { nil } }
        }
        #expect(statuses().map(\.reason) == [.channelStatus])
        _ = Self.ask(harness, other, .secondary)
        #expect(statuses().map { [$0.role] } == [[.secondary]])
        harness.control.sessionClosed(other)
        #expect(statuses().map(\.channelStatus) == [.down])
        let replies = harness.request(.multipartRequest(MultipartRequest(body: .controllerStatus)), watcher)
        guard case .multipartReply(let reply)? = replies.first, case .controllerStatus(let all) = reply.body else {
            Issue.record("no statuses")
            return
        }
        #expect(all.map(\.uri) == ["test:1", "tls:192.0.2.1:6653"])
        #expect(all.map(\.channelStatus) == [.up, .down])
    }

    @Test(
        "asynchronous messages are chosen in every version's form",
        arguments: [
            OpenFlowVersion.v1_3, .v1_4, .v1_5,
        ])
    func asyncForms(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        var config = AsyncConfig()
        config[.packetIn, .primary] = 0b10
        config[.portStatus, .primary] = 0
        config[.flowRemoved, .primary] = 0b1
        for kind in [AsyncConfig.Kind.packetIn, .portStatus, .flowRemoved] { config[kind, .secondary] = 0 }
        #expect(harness.request(.setAsync(config), session).isEmpty)
        guard case .getAsyncReply(let reply)? = harness.request(.getAsyncRequest, session).first else {
            Issue.record("no reply")
            return
        }
        #expect(reply[.packetIn, .primary] == 0b10 && reply[.flowRemoved, .primary] == 0b1)
        harness.addPort("quiet", 50)
        #expect(harness.take(session).isEmpty)
    }

    @Test(
        "packet-ins come in the form asked for, with the ingress port and the metadata",
        arguments: [
            OpenFlowVersion.v1_0, .v1_3, .v1_5,
        ])
    func packetInFormats(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let packet = [UInt8](repeating: 9, count: 90)
        let event = PacketInEvent(
            packet: packet, reason: .applyAction, table: TableID(rawValue: 2), cookie: Cookie(rawValue: 77),
            maximumLength: 40, controllerID: 0, inPort: PortNumber(rawValue: 3))
        let session = harness.connect(version)
        #expect(harness.request(.nicira(.setPacketInFormat(.nicira)), session).isEmpty)
        harness.control.deliver([event], now: harness.now)
        guard case .nicira(.packetIn(let first))? = harness.take(session).first else {
            Issue.record("not NXT_PACKET_IN")
            return
        }
        #expect(first.totalLength == 90 && first.data.count == 40 && first.cookie.rawValue == 77)
        #expect(first.tableID.rawValue == 2 && first.reason == .applyAction)
        #expect(first.pipelineFields.entries.contains { $0.field == .inPort && $0.value == 3 })
        #expect(harness.request(.nicira(.setPacketInFormat(.nicira2)), session).isEmpty)
        harness.control.deliver([event], now: harness.now)
        guard case .nicira(.packetIn2(let second))? = harness.take(session).first else {
            Issue.record("not NXT_PACKET_IN2")
            return
        }
        #expect(second.packet?.count == 40 && second.fullLengthBytes == 90 && second.cookie?.rawValue == 77)
        #expect(second.pipelineFields?.entries.contains { $0.field == .inPort && $0.value == 3 } == true)
        #expect(harness.request(.nicira(.setPacketInFormat(.standard)), session).isEmpty)
        harness.control.deliver([event], now: harness.now)
        guard case .packetIn? = harness.take(session).first else {
            Issue.record("not the standard's")
            return
        }
    }
}
