import Testing

@testable import Agent

@Suite("Queues that stand")
struct StandingQueueTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test("a queue stands after it was behind for an interval, and no longer once it was not for as long")
    func rule() {
        var queue = StandingQueue()
        var now: UInt64 = 1000 * Self.millisecond
        func take(waited milliseconds: UInt64, leaving count: Int) {
            now += Self.millisecond
            queue.taken(arrival: now - milliseconds * Self.millisecond, leaving: count, now: now)
        }
        for _ in 0..<99 { take(waited: 50, leaving: 10) }
        #expect(!queue.isStanding && !queue.isStale(arrival: 0, now: now))
        // Emptied once: it was a burst.
        take(waited: 50, leaving: 0)
        for _ in 0..<100 { take(waited: 50, leaving: 10) }
        #expect(!queue.isStanding)
        take(waited: 50, leaving: 10)
        #expect(queue.isStanding)
        #expect(queue.isStale(arrival: now - 9 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now - 8 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now + 1, now: now), "what came while we looked is new")
        for _ in 0..<100 { take(waited: 1, leaving: 10) }
        #expect(queue.isStanding)
        take(waited: 0, leaving: 0)
        #expect(!queue.isStanding)
    }
}
