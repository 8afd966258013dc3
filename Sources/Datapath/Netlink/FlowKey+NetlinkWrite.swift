// Keys and masks as the kernel takes them (net/openvswitch/flow_netlink.c).
//
// The kernel wants every header that the EtherType and protocol promise to be in the key, and in the mask only
// attributes that the key has and whose prerequisites the mask matches exactly. So both are written by one function,
// whose *structure* comes from the key, and the mask is first brought into a form that the kernel can hold
// (``FlowMask/kernelForm(for:)``). That form may match more bits than were asked for, never fewer: a narrower
// megaflow is still a true one.

/// Which of the two is being written or read.
package enum FlowWordsRole: Sendable {
    /// Values.
    case key
    /// Bits that count.
    case mask
}

extension FlowMask {
    /// This mask with what the kernel can only match exactly made exact; `key` is the packet's or the megaflow's.
    ///
    /// - in-port, EtherType and TPID: all bits or none,
    /// - the presence of each VLAN tag that the key has,
    /// - the EtherType below headers that depend on it, the protocol and the fragment kind below transport fields,
    /// - the bottom of the MPLS stack above entries that are looked at,
    /// - "any fragment": the kernel numbers first and later fragments 1 and 2, so it takes both bits to tell,
    /// - the length of tunnel options,
    /// - whether there is an Ethernet header, and the metadata type of a network service header above contexts.
    package func kernelForm(for key: borrowing FlowKey) -> FlowMask {
        var mask = self
        if mask.inPort != 0 { mask.inPort = .max }
        if mask.etherType | key.etherType != 0 { mask.etherType = .max }
        if key.vlanTCI & 0x1000 != 0 {
            mask.vlanTCI |= 0x1000
            mask.vlanTPID = .max
            if key.innerVLANTCI & 0x1000 != 0 {
                mask.innerVLANTCI |= 0x1000
                mask.innerVLANTPID = .max
            }
        }
        let transport = mask.transportSource | mask.transportDestination | mask.tcpFlags
        let linkLayer = mask.arpSourceHardwareAddress | mask.arpTargetHardwareAddress
        let discovery = mask.neighbourDiscoveryTarget | UInt128(linkLayer) != 0
        if FlowKeyShape.isIP(key) {
            if transport != 0 || discovery {
                mask.ipProtocol = .max
                mask.ipFragment |= 2
            }
            if discovery { mask.transportSource = .max }
        }
        if mask.ipFragment & 1 != 0 { mask.ipFragment |= 3 }
        // Options are looked at in the place that they have among so many bytes.
        if mask.tunnelOptionLength != 0 { mask.tunnelOptionLength = .max }
        if key.packetType != 0 { mask.packetType = .max }
        if key.etherType == ServiceHeader.etherType, mask.serviceHeaderContexts != 0 {
            mask.serviceHeaderMetadataType = .max
        }
        // A label stack entry is there where the one before it is not the bottom of the stack.
        if mask.mplsLabelStackEntry2 != 0 { mask.mplsLabelStackEntry1 |= 0x100 }
        if mask.mplsLabelStackEntry1 != 0 { mask.mplsLabelStackEntry0 |= 0x100 }
        return mask
    }
}

/// What headers a key has.
struct FlowKeyShape {
    let isIPv4: Bool
    let isIPv6: Bool
    let isARP: Bool
    let mplsEntries: Int
    let tags: Int
    let isTunnelled: Bool
    /// The protocol whose header follows, nil where there is none: no IP, or a later fragment.
    let transport: UInt8?
    /// An ICMPv6 solicitation or advertisement of a neighbour: the kernel wants its fields whatever its code.
    let isNeighbourDiscovery: Bool
    /// Whether there is an Ethernet header.
    let hasEthernet: Bool
    /// Whether fields of a network service header are looked at; translation always does where the kernel knows them.
    let hasServiceHeader: Bool
    /// Whether its contexts are: the kernel takes them only where they are there.
    let hasServiceContexts: Bool

    static func isIP(_ key: borrowing FlowKey) -> Bool {
        let etherType = key.etherType
        return etherType == 0x0800 || etherType == 0x86dd
    }

