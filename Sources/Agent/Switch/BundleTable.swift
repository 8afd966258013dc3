import OpenFlow

/// The bundles of one session (1.4 §6.9 and §7.3.9 · 1.5 §6.9 and §7.3.9): a value, without a clock.
///
/// Every method throws the protocol's own refusal and has then changed nothing.
struct BundleTable {
    /// How much a session may keep; sessions share one.
    final class Limits: Sendable {
        /// Bundles at once.
        let bundles: Int
        /// Messages of one bundle.
        let messages: Int
        /// Bytes of all messages of the session's bundles, in wire form.
        let bytes: Int
        /// How long a bundle may lie idle.
        let idleTimeout = Duration.seconds(10)

        static let standard = Limits()

        init(bundles: Int = 64, messages: Int = 262_144, bytes: Int = 64 * 1_024 * 1_024) {
            (self.bundles, self.messages, self.bytes) = (bundles, messages, bytes)
        }
    }
    /// A message that waits.
    struct Item {
        /// The message.
        let message: Message
        /// What an error about it says.
        let request: BundledRequest
    }
    /// Messages that came one after the other.
    enum Part {
        case items([Item])
        case flowMods(FlowModBurst)
    }
    /// Messages in the order they came, in parts of bounded size: neither a new one nor giving parts back takes long.
    struct ItemList {
        /// How many messages a part of items has at most; a burst has what came in one read.
        static let partCount = 512
        private(set) var parts: [Part] = []
        /// How many messages there are.
        private(set) var count = 0

        /// Adds a message behind the others.
        mutating func append(_ item: Item) {
            self.count += 1
            guard case .items(var items)? = self.parts.last, items.count < Self.partCount else {
                return self.parts.append(.items([item]))
            }
            // Taken out, so that the array has one owner.
            self.parts[self.parts.count - 1] = .items([])
            items.append(item)
            self.parts[self.parts.count - 1] = .items(items)
        }

        /// Adds messages behind the others.
        mutating func append(_ burst: FlowModBurst) {
            self.parts.append(.flowMods(burst))
            self.count += burst.count
        }
    }
    /// A commit that waits for its time (1.5 §6.9.6).
    struct Schedule {
        /// When.
        let time: MonotonicTime
        /// The commit's transaction and first bytes, for the answer.
        let transactionID: TransactionID
        let bytes: [UInt8]
    }
    /// A bundle.
    struct Bundle {
        /// How it is applied.
        let flags: BundleFlags
        /// Who opened it, for errors.
        let transactionID: TransactionID
        /// Whether nothing may be added any more.
        var isClosed = false
        /// In the order they came.
        var items = ItemList()
        /// The groups and meters that its messages add and do not delete again.
        var additions: Set<BundledAddition> = []
        /// Bytes of all messages.
        var byteCount = 0
        /// When it has lain idle too long.
        var deadline: MonotonicTime
        /// When it is to be committed, where that is set.
        var schedule: Schedule?
    }

    /// How much is allowed.
    let limits: Limits
    private var bundles: [BundleID: Bundle] = [:]
    private var byteCount = 0

    /// Makes a table without bundles.
    init(limits: Limits = .standard) { self.limits = limits }

    /// How many there are.
    var count: Int { self.bundles.count }
    /// When the next of them is to be committed or has lain idle too long.
    var nextDeadline: MonotonicTime? { self.bundles.values.lazy.map { $0.schedule?.time ?? $0.deadline }.min() }

    /// Opens a bundle.
    mutating func open(
        _ identifier: BundleID, _ flags: BundleFlags, by transactionID: TransactionID, now: MonotonicTime
    ) throws(OpenFlowError) {
        guard self.bundles[identifier] == nil else {
            throw OpenFlowError(.bundleExists, value: UInt64(identifier.rawValue))
        }
        guard self.bundles.count < self.limits.bundles else {
            throw OpenFlowError(.bundleOutOfBundles, limit: UInt64(self.limits.bundles))
        }
        self.bundles[identifier] = Bundle(
            flags: flags.subtracting(.timed), transactionID: transactionID, deadline: now + self.limits.idleTimeout)
    }

    /// Adds a message of so many bytes; a bundle that is not there is opened (1.4 §7.3.9.5).
    mutating func add(
        _ item: Item, byteCount: Int, to identifier: BundleID, _ flags: BundleFlags, now: MonotonicTime
    ) throws(OpenFlowError) {
        if self.bundles[identifier] == nil {
            try self.open(identifier, flags, by: item.request.transactionID, now: now)
        }
        let (isClosed, count) = try self.bundle(identifier, flags) { ($0.isClosed, $0.items.count) }
        guard !isClosed else { throw OpenFlowError(.bundleClosed, value: UInt64(identifier.rawValue)) }
        guard count < self.limits.messages else {
            throw OpenFlowError(.bundleMessageTooMany, limit: UInt64(self.limits.messages))
        }
        guard self.byteCount + byteCount <= self.limits.bytes else {
            throw OpenFlowError(.bundleMessageTooMany, limit: UInt64(self.limits.bytes))
        }
        try self.noteAddition(item.message, identifier)
        self.byteCount += byteCount
        self.bundles[identifier]?.items.append(item)
        self.bundles[identifier]?.byteCount += byteCount
        self.bundles[identifier]?.deadline = now + self.limits.idleTimeout
    }

    /// Adds the messages of a burst, if all of them may be added; else each is to be looked at by itself.
    mutating func add(
        _ burst: FlowModBurst, to identifier: BundleID, _ flags: BundleFlags, now: MonotonicTime
    ) -> Bool {
        let byteCount = burst.byteCount(of: 0..<burst.count)
        guard let bundle = self.bundles[identifier], bundle.flags == flags.subtracting(.timed), !bundle.isClosed,
            bundle.items.count + burst.count <= self.limits.messages,
            self.byteCount + byteCount <= self.limits.bytes
        else { return false }
        var kept = burst
        kept.trim()
        self.byteCount += byteCount
        self.bundles[identifier]?.items.append(kept)
        self.bundles[identifier]?.byteCount += byteCount
        self.bundles[identifier]?.deadline = now + self.limits.idleTimeout
        return true
    }

