import OpenFlow
import Testing

@testable import Agent

@Suite("Flows that packets teach a switch")
struct SwitchLearningTests {
    private func flow(_ address: UInt64, limit: UInt32 = 0, table: UInt8 = 1, idle: UInt16 = 10) -> LearnedFlow {
        LearnedFlow(
            flowMod: FlowMod(
                cookie: Cookie(rawValue: 7), tableID: TableID(rawValue: table), idleTimeoutSeconds: idle,
                match: Match([MatchEntry(.ethernetDestination, address)]),
                instructions: [.applyActions([.output(PortNumber(rawValue: 2), maximumLength: 0xffff)])]),
            limit: limit)
    }

    private func flows(_ harness: SwitchHarness) -> Int { harness.pipeline.read { $0.flowCount } }

    @Test("are added by the one door, refreshed when taught again, and expire when no longer taught")
    func life() {
        let harness = SwitchHarness()
        var origins: [ChangeOrigin] = []
        harness.control.changeObserver = { origins.append($0.origin) }
        harness.control.learn([self.flow(1), self.flow(2)], now: harness.now)
        #expect(self.flows(harness) == 2 && origins == [.learning, .learning])
        harness.now = harness.now + .seconds(8)
        harness.control.learn([self.flow(1)], now: harness.now)
        #expect(origins.count == 2)
        harness.now = harness.now + .seconds(5)
        _ = harness.control.runExpiry(now: harness.now)
        #expect(self.flows(harness) == 1)
        harness.control.learn([self.flow(2)], now: harness.now)
        #expect(self.flows(harness) == 2)
    }

    @Test("keep to the action's limit, and are counted where they are refused")
    func limits() {
        let harness = SwitchHarness()
        harness.control.learn((1...5).map { self.flow($0, limit: 3) }, now: harness.now)
        #expect(self.flows(harness) == 3 && harness.control.counters.learnedFlowsRefused == 2)
        harness.control.learn([self.flow(1, table: 255)], now: harness.now)
        #expect(harness.control.counters.learnedFlowsRefused == 3)
        harness.now = harness.now + .seconds(60)
        _ = harness.control.runExpiry(now: harness.now)
        harness.control.learn([self.flow(9, limit: 3)], now: harness.now)
        #expect(self.flows(harness) == 1)
    }
}
