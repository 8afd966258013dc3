import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Upcall handlers")
struct UpcallHandlerTests {
    private let miss = DatapathError(.noSpace, operation: "put")

    @Test("a packet that misses is executed and its megaflow installed, its rule credited")
    func missIsInstalled() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let flow = try #require(fixture.datapath.flows.first)
        #expect(flow.actions == [out(2)])
        #expect(flow.mask.inPort == .max && flow.key.inPort == 101)
        #expect(flow.identifier == FlowIdentifier(key: flow.key, mask: flow.mask))
        let execution = try #require(fixture.datapath.executions.first)
        #expect(execution.packet == TestFrame().bytes && execution.actions == [out(2)] && execution.key.inPort == 101)
        #expect(fixture.credits[0, 0].packets == 1)
        #expect(fixture.credits[0, 0].bytes == UInt64(TestFrame().bytes.count))
        #expect(fixture.service.flows.count == 1 && fixture.bridge.flowCount.count == 1)
        fixture.miss()
        #expect(fixture.service.flows.count == 1)
        #expect(fixture.service.counters.installed.count == 1)
    }

    @Test("packets and megaflows of a batch are handed to the datapath together, in order")
    func together() throws {
        let fixture = try UpcallFixture { tables in
            tables.add(actions: [output(2)])
            // Looked at, so that each source has its megaflow.
            tables.add(priority: 500, [MatchEntry(.ethernetSource, 0x77)], actions: [])
        }
        let frames = (1...5 as ClosedRange<UInt64>).map { TestFrame(source: $0 << 4) }
        fixture.handle(
            (frames + frames).map { Upcall(reason: .miss, key: $0.key(inPort: 101), packet: $0.bytes) })
        let state = fixture.datapath.state.withLock { ($0.performances, $0.operations.count) }
        #expect(state == (1, 5))
        #expect(fixture.datapath.executions.map(\.packet) == (frames + frames).map(\.bytes))
        #expect(fixture.service.counters.installed.count == 5 && fixture.service.counters.executed.count == 10)
    }

    @Test("a drop is installed and nothing executed")
    func drop() throws {
        let fixture = try UpcallFixture { _ in }
        fixture.miss()
        #expect(fixture.datapath.flows.first?.actions == [])
        #expect(fixture.datapath.executions.isEmpty)
    }

    @Test("a packet-in carries the packet as the actions before it left it; its megaflow hands packets up")
    func packetIn() throws {
        let fixture = try UpcallFixture { tables in
            tables.add(
                actions: [
                    output(2), .setField(.ethernetSource, value: 9, mask: MatchField.ethernetSource.allOnes),
                    .output(.controller, maximumLength: 99), output(3),
                ], cookie: 5)
        }
        fixture.miss()
        let event = try #require(fixture.drain().first)
        #expect(Array(event.packet[6..<12]) == [0, 0, 0, 0, 0, 9])
        #expect(event.reason == .applyAction && event.cookie.rawValue == 5 && event.maximumLength == 99)
        #expect(event.inPort.rawValue == 1)
        let flow = try #require(fixture.datapath.flows.first)
        guard case .userspace(let userdata) = try #require(flow.actions.first) else {
            Issue.record("not a slow-path flow")
            return
        }
        #expect(fixture.datapath.takeExecutions().count == 1)

        // The next packet of the flow: executed and raised again, but neither installed nor credited here.
        fixture.handle([
            Upcall(reason: .action(userdata: userdata), key: TestFrame().key(inPort: 101), packet: TestFrame().bytes)
        ])
        #expect(fixture.drain().count == 1)
        #expect(fixture.datapath.executions.count == 1)
        #expect(fixture.credits[0, 0].packets == 1)
        #expect(fixture.service.counters.slowPath.count == 1)
    }

    @Test("a rewrite that the datapath cannot do is done here, each output with the packet as it is there")
    func softwareRewrite() throws {
        let fixture = try UpcallFixture { tables in
            tables.add(actions: [
                output(2), .setField(.arpOperation, value: 2, mask: 0xffff), output(3), .pushVLAN(.vlan), output(4),
            ])
        }
        let arp = TestFrame(payload: .arp(operation: 1, sender: 1, target: 2))
        fixture.miss(arp)
        let executions = fixture.datapath.executions
        #expect(executions.map(\.actions) == [[out(2)], [out(3)], [out(4)]])
        #expect(executions.map { $0.packet[$0.packet.count - 21] } == [1, 2, 2])
        #expect(executions.last?.packet.count == arp.bytes.count + 4)
        #expect(executions.last?.key.vlanTPID == 0x8100)
    }

    @Test("a megaflow whose answer was lost is removed, for it may be there and nobody would know it")
    func lostAnswers() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.datapath.state.withLock { $0.losesAnswers = true }
        fixture.miss()
        #expect(fixture.datapath.flows.isEmpty && fixture.service.flows.count == 0)
        #expect(fixture.service.counters.installFailures.count == 1 && fixture.bridge.flowCount.count == 0)
        fixture.datapath.state.withLock { $0.losesAnswers = false }
        fixture.miss()
        #expect(fixture.datapath.flows.count == 1 && fixture.service.flows.count == 1)
    }

    @Test("nothing is installed for errors, over the limit, or where the datapath refuses; each has its counter")
    func notInstalled() throws {
        let fixture = try UpcallFixture(flowLimit: FlowLimit(maximum: 1)) { tables in
            tables.add(priority: 200, [MatchEntry(.etherType, 0x0806)], actions: [.resubmit(port: nil, table: nil)])
            tables.add([MatchEntry(.ethernetSource, 0x0200_0000_0001)], actions: [output(2)])
        }
        fixture.miss(TestFrame(payload: .arp(operation: 1, sender: 1, target: 2)))
        #expect(fixture.datapath.flows.isEmpty)
        #expect(fixture.service.counters.depthExceeded.count == 1)
        fixture.datapath.state.withLock { $0.putErrors = [self.miss] }
        fixture.miss()
        #expect(fixture.service.counters.installFailures.count == 1)
        #expect(fixture.service.flows.count == 0 && fixture.bridge.flowCount.count == 0)
        fixture.miss()
        fixture.miss(TestFrame(payload: .ipv6(.init())))
        #expect(fixture.datapath.flows.count == 1)
        #expect(fixture.service.counters.installsOverLimit.count == 1)
        #expect(fixture.datapath.executions.count == 3)
    }

    @Test("upcalls from nobody's port or with a stranger's cookie are dropped and counted")
    func strangers() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss(inPort: 77)
        fixture.handle([
            Upcall(reason: .action(userdata: 1), key: TestFrame().key(inPort: 101), packet: TestFrame().bytes)
        ])
        #expect(fixture.service.counters.unknownPorts.count == 1)
        #expect(fixture.service.counters.unknownCookies.count == 1)
        #expect(fixture.datapath.flows.isEmpty && fixture.datapath.executions.isEmpty)
    }

    @Test("a refused execution is counted")
    func executionFailure() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.datapath.state.withLock { $0.executeErrors = [self.miss] }
        fixture.miss()
        #expect(fixture.service.counters.executionFailures.count == 1)
        #expect(fixture.service.counters.executed.count == 0)
    }

    @Test("a packet-out is executed as from its port, or from none; its packet-ins are queued")
    func packetOut() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(3)]) }
        let bytes = TestFrame().bytes
        func send(_ port: PortNumber, _ actions: [Action], _ metadata: Match = .any) -> OpenFlowError? {
            fixture.bridge.packetOut(
                packet: bytes, inPort: port, metadata: metadata, actions: actions, now: UpcallFixture.start)
        }
        #expect(send(.controller, [output(2)]) == nil)
        #expect(send(PortNumber(rawValue: 1), [output(.table), output(.controller)]) == nil)
        let executions = fixture.datapath.executions
        #expect(executions.map(\.actions) == [[out(2)], [out(3)]])
        #expect(executions.map(\.key.inPort) == [PortIndex.none.rawValue, 101])
        #expect(fixture.drain().map(\.reason) == [.packetOut])
        #expect(fixture.credits[0, 0].packets == 1)
        #expect(
            fixture.bridge.packetOut(packet: [1], inPort: .any, metadata: .any, actions: [], now: .zero)
                == OpenFlowError(.requestBadPacket))
        // A packet of another type than Ethernet.
        let bare = Match([MatchEntry(.packetType, 0x1_0800)])
        let inner = Array(bytes[14...])
        let actions = [Action.encapsulate(Encapsulation()), output(2)]
        let number = PortNumber(rawValue: 1)
        #expect(
            fixture.bridge.packetOut(packet: inner, inPort: number, metadata: bare, actions: actions, now: .zero) == nil
        )
        // This datapath adds no headers, so the handlers do.
        let framed = [UInt8](repeating: 0, count: 12) + [8, 0] + inner
        #expect(fixture.datapath.executions.last?.actions == [out(2)])
        #expect(fixture.datapath.executions.last?.packet == framed)
        let header = Match([MatchEntry(.ethernetSource, 1)])
        #expect(send(.controller, [], header) == OpenFlowError(.requestPipelineFieldsOnly))
        let register = Match([MatchEntry(.register0, 2)])
        let field = Action.outputField(FieldSlice(.register0, offset: 0, bitCount: 16), maximumLength: 0)
        #expect(send(.controller, [field], register) == nil)
        #expect(fixture.datapath.executions.last?.actions == [out(2)])
        #expect(fixture.datapath.executions.last?.key.words[3] == 0)
    }

    @Test("two bridges on one datapath see their own packets only")
    func twoBridges() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        var other = TestPipeline(ports: [5, 6])
        other.add(actions: [output(6)])
        let tables = other
        let second = BridgeDatapath<TestPipeline>(
            service: fixture.service, packetIns: PacketInQueue {}, readTables: { $0(tables) },
            setInterfaceUp: { _, _ in nil }, onVersionFinished: {})
        second.attach(PortIndex(rawValue: 105), as: PortNumber(rawValue: 5))
        let bytes = TestFrame().bytes
        fixture.handle([101, 105, 101].map { Upcall(reason: .miss, key: TestFrame().key(inPort: $0), packet: bytes) })
        #expect(fixture.datapath.executions.map(\.actions) == [[out(2)], [out(2)], [out(6)]])
        #expect(fixture.bridge.flowCount.count == 1 && second.flowCount.count == 1)
        second.close()
        #expect(fixture.service.flows.count == 1 && fixture.datapath.flows.count == 1)
        #expect(second.flowCount.count == 0)
    }

    @Test("ports: added, detached with the megaflows that name them, removed")
    func ports() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        let port = try fixture.bridge.addPort(
            PortRequest(name: "eth9", kind: .device, index: PortIndex(rawValue: 109)), as: PortNumber(rawValue: 9))
        #expect(fixture.service.ports[109]?.number == PortNumber(rawValue: 9))
        fixture.miss()
        fixture.miss(inPort: 3)
        #expect(fixture.service.flows.count == 2)
        fixture.bridge.detach(PortIndex(rawValue: 103))
        #expect(fixture.service.flows.count == 1)
        fixture.bridge.detach(PortIndex(rawValue: 102))
        #expect(fixture.service.flows.count == 0 && fixture.datapath.flows.isEmpty)
        try fixture.bridge.removePort(port.index)
        #expect(fixture.service.ports[109] == nil)
        #expect(throws: DatapathError(.noSuchPort, operation: "")) { try fixture.bridge.removePort(port.index) }
    }

    @Test("threads start, handle what comes, and stop")
    func threads() throws {
        let fixture = try UpcallFixture(handlerCount: 2) { $0.add(actions: [output(2)]) }
        try fixture.service.start()
        for index in 0..<200 {
            let frame = TestFrame(source: UInt64(index) * 2)
            fixture.datapath.push(Upcall(reason: .miss, key: frame.key(inPort: 101), packet: frame.bytes))
        }
        let deadline = SystemClock.now() + .seconds(60)
        while fixture.datapath.executions.count < 200, SystemClock.now() < deadline { fixture.change { _ in } }
        #expect(fixture.datapath.executions.count == 200, "waited 60 s for the handlers to execute 200 packets")
        let version = fixture.change { _ in }
        while fixture.bridge.finishedVersion < version, SystemClock.now() < deadline {}
        #expect(fixture.bridge.finishedVersion >= version, "waited 60 s for the version to be finished")
        fixture.service.stop()
    }
}
