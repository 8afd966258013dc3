/// Tells a burst, which may wait to be worked off, from a queue that stands, which delays everybody and gains nothing.
///
/// After CoDel (RFC 8289, sections 3 and 4): a queue stands when for a whole ``intervalNanoseconds`` everything taken
/// from it had waited for more than ``targetNanoseconds`` and something was left behind. It no longer stands when that
/// did not happen for as long. CoDel's control law, which drops a little more each time, is for senders that then slow
/// down; those of first packets do not. So while the queue stands, whatever has waited for more than
/// ``waitMaximumNanoseconds`` is too old to be served: what comes out is recent, however much comes in.
///
/// A queue that overflows is told apart sooner: one that still loses what comes in ``overflowNanoseconds`` after it
/// began to, and was not empty in between, stands too. What is lost then is lost anyhow, and better the oldest. Until
/// it overflows no burst loses anything, however slow the machine is, where the owner asks for that
/// (``init(standsOnlyByOverflow:)``).
///
/// A value with time as an argument, in nanoseconds, kept by whoever has the queue.
package struct StandingQueue: Hashable, Sendable {
    /// A wait that needs no explanation.
    static let targetNanoseconds: UInt64 = 2_000_000
    /// How long it takes to find out; as much work as this may come at once.
    static let intervalNanoseconds: UInt64 = 100_000_000
    /// The longest wait in a queue that stands.
    static let waitMaximumNanoseconds: UInt64 = 4_000_000
    /// For how long a queue loses what comes until it stands.
    static let overflowNanoseconds: UInt64 = 10_000_000
    /// Who has no more than so many in the queue does not make it stand, and loses none of them.
    package static let sparedCount = 32

    /// Whether the queue stands.
    package private(set) var isStanding = false
    private let standsOnlyByOverflow: Bool
    /// Since when the opposite of ``isStanding`` was seen, and nothing else.
    private var changingSince: UInt64?
    /// Since when the queue has overflowed without having been empty.
    private var overflowingSince: UInt64?

    /// A queue that does not stand; one may say that it has no limit but its room until it overflows.
    package init(standsOnlyByOverflow: Bool = false) { self.standsOnlyByOverflow = standsOnlyByOverflow }

    /// Notes that something found no room.
    package mutating func overflowed(now: UInt64) {
        let since = self.overflowingSince ?? now
        self.overflowingSince = since
        guard !self.isStanding, now > since, now &- since >= Self.overflowNanoseconds else { return }
        self.isStanding = true
        self.changingSince = nil
    }

    /// Notes that the oldest of what was taken had come at `arrival`, and how many were left behind.
    package mutating func taken(arrival: UInt64, leaving count: Int, now: UInt64) {
        if count == 0 { self.overflowingSince = nil }
        let isBehind = count > 0 && now > arrival && now &- arrival > Self.targetNanoseconds
        guard isBehind != self.isStanding, self.isStanding || !self.standsOnlyByOverflow else {
            self.changingSince = nil
            return
        }
        let since = self.changingSince ?? now
        self.changingSince = since
        guard now > since, now &- since >= Self.intervalNanoseconds else { return }
        self.isStanding = isBehind
        self.changingSince = nil
    }

    /// Whether something that came at `arrival` is too old to be served.
    package func isStale(arrival: UInt64, now: UInt64) -> Bool {
        self.isStanding && now > arrival && now &- arrival > Self.waitMaximumNanoseconds
    }
}
