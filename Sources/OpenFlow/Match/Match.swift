/// Which packets a flow applies to: those that agree with every entry; no entry at all means every packet.
///
/// The normal form of the fixed matches of 1.0 and 1.1, of OXM and of NXM (1.0 §5.2.3, 1.1 §A.2.3, 1.2+
/// §7.2.3). No field occurs twice, and fields follow their prerequisites, if the match was decoded.
@frozen public struct Match: Hashable, Sendable {
    /// The fields, prerequisites first.
    public var entries: MatchEntryList

    /// Nil where there are none, which costs less to copy than an empty array.
    private var options: [LongMatchEntry]?

    /// Tunnel metadata options of more than 16 bytes; few matches have any.
    public var longEntries: [LongMatchEntry] {
        get { self.options ?? [] }
        set { self.options = newValue.isEmpty ? nil : newValue }
    }

    /// Makes a match of the entries given.
    public init(_ entries: MatchEntryList = [], longEntries: [LongMatchEntry] = []) {
        self.entries = entries
        self.options = longEntries.isEmpty ? nil : longEntries
    }

    /// Makes a match of the entries given.
    public init(_ entries: [MatchEntry], longEntries: [LongMatchEntry] = []) {
        self.init(MatchEntryList(entries), longEntries: longEntries)
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
