import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Statistics told without being asked for (1.5)")
struct SwitchStatisticsTriggerTests {
    private static func trigger(
        _ flags: StatisticsTrigger.Flags, _ thresholds: ExtensibleStatistics
    ) -> StatisticsTrigger {
        var trigger = StatisticsTrigger()
        trigger.flags = flags
        trigger.thresholds = thresholds
        return trigger
    }

    private static func flowMod(_ trigger: StatisticsTrigger, _ command: FlowMod.Command = .add, cookie: UInt64 = 1)
        -> Message
    {
        SwitchHarness.flowMod(command, 1, cookie: cookie) {
            $0.instructions += [.statisticsTrigger(trigger)]
        }
    }

    private static func counters(_ messages: [Message]) -> [FlowCounters] {
        messages.flatMap { message -> [FlowCounters] in
            guard case .multipartReply(let reply) = message, case .flowCounters(let entries) = reply.body else {
                Issue.record("\(message)")
                return []
            }
            return entries
        }
    }

    /// Lets time go on to the next look at counters, and takes what a session is told.
    private func look(_ harness: SwitchHarness, _ session: ControllerSession) -> [FlowCounters] {
        harness.now = harness.now + StatisticsTriggers.interval
        _ = harness.control.runExpiry(now: harness.now)
        return Self.counters(harness.take(session))
    }

    @Test(
        "thresholds are crossed once, at each multiple, or the first of them only",
        arguments: [
            // Packets and bytes by look, and at which looks the flow is told.
            ([], [(99, 0), (100, 0), (250, 999), (260, 1_000), (900, 9_000)], [1, 3]),
            (.periodic, [(99, 0), (100, 0), (199, 0), (450, 0), (451, 2_500), (500, 2_600)], [1, 3, 4, 5]),
            (.onlyFirst, [(99, 0), (99, 1_000), (500, 9_000)], [1]),
            ([.periodic, .onlyFirst], [(99, 0), (99, 1_000), (500, 1_500), (500, 2_000)], [1, 3]),
        ] as [(StatisticsTrigger.Flags, [(UInt64, UInt64)], [Int])])
    func thresholds(flags: StatisticsTrigger.Flags, looks: [(UInt64, UInt64)], told: [Int]) {
        let trigger = Self.trigger(flags, ExtensibleStatistics(packetCount: 100, byteCount: 1_000))
        let flow = RuleReference(table: 0, slot: 1, generation: 1)
        var triggers = StatisticsTriggers()
        triggers.set(flow, trigger, now: .zero)
        let crossed = looks.indices.filter { index in
            triggers.check(
                flow, trigger, StatisticsTriggers.Counts(packets: looks[index].0, bytes: looks[index].1))
        }
        #expect(crossed == told)
        // A flow whose instructions are others is no longer looked at.
        #expect(!triggers.check(flow, nil, StatisticsTriggers.Counts(packets: 9_999)) && triggers.isEmpty)
        #expect(triggers.nextDeadline == nil)
    }

    @Test("the time without packets begins anew with each packet")
    func idle() {
        let trigger = Self.trigger(.periodic, ExtensibleStatistics(idleSeconds: 10))
        let flow = RuleReference(table: 0, slot: 1, generation: 1)
        var triggers = StatisticsTriggers()
        triggers.set(flow, trigger, now: .zero)
        let told = ([9, 10, 15, 20, 3, 9, 11] as [UInt64]).map {
            triggers.check(flow, trigger, StatisticsTriggers.Counts(idleNanoseconds: $0 * 1_000_000_000))
        }
        #expect(told == [false, true, false, true, false, false, true])
    }

