import Datapath
import NetworkTypes
import OpenFlow
import Testing

@testable import Agent

@Suite("Packets that go through the datapath and come back")
struct RecirculationTests {
    private func fixture() throws -> UpcallFixture {
        var tracking = ConnectionTracking()
        tracking.recirculationTable = TableID(rawValue: 4)
        let action = Action.connectionTracking(tracking)
        return try UpcallFixture { tables in
            tables.add(actions: [action])
            tables.add(
                table: 4, [MatchEntry(.connectionState, value: 0x22, mask: 0x22)], actions: [output(3)])
        }
    }

    private func upcall(_ identifier: UInt32, state: UInt32, port: UInt32 = 101) -> Upcall {
        var key = TestFrame().key(inPort: port)
        key.recirculationID = identifier
        key.connectionState = state
        return Upcall(reason: .miss, key: key, packet: TestFrame().bytes)
    }

    @Test("both halves are installed, credited and revalidated; the second goes on where the first left off")
    func halves() throws {
        let fixture = try self.fixture()
        fixture.miss()
        let first = try #require(fixture.datapath.flows.first)
        #expect(first.actions == [.connectionTracking(ConnectionTrackingRequest()), .recirculate(1)])
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [first.actions])
        fixture.handle([self.upcall(1, state: 0x22)])
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[out(3)]])
        let second = try #require(fixture.datapath.flows.first { $0.key.recirculationID == 1 })
        #expect(second.mask.connectionState == 0x22 && second.mask.recirculationID == .max)
        #expect(fixture.credits[4, 0].packets == 1)

        fixture.change { $0.add(table: 4, priority: 500, actions: [output(2)]) }
        #expect(fixture.service.revalidateOnce(now: UpcallFixture.start).repaired == 1)
        let repaired = try #require(fixture.datapath.flows.first { $0.key.recirculationID == 1 })
        #expect(repaired.actions == [out(2)] && fixture.service.recirculation.count == 1)
    }

    @Test("where a packet was frozen decides whose it is, not the port it has in the datapath")
    func owner() throws {
        let fixture = try self.fixture()
        fixture.miss()
        _ = fixture.datapath.takeExecutions()
        fixture.handle([self.upcall(1, state: 0x22, port: PortIndex.none.rawValue)])
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[out(3)]])
    }

    @Test("a state that is gone drops the packet, with its cause")
    func lost() throws {
        let fixture = try self.fixture()
        fixture.handle([self.upcall(9, state: 0x22)])
        #expect(fixture.datapath.takeExecutions().isEmpty)
        #expect(fixture.bridge.drops.contents.map(\.record.cause) == [.recirculationLost])
    }

    @Test("states go with the megaflows that named them, after a while")
    func collected() throws {
        let fixture = try self.fixture()
        fixture.miss()
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(9))
        #expect(fixture.service.recirculation.count == 1)
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(30))
        fixture.service.sweepOnce(now: UpcallFixture.start + .seconds(31))
        #expect(fixture.datapath.flows.isEmpty && fixture.service.recirculation.count == 0)
    }

    @Test("flows that packets teach wait once for the control loop, and are taught again by later packets")
    func learning() throws {
        var learn = Learn()
        learn.specifications = [
            .init(
                bitCount: 48, source: .field(.ethernetSource, offset: 0),
                destination: .match(.ethernetDestination, offset: 0))
        ]
        let action = Action.learn(learn)
        let fixture = try UpcallFixture { $0.add(actions: [action, output(2)]) }
        fixture.miss()
        fixture.miss()
        #expect(fixture.bridge.learnedFlows.take().count == 1 && fixture.bridge.learnedFlows.take().isEmpty)
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 1, bytes: 100, at: 5)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.bridge.learnedFlows.take().count == 1)
        fixture.service.sweepOnce(now: UpcallFixture.start)
        #expect(fixture.bridge.learnedFlows.take().isEmpty)
    }

    @Test("a trace goes on behind the connection tracker, with what it is told to assume")
    func trace() throws {
        let fixture = try self.fixture()
        let key = TestFrame().key(inPort: 1)
        let new = fixture.service.trace(key: key, in: fixture.bridge)
        #expect(new.map(\.translation.actions.last) == [.recirculate(1), nil])
        #expect(new[1].assumptions == ["the connection tracker says new,trk"])
        #expect(new[1].translation.drops.map(\.cause) == [.noMatchingRule])
        let known = fixture.service.trace(key: key, in: fixture.bridge, connectionStates: [0x22])
        #expect(known.map(\.translation.actions) == [new[0].translation.actions, [out(3)]])
        #expect(known[1].key.connectionState == 0x22 && known[1].key.connectionProtocol == key.ipProtocol)
        // Nothing is installed, executed or counted.
        #expect(fixture.datapath.flows.isEmpty && fixture.datapath.takeExecutions().isEmpty)
        #expect(fixture.credits[0, 0].packets == 0)
        #expect(try FlowText.connectionState("est,rpl") == 0x2a)
        #expect(throws: ControlError.self) { try FlowText.connectionState("old") }
    }

    @Test("connections that are committed in a zone with time-outs of its own name them, by protocol")
    func timeouts() throws {
        var tracking = ConnectionTracking()
        tracking.flags = .commit
        tracking.zone = .immediate(7)
        let action = Action.connectionTracking(tracking)
        let fixture = try UpcallFixture { $0.add(actions: [action, output(2)]) }
        func request(_ policy: String) -> DatapathAction {
            var request = ConnectionTrackingRequest()
            (request.commits, request.zone, request.timeoutPolicy) = (true, 7, policy)
            return .connectionTracking(request)
        }
        fixture.miss()
        let plain = try #require(fixture.datapath.flows.first)
        #expect(plain.actions == [request(""), out(2)] && plain.mask.ipProtocol == 0)
        try fixture.service.setConnectionTimeouts(ConnectionTimeoutPolicy(zone: 7, seconds: [.udpSingle: 9]))
        #expect(fixture.datapath.flows.isEmpty)
        fixture.miss()
        let named = try #require(fixture.datapath.flows.first)
        let number = TestFrame().key(inPort: 1).ipProtocol
        #expect(named.actions == [request("sluice-7-4-\(number)"), out(2)] && named.mask.ipProtocol == .max)
        #expect(try fixture.service.removeConnectionTimeouts(of: 7) && fixture.datapath.flows.isEmpty)
        #expect(try !fixture.service.removeConnectionTimeouts(of: 7))
        fixture.miss()
        #expect(fixture.datapath.flows.first?.actions == plain.actions)
    }

    @Test("a trace of a packet that is asked its length goes both ways, or the one that its bytes say")
    func lengthTrace() throws {
        let slice = FieldSlice(.register0, offset: 0, bitCount: 1)
        let fixture = try UpcallFixture { tables in
            tables.add(actions: [
                .checkPacketLarger(length: 1000, result: slice), .resubmit(port: nil, table: TableID(rawValue: 1)),
            ])
            tables.add(table: 1, [MatchEntry(.register0, 1)], actions: [output(2)])
            tables.add(table: 1, [MatchEntry(.register0, 0)], actions: [output(3)])
        }
        let key = TestFrame().key(inPort: 1)
        let both = fixture.service.trace(key: key, in: fixture.bridge)
        #expect(Array(both.dropFirst()).map(\.translation.actions) == [[out(2)], [out(3)]])
        #expect(Array(both.dropFirst()).map(\.assumptions.count) == [1, 1])
        let one = fixture.service.trace(key: key, packet: TestFrame().bytes, in: fixture.bridge)
        #expect(Array(one.dropFirst()).map(\.translation.actions) == [[out(3)]])
    }
}
