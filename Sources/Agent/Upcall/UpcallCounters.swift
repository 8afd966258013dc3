import Synchronization

/// What handlers and revalidators have done since the start, for metrics; any thread reads, relaxed order.
package final class UpcallCounters: Sendable {
    /// One counter.
    package struct Counter: ~Copyable, Sendable {
        private let value = Atomic<UInt64>(0)
        /// Starts at 0.
        package init() {}
        /// Adds to the counter.
        package func add(_ amount: Int = 1) {
            self.value.wrappingAdd(UInt64(truncatingIfNeeded: amount), ordering: .relaxed)
        }
        /// The count.
        package var count: UInt64 { self.value.load(ordering: .relaxed) }
    }

    /// Upcalls for packets that matched no megaflow.
    package let misses = Counter()
    /// Upcalls for packets of slow-path megaflows.
    package let slowPath = Counter()
    /// Upcalls that are samples.
    package let samples = Counter()
    /// Upcalls whose userdata is not ours; dropped.
    package let unknownCookies = Counter()
    /// Upcalls from ports of no bridge; dropped.
    package let unknownPorts = Counter()
    /// Translations given up, by ``TranslationError``; the packet is dropped.
    package let depthExceeded = Counter()
    /// See ``depthExceeded``.
    package let tooManyLookups = Counter()
    /// See ``depthExceeded``.
    package let tooManyActions = Counter()
    /// See ``depthExceeded``.
    package let unknownInPorts = Counter()
    /// See ``depthExceeded``.
    package let tooManyVLANTags = Counter()
    /// Translations that passed over an action that is not carried out.
    package let unsupportedActions = Counter()
    /// Packets handed to the datapath for execution.
    package let executed = Counter()
    /// Packets whose execution the datapath refused; dropped.
    package let executionFailures = Counter()
    /// Packets that could not be rewritten in software; dropped from there on.
    package let replayFailures = Counter()
    /// Packets that came into a bridge by a patch port.
    package let patchCrossings = Counter()
    /// Packets that had gone through ``AgentLimits/patchDepthMaximum`` patch ports when they came to another; dropped.
    package let patchDepthExceeded = Counter()
    /// Packets dropped at a patch port whose peer is not there, or beyond ``AgentLimits/patchCrossingsMaximum``.
    package let patchDrops = Counter()
    /// Megaflows installed.
    package let installed = Counter()
    /// Megaflows that the datapath refused.
    package let installFailures = Counter()
    /// Megaflows not installed because there are as many as the limit allows.
    package let installsOverLimit = Counter()
    /// Megaflows not installed because another has the same identifier.
    package let identifierCollisions = Counter()
    /// Packet-ins that were queued.
    package let packetIns = Counter()
    /// Packet-ins that were dropped at a full queue.
    package let packetInsDropped = Counter()
    /// Megaflows translated again.
    package let revalidated = Counter()
    /// Megaflows whose actions were replaced.
    package let repaired = Counter()
    /// Megaflows removed because their mask or error no longer allowed them.
    package let invalidated = Counter()
    /// Megaflows removed for being idle.
    package let idleRemoved = Counter()
    /// Megaflows removed because nobody here had installed them.
    package let unknownRemoved = Counter()
    /// Megaflows that the datapath no longer had.
    package let vanished = Counter()
    /// Changes of megaflows that the datapath refused; tried again.
    package let revalidationFailures = Counter()
    /// Dumps that failed.
    package let dumpFailures = Counter()
    /// Failures of receiving upcalls.
    package let receiveFailures = Counter()

    /// All zero.
    package init() {}

    /// Counts what went wrong in a translation.
    package func note(_ translation: Translation) {
        self.patchCrossings.add(translation.passages.count)
        if translation.omissions.contains(.unsupportedAction) { self.unsupportedActions.add() }
        switch translation.error {
        case nil: break
        case .depthExceeded: self.depthExceeded.add()
        case .tooManyLookups: self.tooManyLookups.add()
        case .tooManyActions: self.tooManyActions.add()
        case .unknownInPort: self.unknownInPorts.add()
        case .tooManyVLANTags: self.tooManyVLANTags.add()
        }
    }
}
