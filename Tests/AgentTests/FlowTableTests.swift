import Datapath
import OpenFlow
import Testing

@testable import Agent

extension MonotonicTime {
    /// A moment of a simulated clock.
    static func seconds(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(seconds * 1_000_000_000))
    }
}

@Suite("A flow table")
struct FlowTableTests {
    private static func flow(
        _ destination: UInt32, priority: Int32 = 100, cookie: UInt64 = 0, output: UInt32 = 1, idle: UInt16 = 0,
        hard: UInt16 = 0
    ) -> FlowSpecification {
        var flow = FlowSpecification()
        (flow.key.etherType, flow.mask.etherType) = (0x0800, .max)
        (flow.key.ipv4Destination, flow.mask.ipv4Destination) = (destination, .max)
        flow.priority = priority
        flow.cookie = Cookie(rawValue: cookie)
        flow.idleTimeoutSeconds = idle
        flow.hardTimeoutSeconds = hard
        flow.instructions = InstructionList([
            .applyActions([.output(PortNumber(rawValue: output), maximumLength: 0)])
        ])
        return flow
    }

    private static func makeTable(maximumEntries: Int = 1_000) -> FlowTable {
        FlowTable(TableID(rawValue: 0), maximumEntries: maximumEntries, seed: 5)
    }

    @Test("keeps counters of a flow that is replaced, or not, as it is told")
    func replacement() throws {
        for resets in [false, true] {
            var table = Self.makeTable()
            let first = try table.add(Self.flow(1), resetsCounts: false, checksOverlap: false, now: .seconds(1))
            table.credit(first.reference, packets: 3, bytes: 300, at: .seconds(2))
            var flow = Self.flow(1, cookie: 9, output: 2)
            flow.flags = .sendFlowRemoved
            let second = try table.add(flow, resetsCounts: resets, checksOverlap: false, now: .seconds(5))
            #expect(second.replaced)
            #expect(table.flowCount == 1)
            // What other threads credit under the old name counts only where the counters live on.
            table.credit(first.reference, packets: 1, bytes: 100, at: .seconds(6))
            let statistics = table.statistics(of: second.reference.slot, at: .seconds(7))
            #expect(statistics.packetCount == (resets ? 0 : 4))
            #expect(statistics.byteCount == (resets ? 0 : 400))
            #expect(statistics.durationSeconds == 2)
            #expect(statistics.cookie == Cookie(rawValue: 9))
            #expect(statistics.flags == .sendFlowRemoved)
        }
    }

