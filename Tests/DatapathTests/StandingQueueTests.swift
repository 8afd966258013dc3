import Testing

@testable import Datapath

@Suite("Queues that stand")
struct StandingQueueTests {
    private static let millisecond: UInt64 = 1_000_000

    private func upcalls(_ port: UInt32, _ count: Int) -> [Upcall] {
        var key = FlowKey()
        key.inPort = port
        return (0..<count).map { _ in Upcall(reason: .miss, key: key, packet: []) }
    }

    @Test("a queue stands after it was behind for an interval, and no longer once it was not for as long")
    func rule() {
        var queue = StandingQueue()
        var now: UInt64 = 1000 * Self.millisecond
        func take(waited milliseconds: UInt64, leaving count: Int) {
            now += Self.millisecond
            queue.taken(arrival: now - milliseconds * Self.millisecond, leaving: count, now: now)
        }
        for _ in 0..<19 { take(waited: 50, leaving: 10) }
        #expect(!queue.isStanding && !queue.isStale(arrival: 0, now: now))
        // Emptied once: it was a burst.
        take(waited: 50, leaving: 0)
        for _ in 0..<20 { take(waited: 50, leaving: 10) }
        #expect(!queue.isStanding)
        take(waited: 50, leaving: 10)
        #expect(queue.isStanding)
        #expect(queue.isStale(arrival: now - 9 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now - 8 * Self.millisecond, now: now))
        #expect(!queue.isStale(arrival: now + 1, now: now), "what came while we looked is new")
        for _ in 0..<20 { take(waited: 1, leaving: 10) }
        #expect(queue.isStanding)
        take(waited: 0, leaving: 0)
        #expect(!queue.isStanding)
    }

    @Test("a handler that is behind for good gets recent upcalls, and all of those of a port that has few")
    func ring() throws {
        let ring = try UpcallRing(capacity: 4096)
        var now = Self.millisecond
        var served: [UInt32: Int] = [:]
        var pushed = 0
        for step in 0..<400 {
            now += Self.millisecond
            var storm = self.upcalls(1, 50)
            ring.push(&storm, now: now)
            pushed += 50
            if step % 10 == 0 {
                var trickle = self.upcalls(2, 1)
                ring.push(&trickle, now: now)
            }
            for upcall in ring.take(maximum: 20, now: now).upcalls { served[upcall.key.inPort, default: 0] += 1 }
        }
        // What is left is no more than came within the longest wait.
        var left = 0
        while case let rest = ring.take(maximum: 20, now: now).upcalls, !rest.isEmpty { left += rest.count }
        #expect(left <= 9 * 50 + 64)
        #expect(served[1, default: 0] + served[2, default: 0] == 400 * 20)
        #expect(served[2] == 40)
        #expect(ring.lost > 0 && pushed + 40 == 8000 + left + Int(ring.lost))
    }

    @Test("a burst as long as an interval is served whole")
    func burst() throws {
        let ring = try UpcallRing(capacity: 4096)
        var now = Self.millisecond
        var burst = self.upcalls(1, 1000)
        ring.push(&burst, now: now)
        var served = 0
        while served < 1000 {
            now += Self.millisecond
            let taken = ring.take(maximum: 64, now: now).upcalls
            try #require(!taken.isEmpty)
            served += taken.count
        }
        #expect(ring.lost == 0)
    }
}