    @Test("a flow is told to the sessions that want that, each multiple once, as long as it has the trigger")
    func tells() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        let old = harness.connect(.v1_3)
        let deaf = harness.connect(.v1_5)
        var config = AsyncConfig()
        config[.flowStatistics, .primary] = 0
        #expect(harness.request(.setAsync(config), deaf).isEmpty)
        var thresholds = ExtensibleStatistics(durationSeconds: 3_600, packetCount: 100)
        thresholds.durationNanoseconds = 0
        let trigger = Self.trigger(.periodic, thresholds)
        #expect(harness.request(Self.flowMod(trigger), session).isEmpty)
        #expect(harness.flows(session).first?.instructions.last == .statisticsTrigger(trigger))
        #expect(self.look(harness, session).isEmpty)
        harness.credit(1, packets: 250)
        let told = self.look(harness, session)
        #expect(told.count == 1 && told.first?.reason == .trigger && told.first?.priority == 100)
        #expect(told.first?.statistics.packetCount == 250 && told.first?.statistics.byteCount == 25_000)
        #expect(self.look(harness, session).isEmpty)
        harness.credit(1, packets: 60)
        #expect(self.look(harness, session).map(\.statistics.packetCount) == [310])
        // By time, too.
        harness.now = harness.now + .seconds(3_600)
        #expect(self.look(harness, session).count == 1)
        #expect(harness.take(old).isEmpty && harness.take(deaf).isEmpty)
        // A modify begins anew: what has been counted is at once above the new threshold.
        let next = Self.trigger([], ExtensibleStatistics(packetCount: 300))
        harness.request(Self.flowMod(next, .modify), session)
        #expect(self.look(harness, session).count == 1)
        harness.request(SwitchHarness.flowMod(.modify, 1, output: 2), session)
        harness.credit(1, packets: 1_000)
        #expect(self.look(harness, session).isEmpty && harness.control.triggers.isEmpty)
        // What a bundle takes back is not told of.
        harness.request(Self.flowMod(trigger), session)
        harness.request(SwitchHarness.flowMod(.deleteStrict, 1), session)
        #expect(self.look(harness, session).isEmpty && harness.control.triggers.isEmpty)
    }

    @Test("faulty triggers are refused; tables say that they take triggers")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        func error(_ flags: UInt32, _ thresholds: ExtensibleStatistics) -> OpenFlowError.Code? {
            harness.error(Self.flowMod(Self.trigger(.init(rawValue: flags), thresholds)), session)
        }
        #expect(error(8, ExtensibleStatistics(packetCount: 1)) == .instructionUnsupported)
        #expect(error(1, ExtensibleStatistics(flowCount: 1)) == .matchBadField)
        #expect(error(1, ExtensibleStatistics(byteCount: 0)) == .matchBadValue)
        let features = TableAbility.features(of: 0, tableCount: 254, maximumEntries: 1, in: .v1_5)
        let hasTriggers = features.properties.contains { property in
            if case .instructions(let list, miss: false) = property { list.contains { $0.type == 7 } } else { false }
        }
        #expect(hasTriggers)
    }

    @Test("the counters of flows are told when they are asked for, without instructions")
    func request() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_5)
        for number in 0..<500 as Range<UInt32> {
            harness.send(SwitchHarness.flowMod(.add, number, cookie: UInt64(number)), session)
        }
        harness.credit(7, packets: 7)
        harness.request(
            SwitchHarness.flowMod(.add, 1_000, cookie: 1_000) { $0.flags = [.noPacketCounts, .noByteCounts] }, session)
        var request = FlowStatisticsRequest()
        let all = Self.counters(
            harness.request(.multipartRequest(MultipartRequest(body: .flowCounters(request))), session))
        #expect(all.count == 501 && all.allSatisfy { $0.reason == .request && $0.statistics.durationSeconds != nil })
        (request.cookie, request.cookieMask) = (Cookie(rawValue: 7), .max)
        let one = Self.counters(
            harness.request(.multipartRequest(MultipartRequest(body: .flowCounters(request))), session))
        #expect(one.map(\.statistics.packetCount) == [7] && one.map(\.statistics.byteCount) == [700])
        // What is not counted is not told.
        request.cookie = Cookie(rawValue: 1_000)
        let silent = Self.counters(
            harness.request(.multipartRequest(MultipartRequest(body: .flowCounters(request))), session))
        #expect(silent.map(\.statistics.packetCount) == [nil] && silent.map(\.statistics.byteCount) == [nil])
    }
}
