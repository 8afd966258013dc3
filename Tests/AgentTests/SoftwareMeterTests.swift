import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Meters that the datapath cannot have")
struct SoftwareMeterTests {
    private static let remarking = MeterConfiguration(
        bands: [MeterBand(kind: .dscpRemark(precedenceLevel: 1), rate: 1, burstSize: 2)])
    private static let identifier = MeterID(rawValue: 5)

    /// What `raise(by: 1)` makes of AF11, and what has no drop precedence.
    private func frame(_ tos: UInt8) -> TestFrame {
        var ip = TestFrame.IP()
        ip.tos = tos
        return TestFrame(payload: .ipv4(ip))
    }

    private func meter(_ kinds: DatapathMeter.BandKind...) -> DatapathMeter {
        DatapathMeter(unit: .packets, bands: kinds.map { .init(kind: $0, rate: 1, burst: 2) })
    }

    /// A bridge whose packets pass a meter of the handlers' on their way to table 1, which looks at the code point.
    private func fixture(_ meter: DatapathMeter) throws -> (fixture: UpcallFixture, number: UInt32) {
        let fixture = try UpcallFixture { tables in
            tables.add(instructions: [.meter(Self.identifier), .gotoTable(TableID(rawValue: 1))])
            tables.add(
                table: 1, [MatchEntry(.etherType, 0x0800), MatchEntry(.ipDSCP, 12)], actions: [output(2)])
            tables.add(table: 1, priority: 1, actions: [output(3)])
        }
        let number = try fixture.bridge.setMeter(nil, meter)
        fixture.change {
            $0.meters[Self.identifier] = SwitchMeter(Self.remarking, datapathNumber: number, created: .zero)
        }
        return (fixture, number)
    }

    @Test("packets above the rate are remarked in the slow path, and go on in the datapath with what they became")
    func remark() throws {
        let (fixture, number) = try self.fixture(self.meter(.remark(precedenceLevel: 1)))
        for _ in 0..<3 { fixture.miss(self.frame(0x28)) }
        let executions = fixture.datapath.takeExecutions()
        #expect(executions.map(\.actions) == [[.recirculate(1)], [.recirculate(1)], [.recirculate(1)]])
        #expect(executions.map { $0.packet[15] } == [0x28, 0x28, 0x30])
        #expect(executions.map { $0.packet } == [0x28, 0x28, 0x30].map { self.frame($0).bytes })
        let flow = try #require(fixture.datapath.flows.first)
        #expect(flow.actions == [.userspace(userdata: UpcallCookie.slowPath([.meter]).userdata)])
        #expect(SlowPathReasons.meter.text == "meter that the datapath cannot have")
        var key = self.frame(0x30).key(inPort: 101)
        key.recirculationID = 1
        fixture.handle([Upcall(reason: .miss, key: key, packet: self.frame(0x30).bytes)])
        #expect(fixture.datapath.takeExecutions().map(\.actions) == [[out(2)]])
        let counters = try #require(fixture.bridge.meterCounters(number))
        #expect(counters.input.packets == 3 && counters.bands.map(\.packets) == [1])
        // A second later there is a token again.
        fixture.miss(self.frame(0x28), at: UpcallFixture.start + .seconds(1))
        #expect(fixture.datapath.takeExecutions().map { $0.packet[15] } == [0x28])
    }

    @Test("packets above the rate of a band that drops are dropped, and counted")
    func drop() throws {
        let (fixture, number) = try self.fixture(self.meter(.drop, .remark(precedenceLevel: 2)))
        for _ in 0..<4 { fixture.miss(self.frame(0)) }
        #expect(fixture.datapath.takeExecutions().count == 2)
        #expect(fixture.bridge.meterCounters(number)?.bands.map(\.packets) == [2, 0])
        fixture.bridge.removeMeter(number)
        fixture.miss(self.frame(0))
        #expect(fixture.datapath.takeExecutions().count == 1 && fixture.bridge.meterCounters(number) == nil)
    }

    @Test("in a copy that the datapath makes, a meter ends that copy alone")
    func copies() throws {
        let service = try DatapathService(backend: ScriptedDatapath())
        let number = try #require(service.softwareMeters.add(self.meter(.drop)))
        for wrap in [{ DatapathAction.clone($0) }, { DatapathAction.sample(probability: .max, $0) }]
            as [([DatapathAction]) -> DatapathAction]
        {
            service.softwareMeters.set(number, self.meter(.drop))
            let actions = [wrap([.meter(number), out(2)]), out(3)]
            var sent: [[DatapathAction]] = []
            for _ in 0..<3 {
                let metering = PacketReplay.Metering(meters: service.softwareMeters, now: UpcallFixture.start)
                let frame = TestFrame()
                var replay = try PacketReplay(
                    actions, on: frame.bytes, key: frame.key(inPort: 101), metering: metering)
                let executions = replay.executions()
                sent += try #require(executions).map(\.actions)
            }
            #expect(sent == [[out(2)], [out(3)], [out(2)], [out(3)], [out(3)]])
        }
    }

