import Datapath
import Testing

@Suite("Meters as token buckets")
struct MeterBucketsTests {
    private func meter(
        _ unit: DatapathMeter.Unit, _ bands: (DatapathMeter.BandKind, UInt32, UInt32)...
    ) -> MeterBuckets {
        MeterBuckets(
            DatapathMeter(unit: unit, bands: bands.map { DatapathMeter.Band(kind: $0.0, rate: $0.1, burst: $0.2) }),
            now: 1_000)
    }

    @Test("a burst passes, then exactly the rate, to the nanosecond")
    func packets() {
        var meter = self.meter(.packets, (.drop, 10, 3))
        for _ in 0..<3 { #expect(meter.measure(bytes: 60, now: 1_000) == .pass) }
        #expect(meter.measure(bytes: 60, now: 1_000) == .drop)
        // Ten a second: one every 10⁸ ns.
        #expect(meter.measure(bytes: 60, now: 1_000 + 99_999_999) == .drop)
        #expect(meter.measure(bytes: 60, now: 1_000 + 100_000_000) == .pass)
        #expect(meter.measure(bytes: 60, now: 1_000 + 100_000_000) == .drop)
        // Nothing is lost to rounding: over ten seconds, in odd steps, exactly a hundred pass.
        var passed = 0
        var now: UInt64 = 1_000 + 100_000_000
        let end = now + 10_000_000_000
        while now < end {
            now = min(end, now + 333_333)
            if meter.measure(bytes: 60, now: now) == .pass { passed += 1 }
        }
        #expect(passed == 100)
        #expect(meter.counters.input.packets == UInt64(3 + 1 + 3 + 30_001))
        #expect(meter.counters.bands[0].packets == meter.counters.input.packets - 104)
    }

    @Test("kilobits count the bytes; without a burst a second's worth passes at once")
    func kilobits() {
        var meter = self.meter(.kilobits, (.drop, 8, 0))
        // 8 kb/s: 1000 bytes in the bucket.
        #expect(meter.measure(bytes: 600, now: 1_000) == .pass)
        #expect(meter.measure(bytes: 600, now: 1_000) == .drop)
        #expect(meter.measure(bytes: 400, now: 1_000) == .pass)
        // 600 bytes need 0.6 s.
        #expect(meter.measure(bytes: 600, now: 1_000 + 599_999_999) == .drop)
        #expect(meter.measure(bytes: 600, now: 1_000 + 600_000_000) == .pass)
        #expect(meter.counters.bands[0] == MeterCounters.Traffic(packets: 2, bytes: 1_200))
    }

    @Test("of the bands that are exceeded, that with the highest rate applies")
    func bands() {
        var meter = self.meter(.packets, (.remark(precedenceLevel: 1), 1, 1), (.drop, 5, 2))
        #expect(meter.measure(bytes: 60, now: 1_000) == .pass)
        #expect(meter.measure(bytes: 60, now: 1_000) == .remark(precedenceLevel: 1))
        #expect(meter.measure(bytes: 60, now: 1_000) == .drop)
        #expect(meter.counters.bands.map(\.packets) == [1, 1])
    }

    @Test("a clock that goes back adds nothing; a very long time fills the bucket and no more")
    func extremes() {
        var meter = self.meter(.kilobits, (.drop, .max, .max))
        #expect(meter.measure(bytes: .max, now: 0) == .pass)
        #expect(meter.measure(bytes: 1_500, now: .max) == .pass)
        var slow = self.meter(.packets, (.drop, 1, 1))
        #expect(slow.measure(bytes: 1, now: .max) == .pass)
        #expect(slow.measure(bytes: 1, now: .max) == .drop)
        #expect(slow.measure(bytes: 1, now: 5) == .drop)
    }

    @Test(
        "remarking raises the drop precedence of assured forwarding alone",
        arguments: [
            (0x28, 1, 0x30), (0x28, 2, 0x38), (0x30, 2, 0x38), (0x38, 1, 0x38), (0x29, 1, 0x31), (0xb8, 1, 0xb8),
            (0x00, 2, 0x00), (0x20, 1, 0x20), (0x88, 200, 0x98), (0x2c, 1, 0x2c),
        ] as [(UInt8, UInt8, UInt8)])
    func remark(before: UInt8, level: UInt8, after: UInt8) {
        #expect(AssuredForwarding.raise(typeOfService: before, by: level) == after)
    }
}