    init(_ key: borrowing FlowKey, _ mask: borrowing FlowMask) {
        let etherType = key.etherType
        self.isIPv4 = etherType == 0x0800
        self.isIPv6 = etherType == 0x86dd
        self.isARP = etherType == 0x0806 || etherType == 0x8035
        if etherType == 0x8847 || etherType == 0x8848 {
            self.mplsEntries = Self.mplsEntries(key, mask)
        } else {
            self.mplsEntries = 0
        }
        self.tags = key.vlanTCI & 0x1000 == 0 ? 0 : key.innerVLANTCI & 0x1000 == 0 ? 1 : 2
        self.isTunnelled = UInt128(key.tunnelIPv4Destination) | key.tunnelIPv6Destination != 0
        let isLaterFragment = key.ipFragment & 2 != 0
        self.transport = Self.isIP(key) && !isLaterFragment ? key.ipProtocol : nil
        let type = key.transportSource
        self.hasEthernet = key.packetType == 0
        let contexts = mask.serviceHeaderContexts
        let looked = mask.serviceHeaderBase | UInt64(contexts == 0 ? 0 : 1)
        let metadataType = key.serviceHeaderMetadataType
        self.hasServiceHeader = etherType == ServiceHeader.etherType && looked != 0
        self.hasServiceContexts = self.hasServiceHeader && contexts != 0 && metadataType == 1
        self.isNeighbourDiscovery = self.isIPv6 && self.transport == 58 && 135...136 ~= type
    }

    /// As many entries as are looked at, and there: the kernel takes more for another stack.
    private static func mplsEntries(_ key: borrowing FlowKey, _ mask: borrowing FlowMask) -> Int {
        guard mask.mplsLabelStackEntry1 != 0, key.mplsLabelStackEntry0 & 0x100 == 0 else { return 1 }
        guard mask.mplsLabelStackEntry2 != 0, key.mplsLabelStackEntry1 & 0x100 == 0 else { return 2 }
        return 3
    }
}

extension NetlinkWriter {
    /// Writes the attributes of a flow's key (`OVS_FLOW_ATTR_KEY`) and mask (`OVS_FLOW_ATTR_MASK`).
    ///
    /// Bits of the key outside the mask are left out: the kernel takes a flow with such bits for another one than
    /// itself when its actions are to be changed.
    package mutating func keyAndMask(of flow: borrowing DatapathFlow) {
        let mask = flow.mask.kernelForm(for: flow.key)
        var key = flow.key
        key.formIntersection(mask)
        var start = self.begin(OpenVSwitch.FlowAttribute.key.rawValue)
        self.flowWords(of: key, role: .key, key: key, mask: mask)
        self.end(start)
        start = self.begin(OpenVSwitch.FlowAttribute.mask.rawValue)
        self.flowWords(of: mask, role: .mask, key: key, mask: mask)
        self.end(start)
    }

    /// Writes key attributes with the values of `words`, for the headers that `key` has.
    mutating func flowWords<Words: FlowWordsAccess>(
        of words: borrowing Words, role: FlowWordsRole, key: borrowing FlowKey, mask: borrowing FlowMask
    ) {
        let shape = FlowKeyShape(key, mask)
        self.attribute(.priority, words.priority, role)
        // A packet without a port is one whose key lacks the attribute.
        let hasPort = key.inPort != .max
        if mask.inPort != 0, role == .mask || hasPort {
            self.attribute(OpenVSwitch.KeyAttribute.inPort.rawValue, words.inPort)
        }
        self.attribute(.packetMark, words.packetMark, role)
        self.attribute(.recirculationID, words.recirculationID, role)
        self.attribute(.datapathHash, words.datapathHash, role)
        self.connection(of: words, shape, key: key, mask: mask)
        if shape.isTunnelled { self.tunnel(of: words, role, key: key, mask: mask) }
        if shape.hasEthernet {
            let start = self.begin(OpenVSwitch.KeyAttribute.ethernet.rawValue)
            self.network48(words.ethernetSource)
            self.network48(words.ethernetDestination)
            self.end(start)
        }
        self.tagged(words, role, shape, key: key)
    }

    /// Writes only what travels beside a packet, not its headers: for `OVS_PACKET_CMD_EXECUTE`, where the kernel
    /// parses them.
    package mutating func metadata(of key: borrowing FlowKey) {
        self.attribute(.priority, key.priority, .key)
        if key.inPort != .max { self.attribute(OpenVSwitch.KeyAttribute.inPort.rawValue, key.inPort) }
        self.attribute(.packetMark, key.packetMark, .key)
        self.attribute(.recirculationID, key.recirculationID, .key)
        self.attribute(.datapathHash, key.datapathHash, .key)
        let mask = FlowMask()
        let shape = FlowKeyShape(key, mask)
        self.connection(of: key, shape, key: key, mask: mask)
        if shape.isTunnelled { self.tunnel(of: key, .key, key: key, mask: mask) }
        // What a packet without Ethernet begins with travels beside it.
        if let type = key.etherTypeWithoutEthernet {
            self.bigEndianAttribute(OpenVSwitch.KeyAttribute.etherType.rawValue, type)
        }
    }