    /// Closes a bundle.
    mutating func close(_ identifier: BundleID, _ flags: BundleFlags, now: MonotonicTime) throws(OpenFlowError) {
        guard try !self.bundle(identifier, flags, { $0.isClosed }) else {
            throw OpenFlowError(.bundleClosed, value: UInt64(identifier.rawValue))
        }
        self.bundles[identifier]?.isClosed = true
        self.bundles[identifier]?.deadline = now + self.limits.idleTimeout
    }

    /// Takes a bundle out, to be applied or forgotten.
    ///
    /// - Parameter isCommit: Whether it is to be applied, which one that waits for its time is by itself.
    mutating func take(
        _ identifier: BundleID, _ flags: BundleFlags, isCommit: Bool = false
    ) throws(OpenFlowError) -> Bundle {
        let bundle = try self.bundle(identifier, flags) { $0 }
        guard !isCommit || bundle.schedule == nil else {
            throw OpenFlowError(.bundleInProgress, value: UInt64(identifier.rawValue))
        }
        self.bundles[identifier] = nil
        self.byteCount -= bundle.byteCount
        return bundle
    }

    /// Sets when a bundle is to be committed; until then it can only be discarded.
    mutating func schedule(
        _ identifier: BundleID, _ flags: BundleFlags, _ schedule: Schedule
    ) throws(OpenFlowError) {
        guard try self.bundle(identifier, flags, { $0.schedule == nil }) else {
            throw OpenFlowError(.bundleInProgress, value: UInt64(identifier.rawValue))
        }
        self.bundles[identifier]?.isClosed = true
        self.bundles[identifier]?.schedule = schedule
    }

    /// Refuses a message that cannot be carried out after those before it, whatever the switch's state: the second
    /// addition of one group or meter (1.4 §6.9.3).
    private mutating func noteAddition(_ message: Message, _ identifier: BundleID) throws(OpenFlowError) {
        switch message {
        case .groupMod(let request) where request.command == .add:
            guard self.bundles[identifier]?.additions.insert(.group(request.groupID)).inserted == true else {
                throw OpenFlowError(.bundleMessageConflict, value: UInt64(request.groupID.rawValue))
            }
        case .meterMod(let request) where request.command == .add:
            guard self.bundles[identifier]?.additions.insert(.meter(request.meterID)).inserted == true else {
                throw OpenFlowError(.bundleMessageConflict, value: UInt64(request.meterID.rawValue))
            }
        // A deletion may take others along, by chaining.
        case .groupMod(let request) where request.command == .delete:
            self.forgetAdditions(of: identifier) { $0.isGroup }
        case .meterMod(let request) where request.command == .delete:
            self.forgetAdditions(of: identifier) {
                request.meterID == .all ? !$0.isGroup : $0 == .meter(request.meterID)
            }
        default: break
        }
    }

    private mutating func forgetAdditions(of identifier: BundleID, where isGone: (BundledAddition) -> Bool) {
        guard let additions = self.bundles[identifier]?.additions else { return }
        self.bundles[identifier]?.additions = additions.filter { !isGone($0) }
    }

    /// When the next of those whose time has come at `now` was due.
    func firstDue(at now: MonotonicTime) -> MonotonicTime? {
        self.bundles.values.lazy.compactMap { $0.schedule?.time }.filter { $0 <= now }.min()
    }

    /// Takes out the bundle that was to be committed first, if its time has come at `now`.
    mutating func takeFirstDue(
        at now: MonotonicTime
    ) -> (identifier: BundleID, bundle: Bundle, schedule: Schedule)? {
        guard let time = self.firstDue(at: now),
            let (identifier, bundle) = self.bundles.first(where: { $0.value.schedule?.time == time }),
            let schedule = bundle.schedule
        else { return nil }
        self.bundles[identifier] = nil
        self.byteCount -= bundle.byteCount
        return (identifier, bundle, schedule)
    }

    /// Takes out the bundles that have lain idle too long at `now`.
    mutating func takeIdle(at now: MonotonicTime) -> [Bundle] {
        let idle = self.bundles.filter { $0.value.schedule == nil && $0.value.deadline <= now }
        for (identifier, bundle) in idle {
            self.bundles[identifier] = nil
            self.byteCount -= bundle.byteCount
        }
        return Array(idle.values)
    }

    /// What `body` makes of the bundle of that number, whose flags every message repeats; whether it is
    /// timed is for the commit to say.
    private func bundle<Result>(
        _ identifier: BundleID, _ flags: BundleFlags, _ body: (Bundle) -> Result
    ) throws(OpenFlowError) -> Result {
        guard let bundle = self.bundles[identifier] else {
            throw OpenFlowError(.bundleBadID, value: UInt64(identifier.rawValue))
        }
        guard bundle.flags == flags.subtracting(.timed) else {
            throw OpenFlowError(.bundleBadFlags, value: UInt64(flags.rawValue))
        }
        return body(bundle)
    }
}

/// What an error about a message of a bundle says.
struct BundledRequest {
    /// The transaction of the message that added it.
    let transactionID: TransactionID
    /// Its first bytes.
    let bytes: [UInt8]
}

/// A group or a meter that a bundle adds.
enum BundledAddition: Hashable {
    case group(GroupID)
    case meter(MeterID)

    /// Whether it is a group.
    var isGroup: Bool { if case .group = self { true } else { false } }
}
