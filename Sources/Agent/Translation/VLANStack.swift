package import Datapath

/// The VLAN tags of a packet that translation keeps track of: as many as a key shows.
///
/// More could be pushed, but neither keys nor datapaths would then see the headers behind them.
package struct VLANStack: Sendable {
    /// How many tags fit.
    package static let limit = 2

    /// TPID in the upper 16 bits, TCI in the lower; the innermost tag first.
    private var tags = InlineArray<2, UInt32>(repeating: 0)
    /// How many there are.
    package private(set) var count = 0

    /// The tags that a key shows.
    package init(_ key: borrowing FlowKey) {
        guard key.vlanTPID != 0 else { return }
        if key.innerVLANTPID != 0 { _ = self.push(tpid: key.innerVLANTPID, tci: key.innerVLANTCI) }
        _ = self.push(tpid: key.vlanTPID, tci: key.vlanTCI)
    }

    /// The tag at `depth` from the outside, 0 being the outermost; zeros where there is none.
    package func tag(_ depth: Int) -> (tpid: UInt16, tci: UInt16) {
        guard depth < self.count else { return (0, 0) }
        let tag = self.tags[self.count - 1 - depth]
        return (UInt16(truncatingIfNeeded: tag >> 16), UInt16(truncatingIfNeeded: tag))
    }

    /// Adds an outer tag; returns false where there is no room.
    package mutating func push(tpid: UInt16, tci: UInt16) -> Bool {
        guard self.count < Self.limit else { return false }
        self.tags[self.count] = UInt32(tpid) << 16 | UInt32(tci | 0x1000)
        self.count += 1
        return true
    }

    /// Removes the outermost tag; returns false where there is none.
    package mutating func pop() -> Bool {
        guard self.count > 0 else { return false }
        self.count -= 1
        self.tags[self.count] = 0
        return true
    }

    /// Replaces the outermost tag's control information; nothing where there is no tag.
    package mutating func setOuter(tci: UInt16) {
        guard self.count > 0 else { return }
        self.tags[self.count - 1] = self.tags[self.count - 1] & 0xffff_0000 | UInt32(tci | 0x1000)
    }

    /// Writes the two outermost tags into a key.
    package func show(in key: inout FlowKey) {
        (key.vlanTPID, key.vlanTCI) = self.tag(0)
        (key.innerVLANTPID, key.innerVLANTCI) = self.tag(1)
    }

    /// How many of the innermost tags are the same in both.
    package func commonInnerCount(with other: borrowing VLANStack) -> Int {
        var common = 0
        while common < min(self.count, other.count), self.tags[common] == other.tags[common] { common += 1 }
        return common
    }
}