    @Test("a meter is the datapath's where that can have it, and moves when it is changed")
    func moves() throws {
        let fixture = try UpcallFixture { _ in }
        let bridge = fixture.bridge
        #expect(bridge.meterAbilities.remarks && bridge.meterAbilities.bandLimit == 8)
        let first = try bridge.setMeter(nil, self.meter(.drop))
        #expect(first == 0 && !SoftwareMeters.contains(first))
        #expect(try bridge.setMeter(first, self.meter(.drop)) == first)
        #expect(!bridge.keepsMeter(first, as: self.meter(.drop, .drop)))
        #expect(throws: DatapathError.self) { try bridge.setMeter(first, self.meter(.drop, .drop)) }
        let second = try bridge.setMeter(nil, self.meter(.drop, .drop))
        #expect(SoftwareMeters.contains(second))
        #expect(try bridge.setMeter(second, self.meter(.remark(precedenceLevel: 1))) == second)
        #expect(fixture.datapath.state.withLock { $0.meters.count } == 1)
        bridge.removeMeter(first)
        #expect(fixture.datapath.state.withLock { $0.meters.isEmpty })
        #expect(!bridge.keepsMeter(second, as: self.meter(.drop)))
        #expect(try bridge.setMeter(nil, self.meter(.drop)) == 0)
        bridge.removeMeter(second)
        #expect(try bridge.setMeter(nil, self.meter(.remark(precedenceLevel: 1))) == second)
    }

    @Test("what a meter changes is looked at when the datapath has parsed it again; what is not looked at is not")
    func parsing() {
        var fixture = TranslationFixture()
        fixture.capabilities.recirculation = true
        fixture.recirculation = RecirculationTable()
        fixture.pipeline.meters[Self.identifier] = SwitchMeter(Self.remarking, datapathNumber: 42, created: .zero)
        fixture.pipeline.add(instructions: [.meter(Self.identifier), .applyActions([output(2)])])
        #expect(fixture.translate().actions == [.meter(42), out(2)])
        fixture.pipeline.tables = [:]
        fixture.pipeline.add(instructions: [.meter(Self.identifier), .gotoTable(TableID(rawValue: 1))])
        #expect(fixture.translate().actions == [.meter(42), .recirculate(1)])
        #expect(fixture.translate().slowPath == [])
    }

    @Test("what only the handlers can do is done behind the datapath's meter, which then measures each packet once")
    func behindMeter() {
        var fixture = TranslationFixture()
        fixture.capabilities.recirculation = true
        fixture.capabilities.softwareHeaders = false
        fixture.recirculation = RecirculationTable()
        let dropping = MeterConfiguration(bands: [MeterBand(kind: .drop, rate: 1)])
        fixture.pipeline.meters[Self.identifier] = SwitchMeter(dropping, datapathNumber: 42, created: .zero)
        let push = Action.pushPBB(.pbb)
        for instructions: [Instruction] in [
            [.meter(Self.identifier), .applyActions([push, output(2), output(3)])],
            [.applyActions([.meter(Self.identifier), push, output(2), output(3)])],
            [.meter(Self.identifier), .writeActions([push, output(2)])],
        ] {
            fixture.pipeline.tables = [:]
            fixture.pipeline.add(instructions: instructions)
            let translation = fixture.translate()
            #expect(translation.actions.first == .meter(42) && translation.actions.count == 2)
            guard case .recirculate? = translation.actions.last else {
                Issue.record("\(translation.actions)")
                continue
            }
            #expect(translation.slowPath == [])
        }
        // What it can do itself stays in one piece.
        fixture.pipeline.tables = [:]
        fixture.pipeline.add(instructions: [.meter(Self.identifier), .applyActions([output(2), output(3)])])
        #expect(fixture.translate().actions == [.meter(42), out(2), out(3)])
    }

    @Test("packets go to controllers only when the meters before that have let them pass")
    func controllers() {
        var fixture = TranslationFixture()
        fixture.capabilities.recirculation = true
        fixture.recirculation = RecirculationTable()
        let dropping = MeterConfiguration(bands: [MeterBand(kind: .drop, rate: 1)])
        fixture.pipeline.meters[Self.identifier] = SwitchMeter(dropping, datapathNumber: 42, created: .zero)
        for action in [output(.controller), .controllerOutput(ControllerOutput())] {
            fixture.pipeline.tables = [:]
            fixture.pipeline.add(instructions: [.meter(Self.identifier), .applyActions([output(2), action])])
            let translation = fixture.translate()
            #expect(translation.actions.prefix(2) == [.meter(42), out(2)] && translation.actions.count == 3)
            #expect(translation.packetIns.isEmpty && translation.slowPath == [])
        }
        // Times to live that are not over lead nowhere.
        fixture.pipeline.tables = [:]
        fixture.pipeline.add(
            instructions: [.meter(Self.identifier), .applyActions([.decrementNetworkTTL, output(2)])])
        #expect(fixture.translate().actions.count == 3 && fixture.translate().actions.last == out(2))
        var ip = TestFrame.IP()
        ip.ttl = 1
        let over = fixture.translate(TestFrame(payload: .ipv4(ip)))
        #expect(over.actions.count == 2 && over.packetIns.isEmpty)
    }
}
