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

    @Test("are learned within the limit of flows of their cookie, whoever added these")
    func mayLearn() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        for number in 1...3 as ClosedRange<UInt32> {
            harness.request(
                SwitchHarness.flowMod(.add, number, cookie: 7) { $0.tableID = TableID(rawValue: 1) },
                session)
        }
        let present = self.flow(9)
        harness.control.learn([present], now: harness.now)
        let answers = harness.pipeline.read { state in
            [
                state.mayLearn(self.flow(1).flowMod, limit: 5), state.mayLearn(self.flow(1).flowMod, limit: 4),
                // One that is there is refreshed whatever the limit.
                state.mayLearn(present.flowMod, limit: 4),
            ]
        }
        #expect(answers == [true, false, true])
    }

    @Test("go when the last flow that teaches them has gone, by whatever way, and only then")
    func deleteLearned() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        var learn = Learn()
        (learn.table, learn.cookie, learn.flags) = (
            TableID(rawValue: 1), Cookie(rawValue: 7), .deleteLearned
        )
        func teach(_ number: UInt32, _ command: FlowMod.Command = .add, hard: UInt16 = 0) {
            let message = SwitchHarness.flowMod(command, number, cookie: UInt64(100 + number)) {
                $0.instructions = command == .delete ? [] : [.applyActions([.learn(learn)])]
                $0.hardTimeoutSeconds = hard
                if command == .delete { ($0.cookie, $0.cookieMask) = (.none, 0) }
            }
            #expect(harness.request(message, session).isEmpty)
        }
        func settle() { for _ in 0..<10 { _ = harness.control.runExpiry(now: harness.now) } }
        func learned() -> Int {
            harness.pipeline.read {
                Int($0.flowCount(of: Cookie(rawValue: 7), in: TableID(rawValue: 1), upTo: 9_999))
            }
        }
        func lessons(_ count: UInt64) {
            harness.control.learn((1...count).map { self.flow($0, idle: 0) }, now: harness.now)
        }
        teach(1)
        teach(2)
        lessons(3)
        teach(1, .delete)
        settle()
        #expect(learned() == 3)
        // A modification that no longer teaches.
        harness.request(SwitchHarness.flowMod(.modify, 2), session)
        settle()
        #expect(learned() == 0)
        // Expiry, with more flows than a turn removes.
        teach(3, hard: 5)
        lessons(2_500)
        #expect(learned() == 2_500)
        harness.now = harness.now + .seconds(6)
        settle()
        #expect(learned() == 0)
        // A replacement that still teaches, then the whole table at once.
        teach(4)
        teach(4)
        lessons(2)
        settle()
        #expect(learned() == 2)
        harness.request(
            SwitchHarness.flowMod(.delete, 0) { ($0.match, $0.tableID) = (.any, TableID(rawValue: 0)) },
            session)
        settle()
        #expect(learned() == 0)
    }
}
