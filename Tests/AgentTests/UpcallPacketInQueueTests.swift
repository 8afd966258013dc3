import Datapath
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("The packet-in queue")
struct UpcallPacketInQueueTests {
    private final class Wakes: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { self.count.load(ordering: .relaxed) }
    }

    private func event(port: UInt32, number: UInt64 = 0, bytes: Int = 60) -> PacketInEvent {
        PacketInEvent(
            packet: [UInt8](repeating: 0, count: bytes), reason: .tableMiss, table: TableID(rawValue: 0),
            cookie: Cookie(rawValue: number), maximumLength: nil, controllerID: 0, inPort: PortNumber(rawValue: port))
    }

    private func queue(limit: Int, limitBytes: Int = 1 << 20) -> (PacketInQueue, Wakes) {
        let wakes = Wakes()
        return (PacketInQueue(limit: limit, limitBytes: limitBytes) { wakes.count.add(1, ordering: .relaxed) }, wakes)
    }

    @Test("events come out in the order they went in, with one wake a batch")
    func order() {
        let (queue, wakes) = self.queue(limit: 100)
        for number in 0..<10 { queue.append(self.event(port: UInt32(number % 3), number: UInt64(number))) }
        #expect(wakes.value == 1)
        #expect(queue.drain().events.map(\.cookie.rawValue) == Array(0..<10))
        #expect(queue.drain().events.isEmpty)
        queue.append(self.event(port: 1))
        #expect(wakes.value == 2)
    }

    @Test("a flood on one port does not shut out another")
    func fairness() {
        let (queue, _) = self.queue(limit: 10)
        for _ in 0..<50 { queue.append(self.event(port: 1)) }
        #expect(queue.count == 10)
        #expect(queue.counters.droppedForRoom == 40)
        for _ in 0..<20 { queue.append(self.event(port: 2)) }
        let drained = queue.drain().events
        #expect(drained.count == 10)
        #expect(drained.count { $0.inPort.rawValue == 1 } == 5)
        #expect(queue.counters.droppedForFairness == 5)
        #expect(queue.counters.droppedForRoom == 55)
        #expect(queue.counters.queued == 15)
    }

    @Test("the bytes are bounded too")
    func bytes() {
        let (queue, _) = self.queue(limit: 100, limitBytes: 3000)
        for _ in 0..<5 { queue.append(self.event(port: 1, bytes: 1000)) }
        #expect(queue.count == 3)
        #expect(queue.counters.droppedForBytes == 2)
        _ = queue.drain()
        #expect(queue.append(self.event(port: 1, bytes: 3000)) == .queued)
    }

    @Test("nothing is lost or counted twice when many threads append while one drains")
    func threads() throws {
        let (queue, _) = self.queue(limit: 64)
        let threads = try (0..<4).map { number in
            try NamedThread(name: "append\(number)") {
                for index in 0..<2000 { queue.append(self.event(port: UInt32(number), number: UInt64(index))) }
            }
        }
        var drained = 0
        for _ in 0..<200 { drained += queue.drain().events.count }
        for thread in threads { thread.join() }
        drained += queue.drain().events.count
        let counters = queue.counters
        #expect(UInt64(drained) == counters.queued - counters.droppedForFairness)
        #expect(counters.queued + counters.droppedForRoom == 8000)
    }

    /// A clock that is set by hand.
    private final class Clock: Sendable {
        let milliseconds = Atomic<Int>(1000)
        func now() -> MonotonicTime {
            MonotonicTime(nanoseconds: UInt64(self.milliseconds.load(ordering: .relaxed)) * 1_000_000)
        }
    }

    @Test("of a queue that stands only what is recent comes out, and who sends little loses nothing")
    func standing() {
        let clock = Clock()
        let queue = PacketInQueue(limit: 4096, clock: clock.now) {}
        var ages: [Int] = []
        var trickled = 0
        for millisecond in 0..<600 {
            clock.milliseconds.store(1000 + millisecond, ordering: .relaxed)
            for _ in 0..<20 { queue.append(self.event(port: 1, number: UInt64(millisecond))) }
            if millisecond % 10 == 0 { queue.append(self.event(port: 2, number: UInt64(millisecond))) }
            for event in queue.drain(maximum: 8).events {
                if event.inPort.rawValue == 2 {
                    trickled += 1
                } else if millisecond >= 300 {
                    ages.append(millisecond - Int(event.cookie.rawValue))
                }
            }
        }
        #expect((ages.max() ?? .max) <= 20, "the storm's packets are recent")
        #expect(ages.count >= 300 * 7, "as many as could be served were")
        #expect(trickled == 60, "one port's storm takes nothing from the other")
        #expect(queue.counters.droppedForAge > 0)
        #expect(queue.counters.droppedForRoom == 0)
    }

    @Test("a burst that is worked off in time loses nothing")
    func burst() {
        let clock = Clock()
        let queue = PacketInQueue(limit: 4096, clock: clock.now) {}
        for _ in 0..<1000 { queue.append(self.event(port: 1)) }
        var drained = 0
        while true {
            clock.milliseconds.add(1, ordering: .relaxed)
            let (events, hasMore) = queue.drain(maximum: 64)
            drained += events.count
            if !hasMore { break }
        }
        #expect(drained == 1000)
    }
}
