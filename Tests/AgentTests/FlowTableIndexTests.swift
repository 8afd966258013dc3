import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("The indices of a flow table")
struct FlowTableIndexTests {
    @Test("find lists by what their rules have in common, as a dictionary does, however many come and go")
    func slotIndex() {
        var generator = SeededGenerator(state: 5)
        var rules = RuleSlab()
        var index = SlotIndex(.cookie, seed: 77)
        var expected: [UInt64: UInt32] = [:]
        var free: [UInt32] = []
        func check(_ wrong: Int, _ round: Int) { #expect(wrong == 0, "round \(round)") }
        // Up to tens of thousands, and down again: segments are split and joined.
        for round in 0..<120_000 {
            let grows = round < 60_000
            if Int.random(in: 0..<10, using: &generator) < (grows ? 7 : 3) || expected.isEmpty {
                let slot = free.popLast() ?? rules.take()
                let cookie = UInt64.random(in: 0..<1 << 40, using: &generator)
                guard expected[cookie] == nil else { continue }
                rules[slot].pointee.cookie = Cookie(rawValue: cookie)
                if index.set(cookie, to: slot, in: rules) != RuleSlab.none { check(1, round) }
                expected[cookie] = slot
            } else if let (cookie, slot) = expected.first {
                if index.find(cookie, in: rules) != slot { check(1, round) }
                index.remove(cookie, in: rules)
                if index.find(cookie, in: rules) != RuleSlab.none { check(1, round) }
                expected[cookie] = nil
                free.append(slot)
            }
            guard round % 10_000 == 0 else { continue }
            var wrong = 0
            for (cookie, slot) in expected where index.find(cookie, in: rules) != slot { wrong += 1 }
            var seen: Set<UInt32> = []
            index.visit { seen.insert($0) }
            check(wrong + (seen == Set(expected.values) ? 0 : 1) + (index.count == expected.count ? 0 : 1), round)
        }
        for (cookie, _) in expected { index.remove(cookie, in: rules) }
        check(index.count, 120_000)
    }

    @Test("give rules in the order of their deadlines, over many chunks")
    func expiryHeap() {
        var generator = SeededGenerator(state: 6)
        var rules = RuleSlab()
        var heap = ExpiryHeap()
        var deadlines: [UInt32: UInt64] = [:]
        for _ in 0..<15_000 {
            let slot = rules.take()
            let deadline = UInt64.random(in: 0..<1_000_000, using: &generator)
            heap.set(slot, deadline: MonotonicTime(nanoseconds: deadline), in: rules)
            deadlines[slot] = deadline
        }
        // Some move, some go.
        for slot in 0..<15_000 as Range<UInt32> where slot % 3 != 0 {
            if slot % 3 == 1 {
                heap.remove(slot, in: rules)
                deadlines[slot] = nil
            } else {
                let deadline = UInt64.random(in: 0..<1_000_000, using: &generator)
                heap.set(slot, deadline: MonotonicTime(nanoseconds: deadline), in: rules)
                deadlines[slot] = deadline
            }
        }
        var wrong = heap.count == deadlines.count ? 0 : 1
        for expected in deadlines.values.sorted() {
            if heap.nextDeadline != MonotonicTime(nanoseconds: expected) { wrong += 1 }
            guard let slot = heap.nextSlot else { break }
            if deadlines[slot] != expected { wrong += 1 }
            heap.remove(slot, in: rules)
        }
        #expect(wrong == 0 && heap.count == 0 && heap.nextDeadline == nil)
    }
}

@Suite("Work on very many flows")
struct SlicedWorkTests {
    private static let count: UInt32 = 20_000

    private static func filled(hard: UInt16 = 0) -> (SwitchHarness, ControllerSession) {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        for number in 0..<Self.count {
            harness.send(
                SwitchHarness.flowMod(.add, number, cookie: UInt64(number)) { $0.hardTimeoutSeconds = hard }, session)
        }
        return (harness, session)
    }

    @Test("is done in steps of a thousand changes and some thousand looks, with nothing met twice")
    func jobs() {
        let (harness, session) = Self.filled()
        var flowMod = FlowMod(tableID: .all, command: .delete)
        (flowMod.cookie, flowMod.cookieMask) = (Cookie(rawValue: 1), 3)
        var selector = FlowSelector()
        (selector.cookie, selector.cookieMask) = (flowMod.cookie, flowMod.cookieMask)
        let context = RequestContext(
            session: session, transactionID: TransactionID(rawValue: 1), now: harness.now, bytes: [])
        var job = FlowJob(flowMod, selector, tables: [TableID(rawValue: 0)], context)
        var met: Set<RuleReference> = []
        var steps: [Int] = []
        while let found = harness.pipeline.read({ job.next($0) }) {
            steps.append(found.count)
            met.formUnion(found)
        }
        #expect(met.count == Int(Self.count) / 4 && steps.reduce(0, +) == met.count)
        #expect(steps.count >= 5 && steps.allSatisfy { $0 <= 1_024 })
    }

    @Test("expires some thousand flows a turn, and asks to go on at once")
    func expiry() {
        let (harness, session) = Self.filled(hard: 10)
        let other = harness.connect(.v1_3)
        harness.now = harness.now + .seconds(10)
        var left: [Int] = []
        repeat {
            let next = harness.control.runExpiry(now: harness.now)
            left.append(harness.pipeline.read { $0.flowCount })
            // Others have their turns in between.
            #expect(harness.request(.barrierRequest, other) == [.barrierReply])
            #expect(left.last == 0 || next == harness.now)
        } while left.last != 0 && left.count < 100
        #expect(left.count >= 5 && harness.control.counters.expiredFlows == UInt64(Self.count))
        for (before, after) in zip([Int(Self.count)] + left, left) { #expect(before - after <= 4_096) }
        #expect(harness.take(session).isEmpty)
    }

    @Test("looks at some thousand flows a turn where a dump finds few of them")
    func dumps() throws {
        let (harness, _) = Self.filled()
        var selector = FlowSelector()
        (selector.cookie, selector.cookieMask) = (Cookie(rawValue: 7), 0xfff)
        var dump = try FlowDump(
            .flow, sequence: 1, selector: selector, tables: [TableID(rawValue: 0)], version: .v1_3,
            transactionID: .unsolicited)
        var pauses = 0
        while case .paused = harness.pipeline.read({ dump.write($0, upTo: 1 << 20, now: harness.now) }) { pauses += 1 }
        #expect(pauses >= Int(Self.count) / FlowDump.slotsPerSlice)
    }
}
