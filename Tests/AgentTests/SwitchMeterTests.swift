import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("Meters as controllers change them")
struct SwitchMeterTests {
    private func meterMod(
        _ command: MeterMod.Command = .add, _ number: UInt32, _ flags: MeterFlags = [.packetsPerSecond, .burst],
        _ bands: [MeterBand] = [MeterBand(kind: .drop, rate: 10, burstSize: 5)]
    ) -> Message {
        .meterMod(MeterMod(command: command, flags: flags, meterID: MeterID(rawValue: number), bands: bands))
    }
    private func body(_ request: MultipartRequest.Body, _ harness: SwitchHarness, _ session: ControllerSession)
        -> MultipartReply.Body?
    {
        let replies = harness.request(.multipartRequest(MultipartRequest(body: request)), session)
        guard case .multipartReply(let part)? = replies.first else { return nil }
        return part.body
    }

    @Test("are added, told again as sent, modified and deleted", arguments: [OpenFlowVersion.v1_3, .v1_4, .v1_5])
    func life(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        let bands = [
            MeterBand(kind: .dscpRemark(precedenceLevel: 1), rate: 5, burstSize: 7),
            MeterBand(kind: .drop, rate: 9, burstSize: 0),
        ]
        #expect(
            harness.request(self.meterMod(.add, 7, [.kilobitsPerSecond, .burst, .statistics], bands), session) == [])
        #expect(
            self.body(.meterConfiguration(MeterID(rawValue: 7)), harness, session)
                == .meterConfiguration([
                    MeterConfiguration(
                        flags: [.kilobitsPerSecond, .burst, .statistics], meterID: MeterID(rawValue: 7), bands: bands)
                ]))
        #expect(
            harness.datapath.state.withLock { $0.meters }
                == [
                    0: DatapathMeter(
                        unit: .kilobits,
                        bands: [
                            .init(kind: .remark(precedenceLevel: 1), rate: 5, burst: 7),
                            .init(kind: .drop, rate: 9, burst: 0),
                        ])
                ])
        harness.datapath.state.withLock {
            $0.meterCounters[0] = MeterCounters(
                input: .init(packets: 8, bytes: 800), bands: [.init(packets: 3, bytes: 300), .init()])
        }
        harness.now = harness.now + .seconds(4)
        guard case .meter(let statistics)? = self.body(.meter(.all), harness, session) else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.count == 1 && statistics[0].packetCount == 8 && statistics[0].durationSeconds == 4)
        #expect(statistics[0].bands.map(\.packetCount) == [3, 0])
        // Without the flag, burst sizes do not count.
        #expect(harness.request(self.meterMod(.modify, 7, .packetsPerSecond), session) == [])
        #expect(harness.datapath.state.withLock { $0.meters[0]?.bands.map(\.burst) } == [0])
        #expect(harness.request(self.meterMod(.delete, 9), session) == [])
        #expect(harness.request(self.meterMod(.delete, MeterID.all.rawValue), session) == [])
        #expect(harness.datapath.state.withLock { $0.meters.isEmpty })
    }

    @Test("faulty meter_mods are refused by the book")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        func error(_ message: Message) -> OpenFlowError.Code? { harness.error(message, session) }
        #expect(error(self.meterMod(.add, 1)) == nil)
        #expect(error(self.meterMod(.add, 1)) == .meterModMeterExists)
        #expect(error(self.meterMod(.modify, 2)) == .meterModUnknownMeter)
        #expect(error(self.meterMod(.add, 0)) == .meterModInvalidMeter)
        #expect(error(self.meterMod(.add, 0xffff_0001)) == .meterModInvalidMeter)
        #expect(error(self.meterMod(.add, 2, [.packetsPerSecond, .kilobitsPerSecond])) == .meterModBadFlags)
        #expect(error(self.meterMod(.add, 2, [], [MeterBand(kind: .drop, rate: 0)])) == .meterModBadRate)
        let three = [MeterBand](repeating: MeterBand(kind: .drop, rate: 1), count: 3)
        #expect(error(self.meterMod(.add, 2, [], three)) == .meterModOutOfBands)
        let remark = MeterBand(kind: .dscpRemark(precedenceLevel: 0), rate: 1)
        #expect(error(self.meterMod(.add, 2, [], [remark])) == .meterModBadBandValue)
        #expect(error(self.meterMod(.add, 2, [], [MeterBand(kind: .experimenter(5, []), rate: 1)])) == .meterModBadBand)
        for number in 2...4 as ClosedRange<UInt32> { #expect(error(self.meterMod(.add, number)) == nil) }
        #expect(error(self.meterMod(.add, 5)) == .meterModOutOfMeters)
        #expect(
            error(.multipartRequest(MultipartRequest(body: .meter(MeterID(rawValue: 9))))) == .meterModUnknownMeter)
    }

    @Test("flows name meters that are there, and go with them", arguments: [OpenFlowVersion.v1_4, .v1_5])
    func flows(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        func flow(_ number: UInt32, _ cookie: UInt64) -> Message {
            SwitchHarness.flowMod(.add, UInt32(cookie), cookie: cookie) {
                $0.flags = .sendFlowRemoved
                let meter = MeterID(rawValue: number)
                $0.instructions =
                    version == .v1_5
                    ? [.applyActions([.meter(meter), output(1)])] : [.meter(meter), .applyActions([output(1)])]
            }
        }
        #expect(harness.error(flow(3, 1), session) == (version == .v1_5 ? .actionBadMeter : .meterModUnknownMeter))
        harness.request(self.meterMod(.add, 3), session)
        #expect(harness.request(flow(3, 1), session) == [])
        harness.request(SwitchHarness.flowMod(.add, 9, cookie: 9), session)
        guard case .meter(let statistics)? = self.body(.meter(.all), harness, session) else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.map(\.flowCount) == [1])
        let replies = harness.request(self.meterMod(.delete, 3), session)
        guard case .flowRemoved(let removed)? = replies.first else {
            Issue.record("\(replies)")
            return
        }
        #expect(removed.reason == .meterDelete && replies.count == 1)
        #expect(harness.flows(session).map(\.cookie.rawValue) == [9])
    }

    @Test("the controllers' meter drops packet-ins above its rate, and counts them")
    func controllers() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let number = MeterID.controller.rawValue
        harness.request(
            self.meterMod(.add, number, [.packetsPerSecond, .burst], [MeterBand(kind: .drop, rate: 1, burstSize: 2)]),
            session)
        let event = PacketInEvent(
            packet: [UInt8](repeating: 0, count: 60), reason: .applyAction, table: TableID(rawValue: 0), cookie: .none,
            maximumLength: 0xffff, controllerID: 0, inPort: .local)
        harness.control.deliver([event, event, event], now: harness.now)
        #expect(harness.take(session).count == 2)
        harness.control.deliver([event], now: harness.now + .seconds(1))
        #expect(harness.take(session).count == 1)
        guard case .meter(let statistics)? = self.body(.meter(.controller), harness, session) else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.first?.packetCount == 4 && statistics.first?.bands.map(\.packetCount) == [1])
        harness.request(self.meterMod(.delete, number), session)
        harness.control.deliver([event, event, event], now: harness.now)
        #expect(harness.take(session).count == 3)
    }

    @Test("a controller action's meter limits what it sends, and tells of it beside what the datapath counts")
    func controllerAction() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        var output = ControllerOutput()
        output.meter = MeterID(rawValue: 2)
        let flow = SwitchHarness.flowMod(.add, 1) { $0.instructions = [.applyActions([.controllerOutput(output)])] }
        // 1.3 has no word of its own for a meter that is not there.
        #expect(harness.error(flow, session) == .actionBadArgument)
        let bands = [MeterBand(kind: .drop, rate: 1, burstSize: 2)]
        harness.request(self.meterMod(.add, 2, [.packetsPerSecond, .burst], bands), session)
        #expect(harness.request(flow, session) == [])
        harness.datapath.state.withLock {
            $0.meterCounters[0] = MeterCounters(
                input: .init(packets: 10, bytes: 100), bands: [.init(packets: 1, bytes: 10)])
        }
        let event = PacketInEvent(
            packet: [UInt8](repeating: 0, count: 60), reason: .applyAction, table: TableID(rawValue: 0), cookie: .none,
            maximumLength: 0xffff, controllerID: 0, inPort: .local, meter: MeterID(rawValue: 2))
        harness.control.deliver([event, event, event], now: harness.now)
        #expect(harness.take(session).count == 2)
        guard case .meter(let statistics)? = self.body(.meter(MeterID(rawValue: 2)), harness, session) else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.map(\.flowCount) == [1])
        #expect(statistics.first?.packetCount == 13 && statistics.first?.bands.map(\.packetCount) == [2])
        // The flow goes with its meter; what is on its way then is not held back.
        harness.request(self.meterMod(.delete, 2), session)
        #expect(harness.flows(session).isEmpty)
        harness.control.deliver([event, event, event], now: harness.now)
        #expect(harness.take(session).count == 3)
    }

    @Test("features tell what the datapath's meters can do")
    func features() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        #expect(
            self.body(.meterFeatures, harness, session)
                == .meterFeatures(
                    MeterFeatures(
                        maximumMeters: 4, bandTypes: 6, capabilities: 15, maximumBands: 2, features: 7)))
    }

    @Test("a meter is a datapath action where it stands; in a group's bucket it measures a copy")
    func translation() {
        var fixture = TranslationFixture()
        fixture.capabilities.clone = true
        fixture.pipeline.meters[MeterID(rawValue: 5)] = SwitchMeter(
            MeterConfiguration(), datapathNumber: 42, created: .zero)
        fixture.pipeline.add(instructions: [.meter(MeterID(rawValue: 5)), .applyActions([output(2)])])
        #expect(fixture.translate().actions == [.meter(42), out(2)])
        fixture.pipeline.tables = [:]
        fixture.pipeline.addGroup(1, .all, [[.meter(MeterID(rawValue: 5)), output(2)], [output(3)]])
        fixture.pipeline.add(actions: [.group(GroupID(rawValue: 1))])
        #expect(fixture.translate().actions == [.clone([.meter(42), out(2)]), out(3)])
        // Packets for the slow path are measured before they come up.
        fixture.pipeline.meters[.slowPath] = SwitchMeter(MeterConfiguration(), datapathNumber: 9, created: .zero)
        fixture.pipeline.tables = [:]
        fixture.pipeline.add(actions: [output(.controller)])
        #expect(fixture.translate().installableActions.first == .meter(9))
        #expect(fixture.translate().installableActions.count == 2)
    }
}
