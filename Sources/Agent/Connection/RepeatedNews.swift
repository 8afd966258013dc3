/// Decides when the same news is worth another line in the log, as a value without clock.
///
/// Said at once is what is new: the first, and any other than the last. What repeats is said again after a minute, then
/// after twice as long each time, up to an hour, with the number of times it was held back.
struct RepeatedNews: Hashable, Sendable {
    /// Whether to say it.
    enum Verdict: Hashable, Sendable {
        /// Say it; so many equal ones were held back since it was last said.
        case say(heldBack: UInt64)
        /// Hold it back.
        case hold
    }

    private static let firstInterval = Duration.seconds(60)
    private static let longestInterval = Duration.seconds(3600)

    private var last: String?
    private var interval = Self.firstInterval
    private var saidAt = MonotonicTime.zero
    private var heldBack: UInt64 = 0

    /// There is news.
    mutating func note(_ text: String, now: MonotonicTime) -> Verdict {
        guard text == self.last else {
            self = RepeatedNews()
            self.last = text
            self.saidAt = now
            return .say(heldBack: 0)
        }
        guard now.since(self.saidAt) >= self.interval else {
            self.heldBack += 1
            return .hold
        }
        defer { self.heldBack = 0 }
        self.saidAt = now
        self.interval = min(self.interval * 2, Self.longestInterval)
        return .say(heldBack: self.heldBack)
    }

    /// The state that the news spoke of has ended: whatever comes next is new.
    mutating func reset() { self = RepeatedNews() }
}
