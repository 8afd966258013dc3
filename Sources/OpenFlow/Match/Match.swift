/// One field of a match: the packets whose bits agree with `value` wherever `mask` has a one.
@frozen public struct MatchEntry: Hashable, Sendable, BitwiseCopyable {
    /// The field.
    public var field: MatchField
    /// The value in host byte order; zero wherever the mask is.
    public var value: UInt128
    /// Which bits count; ``MatchField/allOnes`` means an exact match, never zero.
    public var mask: UInt128

    /// Makes an entry; the caller sees to it that value and mask lie within the field's width.
    @inlinable public init(_ field: MatchField, value: UInt128, mask: UInt128) {
        self.field = field
        self.value = value
        self.mask = mask
    }

    /// Makes an entry that matches `value` exactly.
    public init(_ field: MatchField, _ value: some BinaryInteger) {
        self.init(field, value: UInt128(truncatingIfNeeded: value) & field.allOnes, mask: field.allOnes)
    }

    /// Whether every bit of the field counts.
    public var isExact: Bool { self.mask == self.field.allOnes }
}

/// Which packets a flow applies to: those that agree with every entry; no entry at all means every packet.
///
/// The normal form of the fixed matches of 1.0 and 1.1, of OXM and of NXM (1.0 §5.2.3, 1.1 §A.2.3, 1.2+
/// §7.2.3). No field occurs twice, and fields follow their prerequisites, if the match was decoded.
@frozen public struct Match: Hashable, Sendable {
    /// The fields, prerequisites first.
    public var entries: [MatchEntry]

    /// Tunnel metadata options of more than 16 bytes; few matches have any.
    public var longEntries: [LongMatchEntry]

    /// Makes a match of the entries given.
    @inlinable public init(_ entries: [MatchEntry] = [], longEntries: [LongMatchEntry] = []) {
        self.entries = entries
        self.longEntries = longEntries
    }

    /// The match of every packet.
    public static let any = Match()

    /// The entry for `field`, if the match names it.
    public subscript(field: MatchField) -> MatchEntry? {
        for entry in self.entries where entry.field == field { return entry }
        return nil
    }

    /// The value of `field` if the match names it exactly.
    public func exactValue(of field: MatchField) -> UInt128? {
        guard let entry = self[field], entry.isExact else { return nil }
        return entry.value
    }
}
