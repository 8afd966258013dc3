/// The MPLS label stack of a packet as far as translation knows it (RFC 3032).
package struct LabelStack: Hashable, Sendable {
    /// How many entries one packet may have been given.
    package static let limit = 32

    /// The entries known, the innermost first.
    private(set) var entries: [UInt32] = []
    /// Whether the innermost entry known is the bottom of the stack.
    private(set) var isComplete = true

    /// No entries.
    package init() {}

    /// The entries that a key shows, of which the datapath sees at most `depth`.
    package init(outerFirst shown: [UInt32], depth: Int) {
        self.isComplete = false
        for entry in shown.prefix(max(1, depth)) {
            self.entries.insert(entry, at: 0)
            guard entry & 0x100 == 0 else {
                self.isComplete = true
                break
            }
        }
    }

    /// The outermost entry known, or nil.
    package var top: UInt32? { self.entries.last }

    /// The entry behind the outermost, or nil where there is none or it is not known.
    package var second: UInt32? { self.entries.dropLast().last }

    /// Adds an outer entry; false where there are too many.
    package mutating func push(_ entry: UInt32) -> Bool {
        guard self.entries.count < Self.limit else { return false }
        self.entries.append(entry)
        return true
    }

    /// Removes the outermost entry; false where none is known.
    package mutating func pop() -> Bool { self.entries.popLast() != nil }

    /// Replaces the outermost entry.
    package mutating func setTop(_ entry: UInt32) {
        guard !self.entries.isEmpty else { return }
        self.entries[self.entries.count - 1] = entry
    }

    /// Replaces the entry behind the outermost.
    package mutating func setSecond(_ entry: UInt32) {
        guard self.entries.count > 1 else { return }
        self.entries[self.entries.count - 2] = entry
    }

    /// How many of the innermost entries are the same in both.
    package func commonInnerCount(with other: borrowing LabelStack) -> Int {
        var common = 0
        while common < min(self.entries.count, other.entries.count), self.entries[common] == other.entries[common] {
            common += 1
        }
        return common
    }
}
