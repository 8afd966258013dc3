import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("A switch, telling its controllers")
struct SwitchAsynchronousTests {
    private static func event(
        _ reason: PacketInReason, maximumLength: UInt16?, controllerID: UInt16 = 0
    ) -> PacketInEvent {
        PacketInEvent(
            packet: Array(0..<200), reason: reason, table: TableID(rawValue: 3),
            cookie: maximumLength == nil ? .unset : Cookie(rawValue: 9), maximumLength: maximumLength,
            controllerID: controllerID, inPort: PortNumber(rawValue: 2),
            pipelineFields: Match([MatchEntry(.metadata, 0xfeed)]))
    }

    private static func packetIns(_ harness: SwitchHarness, _ session: ControllerSession) -> [PacketIn] {
        harness.take(session).compactMap { if case .packetIn(let packetIn) = $0 { packetIn } else { nil } }
    }

    @Test("cuts packets and names reasons as each version has them", arguments: OpenFlowVersion.allCases)
    func packetIn(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        harness.request(.setConfig(SwitchConfig(missSendLength: 60)), session)
        harness.control.deliver([Self.event(.applyAction, maximumLength: 96)], now: harness.now)
        harness.control.deliver([Self.event(.tableMiss, maximumLength: nil)], now: harness.now)
        harness.control.deliver([Self.event(.tableMiss, maximumLength: 0xffff)], now: harness.now)
        harness.control.deliver([Self.event(.group, maximumLength: 0xffff)], now: harness.now)
        let packets = Self.packetIns(harness, session)
        // Misses without a flow go to controllers up to 1.2; from 1.3 a table-miss flow has a reason of its own.
        let isOld = version < .v1_3
        #expect(packets.map(\.data.count) == (isOld ? [96, 60, 200, 200] : [96, 200, 200]))
        let last: PacketInReason = version >= .v1_4 ? .group : .applyAction
        #expect(
            packets.map(\.reason)
                == (isOld ? [.applyAction, .tableMiss, .applyAction, last] : [.applyAction, .tableMiss, last]))
        #expect(packets.allSatisfy { $0.totalLength == 200 && $0.bufferID == .none })
        #expect(packets.allSatisfy { $0.inPort.rawValue == 2 })
        if version >= .v1_3 { #expect(packets.first?.cookie.rawValue == 9) }
        if version >= .v1_2 { #expect(packets.first?.pipelineFields.exactValue(of: .metadata) == 0xfeed) }
    }

    @Test("sends packets only to sessions of the controller id, and of a listener only once they ask")
    func audience() {
        let harness = SwitchHarness()
        let plain = harness.connect(.v1_0)
        let special = harness.connect(.v1_3)
        harness.request(.nicira(.setControllerID(7)), special)
        let service = harness.connect(.v1_0, isService: true)
        harness.control.deliver([Self.event(.applyAction, maximumLength: 50)], now: harness.now)
        #expect(Self.packetIns(harness, plain).count == 1)
        #expect(Self.packetIns(harness, special).isEmpty)
        #expect(Self.packetIns(harness, service).isEmpty)
        harness.control.deliver([Self.event(.applyAction, maximumLength: 50, controllerID: 7)], now: harness.now)
        #expect(Self.packetIns(harness, plain).isEmpty)
        #expect(Self.packetIns(harness, special).count == 1)
        harness.request(.setConfig(SwitchConfig(missSendLength: 100)), service)
        harness.control.deliver([Self.event(.applyAction, maximumLength: 50)], now: harness.now)
        #expect(Self.packetIns(harness, service).count == 1)
        // A peer that does not read loses packets, and that is counted.
        service.bytesInFlight = 10_000_000
        harness.control.deliver([Self.event(.applyAction, maximumLength: 50)], now: harness.now)
        #expect(service.output.isEmpty)
        #expect(harness.control.counters.asynchronousDropped == 1)
    }

    @Test("wants packets of misses while a session up to 1.2 is there that takes them")
    func missHandling() {
        let harness = SwitchHarness()
        let miss = { harness.pipeline.read { $0.missRule(of: TableID(rawValue: 0)) } }
        #expect(miss() == .noPacketIn)
        let new = harness.connect(.v1_3)
        #expect(miss() == .noPacketIn)
        let old = harness.connect(.v1_0)
        #expect(miss() == .tableMiss)
        harness.control.sessionClosed(old)
        #expect(miss() == .noPacketIn)
        let service = harness.connect(.v1_0, isService: true)
        #expect(miss() == .noPacketIn)
        harness.request(.setConfig(SwitchConfig(missSendLength: 128)), service)
        #expect(miss() == .tableMiss)
        _ = new
    }

    @Test("obeys what a session says it wants, per role")
    func asyncConfig() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        var config = AsyncConfig()
        for role in [ControllerRole.primary, .secondary] {
            config[.packetIn, role] = role == .primary ? 0b110 : 0
            config[.portStatus, role] = 0b001
            config[.flowRemoved, role] = 0
        }
        #expect(harness.request(.setAsync(config), session) == [])
        guard case .getAsyncReply(let known)? = harness.request(.getAsyncRequest, session).first else {
            Issue.record("no reply")
            return
        }
        #expect(known[.packetIn, .primary] == 0b110 && known[.portStatus, .secondary] == 1)
        harness.control.deliver([Self.event(.tableMiss, maximumLength: 0xffff)], now: harness.now)
        #expect(Self.packetIns(harness, session).isEmpty)
        harness.addPort("eth8", 8)
        harness.control.removePort(PortNumber(rawValue: 4), now: harness.now)
        let messages = harness.take(session)
        #expect(messages.count == 1)
        guard case .portStatus(let status)? = messages.first else { return }
        #expect(status.reason == .add && status.port.name == "eth8" && status.port.number.rawValue == 4)
    }

