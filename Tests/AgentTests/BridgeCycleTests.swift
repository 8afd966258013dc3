import Datapath
import Glibc
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("A bridge made anew again and again")
struct BridgeCycleTests {
    private final class Pump: Sendable {
        let isDone = Atomic<Bool>(false)
    }

    @Test("under traffic it leaves no megaflow, port, state or count behind, and blocks nothing")
    func cycles() throws {
        let datapath = ScriptedDatapath(handlerCount: 2)
        let service = try DatapathService(backend: datapath)
        try service.start()
        let pump = Pump()
        var tracking = ConnectionTracking()
        tracking.recirculationTable = TableID(rawValue: 1)
        let track = Action.connectionTracking(tracking)
        // A thread of its own: the threads that tasks share may all be busy with other tests for as long as it takes.
        let traffic = try NamedThread(name: "traffic") {
            var number: UInt64 = 0
            while !pump.isDone.load(ordering: .relaxed) {
                // Not faster than the handlers: the test's datapath keeps all that it is given.
                guard datapath.state.withLock({ $0.upcalls.count }) < 64 else {
                    sched_yield()
                    continue
                }
                number += 1
                let frame = TestFrame(source: number & 0xffff * 2)
                let port: UInt32 = number % 3 == 0 ? 205 : 101
                datapath.push(Upcall(reason: .miss, key: frame.key(inPort: port), packet: frame.bytes))
            }
        }
        for round in 0..<40 {
            let tables = [ReadWriteLock(TestPipeline(ports: [1, 2])), ReadWriteLock(TestPipeline(ports: [1, 2]))]
            let bridges = tables.map { tables in
                BridgeDatapath<TestPipeline>(
                    service: service, packetIns: PacketInQueue {}, readTables: { body in tables.read { body($0) } },
                    readTablesWithin: { body in tables.readWithin { body($0) } }, setInterfaceUp: { _, _ in nil },
                    onVersionFinished: {})
            }
            for (place, bridge) in bridges.enumerated() {
                guard let patch = bridge.makePatchPort(named: "p\(place)", peer: "p\(1 - place)") else {
                    Issue.record("round \(round): a patch port stayed behind")
                    break
                }
                tables[place].write { tables in
                    tables.addPort(9)
                    tables.ports[9]?.index = patch
                    tables.add(actions: place == 0 ? [output(9), output(2)] : [track, output(1)])
                    tables.add(table: 1, actions: [output(2)])
                    // Looked at, so that each source has its megaflow.
                    tables.add(priority: 500, [MatchEntry(.ethernetSource, 0x77)], actions: [])
                }
                bridge.attach(patch, as: PortNumber(rawValue: 9))
                bridge.attach(PortIndex(rawValue: UInt32(101 + place * 104)), as: PortNumber(rawValue: 1))
            }
            let before = service.counters.installed.count
            let deadline = SystemClock.now() + .seconds(60)
            while service.counters.installed.count < before + 20, SystemClock.now() < deadline {
                bridges[1].tablesChanged(version: bridges[1].requestedVersion + 1) { $0 = .everything }
                sched_yield()
            }
            #expect(service.counters.installed.count >= before + 20, "waited 60 s for 20 megaflows")
            for bridge in round % 2 == 0 ? bridges : bridges.reversed() { bridge.close() }
            #expect(bridges.map(\.flowCount.count) == [0, 0], "round \(round)")
            #expect(service.flows.count == 0 && service.bridges.isEmpty, "round \(round)")
        }
        pump.isDone.store(true, ordering: .relaxed)
        traffic.join()
        service.stop()
        #expect(datapath.flows.isEmpty && service.flows.count == 0)
        service.sweepOnce(now: SystemClock.now() + .seconds(3600))
        #expect(service.recirculation.count == 0)
    }
}
