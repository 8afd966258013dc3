/// The numbers of the kernel's openvswitch interface, `<linux/openvswitch.h>`.
///
/// They are ours rather than the header's so that the code is the same whatever header it was built with; a test
/// compares them with the header of the machine. Integers in attributes are in host byte order unless said otherwise.
package enum OpenVSwitch {
    /// Names of the generic netlink families.
    package enum Family: String, CaseIterable, Sendable {
        /// Datapaths.
        case datapath = "ovs_datapath"
        /// Ports.
        case port = "ovs_vport"
        /// Flows.
        case flow = "ovs_flow"
        /// Packets, up and down.
        case packet = "ovs_packet"
        /// Meters (Linux 4.15).
        case meter = "ovs_meter"
        /// Limits of connection tracking (Linux 4.18).
        case connectionTrackingLimit = "ovs_ct_limit"

        /// The version that requests name in the generic netlink header.
        package var version: UInt8 { self == .datapath ? 2 : 1 }
    }

    /// Commands of the datapath, port and flow families.
    package enum Command: UInt8, Sendable {
        /// Makes one (a flow: makes or changes it).
        case new = 1
        /// Removes one (a flow: all, when none is named).
        case delete = 2
        /// Asks for one, or all.
        case get = 3
        /// Changes one.
        case set = 4
    }

    /// Commands of the packet family.
    package enum PacketCommand: UInt8, Sendable {
        /// To us: no flow matched.
        case miss = 1
        /// To us: a `userspace` action.
        case action = 2
        /// From us: execute actions.
        case execute = 3
    }

    /// Commands of the meter family.
    package enum MeterCommand: UInt8, Sendable {
        /// What the datapath's meters can do.
        case features = 1
        /// Makes or changes one.
        case set = 2
        /// Removes one.
        case delete = 3
        /// Reads one's counters.
        case get = 4
    }

    /// Attributes of the meter family.
    package enum MeterAttribute: UInt16, Sendable {
        /// Its number within the datapath (32 bits).
        case identifier = 1
        /// Flag: rates are in kilobits per second, else in packets.
        case kilobits = 2
        /// `struct ovs_flow_stats`.
        case statistics = 3
        /// Nested: one nested ``OpenVSwitch/MeterBandAttribute`` list per band.
        case bands = 4
        /// How many meters there may be (32 bits).
        case maximumMeters = 7
        /// How many bands a meter may have (32 bits).
        case maximumBands = 8
    }

    /// Attributes of a band of a meter.
    package enum MeterBandAttribute: UInt16, Sendable {
        /// 1: drops (32 bits).
        case type = 1
        /// In the meter's unit (32 bits).
        case rate = 2
        /// In the meter's unit (32 bits).
        case burst = 3
        /// `struct ovs_flow_stats`.
        case statistics = 4
    }

    /// Attributes of a datapath.
    package enum DatapathAttribute: UInt16, Sendable {
        /// Name of its local port's device.
        case name = 1
        /// Port id of the socket that gets the local port's upcalls.
        case upcallPortID = 2
        /// `struct ovs_dp_stats`.
        case statistics = 3
        /// 32 bits of ``OpenVSwitch/UserFeatures``.
        case userFeatures = 5
        /// Array of port ids, one per CPU.
        case perCPUPortIDs = 8
    }

    /// What this program asks a datapath to do differently from the oldest interface.
    package struct UserFeatures: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The last attribute of a message may lack its padding.
        package static let unaligned = UserFeatures(rawValue: 1 << 0)
        /// A port may have several sockets for upcalls.
        package static let portIDsPerPort = UserFeatures(rawValue: 1 << 1)
        /// Upcalls go to the socket of the CPU that they arise on (Linux 5.15).
        package static let perCPUDispatch = UserFeatures(rawValue: 1 << 3)
        /// No feature: a kernel that accepts it does not look at features at all.
        package static let unknown = UserFeatures(rawValue: 1 << 31)
    }

    /// Attributes of a port.
    package enum PortAttribute: UInt16, Sendable {
        /// 32-bit number within the datapath.
        case number = 1
        /// 32-bit ``OpenVSwitch/PortType``.
        case type = 2
        /// Name of the device.
        case name = 3
        /// Nested: 1 is a tunnel's UDP port (16 bits, host byte order), 2 its extensions (1: group-based policy).
        case options = 4
        /// Array of port ids of sockets.
        case upcallPortIDs = 5
        /// `struct ovs_vport_stats`: eight 64-bit counters.
        case statistics = 6
    }

    /// Kinds of ports.
    package enum PortType: UInt32, Sendable {
        /// A network device.
        case device = 1
        /// A device made by the datapath.
        case `internal` = 2
        /// GRE tunnels.
        case gre = 3
        /// VXLAN tunnels.
        case vxlan = 4
        /// Geneve tunnels.
        case geneve = 5
    }

    /// Attributes of a flow.
    package enum FlowAttribute: UInt16, Sendable {
        /// Nested ``OpenVSwitch/KeyAttribute``.
        case key = 1
        /// Nested ``OpenVSwitch/ActionAttribute``.
        case actions = 2
        /// `struct ovs_flow_stats`: packets, bytes (64 bits each).
        case statistics = 3
        /// TCP flags seen (8 bits).
        case tcpFlags = 4
        /// Milliseconds of the monotonic clock (64 bits).
        case used = 5
        /// Nested ``OpenVSwitch/KeyAttribute``, the mask.
        case mask = 7
        /// A trial: errors are not logged.
        case probe = 8
        /// 1–16 bytes of name.
        case identifier = 9
        /// 32 bits: what replies may leave out.
        case identifierFlags = 10
    }

    /// Replies leave out key (1), mask (2) and actions (4): ``FlowAttribute/identifierFlags``.
    package static let omitKeyMaskActions: UInt32 = 7

    /// Attributes of a packet.
    package enum PacketAttribute: UInt16, Sendable {
        /// The frame.
        case packet = 1
        /// Nested ``OpenVSwitch/KeyAttribute``.
        case key = 2
        /// Nested ``OpenVSwitch/ActionAttribute``.
        case actions = 3
        /// What the `userspace` action carried.
        case userdata = 4
        /// A trial: errors are not logged.
        case probe = 8
        /// Length before truncation (32 bits).
        case length = 10
        /// The packet's hash (64 bits), which a packet that is given back keeps with it (Linux 5.5).
        case hash = 11
    }

    /// Attributes of keys and masks; multi-byte header fields are in network byte order.
    package enum KeyAttribute: UInt16, Sendable {
        /// Nested keys behind a VLAN tag.
        case encapsulated = 1
        /// 32 bits.
        case priority = 2
        /// 32 bits; not there for a packet without a port.
        case inPort = 3
        /// Source, destination.
        case ethernet = 4
        /// Tag control information, bit 12 for "there is a tag".
        case vlan = 5
        /// 16 bits; not there for an 802.3 frame without one.
        case etherType = 6
        /// Source, destination, protocol, TOS, TTL, fragment.
        case ipv4 = 7
        /// Source, destination, label, protocol, class, hop limit, fragment.
        case ipv6 = 8
        /// Ports.
        case tcp = 9
        /// Ports.
        case udp = 10
        /// Type, code (8 bits each).
        case icmp = 11
        /// Type, code (8 bits each).
        case icmpv6 = 12
        /// Addresses, operation, hardware addresses, 24 bytes.
        case arp = 13
        /// Target, link-layer addresses, 28 bytes.
        case neighbourDiscovery = 14
        /// 32 bits.
        case packetMark = 15
        /// Nested ``OpenVSwitch/TunnelAttribute``.
        case tunnel = 16
        /// Ports.
        case sctp = 17
        /// 16 bits.
        case tcpFlags = 18
        /// 32 bits.
        case datapathHash = 19
        /// 32 bits.
        case recirculationID = 20
        /// 1–3 label stack entries.
        case mpls = 21
        /// 32 bits.
        case connectionState = 22
        /// 16 bits, host byte order.
        case connectionZone = 23
        /// 32 bits.
        case connectionMark = 24
        /// 16 bytes.
        case connectionLabels = 25
        /// Addresses, ports, protocol; padded to 16 bytes.
        case connectionIPv4 = 26
        /// Addresses, ports, protocol; padded to 40 bytes.
        case connectionIPv6 = 27
        /// Nested ``OpenVSwitch/ServiceHeaderAttribute`` (Linux 4.15).
        case serviceHeader = 28
        /// Namespace and type, 16 bits each. Never sent to the kernel, which does not know it.
        case packetType = 29
    }

    /// Attributes of a network service header, in network byte order.
    package enum ServiceHeaderAttribute: UInt16, Sendable {
        /// Flags, time to live, metadata type, next protocol (8 bits each), service path header (32 bits).
        case base = 1
        /// The four contexts of metadata type 1.
        case contexts = 2
        /// Context headers of metadata type 2; in `pushServiceHeader` only.
        case contextHeaders = 3
    }

    /// Attributes of a tunnel key, in network byte order.
    package enum TunnelAttribute: UInt16, Sendable {
        /// 64 bits.
        case identifier = 0
        /// 32 bits.
        case ipv4Source = 1
        /// 32 bits.
        case ipv4Destination = 2
        /// 8 bits.
        case tos = 3
        /// 8 bits; must be there.
        case ttl = 4
        /// Flag: do not fragment.
        case dontFragment = 5
        /// Flag: outer checksum.
        case checksum = 6
        /// Flag: OAM frame.
        case oam = 7
        /// Geneve options with their headers, at most 252 bytes.
        case geneveOptions = 8
        /// 16 bits.
        case transportSource = 9
        /// 16 bits.
        case transportDestination = 10
        /// Nested: 1 is the group-based policy (32 bits, host byte order: flags and id).
        case vxlanOptions = 11
        /// 16 bytes.
        case ipv6Source = 12
        /// 16 bytes.
        case ipv6Destination = 13
    }

    /// Attributes of actions.
    package enum ActionAttribute: UInt16, Sendable {
        /// 32-bit port number.
        case output = 1
        /// Nested: 1 port id, 2 user data.
        case userspace = 2
        /// One nested key attribute.
        case set = 3
        /// TPID and TCI, network byte order.
        case pushVLAN = 4
        /// Nothing.
        case popVLAN = 5
        /// Nested: 1 probability, 2 actions.
        case sample = 6
        /// 32 bits.
        case recirculate = 7
        /// Algorithm and basis, 32 bits each.
        case hash = 8
        /// Label stack entry (32), EtherType (16), padding (16).
        case pushMPLS = 9
        /// EtherType.
        case popMPLS = 10
        /// One nested key attribute: values, then mask.
        case setMasked = 11
        /// Nested ``ConnectionTrackingAttribute``.
        case connectionTracking = 12
        /// 32-bit length.
        case truncate = 13
        /// Source, destination (Linux 4.11).
        case pushEthernet = 14
        /// Nothing (Linux 4.11).
        case popEthernet = 15
        /// Nothing.
        case clearConnectionTracking = 16
        /// One nested ``KeyAttribute/serviceHeader`` (Linux 4.15).
        case pushServiceHeader = 17
        /// Nothing (Linux 4.15).
        case popServiceHeader = 18
        /// 32-bit meter number.
        case meter = 19
        /// Nested actions.
        case clone = 20
        /// Nested: 1 length (16 bits), 2 and 3 the actions for longer frames and for others (Linux 5.2).
        case checkPacketLength = 21
        /// Label stack entry (32), EtherType (16), flags (16): 0 puts it before Ethernet (Linux 5.17).
        case encapsulateMPLS = 22
        /// 32-bit reason (Linux 6.8).
        case drop = 24
        /// Nested: 1 group (32 bits), 2 cookie of up to 16 bytes (Linux 6.11).
        case packetSample = 25
    }
}

/// Flags of ``FlowWordsAccess/tunnelFlags``, which the key's tunnel attributes and ``TunnelFields`` share.
package enum TunnelFlag {
    /// The outer header may not be fragmented.
    package static let dontFragment: UInt16 = 1 << 0
    /// The outer header has a checksum.
    package static let checksum: UInt16 = 1 << 1
    /// There is a tunnel key.
    package static let key: UInt16 = 1 << 2
    /// An operations and maintenance frame.
    package static let oam: UInt16 = 1 << 3
}
