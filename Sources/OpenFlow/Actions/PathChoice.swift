/// Which fields of the packet Nicira's multipath and bundle actions hash (ovs-actions(7), NX_HASH_FIELDS_*).
public enum HashFields: UInt16, CaseIterable, Hashable, Sendable {
    /// Ethernet source.
    case ethernetSource = 0
    /// Ethernet, VLAN, network and transport addresses, the same for both directions; UDP ports are left out.
    case symmetricL4 = 1
    /// IP addresses and TCP and SCTP ports, the same for both directions.
    case symmetricL3L4 = 2
    /// As ``symmetricL3L4``, and UDP ports.
    case symmetricL3L4UDP = 3
    /// IPv4 or IPv6 source.
    case networkSource = 4
    /// IPv4 or IPv6 destination.
    case networkDestination = 5
    /// IP addresses, the same for both directions.
    case symmetricL3 = 6
}

/// Nicira's multipath action: chooses one of several links by a hash and writes its number into a field
/// (ovs-actions(7), NXAST_MULTIPATH).
public struct Multipath: Hashable, Sendable {
    /// How the hash becomes a link number.
    public enum Algorithm: UInt16, CaseIterable, Hashable, Sendable {
        /// The hash modulo the number of links.
        case modulo = 0
        /// The hash times the number of links, divided by the range of the hash.
        case hashThreshold = 1
        /// The link whose own hash with the packet's is highest (highest random weight).
        case highestRandomWeight = 2
        /// Hashes in turn, until one is the number of a link.
        case iterativeHash = 3
    }

    /// What is hashed.
    public var hashFields = HashFields.ethernetSource
    /// What the hash begins with.
    public var basis: UInt16 = 0
    /// How the hash becomes a link number.
    public var algorithm = Algorithm.modulo
    /// The highest link number: one less than there are links.
    public var maximumLink: UInt16 = 0
    /// A parameter of the algorithm.
    public var argument: UInt32 = 0
    /// Where the link number goes.
    public var destination = FieldSlice(.register0, offset: 0, bitCount: 32)

    /// Makes a choice among one link, written to register 0.
    public init() {}
}

/// Nicira's bundle and bundle_load actions: choose one of several ports that are up, and output to it or write
/// its number into a field (ovs-actions(7), NXAST_BUNDLE and NXAST_BUNDLE_LOAD).
public struct PortBundle: Hashable, Sendable {
    /// How the port is chosen.
    public enum Algorithm: UInt16, CaseIterable, Hashable, Sendable {
        /// The first that is up.
        case activeBackup = 0
        /// The port whose own hash with the packet's is highest, of those that are up.
        case highestRandomWeight = 1
    }

    /// How the port is chosen.
    public var algorithm = Algorithm.activeBackup
    /// What is hashed.
    public var hashFields = HashFields.ethernetSource
    /// What the hash begins with.
    public var basis: UInt16 = 0
    /// The ports, at most 2048.
    public var members: [PortNumber] = []
    /// Where the port's number goes; nil means that the packet goes out by the port.
    public var destination: FieldSlice?

    /// Makes a bundle without ports.
    public init() {}
}