    @Test("sends nothing unasked where asynchronous messages are off at first, until the session asks")
    func silentStart() {
        let harness = SwitchHarness()
        let session = ControllerSession(
            identifier: 77, version: .v1_3, peer: "test:silent", isService: false, sendsAsynchronousMessages: false)
        harness.control.sessionOpened(session)
        harness.request(.featuresRequest, session)
        harness.addPort("eth8", 8)
        harness.control.deliver([Self.event(.tableMiss, maximumLength: 0xffff)], now: harness.now)
        #expect(harness.take(session).isEmpty)
        var config = AsyncConfig.silent
        config[.portStatus, .primary] = 0b111
        #expect(harness.request(.setAsync(config), session) == [])
        harness.addPort("eth9", 9)
        #expect(harness.take(session).count == 1)
    }

    @Test("tells of ports that come, change and go, each in its version")
    func portStatus() {
        let harness = SwitchHarness()
        let sessions = OpenFlowVersion.allCases.map { harness.connect($0) }
        harness.addPort("eth9", 9, PortNumber(rawValue: 9))
        harness.control.portChanged(PortNumber(rawValue: 9), now: harness.now) { $0.state = .linkDown }
        harness.control.portChanged(PortNumber(rawValue: 9), now: harness.now) { $0.state = .linkDown }
        harness.control.removePort(PortNumber(rawValue: 9), now: harness.now)
        for session in sessions {
            let reasons = harness.take(session).map { message -> PortStatusReason? in
                if case .portStatus(let status) = message { status.reason } else { nil }
            }
            #expect(reasons == [.add, .modify, .delete], "\(session.version)")
        }
    }

    @Test("changes a port for a controller and tells the others")
    func portMod() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let other = harness.connect(.v1_3)
        var portMod = PortMod(
            port: PortNumber(rawValue: 2), hardwareAddress: MACAddress(rawValue: 0x12), configuration: [.portDown],
            mask: [.portDown, .noForward])
        #expect(harness.request(.portMod(portMod), session) == [])
        #expect(harness.datapath.state.withLock { $0.administrativeStates.map(\.1) } == [false])
        #expect(harness.pipeline.read { $0.port(PortNumber(rawValue: 2))?.description.configuration } == .portDown)
        #expect(harness.take(other).count == 1)

