import OpenFlow
import Testing

@testable import Agent

@Suite("Packets kept for controllers, as a value")
struct PacketBuffersTests {
    private static func time(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: 7) + .milliseconds(milliseconds)
    }

    private static func packet(_ number: Int, bytes: Int = 100) -> KeptPacket {
        KeptPacket(
            packet: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes),
            inPort: PortNumber(rawValue: UInt32(number)))
    }

    /// Keeps a packet for which there must be room.
    private static func keep(
        _ packet: KeptPacket, in buffers: inout PacketBuffers, now: MonotonicTime
    ) throws -> BufferID {
        let number = buffers.keep(packet, now: now)
        return try #require(number)
    }

    @Test("a packet is given out once; then its number is empty, and no other number means anything")
    func once() throws {
        var buffers = PacketBuffers(capacity: 4)
        let number = try Self.keep(Self.packet(1), in: &buffers, now: Self.time(0))
        #expect(buffers.look(number, now: Self.time(1)) == .packet(Self.packet(1)))
        #expect(buffers.take(number, now: Self.time(1)) == .packet(Self.packet(1)))
        #expect(buffers.take(number, now: Self.time(1)) == .empty)
        #expect(buffers.look(number, now: Self.time(1)) == .empty)
        #expect(buffers.take(BufferID(rawValue: number.rawValue + 1), now: Self.time(1)) == .unknown)
        #expect(buffers.take(BufferID(rawValue: number.rawValue + 0x10000), now: Self.time(1)) == .unknown)
        #expect(buffers.count == 0 && buffers.byteCount == 0)
        #expect(buffers.counters.kept == 1 && buffers.counters.used == 1)
    }

    @Test("a place that is used again has another number; the number before means nothing any more")
    func generations() throws {
        var buffers = PacketBuffers(capacity: 1, seed: 0x7ffd)
        var numbers: [BufferID] = []
        for round in 0..<0x8000 {
            let number = try Self.keep(Self.packet(round), in: &buffers, now: Self.time(0))
            #expect(number != .none && number.rawValue != 0 && number.rawValue >> 31 == 0)
            if let last = numbers.last {
                #expect(number != last)
                #expect(buffers.take(last, now: Self.time(0)) == .unknown)
            }
            #expect(buffers.take(number, now: Self.time(0)) == .packet(Self.packet(round)))
            numbers.append(number)
        }
        // Every generation once before the first comes back.
        #expect(Set(numbers.prefix(0x7fff)).count == 0x7fff)
        #expect(numbers[0x7fff] == numbers[0])
    }

    @Test("what is fresh is never given up for another; what is older makes room, the oldest first")
    func room() throws {
        var buffers = PacketBuffers(capacity: 2)
        let first = try Self.keep(Self.packet(1), in: &buffers, now: Self.time(0))
        let second = try Self.keep(Self.packet(2), in: &buffers, now: Self.time(500))
        #expect(buffers.keep(Self.packet(3), now: Self.time(999)) == nil)
        #expect(buffers.counters.refused == 1)
        let third = try Self.keep(Self.packet(3), in: &buffers, now: Self.time(1000))
        #expect(buffers.take(first, now: Self.time(1000)) == .unknown)
        #expect(buffers.counters.evicted == 1)
        #expect(buffers.keep(Self.packet(4), now: Self.time(1000)) == nil)
        #expect(buffers.take(second, now: Self.time(1000)) == .packet(Self.packet(2)))
        #expect(buffers.keep(Self.packet(4), now: Self.time(1000)) != nil)
        #expect(buffers.take(third, now: Self.time(1000)) == .packet(Self.packet(3)))
    }

    @Test("bytes are bounded as packets are, and a packet that is too long is never kept")
    func bytes() throws {
        var buffers = PacketBuffers(capacity: 100, bytesMaximum: 1000)
        #expect(buffers.keep(Self.packet(1, bytes: 1001), now: Self.time(0)) == nil)
        for number in 1...4 { #expect(buffers.keep(Self.packet(number, bytes: 250), now: Self.time(0)) != nil) }
        #expect(buffers.byteCount == 1000)
        #expect(buffers.keep(Self.packet(5, bytes: 1), now: Self.time(0)) == nil)
        #expect(buffers.keep(Self.packet(6, bytes: 500), now: Self.time(2000)) != nil)
        #expect(buffers.byteCount == 1000 && buffers.count == 3 && buffers.counters.evicted == 2)
    }

    @Test("a packet that nobody uses in time is gone, and says when it is to be looked at")
    func age() throws {
        var buffers = PacketBuffers(capacity: 4, lifetime: .seconds(5))
        #expect(buffers.nextDeadline == .distantFuture)
        let first = try Self.keep(Self.packet(1), in: &buffers, now: Self.time(0))
        let second = try Self.keep(Self.packet(2), in: &buffers, now: Self.time(1000))
        #expect(buffers.nextDeadline == Self.time(5000))
        #expect(buffers.look(first, now: Self.time(5000)) == .unknown)
        buffers.expire(now: Self.time(5000))
        #expect(buffers.count == 1 && buffers.counters.expired == 1)
        #expect(buffers.nextDeadline == Self.time(6000))
        _ = buffers.take(second, now: Self.time(5000))
        #expect(buffers.nextDeadline == .distantFuture)
        #expect(buffers.take(first, now: Self.time(5000)) == .unknown)
    }

    @Test("nothing is kept without room for it", arguments: [0, -1])
    func off(capacity: Int) {
        var buffers = PacketBuffers(capacity: capacity)
        #expect(buffers.keep(Self.packet(1), now: Self.time(0)) == nil)
        #expect(buffers.capacity == 0)
    }

    @Test("agrees with a list of packets, whatever is kept and used", arguments: [1, 2, 3])
    func oracle(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var buffers = PacketBuffers(capacity: 8, bytesMaximum: 900, lifetime: .seconds(4), seed: seed)
        var now = 0
        var known: [(number: BufferID, packet: KeptPacket, since: Int)] = []
        var used: [BufferID] = []
        for step in 0..<20_000 {
            now += Int.random(in: 0...300, using: &random)
            known.removeAll { now - $0.since >= 4000 }
            if Bool.random(using: &random) {
                let packet = Self.packet(step, bytes: Int.random(in: 1...300, using: &random))
                let number = buffers.keep(packet, now: Self.time(now))
                func bytes() -> Int { known.reduce(0) { $0 + $1.packet.packet.count } }
                while known.count >= 8 || bytes() + packet.packet.count > 900, let first = known.first,
                    now - first.since >= 1000
                {
                    known.removeFirst()
                }
                let fits = known.count < 8 && bytes() + packet.packet.count <= 900
                #expect((number != nil) == fits, "seed \(seed), step \(step)")
                guard let number else { continue }
                #expect(!known.contains { $0.number == number }, "seed \(seed), step \(step)")
                known.append((number, packet, now))
            } else if let entry = known.randomElement(using: &random) {
                #expect(buffers.take(entry.number, now: Self.time(now)) == .packet(entry.packet))
                known.removeAll { $0.number == entry.number }
                used.append(entry.number)
            }
            buffers.expire(now: Self.time(now))
            #expect(buffers.count == known.count, "seed \(seed), step \(step)")
            #expect(buffers.byteCount == known.reduce(0) { $0 + $1.packet.packet.count })
            for number in used.suffix(20) where !known.contains(where: { $0.number == number }) {
                if case .packet = buffers.look(number, now: Self.time(now)) {
                    Issue.record("seed \(seed), step \(step): \(number) is used twice")
                }
            }
        }
        let counters = buffers.counters
        #expect(counters.kept == counters.used + counters.expired + counters.evicted + UInt64(buffers.count))
    }
}
