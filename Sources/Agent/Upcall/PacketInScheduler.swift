/// How many packet-ins a connection gets.
package struct PacketInLimit: Hashable, Sendable {
    /// Of each class, per second; 0 is without limit.
    package var rate: Int
    /// Of each class, at once.
    package var burst: Int
    /// That wait, of all classes together, once the rate is used up.
    package var queueMaximum: Int

    /// The default of ``queueMaximum``, which is Open vSwitch's.
    package static let defaultQueueMaximum = 100

    /// Makes a limit; the burst is a quarter of the rate unless given, as with Open vSwitch.
    package init(rate: Int = 0, burst: Int? = nil, queueMaximum: Int = Self.defaultQueueMaximum) {
        self.rate = max(0, min(rate, 10_000_000))
        self.burst = max(1, burst ?? self.rate / 4)
        self.queueMaximum = max(1, queueMaximum)
    }
}

/// Tokens that come at a steady rate, up to so many; a value.
struct TokenBucket: Hashable, Sendable {
    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

    /// In billionths of a token, so that rates divide exactly.
    private var level: UInt64
    private var updatedAt: MonotonicTime?
    private let rate: UInt64
    private let capacity: UInt64

    /// A full bucket of `burst` tokens that gets `rate` of them per second.
    init(rate: Int, burst: Int) {
        self.rate = UInt64(max(1, min(rate, 10_000_000)))
        self.capacity = UInt64(max(1, min(burst, 10_000_000))) * Self.nanosecondsPerSecond
        self.level = self.capacity
    }

    /// Takes a token, if there is one.
    mutating func take(now: MonotonicTime) -> Bool {
        self.refill(now: now)
        guard self.level >= Self.nanosecondsPerSecond else { return false }
        self.level -= Self.nanosecondsPerSecond
        return true
    }

    /// When the next token is there; not before ``take(now:)`` was called.
    var nextToken: MonotonicTime {
        guard let updatedAt, self.level < Self.nanosecondsPerSecond else { return .zero }
        let missing = Self.nanosecondsPerSecond - self.level
        return updatedAt + .nanoseconds(Int64((missing + self.rate - 1) / self.rate))
    }

    private mutating func refill(now: MonotonicTime) {
        defer { self.updatedAt = now }
        guard let updatedAt else { return }
        // A minute fills any bucket that is emptied once a minute; beyond that the product would not fit.
        let elapsed = UInt64(clamping: min(now.since(updatedAt), .seconds(60)).wholeNanoseconds)
        self.level = min(self.capacity, self.level + elapsed * self.rate)
    }
}

/// Paces the packet-ins of one connection, as a value with time as an argument.
///
/// Each class of packets has a token bucket of its own. What finds a token goes at once; what does not waits in a queue
/// that is fair between classes and ports (``FairQueue``), and goes, the ports of a class in turn, as tokens come. Two
/// rules shed: a full queue drops the newest of whoever has most, and what has waited for a second is dropped as stale,
/// since a controller that far behind is better served by what happens now. So no packet-in is older than a second.
struct PacketInScheduler<Element: Sendable>: Sendable {
    /// What to do with a packet-in.
    enum Verdict: Equatable {
        /// Send it now.
        case send
        /// It waits; one of the class given was dropped for it, if any.
        case wait(dropped: PacketInClass?)
        /// It is dropped.
        case drop
    }

    private struct Waiting: Sendable {
        let element: Element
        let since: MonotonicTime
    }

    /// How long a packet-in may wait.
    static var ageMaximum: Duration { .seconds(1) }

    private let limit: PacketInLimit
    private var buckets: [TokenBucket]
    private var queue: FairQueue<Waiting>

    init(_ limit: PacketInLimit) {
        self.limit = limit
        self.queue = FairQueue(limit: limit.queueMaximum)
        // Without a rate there is nothing to keep.
        self.buckets =
            limit.rate == 0
            ? [] : PacketInClass.allCases.map { _ in TokenBucket(rate: limit.rate, burst: limit.burst) }
    }

    /// Whether everything goes at once.
    var isUnlimited: Bool { self.limit.rate == 0 }

    /// A packet-in of that share is there.
    mutating func offer(_ element: @autoclosure () -> Element, _ share: PacketInShare, now: MonotonicTime) -> Verdict {
        guard !self.isUnlimited else { return .send }
        let index = Int(share.packetClass.rawValue)
        // Those that wait go first.
        if self.queue.count(of: share.packetClass) == 0, self.buckets[index].take(now: now) { return .send }
        switch self.queue.insert(Waiting(element: element(), since: now), share) {
        case .queued: return .wait(dropped: nil)
        case .displaced(let victim): return .wait(dropped: victim.packetClass)
        case .refused: return .drop
        }
    }

    /// Takes a packet-in whose token has come.
    mutating func takeDue(now: MonotonicTime) -> (element: Element, packetClass: PacketInClass)? {
        guard !self.queue.isEmpty else { return nil }
        for packetClass in PacketInClass.allCases where self.queue.count(of: packetClass) > 0 {
            guard self.buckets[Int(packetClass.rawValue)].take(now: now) else { continue }
            if let waiting = self.queue.takeNext(of: packetClass) { return (waiting.element, packetClass) }
        }
        return nil
    }

    /// Drops what has waited too long; returns how many of each class.
    mutating func dropStale(now: MonotonicTime) -> [PacketInClass: Int] {
        guard !self.queue.isEmpty else { return [:] }
        return self.queue.dropStale { now.since($0.since) >= Self.ageMaximum }
    }

    /// When ``takeDue(now:)`` is wanted next; `distantFuture` while nothing waits.
    var deadline: MonotonicTime {
        guard !self.queue.isEmpty else { return .distantFuture }
        return PacketInClass.allCases.filter { self.queue.count(of: $0) > 0 }
            .map { self.buckets[Int($0.rawValue)].nextToken }.min() ?? .distantFuture
    }

    /// How many wait.
    var waitingCount: Int { self.queue.count }
}
