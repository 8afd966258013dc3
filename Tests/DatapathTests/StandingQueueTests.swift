import Testing

@testable import Datapath

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
        #expect(queue.isStale(arrival: now - 5 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now - 4 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now + 1, now: now), "what came while we looked is new")
        for _ in 0..<100 { take(waited: 1, leaving: 10) }
        #expect(queue.isStanding)
        take(waited: 0, leaving: 0)
        #expect(!queue.isStanding)
    }

    @Test("a queue that loses what comes for ten milliseconds without having been empty stands")
    func overflow() {
        var queue = StandingQueue(standsOnlyByOverflow: true)
        let start: UInt64 = 1000 * Self.millisecond
        for now in 1...200 {
            queue.taken(arrival: 0, leaving: 10, now: start + UInt64(now) * Self.millisecond)
        }
        #expect(!queue.isStanding, "however slow it is, a burst that fits loses nothing")
        var now = start + 300 * Self.millisecond
        queue.overflowed(now: now)
        queue.overflowed(now: now + 9 * Self.millisecond)
        queue.taken(arrival: now, leaving: 0, now: now + 10 * Self.millisecond)
        now += 11 * Self.millisecond
        queue.overflowed(now: now)
        #expect(!queue.isStanding, "it was empty in between")
        queue.overflowed(now: now + 10 * Self.millisecond)
        #expect(queue.isStanding)
    }
}
