/// A port's number inside one datapath (the kernel's `OVS_VPORT_ATTR_PORT_NO`); nothing outside the
/// datapath and its adapters may take it for a switch's port number.
@frozen public struct PortIndex: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number.
    public let rawValue: UInt32
    /// Makes an index from its number.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The datapath's own local port, which exists as long as the datapath.
    public static let local = PortIndex(rawValue: 0)
    /// No port: what a packet that a controller injected without a port came in by.
    public static let none = PortIndex(rawValue: .max)
}

/// What kind of thing a port is (`enum ovs_vport_type`).
public enum PortKind: Sendable, Hashable {
    /// An existing network device.
    case device
    /// A new device of the host's whose other end is the datapath (kernel: internal vport; embedded: TAP).
    case `internal`
    /// Tunnels: packets carry their tunnel's key and addresses beside them, in both directions (kernel only).
    case tunnel(TunnelProtocol)
}

/// What to add to a datapath.
public struct PortRequest: Sendable, Hashable {
    /// Device name, 1–15 bytes.
    public var name: String
    /// What it is.
    public var kind: PortKind
    /// The index wished for; nil lets the datapath choose.
    public var index: PortIndex?
    /// Makes a request.
    public init(name: String, kind: PortKind, index: PortIndex? = nil) {
        self.name = name
        self.kind = kind
        self.index = index
    }
}

/// A port that is in a datapath.
public struct DatapathPort: Sendable, Hashable {
    /// Its number.
    public var index: PortIndex
    /// Device name.
    public var name: String
    /// What it is.
    public var kind: PortKind
    /// Makes a description.
    public init(index: PortIndex, name: String, kind: PortKind) {
        self.index = index
        self.name = name
        self.kind = kind
    }
}

/// Counters of a port since it was added (`struct ovs_vport_stats`); directions as the switch sees them.
public struct PortStatistics: Sendable, Hashable {
    /// Packets received from the device.
    public var receivedPackets: UInt64 = 0
    /// Packets sent to the device.
    public var transmittedPackets: UInt64 = 0
    /// Bytes received.
    public var receivedBytes: UInt64 = 0
    /// Bytes sent.
    public var transmittedBytes: UInt64 = 0
    /// Packets received with errors.
    public var receiveErrors: UInt64 = 0
    /// Packets that could not be sent because of errors.
    public var transmitErrors: UInt64 = 0
    /// Packets received and dropped for want of room.
    public var receiveDropped: UInt64 = 0
    /// Packets not sent for want of room.
    public var transmitDropped: UInt64 = 0
    /// All zero.
    public init() {}
}
