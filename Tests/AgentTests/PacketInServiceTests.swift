import Datapath
import OpenFlow
import Testing

@testable import Agent

@Suite("Packet-ins: classes, fair shares, rates")
struct PacketInServiceTests {
    private static func frame(_ type: UInt16, tags: [UInt16] = [], _ rest: [UInt8] = []) -> [UInt8] {
        var frame = [UInt8](repeating: 2, count: 12)
        for tag in tags { frame += [UInt8(tag >> 8), UInt8(truncatingIfNeeded: tag), 0, 5] }
        return frame + [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)] + rest
    }

    private static func neighbourDiscovery(_ type: UInt8) -> [UInt8] {
        [0x60, 0, 0, 0, 0, 24, 58, 255] + [UInt8](repeating: 0, count: 32) + [type, 0, 0, 0]
    }

    @Test("a packet's class is its protocol's where controllers live by it, otherwise its reason's")
    func classes() {
        func classOf(_ frame: [UInt8], _ reason: PacketInReason = .tableMiss) -> PacketInClass {
            PacketInClass(frame, reason: reason)
        }
        #expect(classOf(Self.frame(0x88cc)) == .linkDiscovery)
        #expect(classOf(Self.frame(0x8942), .applyAction) == .linkDiscovery)
        #expect(classOf(Self.frame(0x0806)) == .addressResolution)
        #expect(classOf(Self.frame(0x88cc, tags: [0x8100])) == .linkDiscovery)
        #expect(classOf(Self.frame(0x0806, tags: [0x88a8, 0x8100])) == .addressResolution)
        #expect(classOf(Self.frame(0x0806, tags: [0x8100, 0x8100, 0x8100])) == .miss)
        #expect(classOf(Self.frame(0x86dd, Self.neighbourDiscovery(135))) == .addressResolution)
        #expect(classOf(Self.frame(0x86dd, Self.neighbourDiscovery(128)), .applyAction) == .action)
        #expect(classOf(Self.frame(0x0800), .invalidTTL) == .invalidTTL)
        for reason in [PacketInReason.applyAction, .actionSet, .group, .packetOut] {
            #expect(classOf(Self.frame(0x0800), reason) == .action)
        }
        // Whatever is cut short has the class of its reason.
        let whole = Self.frame(0x86dd, tags: [0x8100], Self.neighbourDiscovery(135))
        for count in 0..<(whole.count - 3) { #expect(classOf(Array(whole[..<count])) == .miss, "\(count)") }
    }

    @Test("LLDP and ARP find room in a queue that a storm has filled, and the storm keeps what is left")
    func storm() {
        var queue = FairQueue<Int>(limit: 100)
        var refused = 0
        for number in 0..<1000 {
            if case .refused = queue.insert(number, PacketInShare(.miss, port: 1)) { refused += 1 }
        }
        #expect(queue.count == 100 && refused == 900)
        for port in 1...20 as ClosedRange<UInt32> {
            guard case .displaced(let victim) = queue.insert(1, PacketInShare(.linkDiscovery, port: port)) else {
                Issue.record("no room for port \(port)")
                continue
            }
            #expect(victim == PacketInShare(.miss, port: 1))
        }
        for _ in 0..<20 { _ = queue.insert(2, PacketInShare(.addressResolution, port: 9)) }
        #expect(queue.count(of: .linkDiscovery) == 20)
        #expect(queue.count(of: .addressResolution) == 20)
        #expect(queue.count(of: .miss) == 60)
        #expect(queue.count == 100)
    }

    @Test("whatever is offered, no class and no port is pushed below its fair part by others")
    func fairness() {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<200 {
            let limit = Int.random(in: 5...60, using: &generator)
            var queue = FairQueue<UInt32>(limit: limit)
            var offered: [PacketInShare: Int] = [:]
            for _ in 0..<500 {
                let packetClass = PacketInClass.allCases.randomElement(using: &generator) ?? .miss
                // Some ports storm, others hardly speak.
                let port = min(UInt32.random(in: 0...3, using: &generator), UInt32.random(in: 0...3, using: &generator))
                let share = PacketInShare(packetClass, port: port)
                offered[share, default: 0] += 1
                _ = queue.insert(port, share)
                #expect(queue.count <= limit)
            }
            let classesOffered = Set(offered.keys.map(\.packetClass))
            let fair = limit / classesOffered.count
            for packetClass in classesOffered {
                let count = offered.filter { $0.key.packetClass == packetClass }.values.reduce(0, +)
                #expect(queue.count(of: packetClass) >= min(count, fair), "\(packetClass) of \(limit)")
            }
            #expect(queue.takeAll().count == min(limit, 500))
            #expect(queue.isEmpty && queue.count(of: .miss) == 0)
        }
    }

    @Test("the ports of a class are taken in turn, each in order")
    func turns() {
        var queue = FairQueue<Int>(limit: 100)
        for number in 0..<5 { _ = queue.insert(100 + number, PacketInShare(.miss, port: 1)) }
        for number in 0..<2 { _ = queue.insert(200 + number, PacketInShare(.miss, port: 2)) }
        _ = queue.insert(300, PacketInShare(.miss, port: 3))
        var taken: [Int] = []
        while let next = queue.takeNext(of: .miss) { taken.append(next) }
        #expect(taken == [100, 200, 300, 101, 201, 102, 103, 104])
        #expect(queue.isEmpty)
    }

    @Test("the bytes of a class are bounded, those of others are not touched")
    func bytes() {
        var queue = FairQueue<Int>(limit: 100, limitCost: 1000)
        for _ in 0..<10 { _ = queue.insert(1, PacketInShare(.miss, port: 1), cost: 300) }
        #expect(queue.count == 3)
        guard case .queued = queue.insert(1, PacketInShare(.linkDiscovery, port: 1), cost: 900) else {
            Issue.record("no room for another class")
            return
        }
        _ = queue.takeAll()
        guard case .queued = queue.insert(1, PacketInShare(.miss, port: 1), cost: 1000) else {
            Issue.record("no room in an empty queue")
            return
        }
    }

    @Test("a bucket gives its burst at once, then the rate, exactly", arguments: [1, 3, 7, 1000, 999_983])
    func bucket(rate: Int) {
        var bucket = TokenBucket(rate: rate, burst: 5)
        var now = MonotonicTime.seconds(9)
        for _ in 0..<5 { #expect(bucket.take(now: now) == true) }
        var taken = 0
        let start = now
        for _ in 0..<2000 {
            #expect(bucket.take(now: now) == false)
            now = bucket.nextToken
            #expect(bucket.take(now: now) == true)
            taken += 1
        }
        // Each token comes at most a nanosecond late.
        let nanoseconds = Int(now.since(start).wholeNanoseconds)
        let exact = taken * 1_000_000_000 / rate
        #expect(nanoseconds >= exact && nanoseconds <= exact + taken + 1)
        now = now + .seconds(100_000)
        var burst = 0
        while bucket.take(now: now) { burst += 1 }
        #expect(burst == 5)
    }

    @Test("each class has its own rate; what has no token waits, in turn; a full queue and a second's age drop")
    func scheduler() {
        var scheduler = PacketInScheduler<Int>(PacketInLimit(rate: 10, burst: 2, queueMaximum: 4))
        var now = MonotonicTime.seconds(1)
        let miss = PacketInShare(.miss, port: 1)
        #expect(scheduler.deadline == .distantFuture)
        #expect(scheduler.offer(1, miss, now: now) == .send)
        #expect(scheduler.offer(2, miss, now: now) == .send)
        for number in 3...6 { #expect(scheduler.offer(number, miss, now: now) == .wait(dropped: nil)) }
        #expect(scheduler.offer(7, miss, now: now) == .drop)
        // A storm of misses does not touch the rate of link discovery, nor, from another port, all of its room.
        let lldp = PacketInShare(.linkDiscovery, port: 1)
        #expect(scheduler.offer(10, lldp, now: now) == .send)
        #expect(scheduler.offer(8, PacketInShare(.miss, port: 2), now: now) == .wait(dropped: .miss))
        #expect(scheduler.deadline == now + .milliseconds(100))
        #expect(scheduler.takeDue(now: now) == nil)
        now = now + .milliseconds(100)
        #expect(scheduler.takeDue(now: now)?.element == 3)
        #expect(scheduler.takeDue(now: now) == nil)
        now = now + .milliseconds(100)
        #expect(scheduler.takeDue(now: now)?.element == 8)
        #expect(scheduler.waitingCount == 2)
        #expect(scheduler.dropStale(now: now).isEmpty)
        now = now + .milliseconds(800)
        #expect(scheduler.dropStale(now: now) == [.miss: 2])
        #expect(scheduler.waitingCount == 0 && scheduler.deadline == .distantFuture)
    }

    @Test("without a rate everything goes at once")
    func unlimited() {
        var scheduler = PacketInScheduler<Int>(PacketInLimit())
        for number in 0..<10_000 {
            #expect(scheduler.offer(number, PacketInShare(.miss, port: 1), now: .zero) == .send)
        }
    }

    @Test("drops are counted by class, and said at most every ten seconds, with what came together")
    func drops() {
        var drops = PacketInDrops()
        var now = MonotonicTime.seconds(5)
        #expect(drops.note(.miss, now: now)?.drops.description == "1 table miss")
        for _ in 0..<6 { #expect(drops.note(.miss, now: now) == nil) }
        #expect(drops.note(.linkDiscovery, count: 2, now: now) == nil)
        now = now + .seconds(11)
        let said = drops.note(.miss, now: now)
        #expect(said?.drops.description == "2 link discovery, 7 table miss")
        #expect(said?.duration == .seconds(11))
        #expect(drops.total[.miss] == 8 && drops.total.total == 10 && drops.recent.total == 0)
    }

    @Test("a session with a rate gets its burst, and the rest as time goes on; another session gets all at once")
    func sessionRate() {
        let harness = SwitchHarness()
        let limited = harness.connect(
            .v1_0, packetInLimit: PacketInLimit(rate: 100, burst: 10, queueMaximum: 50))
        let free = harness.connect(.v1_0)
        func event(_ number: Int) -> PacketInEvent {
            PacketInEvent(
                packet: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 60), reason: .tableMiss,
                table: TableID(rawValue: 0), cookie: Cookie(rawValue: .max), maximumLength: nil, controllerID: 0,
                inPort: PortNumber(rawValue: 1))
        }
        harness.control.deliver((0..<100).map(event), now: harness.now)
        #expect(harness.take(limited).count == 10)
        #expect(harness.take(free).count == 100)
        var deadline = harness.control.releasePacketIns(now: harness.now)
        #expect(deadline == harness.now + .milliseconds(10))
        harness.now = harness.now + .milliseconds(200)
        deadline = harness.control.releasePacketIns(now: harness.now)
        #expect(harness.take(limited).count == 10, "no more than a burst comes of a pause")
        harness.now = deadline
        _ = harness.control.releasePacketIns(now: harness.now)
        #expect(harness.take(limited).count == 1)
        harness.now = harness.now + .seconds(2)
        #expect(harness.control.releasePacketIns(now: harness.now) == .distantFuture)
        #expect(harness.take(limited).isEmpty, "the rest is stale")
        #expect(harness.control.sessions[limited.identifier]?.packetInDrops.total[.miss] == 40 + 39)
    }

    @Test("a session gets nothing unasked before it has the features, or has said what it wants")
    func unidentified() {
        let harness = SwitchHarness()
        for ask in [Message.featuresRequest, .setConfig(SwitchConfig(missSendLength: 100))] {
            let session = harness.connect(.v1_3)
            session.isIdentified = false
            harness.addPort("early\(session.identifier)", UInt32(100 + session.identifier))
            #expect(harness.take(session).isEmpty)
            harness.request(ask, session)
            harness.addPort("late\(session.identifier)", UInt32(200 + session.identifier))
            #expect(harness.take(session).count == 1)
        }
    }
}
