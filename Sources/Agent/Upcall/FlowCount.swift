import Synchronization

/// How many megaflows a bridge has installed; any thread.
package final class FlowCount: Sendable {
    private let value = Atomic<Int>(0)
    /// Starts at 0.
    package init() {}
    /// The number.
    package var count: Int { self.value.load(ordering: .sequentiallyConsistent) }
    /// Adds to the number; negative amounts subtract.
    package func add(_ amount: Int) { self.value.wrappingAdd(amount, ordering: .sequentiallyConsistent) }
}
