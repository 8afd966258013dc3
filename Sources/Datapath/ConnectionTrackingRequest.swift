/// What a `ct` action asks of the connection tracker (`enum ovs_ct_attr`, `enum ovs_nat_attr`).
public struct ConnectionTrackingRequest: Sendable, Hashable {
    /// How addresses and ports are translated.
    public struct Translation: Sendable, Hashable {
        /// Which end is translated; neither applies the translation that the connection has.
        public enum Direction: Sendable, Hashable {
            /// The one that the connection has, if any.
            case existing
            /// The source.
            case source
            /// The destination.
            case destination
        }
        /// Which end.
        public var direction = Direction.existing
        /// Whether the addresses are IPv6.
        public var isIPv6 = false
        /// The lowest address to choose, host byte order; 0 for the packet's own.
        public var firstAddress: UInt128 = 0
        /// The highest; 0 for the lowest alone.
        public var lastAddress: UInt128 = 0
        /// The lowest port to choose; 0 for any.
        public var firstPort: UInt16 = 0
        /// The highest; 0 for the lowest alone.
        public var lastPort: UInt16 = 0
        /// The same choice is made again after a restart.
        public var isPersistent = false
        /// The port is chosen by a hash.
        public var hashesPort = false
        /// The port is chosen at random.
        public var randomisesPort = false
        /// Applies the translation that the connection has.
        public init() {}
    }

    /// The zone.
    public var zone: UInt16 = 0
    /// Whether the connection is entered into the table.
    public var commits = false
    /// Whether an entry of the other direction gives way; only with ``commits``.
    public var forces = false
    /// Bits of the connection's mark to set.
    public var mark: UInt32 = 0
    /// Which bits.
    public var markMask: UInt32 = 0
    /// Bits of the connection's label to set.
    public var label: UInt128 = 0
    /// Which bits.
    public var labelMask: UInt128 = 0
    /// The helper that expects related connections (`ftp`, `tftp`), at most 15 bytes; empty for none.
    public var helper = ""
    /// The datapath's policy of time-outs for the connection, at most 31 bytes; empty for its own; only with
    /// ``commits``.
    public var timeoutPolicy = ""
    /// Address translation; nil for none.
    public var translation: Translation?

    /// A look-up in zone 0.
    public init() {}
}