    /// A 32-bit attribute that need not be there when it is zero: absent is 0 in a key, a wildcard in a mask.
    private mutating func attribute(_ type: OpenVSwitch.KeyAttribute, _ value: UInt32, _ role: FlowWordsRole) {
        if role == .key || value != 0 { self.attribute(type.rawValue, value) }
    }

    /// Connection tracking fields, where key or mask has any: the kernel may be built without.
    private mutating func connection<Words: FlowWordsAccess>(
        of words: borrowing Words, _ shape: FlowKeyShape, key: borrowing FlowKey, mask: borrowing FlowMask
    ) {
        typealias Attribute = OpenVSwitch.KeyAttribute
        if key.connectionState | mask.connectionState != 0 {
            self.attribute(Attribute.connectionState.rawValue, words.connectionState)
        }
        if key.connectionZone | mask.connectionZone != 0 {
            self.attribute(Attribute.connectionZone.rawValue, words.connectionZone)
        }
        if key.connectionMark | mask.connectionMark != 0 {
            self.attribute(Attribute.connectionMark.rawValue, words.connectionMark)
        }
        if key.connectionLabel | mask.connectionLabel != 0 {
            let start = self.begin(Attribute.connectionLabels.rawValue)
            self.host(words.connectionLabel.littleEndian)
            self.end(start)
        }
        guard key.connectionProtocol | mask.connectionProtocol != 0 else { return }
        if shape.isIPv4 {
            let start = self.begin(Attribute.connectionIPv4.rawValue)
            self.network(words.connectionIPv4Source)
            self.network(words.connectionIPv4Destination)
            self.connectionTransport(of: words)
            self.end(start)
        } else if shape.isIPv6 {
            let start = self.begin(Attribute.connectionIPv6.rawValue)
            self.network(words.connectionIPv6Source)
            self.network(words.connectionIPv6Destination)
            self.connectionTransport(of: words)
            self.end(start)
        }
    }

    private mutating func connectionTransport<Words: FlowWordsAccess>(of words: borrowing Words) {
        self.network(words.connectionTransportSource)
        self.network(words.connectionTransportDestination)
        self.host(words.connectionProtocol)
        self.zeros(3)
    }

    /// The EtherType, behind as many VLAN tags as the key has, and what follows it.
    private mutating func tagged<Words: FlowWordsAccess>(
        _ words: borrowing Words, _ role: FlowWordsRole, _ shape: FlowKeyShape, key: borrowing FlowKey
    ) {
        var outer = 0
        var inner = 0
        if shape.tags >= 1 { outer = self.tag(words.vlanTPID, words.vlanTCI) }
        if shape.tags >= 2 { inner = self.tag(words.innerVLANTPID, words.innerVLANTCI) }
        // 802.3 frames without an EtherType: absent in the key, exact in the mask.
        if role == .mask ? words.etherType != 0 : key.etherType >= 0x0600 {
            self.bigEndianAttribute(OpenVSwitch.KeyAttribute.etherType.rawValue, words.etherType)
        }
        self.network(words, role, shape)
        if shape.tags >= 2 { self.end(inner) }
        if shape.tags >= 1 { self.end(outer) }
    }

    /// A VLAN tag; returns where the attribute of what it encapsulates begins.
    private mutating func tag(_ tpid: UInt16, _ tci: UInt16) -> Int {
        let known = tpid == 0 ? 0x8100 : tpid
        self.bigEndianAttribute(OpenVSwitch.KeyAttribute.etherType.rawValue, known)
        self.bigEndianAttribute(OpenVSwitch.KeyAttribute.vlan.rawValue, tci)
        return self.begin(OpenVSwitch.KeyAttribute.encapsulated.rawValue)
    }

