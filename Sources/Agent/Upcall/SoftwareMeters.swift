package import Datapath
import Synchronization

/// The meters of a datapath's switches that handlers measure packets by, because the datapath has none like them: the
/// kernel's have one band, which drops.
///
/// Their numbers lie above all of the datapath's own, so that a ``DatapathAction/meter(_:)`` says by itself whose it
/// is. Any thread; the lock is held while one packet is measured.
package final class SoftwareMeters: Sendable {
    /// How many bands a meter may have.
    package static let bandLimit = 8
    /// How many meters there may be.
    package static let limit = 65_536

    private static let firstNumber: UInt32 = 0x8000_0000
    private let numbers = MeterNumbers()
    private let meters = Mutex<[UInt32: MeterBuckets]>([:])

    /// No meters.
    package init() {}

    /// Whether a meter of that number is one of these.
    package static func contains(_ number: UInt32) -> Bool { number >= Self.firstNumber }

    /// Makes a meter with full buckets and returns its number; nil where there is no room.
    func add(_ meter: DatapathMeter) -> UInt32? {
        guard let free = self.numbers.take(limit: Self.limit) else { return nil }
        let number = Self.firstNumber + free
        self.set(number, meter)
        return number
    }

    /// Gives a meter new bands; it begins anew, with its counters.
    func set(_ number: UInt32, _ meter: DatapathMeter) {
        // Whatever the time is when the first packet comes, the buckets are full by then.
        self.meters.withLock { $0[number] = MeterBuckets(meter, now: 0) }
    }

    /// Removes a meter; packets that come to it from then on pass.
    func remove(_ number: UInt32) {
        guard self.meters.withLock({ $0.removeValue(forKey: number) }) != nil else { return }
        self.numbers.giveBack(number - Self.firstNumber)
    }

    /// What a meter has counted; nil where there is none.
    package func counters(_ number: UInt32) -> MeterCounters? { self.meters.withLock { $0[number]?.counters } }

    /// Measures a packet of so many bytes; one that comes to a meter that is gone passes, as in the kernel.
    func measure(_ number: UInt32, bytes: Int, now: MonotonicTime) -> MeterBuckets.Verdict {
        self.meters.withLock { $0[number]?.measure(bytes: bytes, now: now.nanoseconds) ?? .pass }
    }
}
