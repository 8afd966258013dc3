/// What Nicira's ct action asks of the connection tracker (ovs-actions(7), NXAST_CT).
public struct ConnectionTracking: Hashable, Sendable {
    /// What is to be done.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16
        /// Makes a set from its number.
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// The connection is entered into the table.
        public static let commit = Flags(rawValue: 1)
        /// An entry of the other direction gives way; only with ``commit``.
        public static let force = Flags(rawValue: 2)
    }

    /// Where the connection's zone comes from.
    @frozen public enum Zone: Hashable, Sendable {
        /// A number given here.
        case immediate(UInt16)
        /// Sixteen bits of a field.
        case field(FieldSlice)
    }

    /// What is to be done.
    public var flags: Flags = []
    /// The zone, within which connections are told apart.
    public var zone = Zone.immediate(0)
    /// The table that the tracked packet, as a copy, goes on in; nil if in none.
    public var recirculationTable: TableID?
    /// The well-known port of the protocol whose related connections are to be expected (21 FTP, 69 TFTP); 0 for none.
    public var helperPort: UInt16 = 0
    /// Address translation, and settings of the connection's mark and label, performed in the tracker.
    ///
    /// At most one ``Action/addressTranslation(_:)``; else ``Action/setField(_:value:mask:)`` and
    /// ``Action/copyField(_:)`` into `ct_mark` and `ct_label`, which need ``Flags/commit``.
    public var actions: [Action] = []

    /// Makes a look-up in zone 0 that neither commits nor recirculates.
    public init() {}
}
