public import NetworkTypes

/// How Nicira's nat action, inside ct, translates a connection's addresses and ports (ovs-actions(7), NXAST_NAT).
public struct AddressTranslation: Hashable, Sendable {
    /// Which way, and how ports are chosen.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16
        /// Makes a set from its number.
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// The source is translated; never together with ``destination``.
        public static let source = Flags(rawValue: 1)
        /// The destination is translated.
        public static let destination = Flags(rawValue: 2)
        /// The same address is chosen for a host again after a restart.
        public static let persistent = Flags(rawValue: 4)
        /// The port is chosen by a hash; never together with ``portRandom``.
        public static let portHash = Flags(rawValue: 8)
        /// The port is chosen at random.
        public static let portRandom = Flags(rawValue: 16)
        /// All of them.
        static let all = Flags(rawValue: 0x1f)
    }

    /// The addresses to choose from.
    @frozen public enum Addresses: Hashable, Sendable {
        /// Those that the packet has.
        case unchanged
        /// IPv4 addresses from the first to the last; a nil last means the first alone.
        case ipv4(IPv4Address, last: IPv4Address?)
        /// IPv6 addresses from the first to the last; a nil last means the first alone.
        case ipv6(IPv6Address, last: IPv6Address?)
    }

    /// The ports to choose from.
    @frozen public struct Ports: Hashable, Sendable {
        /// The first port, never 0.
        public var first: UInt16
        /// The last port; nil means the first alone.
        public var last: UInt16?

        /// Makes a range; see the properties.
        @inlinable public init(_ first: UInt16, last: UInt16? = nil) {
            self.first = first
            self.last = last
        }
    }

    /// Which way, and how ports are chosen; none means that an existing translation is applied.
    public var flags: Flags = []
    /// The addresses to choose from.
    public var addresses = Addresses.unchanged
    /// The ports to choose from; nil means as little change as possible.
    public var ports: Ports?

    /// Makes the translation that applies the connection's own.
    public init() {}
}