    private mutating func network<Words: FlowWordsAccess>(
        _ words: borrowing Words, _ role: FlowWordsRole, _ shape: FlowKeyShape
    ) {
        if shape.isIPv4 {
            let start = self.begin(OpenVSwitch.KeyAttribute.ipv4.rawValue)
            self.network(words.ipv4Source)
            self.network(words.ipv4Destination)
            self.host(words.ipProtocol)
            self.host(words.ipTOS)
            self.host(words.ipTTL)
            self.host(FragmentKind.toKernel(words.ipFragment, role))
            self.end(start)
        } else if shape.isIPv6 {
            let start = self.begin(OpenVSwitch.KeyAttribute.ipv6.rawValue)
            self.network(words.ipv6Source)
            self.network(words.ipv6Destination)
            self.network(words.ipv6FlowLabel)
            self.host(words.ipProtocol)
            self.host(words.ipTOS)
            self.host(words.ipTTL)
            self.host(FragmentKind.toKernel(words.ipFragment, role))
            self.end(start)
        } else if shape.isARP {
            let start = self.begin(OpenVSwitch.KeyAttribute.arp.rawValue)
            self.network(words.ipv4Source)
            self.network(words.ipv4Destination)
            self.network(words.arpOperation)
            self.network48(words.arpSourceHardwareAddress)
            self.network48(words.arpTargetHardwareAddress)
            self.zeros(2)
            self.end(start)
        } else if shape.mplsEntries > 0 {
            let start = self.begin(OpenVSwitch.KeyAttribute.mpls.rawValue)
            self.network(words.mplsLabelStackEntry0)
            if shape.mplsEntries > 1 { self.network(words.mplsLabelStackEntry1) }
            if shape.mplsEntries > 2 { self.network(words.mplsLabelStackEntry2) }
            self.end(start)
        }
        if shape.hasServiceHeader { self.serviceHeader(words, shape) }
        if let transport = shape.transport { self.transport(words, transport, shape) }
    }

    private mutating func serviceHeader<Words: FlowWordsAccess>(_ words: borrowing Words, _ shape: FlowKeyShape) {
        let start = self.begin(OpenVSwitch.KeyAttribute.serviceHeader.rawValue)
        self.bigEndianAttribute(OpenVSwitch.ServiceHeaderAttribute.base.rawValue, words.serviceHeaderBase)
        if shape.hasServiceContexts {
            self.bigEndianAttribute(OpenVSwitch.ServiceHeaderAttribute.contexts.rawValue, words.serviceHeaderContexts)
        }
        self.end(start)
    }

    private mutating func transport<Words: FlowWordsAccess>(
        _ words: borrowing Words, _ transport: UInt8, _ shape: FlowKeyShape
    ) {
        switch transport {
        case 6:
            self.ports(.tcp, words)
            self.bigEndianAttribute(OpenVSwitch.KeyAttribute.tcpFlags.rawValue, words.tcpFlags & 0x0fff)
        case 17: self.ports(.udp, words)
        case 132: self.ports(.sctp, words)
        case 1 where shape.isIPv4: self.typeAndCode(.icmp, words)
        case 58 where shape.isIPv6:
            self.typeAndCode(.icmpv6, words)
            if shape.isNeighbourDiscovery { self.neighbourDiscovery(of: words) }
        default: break
        }
    }

    private mutating func ports<Words: FlowWordsAccess>(_ type: OpenVSwitch.KeyAttribute, _ words: borrowing Words) {
        let start = self.begin(type.rawValue)
        self.network(words.transportSource)
        self.network(words.transportDestination)
        self.end(start)
    }

    private mutating func typeAndCode<Words: FlowWordsAccess>(
        _ type: OpenVSwitch.KeyAttribute, _ words: borrowing Words
    ) {
        let start = self.begin(type.rawValue)
        self.host(UInt8(truncatingIfNeeded: words.transportSource))
        self.host(UInt8(truncatingIfNeeded: words.transportDestination))
        self.end(start)
    }

    /// Neighbour discovery, which the kernel wants behind every solicitation and advertisement.
    private mutating func neighbourDiscovery<Words: FlowWordsAccess>(of words: borrowing Words) {
        let start = self.begin(OpenVSwitch.KeyAttribute.neighbourDiscovery.rawValue)
        self.network(words.neighbourDiscoveryTarget)
        self.network48(words.arpSourceHardwareAddress)
        self.network48(words.arpTargetHardwareAddress)
        self.end(start)
    }
}

/// The fragment bits of ``FlowWordsAccess/ipFragment`` (1 any, 2 not the first) and the kernel's `enum ovs_frag_type`
/// (0 none, 1 first, 2 later).
enum FragmentKind {
    static func toKernel(_ bits: UInt8, _ role: FlowWordsRole) -> UInt8 {
        switch role {
        case .key: bits & 2 != 0 ? 2 : bits & 1
        case .mask: bits & 3 == 3 ? .max : bits & 3
        }
    }

    static func fromKernel(_ kind: UInt8, _ role: FlowWordsRole) -> UInt8 {
        switch role {
        case .key: kind == 2 ? 3 : kind & 1
        case .mask: kind & 3
        }
    }
}