    @Test("refuses overlaps of equal priority when asked, and only those")
    func overlap() throws {
        var table = Self.makeTable()
        _ = try table.add(Self.flow(1), resetsCounts: false, checksOverlap: true, now: .zero)
        var wide = Self.flow(1)
        wide.mask.ipv4Destination = 0
        #expect(throws: OpenFlowError(.flowModOverlap)) {
            try table.add(wide, resetsCounts: false, checksOverlap: true, now: .zero)
        }
        wide.priority = 99
        _ = try table.add(wide, resetsCounts: false, checksOverlap: true, now: .zero)
        // The same flow again is no overlap.
        _ = try table.add(Self.flow(1), resetsCounts: false, checksOverlap: true, now: .zero)
        #expect(table.flowCount == 2)
    }

    @Test("refuses more flows than it may have, but not replacements")
    func limit() throws {
        var table = Self.makeTable(maximumEntries: 3)
        for destination in 1...3 as ClosedRange<UInt32> {
            _ = try table.add(Self.flow(destination), resetsCounts: false, checksOverlap: false, now: .zero)
        }
        #expect(throws: OpenFlowError(.flowModTableFull)) {
            try table.add(Self.flow(4), resetsCounts: false, checksOverlap: false, now: .zero)
        }
        let again = try table.add(Self.flow(2, output: 7), resetsCounts: false, checksOverlap: false, now: .zero)
        #expect(again.replaced)
    }

    @Test("ignores counters for a rule that is gone, whoever has its slot now")
    func staleReferences() throws {
        var table = Self.makeTable()
        let old = try table.add(Self.flow(1), resetsCounts: false, checksOverlap: false, now: .zero).reference
        table.remove(old.slot)
        table.credit(old, packets: 1, bytes: 1, at: .seconds(1))
        let new = try table.add(Self.flow(2), resetsCounts: false, checksOverlap: false, now: .zero).reference
        #expect(new.slot == old.slot && new != old)
        table.credit(old, packets: 1, bytes: 1, at: .seconds(1))
        #expect(table.statistics(of: new.slot, at: .seconds(2)).packetCount == 0)
        #expect(table.matchedCount == 0)
    }

    /// What a selection by the given filters finds, sorted.
    private static func find(
        _ table: borrowing FlowTable, _ change: (inout FlowSelector) -> Void
    ) -> [UInt32] {
        var selector = FlowSelector()
        change(&selector)
        var slots: [UInt32] = []
        table.select(selector, into: &slots)
        return slots.sorted()
    }

    @Test("selects by cookie, port and match, however flows come and go", arguments: 1...20)
    func selection(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        var table = Self.makeTable()
        var present: [UInt32: (destination: UInt32, cookie: UInt64, output: UInt32)] = [:]
        let lists = (1...4).map { Self.flow(1, output: $0).instructions }
        for _ in 0..<600 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                guard let slot = present.keys.sorted().randomElement(using: &generator) else { continue }
                table.remove(slot)
                present[slot] = nil
            case 1:
                guard let slot = present.keys.sorted().randomElement(using: &generator) else { continue }
                let cookie = UInt64.random(in: 0..<5, using: &generator)
                let output = UInt32.random(in: 1...4, using: &generator)
                table.modify(
                    slot, instructions: lists[Int(output) - 1], cookie: Cookie(rawValue: cookie), resetsCounts: false,
                    now: .zero)
                present[slot]?.cookie = cookie
                present[slot]?.output = output
            default:
                let destination = UInt32.random(in: 0..<200, using: &generator)
                let cookie = UInt64.random(in: 0..<5, using: &generator)
                let output = UInt32.random(in: 1...4, using: &generator)
                var flow = Self.flow(destination, cookie: cookie)
                flow.instructions = lists[Int(output) - 1]
                let added = try table.add(flow, resetsCounts: false, checksOverlap: false, now: .zero)
                present[added.reference.slot] = (destination, cookie, output)
            }
        }
        #expect(table.flowCount == present.count)
        for cookie in 0..<5 as Range<UInt64> {
            let whole = Self.find(table) { ($0.cookie, $0.cookieMask) = (Cookie(rawValue: cookie), .max) }
            #expect(whole == present.filter { $0.value.cookie == cookie }.keys.sorted(), "seed \(seed)")
            let odd = Self.find(table) { ($0.cookie, $0.cookieMask) = (Cookie(rawValue: cookie), 1) }
            #expect(odd == present.filter { ($0.value.cookie ^ cookie) & 1 == 0 }.keys.sorted(), "seed \(seed)")
        }
        for output in 1...4 as ClosedRange<UInt32> {
            let found = Self.find(table) { $0.outPort = PortNumber(rawValue: output) }
            #expect(found == present.filter { $0.value.output == output }.keys.sorted(), "seed \(seed)")
        }
        let low = Self.find(table) { ($0.key.ipv4Destination, $0.mask.ipv4Destination) = (0, 0xffff_ff80) }
        #expect(low == present.filter { $0.value.destination < 128 }.keys.sorted(), "seed \(seed)")
        #expect(Self.find(table) { _ in } == present.keys.sorted())
        for (slot, flow) in present {
            let exact = Self.flow(flow.destination)
            let strict = Self.find(table) {
                ($0.key, $0.mask, $0.strictPriority) = (exact.key, exact.mask, 100)
            }
            #expect(strict == [slot])
            #expect(Self.find(table) { ($0.key, $0.mask, $0.strictPriority) = (exact.key, exact.mask, 99) }.isEmpty)
        }
    }

    @Test("does not select hidden flows")
    func hidden() throws {
        var table = Self.makeTable()
        _ = try table.add(
            Self.flow(1, priority: 70_000), resetsCounts: false, checksOverlap: false, now: .zero)
        #expect(Self.find(table) { _ in }.isEmpty)
        #expect(table.flowCount == 0)
    }

    @Test("expires flows in order and never early, as a list of deadlines says", arguments: 1...20)
    func expiryOrder(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed) &* 31)
        var table = Self.makeTable()
        var deadlines: [UInt32: UInt64] = [:]
        for destination in 0..<300 as Range<UInt32> {
            let hard = UInt16.random(in: 0..<20, using: &generator)
            let now = MonotonicTime(nanoseconds: UInt64.random(in: 0..<9_000_000_000, using: &generator))
            let slot = try table.add(
                Self.flow(destination, hard: hard), resetsCounts: false, checksOverlap: false, now: now
            ).reference.slot
            if hard != 0 { deadlines[slot] = now.nanoseconds + UInt64(hard) * 1_000_000_000 }
        }
        for slot in deadlines.keys.sorted() where Int.random(in: 0..<4, using: &generator) == 0 {
            table.remove(slot)
            deadlines[slot] = nil
        }
        #expect(table.expiry.count == deadlines.count)
        var now: UInt64 = 0
        while !deadlines.isEmpty, now < 40_000_000_000 {
            now += 500_000_000
            let expired = table.takeExpired(at: MonotonicTime(nanoseconds: now), maximum: 1_000)
            #expect(Set(expired.map(\.slot)) == Set(deadlines.filter { $0.value <= now }.keys), "seed \(seed)")
            for (slot, reason) in expired {
                #expect(reason == .hardTimeout)
                deadlines[slot] = nil
                table.remove(slot)
            }
        }
        #expect(deadlines.isEmpty)
        #expect(table.expiry.count == 0)
    }

    @Test("moves the idle deadline with each packet, and the hard one with a modification")
    func deadlines() throws {
        var table = Self.makeTable()
        let reference = try table.add(
            Self.flow(1, idle: 5, hard: 20), resetsCounts: false, checksOverlap: false, now: .seconds(0)
        ).reference
        #expect(table.takeExpired(at: .seconds(4.999), maximum: 9).isEmpty)
        table.credit(reference, packets: 1, bytes: 60, at: .seconds(4))
        #expect(table.takeExpired(at: .seconds(5), maximum: 9).isEmpty)
        #expect(table.expiry.nextDeadline == .seconds(9))
        table.modify(
            reference.slot, instructions: .empty, cookie: nil, resetsCounts: false, now: .seconds(8))
        // A modification is no packet.
        #expect(table.expiry.nextDeadline == .seconds(9))
        for second in stride(from: 8.5, through: 28, by: 4) {
            table.credit(reference, packets: 1, bytes: 60, at: .seconds(second))
            #expect(table.takeExpired(at: .seconds(second + 0.1), maximum: 9).isEmpty)
        }
        let expired = table.takeExpired(at: .seconds(28), maximum: 9)
        #expect(expired.map(\.reason) == [.hardTimeout])
    }
}
