package import OpenFlow

/// Gives equal lists of instructions the same ``InstructionList``.
///
/// Most flows of a switch share few lists: interning saves their memory and makes "which flows use this list" a
/// list per
/// table. Lists that no rule uses any more are dropped in sweeps, each after as many additions as lists were kept,
/// so that sweeping costs a constant per addition.
///
/// Owned by ``PipelineState``; used under the write lock only.
package struct InstructionInterner {
    private var lists: [[Instruction]: InstructionList] = [:]
    private var sweepAt = 64
    /// The list that was asked for last: bursts of flows share it, and comparing is cheaper than hashing.
    private var last = InstructionList.empty

    /// Makes an interner without lists.
    package init() {}

    /// How many lists are kept.
    package var count: Int { self.lists.count }

    /// The list of `instructions`, the same for equal instructions as long as anybody uses it.
    package mutating func intern(_ instructions: [Instruction]) -> InstructionList {
        if self.last.instructions == instructions { return self.last }
        if instructions.isEmpty { return .empty }
        if let list = self.lists[instructions] {
            self.last = list
            return list
        }
        if self.lists.count >= self.sweepAt { self.sweep() }
        let list = InstructionList(instructions)
        self.lists[instructions] = list
        self.last = list
        return list
    }

    /// Drops the lists that nobody but the interner uses.
    private mutating func sweep() {
        self.last = .empty
        for index in self.lists.values.indices where isKnownUniquelyReferenced(&self.lists.values[index]) {
            self.lists.values[index] = .empty
        }
        self.lists = self.lists.filter { $0.value !== InstructionList.empty }
        self.sweepAt = max(64, self.lists.count * 2)
    }
}
