package import Datapath
import Glibc
import Synchronization

/// Tells the revalidator when every handler that may still work with older tables has finished its batch.
///
/// Each handler's counter is odd while it works on a batch and even between batches. Whoever has changed the tables and
/// then sees a counter even, or sees it move on, knows: what that handler does afterwards, it does with the new
/// tables. The fences order "I am busy" before the handler's reading of the tables, and the change of the tables before
/// the reading of the counter.
package final class HandlerEpochs: Sendable {
    private final class Slot: Sendable {
        let value = Atomic<UInt64>(0)
    }

    private let slots: [Slot]
    private let waiting = Atomic<Bool>(false)
    private let signal: WakeEvent

    /// Makes the counters of `handlerCount` handlers, all idle.
    package init(handlerCount: Int) throws(DatapathError) {
        self.slots = (0..<max(1, handlerCount)).map { _ in Slot() }
        self.signal = try WakeEvent()
    }

    /// A handler begins a batch; before it looks at any table.
    package func enter(_ handler: Int) {
        self.slots[handler].value.wrappingAdd(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// A handler ends a batch; after everything it installs is in the ``InstalledFlowTable``.
    package func leave(_ handler: Int) {
        self.slots[handler].value.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if self.waiting.load(ordering: .sequentiallyConsistent) { self.signal.signal() }
    }

    /// Whether no handler is in a batch.
    package var isIdle: Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        for slot in self.slots where slot.value.load(ordering: .sequentiallyConsistent) & 1 != 0 { return false }
        return true
    }

    /// As ``waitForQuiescence()``, for any thread; a short wait, without the signal.
    package func waitForQuiescenceFromOutside() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let seen = self.slots.map { $0.value.load(ordering: .sequentiallyConsistent) }
        for (slot, before) in zip(self.slots, seen) where before & 1 != 0 {
            while slot.value.load(ordering: .sequentiallyConsistent) == before { usleep(50) }
        }
    }

    /// Waits until every handler that is in a batch now has finished it; one thread at a time.
    package func waitForQuiescence() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let seen = self.slots.map { $0.value.load(ordering: .sequentiallyConsistent) }
        for (slot, before) in zip(self.slots, seen) where before & 1 != 0 {
            self.waiting.store(true, ordering: .sequentiallyConsistent)
            while slot.value.load(ordering: .sequentiallyConsistent) == before {
                self.signal.wait(timeoutMilliseconds: 100)
            }
        }
        self.waiting.store(false, ordering: .sequentiallyConsistent)
    }
}
