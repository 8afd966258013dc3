import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("The revalidator")
struct RevalidatorTests {
    private let start = UpcallFixture.start
    private let failure = DatapathError(.system, operation: "test")

    @Test("with nothing cached a version is finished at once, without the revalidator")
    func immediate() throws {
        let fixture = try UpcallFixture { _ in }
        let version = fixture.change { $0.add(actions: [output(2)]) }
        #expect(fixture.bridge.finishedVersion == version)
        #expect(fixture.notifications == 0)
    }

    @Test("a version is finished when the flows that contradict it are repaired, and the switch is told")
    func repairs() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let version = fixture.change { tables in
            tables.tables[0] = []
            tables.add(actions: [output(3)])
        }
        #expect(fixture.bridge.finishedVersion < version)
        let summary = fixture.service.revalidateOnce(now: self.start)
        #expect(summary.repaired == 1 && summary.examined == 1)
        #expect(fixture.bridge.finishedVersion == version && fixture.notifications == 1)
        #expect(fixture.datapath.flows.map(\.actions) == [[out(3)]])
        #expect(fixture.service.revalidateOnce(now: self.start).examined == 0)
    }

    @Test("a flow whose new translation looks at more is removed; one that looks at less stays")
    func masks() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        fixture.change { $0.add(priority: 500, [MatchEntry(.ethernetDestination, 77)], actions: [output(3)]) }
        #expect(fixture.service.revalidateOnce(now: self.start).invalidated == 1)
        #expect(fixture.datapath.flows.isEmpty && fixture.service.flows.count == 0)
        fixture.miss()
        fixture.change { $0.tables[0]?.removeLast() }
        let summary = fixture.service.revalidateOnce(now: self.start)
        #expect(summary.examined == 1 && summary.invalidated == 0 && summary.repaired == 0)
        #expect(fixture.datapath.flows.count == 1)
    }

    @Test("what was counted before a change belongs to the old rule, what comes after to the new one")
    func creditsAcrossChanges() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 10, bytes: 1000, at: 5)
        fixture.change { $0.add(priority: 500, actions: [output(2)]) }
        fixture.service.revalidateOnce(now: self.start)
        #expect(fixture.credits[0, 0].packets == 11)
        fixture.datapath.hit(name, packets: 3, bytes: 300, at: self.start.nanoseconds + 7)
        fixture.service.sweepOnce(now: self.start + .milliseconds(1))
        #expect(fixture.credits[0, 0].packets == 11)
        #expect(fixture.credits[0, 1] == .init(packets: 3, bytes: 300, lastUsed: self.start + .nanoseconds(7)))
        fixture.service.sweepOnce(now: self.start + .milliseconds(2))
        #expect(fixture.credits[0, 1].packets == 3)
    }

    @Test("misses of tables are counted for packets that the datapath drops by itself, too")
    func misses() throws {
        let fixture = try UpcallFixture { _ in }
        fixture.miss()
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 4, bytes: 400, at: 5)
        fixture.service.sweepOnce(now: self.start)
        #expect(fixture.credits.misses.withLock { $0 } == [0: 5])
    }

    @Test("a deleted flow's last packets are credited")
    func finalCounters() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 4, bytes: 400, at: 5)
        fixture.change { $0.add(priority: 500, [MatchEntry(.ethernetDestination, 77)], actions: [output(3)]) }
        fixture.service.revalidateOnce(now: self.start)
        #expect(fixture.credits[0, 0].packets == 5)
    }

    @Test("counters can be synchronised at any moment, and nothing is counted twice")
    func synchronise() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let name = try #require(fixture.datapath.flows.first).identifier
        fixture.datapath.hit(name, packets: 4, bytes: 400, at: 5)
        fixture.bridge.synchroniseStatistics(now: self.start)
        fixture.bridge.synchroniseStatistics(now: self.start)
        #expect(fixture.credits[0, 0].packets == 5)
    }

    @Test("a flow that cannot be repaired is removed; one that cannot be removed keeps the version unfinished")
    func failures() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        fixture.datapath.state.withLock { state in
            state.putErrors = [self.failure]
            state.deleteErrors = [self.failure]
        }
        let version = fixture.change { tables in
            tables.tables[0] = []
            tables.add(actions: [output(3)])
        }
        let summary = fixture.service.revalidateOnce(now: self.start)
        #expect(summary.failures == 1)
        #expect(fixture.bridge.finishedVersion < version && fixture.notifications == 0)
        #expect(fixture.service.revalidateOnce(now: self.start).repaired == 1)
        #expect(fixture.bridge.finishedVersion == version && fixture.notifications == 1)
    }

    @Test("a handler that translated with older tables holds the version back until its flow is in and repaired")
    func handlerInFlight() throws {
        let fixture = try UpcallFixture(handlerCount: 1) { $0.add(actions: [output(2)]) }
        let versions = Mutex<[UInt64]>([])
        // While the handler is between translation and installation, the tables change and the revalidator starts.
        let revalidator = Mutex<NamedThread?>(nil)
        let inside = WakeBox(try WakeEvent())
        fixture.datapath.state.withLock { state in
            state.onApply = {
                guard versions.withLock({ $0.isEmpty }) else { return }
                let version = fixture.change { tables in
                    tables.tables[0] = []
                    tables.add(actions: [output(3)])
                }
                versions.withLock { $0.append(version) }
                let thread = try? NamedThread(name: "revalidate") {
                    inside.event.signal()
                    fixture.service.revalidateOnce(now: UpcallFixture.start)
                }
                revalidator.withLock { $0 = thread }
                inside.event.wait(timeoutMilliseconds: 60_000)
                // It waits for this handler, so nothing can be finished yet.
                #expect(fixture.bridge.finishedVersion < version)
            }
        }
        fixture.miss()
        revalidator.withLock { $0 }?.join()
        let version = try #require(versions.withLock { $0.first })
        #expect(fixture.bridge.finishedVersion == version)
        #expect(fixture.datapath.flows.map(\.actions) == [[out(3)]])
    }

    private final class WakeBox: Sendable {
        let event: WakeEvent
        init(_ event: WakeEvent) { self.event = event }
    }

    @Test("a change while an earlier one is awaited and nothing is cached any more is told to the switch")
    func awaitedThenImmediate() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        fixture.change { _ in }
        #expect(fixture.notifications == 0)
        fixture.service.delete(fixture.service.flows.flows { _ in true })
        let version = fixture.change { _ in }
        #expect(fixture.bridge.finishedVersion == version && fixture.notifications == 1)
    }

    @Test("flows idle for ten seconds go")
    func idle() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        let name = try #require(fixture.datapath.flows.first).identifier
        let used = self.start + .seconds(5)
        fixture.datapath.hit(name, packets: 1, bytes: 1, at: used.nanoseconds)
        #expect(fixture.service.sweepOnce(now: self.start + .seconds(11)).idle == 0)
        #expect(fixture.service.sweepOnce(now: self.start + .seconds(15)).idle == 1)
        #expect(fixture.datapath.flows.isEmpty && fixture.bridge.flowCount.count == 0)
    }

    @Test("flows that nobody here installed are removed, flows that have vanished are forgotten")
    func strangersAndLost() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        let stranger = DatapathFlow(
            identifier: FlowIdentifier(high: 1, low: 2), key: FlowKey(), mask: FlowMask(), actions: [])
        fixture.datapath.state.withLock { $0.flows[stranger.identifier] = stranger }
        fixture.miss()
        #expect(fixture.service.sweepOnce(now: self.start + .seconds(1)).unknown == 1)
        try fixture.datapath.flushFlows()
        _ = fixture.service.sweepOnce(now: self.start + .seconds(3))
        #expect(fixture.service.sweepOnce(now: self.start + .seconds(4)).vanished == 1)
        #expect(fixture.service.flows.count == 0 && fixture.bridge.flowCount.count == 0)
    }

    @Test("a flow of a port that now belongs to nobody is removed with the next version")
    func portGone() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss()
        fixture.change { tables in
            tables.ports[1] = nil
        }
        #expect(fixture.service.revalidateOnce(now: self.start).invalidated == 1)
        #expect(fixture.datapath.flows.isEmpty)
    }

    @Test("learning: a flood becomes a unicast when the address is learned, and a flood again when it ages")
    func learning() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(.normal)]) }
        let there = TestFrame(destination: 0x0200_0000_0002, source: 0x0200_0000_0001)
        let back = TestFrame(destination: 0x0200_0000_0001, source: 0x0200_0000_0002)
        fixture.miss(there, inPort: 1)
        #expect(fixture.datapath.flows.first?.actions == [out(2), out(3), out(4)])
        #expect(fixture.service.revalidateOnce(now: self.start).examined == 0)
        fixture.miss(back, inPort: 3)
        #expect(fixture.service.revalidateOnce(now: self.start).repaired == 1)
        #expect(Set(fixture.datapath.flows.map(\.actions)) == [[out(3)], [out(1)]])

        // Traffic keeps the entry young; the silent one ages.
        let busy = try #require(fixture.datapath.flows.first { $0.actions == [out(3)] }).identifier
        for second in stride(from: 5, through: 300, by: 5) {
            let now = self.start + .seconds(second)
            fixture.datapath.hit(busy, packets: 1, bytes: 60, at: now.nanoseconds)
            fixture.service.sweepOnce(now: now)
        }
        #expect(fixture.bridge.learning.contents.map(\.update.port.rawValue) == [1])
        #expect(fixture.service.revalidateOnce(now: self.start + .seconds(300)).repaired == 1)
        #expect(fixture.datapath.flows.map(\.actions) == [[out(2), out(3), out(4)]])
    }

    @Test("a host that moves takes its traffic along, whatever old flows still count")
    func hostMoves() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(.normal)]) }
        let host = TestFrame(destination: 0xffff_ffff_ffff, source: 0x0200_0000_0001)
        let peer = TestFrame(destination: 0x0200_0000_0001, source: 0x0200_0000_0002)
        fixture.miss(host, inPort: 1)
        fixture.miss(peer, inPort: 4)
        fixture.service.revalidateOnce(now: self.start)
        let fromOld = try #require(fixture.datapath.flows.first { $0.key.inPort == 101 }).identifier
        fixture.miss(host, inPort: 2, at: self.start + .seconds(2))
        fixture.datapath.hit(fromOld, packets: 1, bytes: 60, at: (self.start + .seconds(1)).nanoseconds)
        fixture.service.sweepOnce(now: self.start + .seconds(3))
        fixture.service.revalidateOnce(now: self.start + .seconds(3))
        #expect(fixture.datapath.flows.first { $0.key.inPort == 104 }?.actions == [out(2)])
    }

    @Test("removing a port forgets the addresses behind it")
    func portFlushesLearning() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(.normal)]) }
        fixture.miss(inPort: 1)
        #expect(fixture.bridge.learning.contents.count == 1)
        fixture.bridge.detach(PortIndex(rawValue: 101))
        #expect(fixture.bridge.learning.contents.isEmpty)
    }

    @Test("a flow whose port goes while it is being repaired does not come back")
    func repairAgainstDetach() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss(inPort: 1)
        fixture.change { tables in
            tables.tables[0] = []
            tables.add(actions: [output(3)])
        }
        // The port goes when the repaired flow is on its way to the datapath.
        let (datapath, bridge) = (fixture.datapath, fixture.bridge)
        datapath.state.withLock { state in
            state.onApply = {
                datapath.state.withLock { $0.onApply = nil }
                bridge.detach(PortIndex(rawValue: 101))
            }
        }
        let summary = fixture.service.revalidateOnce(now: self.start)
        #expect(summary.examined == 1 && summary.repaired == 0)
        #expect(datapath.flows.isEmpty && fixture.service.flows.count == 0 && bridge.flowCount.count == 0)
    }

    @Test("a flow installed anew while its predecessor is being repaired is not taken for it")
    func repairAgainstSuccessor() throws {
        let fixture = try UpcallFixture { $0.add(actions: [output(2)]) }
        fixture.miss(inPort: 1)
        fixture.change { tables in
            tables.tables[0] = []
            tables.add(actions: [output(3)])
        }
        let datapath = fixture.datapath
        let later = self.start + .seconds(1)
        datapath.state.withLock { state in
            state.onApply = {
                datapath.state.withLock { $0.onApply = nil }
                fixture.bridge.detach(PortIndex(rawValue: 101))
                fixture.bridge.attach(PortIndex(rawValue: 101), as: PortNumber(rawValue: 1))
                fixture.miss(inPort: 1, at: later)
            }
        }
        fixture.service.revalidateOnce(now: self.start)
        #expect(datapath.flows.isEmpty && fixture.service.flows.count == 0)
        #expect(fixture.bridge.flowCount.count == 0)
        fixture.miss(inPort: 1, at: later)
        #expect(datapath.flows.map(\.actions) == [[out(3)]])
    }

    @Test("two flows with one identifier are never taken for each other")
    func collision() {
        let table = InstalledFlowTable()
        var mask = FlowMask()
        mask.inPort = .max
        func flow(_ port: UInt32) -> InstalledFlow {
            var key = FlowKey()
            key.inPort = port
            return InstalledFlow(
                identifier: FlowIdentifier(high: 1, low: 1), bridge: BridgeIdentifier(rawValue: 1),
                match: FlowMatch(key: key, mask: mask), created: .zero, actions: [], rules: [], learned: nil,
                version: 1,
                learningGeneration: nil)
        }
        #expect(table.insert(flow(1)) == .inserted)
        #expect(table.insert(flow(1)) == .alreadyPresent)
        #expect(table.insert(flow(2)) == .collision)
        #expect(table.count == 1)
    }
}
