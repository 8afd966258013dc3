import Datapath
import OpenFlow

/// What a bundle that is being committed does once it has succeeded, or takes back once it has failed.
struct BundleTransaction {
    /// What becomes of devices and meters that exist already, in order, at the moment when the tables are published.
    var deviceChanges: [DeviceChange] = []
    /// For when it has succeeded: messages to others, packets.
    var afterwards: [() -> Void] = []
    /// For when it fails, to be called last to first, before the tables are taken back.
    var reversals: [() -> Void] = []
    /// The flow_mod of the bundle that is being carried out in slices; at most one.
    var flowJobs: [FlowJob] = []
    /// The deletion of groups or meters that is being carried out in slices; at most one.
    var removals: [RemovalJob] = []
}

/// A change outside of the tables that waits for the whole bundle; where it is refused, all of the bundle is.
struct DeviceChange {
    /// The message that asks for it; nil where none is known.
    let request: BundledRequest?
    let carryOut: () throws(OpenFlowError) -> Void
}

/// A bundle that is being committed: what is done, and what is left.
///
/// At most one per switch. Its session's messages wait until it is done, those of others that touch the tables, too;
/// everything else goes on between its slices. Owned by the switch, on its control loop.
final class BundleCommit {
    /// What comes next.
    enum Phase {
        /// The messages, in order.
        case applying
        /// Taking back what was done, since a message was refused.
        case rollingBack
        /// Telling what was done.
        case announcing
        /// Giving memory back, a part at a time.
        case releasing
    }

    /// How many messages are carried out in a slice, and how many changes of flows are taken back or told in one.
    static let messagesPerSlice = 512
    static let changesPerSlice = 1_024
    /// How many changes are forgotten in a slice.
    static let releasedPerSlice = 8_192

    let context: RequestContext
    let answer: BundleControl
    var phase = Phase.applying
    /// Whether it may take several turns.
    var isStaged = false
    /// Whether it waits for its next turn, with readers let in.
    var isSuspended = false
    /// Whether a slice is under way.
    var isActive = false
    /// While it is suspended; else the switch has it.
    var transaction: BundleTransaction?
    /// What was done, and what is to be released.
    var undo: PipelineUndo?
    /// The version that it made.
    var version: UInt64?
    /// How many events have been told.
    var toldCount = 0
    /// What flow monitors have been told so far.
    var telling = MonitorTelling()
    /// Why it failed: the error, and the message that raised it.
    private(set) var failure: (error: OpenFlowError, request: BundledRequest)?
    /// The message that is being carried out, or was last.
    private(set) var current: BundledRequest?
    /// How many messages it has.
    let messageCount: Int

    /// What is left: parts from ``nextPart`` on, without those items of the first that are done.
    private var parts: [BundleTable.Part]
    private var nextPart = 0
    private var nextItem = 0

    init(_ bundle: BundleTable.Bundle, _ context: RequestContext, answer: BundleControl) {
        // The request is part of what was read with it, which is not to be kept.
        self.context = RequestContext(
            session: context.session, transactionID: context.transactionID, now: context.now,
            bytes: Array(context.bytes.prefix(OpenFlowSwitch.bundledBytesKept))[...])
        self.answer = answer
        self.parts = bundle.items.parts
        self.messageCount = bundle.items.count
    }

    /// Whether `predicate` holds for a message of those that may mean many flows.
    func contains(where predicate: (Message) -> Bool) -> Bool {
        self.parts.contains { part in
            switch part {
            case .items(let items): items.contains { predicate($0.message) }
            // Each means one flow.
            case .flowMods: false
            }
        }
    }

    /// What comes next.
    enum Next {
        case message(Message)
        /// To be given back with ``giveBack(_:)`` when some of it is done.
        case flowMods(FlowModBurst)
    }

    /// Takes what comes next; nil at the end.
    func next() -> Next? {
        while self.nextPart < self.parts.count {
            switch self.parts[self.nextPart] {
            case .items(let items) where self.nextItem < items.count:
                let item = items[self.nextItem]
                self.nextItem += 1
                self.current = item.request
                return .message(item.message)
            case .items:
                // What has been carried out is no longer needed.
                self.parts[self.nextPart] = .items([])
                self.nextPart += 1
                self.nextItem = 0
            case .flowMods(let burst):
                self.parts[self.nextPart] = .items([])
                return .flowMods(burst)
            }
        }
        return nil
    }

    /// Takes note of what is left of a burst; `current` is what an error is about.
    func giveBack(_ burst: FlowModBurst) {
        if burst.next < burst.count { self.parts[self.nextPart] = .flowMods(burst) } else { self.nextPart += 1 }
    }

    /// The request that is carried out, or was last.
    func note(_ request: BundledRequest) { self.current = request }

    /// Notes that a message was refused.
    func fail(_ error: OpenFlowError, _ request: BundledRequest?) {
        if let request { self.failure = (error, request) }
        self.phase = .rollingBack
    }

    /// The message that is carried out, as a request.
    func currentContext(now: MonotonicTime) -> RequestContext {
        RequestContext(
            session: self.context.session, transactionID: self.current?.transactionID ?? self.context.transactionID,
            now: now, bytes: (self.current?.bytes ?? [])[...])
    }
}
