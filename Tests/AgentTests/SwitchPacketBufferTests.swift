import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Packets kept for controllers, by the switch")
struct SwitchPacketBufferTests {
    private static func event(
        _ first: UInt8, count: Int = 200, maximumLength: UInt16? = 64, fields: Match = .any
    ) -> PacketInEvent {
        PacketInEvent(
            packet: [first] + [UInt8](repeating: 0x5a, count: count - 1), reason: .applyAction,
            table: TableID(rawValue: 0), cookie: Cookie(rawValue: 9), maximumLength: maximumLength, controllerID: 0,
            inPort: PortNumber(rawValue: 2), pipelineFields: fields)
    }

    private static func packetIns(_ harness: SwitchHarness, _ session: ControllerSession) -> [PacketIn] {
        harness.take(session).compactMap { if case .packetIn(let packetIn) = $0 { packetIn } else { nil } }
    }

    private static func packetOut(_ number: BufferID, _ change: (inout PacketOut) -> Void = { _ in }) -> Message {
        var packetOut = PacketOut(
            bufferID: number, inPort: PortNumber(rawValue: 2),
            actions: [.output(PortNumber(rawValue: 1), maximumLength: 0)])
        change(&packetOut)
        return .packetOut(packetOut)
    }

    @Test("are off unless configured: packet-ins are cut as they were, and no number is known")
    func off() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.control.deliver([Self.event(1)], now: harness.now)
        let packetIn = Self.packetIns(harness, session).first
        #expect(packetIn?.bufferID == BufferID.none && packetIn?.data.count == 64)
        #expect(harness.error(Self.packetOut(BufferID(rawValue: 0x10000)), session) == .requestBufferUnknown)
        #expect(harness.control.packetBuffers == nil)
    }

    @Test(
        "a packet-in that is cut names a packet, which a packet-out sends whole, once",
        arguments: OpenFlowVersion.allCases)
    func packetOut(version: OpenFlowVersion) throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(version)
        let features = harness.request(.featuresRequest, session)
        guard case .featuresReply(let reply)? = features.first else {
            Issue.record("\(features)")
            return
        }
        #expect(reply.bufferCount == 8)
        harness.control.deliver(
            [Self.event(1), Self.event(2, count: 64), Self.event(3, maximumLength: 0xffff)], now: harness.now)
        let packetIns = Self.packetIns(harness, session)
        #expect(packetIns.map(\.data.count) == [64, 64, 200])
        #expect(packetIns.map(\.totalLength) == [200, 64, 200])
        // What is told whole is not kept, nor what a controller wants whole (OFPCML_NO_BUFFER).
        #expect(packetIns.dropFirst().allSatisfy { $0.bufferID == .none })
        let number = try #require(packetIns.first).bufferID
        #expect(number != .none)
        #expect(harness.request(Self.packetOut(number), session).isEmpty)
        let sent = try #require(harness.datapath.state.withLock { $0.packetOuts.first })
        #expect(sent.packet == Self.event(1).packet && sent.inPort == PortNumber(rawValue: 2))
        #expect(sent.actions == [.output(PortNumber(rawValue: 1), maximumLength: 0)])
        #expect(harness.error(Self.packetOut(number), session) == .requestBufferEmpty)
        let other = BufferID(rawValue: number.rawValue ^ 0x0001_0000)
        #expect(harness.error(Self.packetOut(other), session) == .requestBufferUnknown)
        #expect(harness.control.keptPackets.kept == 1 && harness.control.keptPackets.used == 1)
    }

    @Test("a packet is the bridge's: every controller is told the same number, and the first that uses it has it")
    func shared() throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let old = harness.connect(.v1_0)
        let new = harness.connect(.v1_5)
        let nicira = harness.connect(.v1_3)
        harness.request(.nicira(.setPacketInFormat(.nicira2)), nicira)
        harness.control.deliver([Self.event(1)], now: harness.now)
        let number = try #require(Self.packetIns(harness, old).first).bufferID
        #expect(number != .none && Self.packetIns(harness, new).first?.bufferID == number)
        guard case .nicira(.packetIn2(let packetIn))? = harness.take(nicira).first else {
            Issue.record("no packet-in in Nicira's form")
            return
        }
        #expect(packetIn.bufferID == number && packetIn.packet?.count == 64 && packetIn.fullLengthBytes == 200)
        #expect(harness.control.keptPackets.kept == 1)
        #expect(harness.request(Self.packetOut(number), new).isEmpty)
        #expect(harness.error(Self.packetOut(number), old) == .requestBufferEmpty)
    }

    @Test("a packet for which there is no room is told whole")
    func full() {
        let harness = SwitchHarness { $0.packetBufferCount = 1 }
        let session = harness.connect(.v1_0)
        harness.control.deliver([Self.event(1), Self.event(2)], now: harness.now)
        let packetIns = Self.packetIns(harness, session)
        #expect(packetIns.map(\.data.count) == [64, 200])
        #expect(packetIns.last?.bufferID == BufferID.none)
        #expect(harness.control.keptPackets.refused == 1)
    }

    @Test(
        "a flow_mod that names a packet has it go through the tables, with the flow in them",
        arguments: OpenFlowVersion.allCases)
    func flowMod(version: OpenFlowVersion) throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(version)
        let changes: [(FlowMod.Command, Bool)] = [
            (.add, true), (.modify, true), (.modifyStrict, true), (.delete, false),
        ]
        for (round, (command, uses)) in changes.enumerated() {
            harness.control.deliver([Self.event(UInt8(round))], now: harness.now)
            let number = try #require(Self.packetIns(harness, session).first).bufferID
            let message = SwitchHarness.flowMod(command, 0x0a00_0001) { $0.bufferID = number }
            #expect(harness.request(message, session).isEmpty)
            let sent = harness.datapath.state.withLock { state in
                defer { state.packetOuts = [] }
                return state.packetOuts
            }
            #expect(sent.map(\.packet) == (uses ? [Self.event(UInt8(round)).packet] : []))
            #expect(sent.allSatisfy { $0.actions == [.output(.table, maximumLength: 0)] })
            #expect(sent.allSatisfy { $0.inPort == PortNumber(rawValue: 2) })
            // A deletion leaves it for another.
            let again = SwitchHarness.flowMod(.add, 0x0a00_0002) { $0.bufferID = number }
            #expect(harness.error(again, session) == (uses ? .requestBufferEmpty : nil))
        }
        // Of what was refused nothing was done: three flows for 10.0.0.1 and its deletion, one for 10.0.0.2.
        #expect(harness.flows(session).count == 1)
    }

    @Test("in a bundle, packets go when all of it is done; one that fails leaves them", arguments: [true, false])
    func bundle(fails: Bool) throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(.v1_4)
        harness.control.deliver([Self.event(1), Self.event(2)], now: harness.now)
        let numbers = Self.packetIns(harness, session).map(\.bufferID)
        var messages = [
            SwitchHarness.flowMod(.add, 1) { $0.bufferID = numbers[0] }, Self.packetOut(numbers[1]),
            SwitchHarness.flowMod(.add, 2),
        ]
        if fails {
            messages.append(
                SwitchHarness.flowMod(.add, 3) { $0.instructions = [.applyActions([.group(GroupID(rawValue: 77))])] })
        }
        for message in messages {
            #expect(harness.request(.bundleAdd(BundleAdd(flags: .atomic, message: message)), session).isEmpty)
        }
        #expect(harness.datapath.state.withLock { $0.packetOuts.isEmpty })
        let replies = harness.request(
            .bundleControl(BundleControl(kind: .commitRequest, flags: .atomic)), session)
        #expect(replies.count == (fails ? 2 : 1))
        let sent = harness.datapath.state.withLock { $0.packetOuts.map(\.packet) }
        #expect(sent == (fails ? [] : [Self.event(1).packet, Self.event(2).packet]))
        for number in numbers {
            #expect(harness.error(Self.packetOut(number), session) == (fails ? nil : .requestBufferEmpty))
        }
    }

    @Test("a flow_mod that is refused leaves the packet for the next one")
    func refused() throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(.v1_3)
        harness.control.deliver([Self.event(1)], now: harness.now)
        let number = try #require(Self.packetIns(harness, session).first).bufferID
        let wrong = SwitchHarness.flowMod(.add, 0x0a00_0001) {
            $0.bufferID = number
            $0.instructions = [.applyActions([.group(GroupID(rawValue: 77))])]
        }
        #expect(harness.error(wrong, session) != nil)
        #expect(harness.datapath.state.withLock { $0.packetOuts.isEmpty })
        #expect(harness.request(Self.packetOut(number), session).isEmpty)
    }

    @Test("packets keep the fields of tunnels that they came with; a controller may say others")
    func fields() throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(.v1_5)
        let fields = Match([MatchEntry(.metadata, UInt64(7)), MatchEntry(.tunnelID, UInt64(5))])
        for (named, tunnel) in [(Match.any, UInt128(5)), (Match([MatchEntry(.tunnelID, UInt64(6))]), 6)] {
            harness.control.deliver([Self.event(1, fields: fields)], now: harness.now)
            let number = try #require(Self.packetIns(harness, session).first).bufferID
            #expect(harness.request(Self.packetOut(number) { $0.pipelineFields = named }, session).isEmpty)
            let sent = try #require(harness.datapath.state.withLock { $0.metadata.last })
            #expect(sent.exactValue(of: .tunnelID) == tunnel)
            // What the tables had written stays with their part of the work.
            #expect(sent.exactValue(of: .metadata) == nil)
        }
    }

    @Test("packets that nobody uses go with time, and the switch asks to be called then")
    func age() throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let session = harness.connect(.v1_3)
        harness.control.deliver([Self.event(1)], now: harness.now)
        let number = try #require(Self.packetIns(harness, session).first).bufferID
        #expect(harness.control.runExpiry(now: harness.now) == harness.now + AgentLimits.keptPacketLifetime)
        harness.now = harness.now + AgentLimits.keptPacketLifetime
        _ = harness.control.runExpiry(now: harness.now)
        #expect(harness.control.packetBuffers?.byteCount == 0)
        #expect(harness.error(Self.packetOut(number), session) == .requestBufferUnknown)
        #expect(harness.control.keptPackets.expired == 1)
    }

    @Test("a secondary controller may not use packets")
    func secondary() throws {
        let harness = SwitchHarness { $0.packetBufferCount = 8 }
        let primary = harness.connect(.v1_3)
        let secondary = harness.connect(.v1_3)
        harness.request(.roleRequest(RoleMessage(role: .secondary, generationID: 1)), secondary)
        harness.control.deliver([Self.event(1)], now: harness.now)
        let number = try #require(Self.packetIns(harness, primary).first).bufferID
        #expect(harness.error(Self.packetOut(number), secondary) == .requestIsSecondary)
        #expect(harness.request(Self.packetOut(number), primary).isEmpty)
    }
}