        portMod.hardwareAddress = .zero
        #expect(harness.error(.portMod(portMod), session) == .portModBadHardwareAddress)
        portMod.port = PortNumber(rawValue: 44)
        #expect(harness.error(.portMod(portMod), session) == .portModBadPort)
        portMod = PortMod(
            port: PortNumber(rawValue: 1), hardwareAddress: MACAddress(rawValue: 0x11), configuration: .portDown,
            mask: .portDown)
        harness.datapath.state.withLock {
            $0.administrativeError = DatapathError(.notPermitted, operation: "set down")
        }
        #expect(harness.error(.portMod(portMod), session) == .portModNotPermitted)
        #expect(harness.pipeline.read { $0.port(PortNumber(rawValue: 1))?.description.configuration } == [])
        portMod.advertise = .full10Gb
        #expect(harness.error(.portMod(portMod), session) == .portModBadAdvertise)
    }

    @Test("gives roles, demotes the primary before, and refuses late and secondary controllers")
    func roles() {
        let harness = SwitchHarness()
        let first = harness.connect(.v1_3)
        let second = harness.connect(.v1_3)
        let nicira = harness.connect(.v1_0)
        func ask(_ role: ControllerRole, _ generation: UInt64, _ session: ControllerSession) -> [Message] {
            harness.request(.roleRequest(RoleMessage(role: role, generationID: generation)), session)
        }
        #expect(ask(.noChange, 0, first) == [.roleReply(RoleMessage(role: .equal, generationID: .max))])
        #expect(ask(.primary, 0, first) == [.roleReply(RoleMessage(role: .primary, generationID: 0))])
        #expect(ask(.primary, 0, first) == [.roleReply(RoleMessage(role: .primary, generationID: 0))])
        #expect(ask(.primary, 5, second) == [.roleReply(RoleMessage(role: .primary, generationID: 5))])
        #expect(first.role == .secondary)
        #expect(SwitchHarness.code(of: ask(.primary, 4, first)) == .roleRequestStale)
        #expect(harness.error(SwitchHarness.flowMod(.add, 1), first) == .requestIsSecondary)
        #expect(harness.error(.packetOut(PacketOut(data: Array(0..<60))), first) == .requestIsSecondary)
        #expect(harness.request(.barrierRequest, first) == [.barrierReply])
        #expect(harness.flows(first).isEmpty)
        #expect(harness.request(.roleRequest(RoleMessage(role: .primary)), nicira).count == 1)
        #expect(second.role == .secondary && nicira.role == .primary)
        // Generations wrap.
        #expect(ask(.primary, UInt64(bitPattern: -3), harness.connect(.v1_3)).count == 1)
    }

    @Test("hands packet-outs to the datapath, and refuses what cannot be")
    func packetOut() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let data = [UInt8](repeating: 1, count: 60)
        let out = { (port: PortNumber, actions: [Action]) in
            Message.packetOut(PacketOut(inPort: port, actions: actions, data: data))
        }
        let flood: [Action] = [.output(.flood, maximumLength: 0)]
        for port in [PortNumber.controller, .local, .any, PortNumber(rawValue: 1)] {
            #expect(harness.request(out(port, flood), session) == [], "\(port)")
        }
        #expect(harness.request(out(.controller, [.output(.table, maximumLength: 0)]), session) == [])
        #expect(harness.datapath.state.withLock { $0.packetOuts.count } == 5)
        #expect(harness.datapath.state.withLock { $0.packetOuts.first?.packet } == data)
        #expect(harness.error(out(.flood, flood), session) == .requestBadPort)
        #expect(harness.error(out(.controller, [.group(GroupID(rawValue: 2))]), session) == .actionBadOutGroup)
        let buffered = PacketOut(bufferID: BufferID(rawValue: 4), actions: flood)
        #expect(harness.error(.packetOut(buffered), session) == .requestBufferUnknown)
        harness.datapath.state.withLock { $0.packetOutError = OpenFlowError(.requestBadPacket) }
        #expect(harness.error(out(.controller, flood), session) == .requestBadPacket)
    }

    @Test("forwards by itself by a flow that all see, or by one that nobody sees")
    func standalone() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.control.setStandaloneForwarding(.visibleFlow, now: harness.now)
        let flows = harness.flows(session)
        #expect(flows.map(\.priority) == [0])
        #expect(flows.first?.match == .any)
        #expect(flows.first?.instructions == [.applyActions([.output(.normal, maximumLength: 0)])])
        harness.control.setStandaloneForwarding(.hiddenFlow, now: harness.now)
        #expect(harness.flows(session).isEmpty)
        harness.request(SwitchHarness.flowMod(.add, 1, priority: 65_535), session)
        func winner() -> MatchedRule? {
            harness.pipeline.read { state in
                var key = FlowKey()
                (key.etherType, key.ipv4Destination) = (0x0800, 1)
                var mask = FlowMask()
                return state.lookup(table: TableID(rawValue: 0), key: key, unwildcarding: &mask)
            }
        }
        #expect(winner()?.instructions.outputPorts == [.normal])
        // Nobody deletes it either.
        harness.request(SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, .all) }, session)
        #expect(winner()?.instructions.outputPorts == [.normal])
        harness.control.setStandaloneForwarding(.none, now: harness.now)
        #expect(winner()?.reference == nil)
    }
}
