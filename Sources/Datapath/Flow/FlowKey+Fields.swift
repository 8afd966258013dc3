// Accessors of the fields of keys and masks. One line each over `FlowWordsAccess`; layouts are those of
// `FlowField.layout` (a test compares them). Values are in host byte order.

/// What keys and masks have in common: words, and fields in them.
public protocol FlowWordsAccess {
    /// The words.
    var words: FlowWords { get set }
}

extension FlowKey: FlowWordsAccess {}
extension FlowMask: FlowWordsAccess {}

extension FlowWordsAccess {
    /// The `width` bits at `shift` of word `word`, as `Value`.
    @inlinable @inline(__always)
    public func bits<Value: FixedWidthInteger>(_ word: Int, _ shift: Int, _ width: Int) -> Value {
        let all = width == 64 ? UInt64.max : (1 << UInt64(width)) &- 1
        return Value(truncatingIfNeeded: (self.words[word] >> UInt64(shift)) & all)
    }

    /// Replaces the `width` bits at `shift` of word `word`; excess bits of `value` are cut off.
    @inlinable @inline(__always)
    public mutating func setBits(_ word: Int, _ shift: Int, _ width: Int, _ value: some FixedWidthInteger) {
        let all = width == 64 ? UInt64.max : (1 << UInt64(width)) &- 1
        let bits = (UInt64(truncatingIfNeeded: value) & all) << UInt64(shift)
        self.words[word] = self.words[word] & ~(all << UInt64(shift)) | bits
    }

    /// The field as an integer of up to 128 bits.
    @inlinable public subscript(_ field: FlowField) -> UInt128 {
        get {
            let layout = field.layout
            guard layout.width == 128 else {
                let value: UInt64 = self.bits(layout.word, layout.shift, layout.width)
                return UInt128(value)
            }
            return UInt128(self.words[layout.word]) << 64 | UInt128(self.words[layout.word + 1])
        }
        set {
            let layout = field.layout
            guard layout.width == 128 else {
                self.setBits(layout.word, layout.shift, layout.width, newValue)
                return
            }
            self.words[layout.word] = UInt64(truncatingIfNeeded: newValue >> 64)
            self.words[layout.word + 1] = UInt64(truncatingIfNeeded: newValue)
        }
    }

    /// The datapath port (in a megaflow) or the switch's port number (in the pipeline) the packet came in by.
    @inlinable public var inPort: UInt32 {
        get { self.bits(0, 32, 32) }
        set { self.setBits(0, 32, 32, newValue) }
    }
    /// Recirculation id; 0 for a packet fresh from a port.
    @inlinable public var recirculationID: UInt32 {
        get { self.bits(0, 0, 32) }
        set { self.setBits(0, 0, 32, newValue) }
    }
    /// The packet's queueing priority (skb priority).
    @inlinable public var priority: UInt32 {
        get { self.bits(1, 32, 32) }
        set { self.setBits(1, 32, 32, newValue) }
    }
    /// The packet's mark (skb mark).
    @inlinable public var packetMark: UInt32 {
        get { self.bits(1, 0, 32) }
        set { self.setBits(1, 0, 32, newValue) }
    }
    /// Pipeline metadata written by the metadata instruction.
    @inlinable public var metadata: UInt64 {
        get { self.bits(2, 0, 64) }
        set { self.setBits(2, 0, 64, newValue) }
    }
    /// Hash that the datapath computed for the packet.
    @inlinable public var datapathHash: UInt32 {
        get { self.bits(11, 32, 32) }
        set { self.setBits(11, 32, 32, newValue) }
    }
    /// The output port in the action set.
    @inlinable public var actionSetOutput: UInt32 {
        get { self.bits(11, 0, 32) }
        set { self.setBits(11, 0, 32, newValue) }
    }
    /// Conjunction id of a completed conjunctive match.
    @inlinable public var conjunctionID: UInt32 {
        get { self.bits(12, 32, 32) }
        set { self.setBits(12, 32, 32, newValue) }
    }
    /// Connection tracking state bits.
    @inlinable public var connectionState: UInt32 {
        get { self.bits(12, 0, 32) }
        set { self.setBits(12, 0, 32, newValue) }
    }
    /// Connection tracking zone.
    @inlinable public var connectionZone: UInt16 {
        get { self.bits(13, 48, 16) }
        set { self.setBits(13, 48, 16, newValue) }
    }
    /// IP protocol of the connection's original direction.
    @inlinable public var connectionProtocol: UInt8 {
        get { self.bits(13, 40, 8) }
        set { self.setBits(13, 40, 8, newValue) }
    }
    /// Connection tracking mark.
    @inlinable public var connectionMark: UInt32 {
        get { self.bits(13, 0, 32) }
        set { self.setBits(13, 0, 32, newValue) }
    }
    /// Connection tracking label.
    @inlinable public var connectionLabel: UInt128 {
        get { self[.connectionLabel] }
        set { self[.connectionLabel] = newValue }
    }
    /// IPv4 source of the connection's original direction.
    @inlinable public var connectionIPv4Source: UInt32 {
        get { self.bits(16, 32, 32) }
        set { self.setBits(16, 32, 32, newValue) }
    }
    /// IPv4 destination of the connection's original direction.
    @inlinable public var connectionIPv4Destination: UInt32 {
        get { self.bits(16, 0, 32) }
        set { self.setBits(16, 0, 32, newValue) }
    }
    /// IPv6 source of the connection's original direction.
    @inlinable public var connectionIPv6Source: UInt128 {
        get { self[.connectionIPv6Source] }
        set { self[.connectionIPv6Source] = newValue }
    }
    /// IPv6 destination of the connection's original direction.
    @inlinable public var connectionIPv6Destination: UInt128 {
        get { self[.connectionIPv6Destination] }
        set { self[.connectionIPv6Destination] = newValue }
    }
    /// Transport source of the connection's original direction.
    @inlinable public var connectionTransportSource: UInt16 {
        get { self.bits(21, 48, 16) }
        set { self.setBits(21, 48, 16, newValue) }
    }
    /// Transport destination of the connection's original direction.
    @inlinable public var connectionTransportDestination: UInt16 {
        get { self.bits(21, 32, 16) }
        set { self.setBits(21, 32, 16, newValue) }
    }
    /// Packet type: namespace in the upper 16 bits, type in the lower; 0 is Ethernet.
    @inlinable public var packetType: UInt32 {
        get { self.bits(21, 0, 32) }
        set { self.setBits(21, 0, 32, newValue) }
    }
    /// Tunnel key (VNI, GRE key …).
    @inlinable public var tunnelID: UInt64 {
        get { self.bits(22, 0, 64) }
        set { self.setBits(22, 0, 64, newValue) }
    }
    /// Outer IPv4 source of the tunnel.
    @inlinable public var tunnelIPv4Source: UInt32 {
        get { self.bits(23, 32, 32) }
        set { self.setBits(23, 32, 32, newValue) }
    }
    /// Outer IPv4 destination of the tunnel; 0 together with the IPv6 one: not tunnelled.
    @inlinable public var tunnelIPv4Destination: UInt32 {
        get { self.bits(23, 0, 32) }
        set { self.setBits(23, 0, 32, newValue) }
    }
    /// Outer IPv6 source of the tunnel.
    @inlinable public var tunnelIPv6Source: UInt128 {
        get { self[.tunnelIPv6Source] }
        set { self[.tunnelIPv6Source] = newValue }
    }
    /// Outer IPv6 destination of the tunnel.
    @inlinable public var tunnelIPv6Destination: UInt128 {
        get { self[.tunnelIPv6Destination] }
        set { self[.tunnelIPv6Destination] = newValue }
    }
    /// Tunnel flags.
    @inlinable public var tunnelFlags: UInt16 {
        get { self.bits(28, 48, 16) }
        set { self.setBits(28, 48, 16, newValue) }
    }
    /// Outer type of service.
    @inlinable public var tunnelTOS: UInt8 {
        get { self.bits(28, 40, 8) }
        set { self.setBits(28, 40, 8, newValue) }
    }
    /// Outer time to live.
    @inlinable public var tunnelTTL: UInt8 {
        get { self.bits(28, 32, 8) }
        set { self.setBits(28, 32, 8, newValue) }
    }
    /// Outer transport source port.
    @inlinable public var tunnelTransportSource: UInt16 {
        get { self.bits(28, 16, 16) }
        set { self.setBits(28, 16, 16, newValue) }
    }
    /// Outer transport destination port.
    @inlinable public var tunnelTransportDestination: UInt16 {
        get { self.bits(28, 0, 16) }
        set { self.setBits(28, 0, 16, newValue) }
    }
    /// VXLAN group-based policy id.
    @inlinable public var tunnelGBPID: UInt16 {
        get { self.bits(29, 48, 16) }
        set { self.setBits(29, 48, 16, newValue) }
    }
    /// VXLAN group-based policy flags.
    @inlinable public var tunnelGBPFlags: UInt8 {
        get { self.bits(29, 40, 8) }
        set { self.setBits(29, 40, 8, newValue) }
    }
    /// Ethernet destination address.
    @inlinable public var ethernetDestination: UInt64 {
        get { self.bits(30, 16, 48) }
        set { self.setBits(30, 16, 48, newValue) }
    }
    /// EtherType of the payload behind all VLAN tags; 0x05ff for an 802.3 frame without one.
    @inlinable public var etherType: UInt16 {
        get { self.bits(30, 0, 16) }
        set { self.setBits(30, 0, 16, newValue) }
    }
    /// Ethernet source address.
    @inlinable public var ethernetSource: UInt64 {
        get { self.bits(31, 16, 48) }
        set { self.setBits(31, 16, 48, newValue) }
    }
    /// EtherType of the outer VLAN tag; 0 without a tag.
    @inlinable public var vlanTPID: UInt16 {
        get { self.bits(32, 48, 16) }
        set { self.setBits(32, 48, 16, newValue) }
    }
    /// Outer VLAN tag: PCP in bits 15–13, bit 12 set when a tag is there, VLAN id in bits 11–0; 0 without a tag.
    @inlinable public var vlanTCI: UInt16 {
        get { self.bits(32, 32, 16) }
        set { self.setBits(32, 32, 16, newValue) }
    }
    /// EtherType of the inner VLAN tag; 0 without one.
    @inlinable public var innerVLANTPID: UInt16 {
        get { self.bits(32, 16, 16) }
        set { self.setBits(32, 16, 16, newValue) }
    }
    /// Inner VLAN tag, as ``vlanTCI``.
    @inlinable public var innerVLANTCI: UInt16 {
        get { self.bits(32, 0, 16) }
        set { self.setBits(32, 0, 16, newValue) }
    }
    /// Outermost MPLS label stack entry: label 20, TC 3, bottom of stack 1, TTL 8 bits.
    @inlinable public var mplsLabelStackEntry0: UInt32 {
        get { self.bits(33, 32, 32) }
        set { self.setBits(33, 32, 32, newValue) }
    }
    /// Second MPLS label stack entry.
    @inlinable public var mplsLabelStackEntry1: UInt32 {
        get { self.bits(33, 0, 32) }
        set { self.setBits(33, 0, 32, newValue) }
    }
    /// Third MPLS label stack entry.
    @inlinable public var mplsLabelStackEntry2: UInt32 {
        get { self.bits(34, 32, 32) }
        set { self.setBits(34, 32, 32, newValue) }
    }
    /// IPv4 source; in ARP the sender's protocol address.
    @inlinable public var ipv4Source: UInt32 {
        get { self.bits(35, 32, 32) }
        set { self.setBits(35, 32, 32, newValue) }
    }
    /// IPv4 destination; in ARP the target's protocol address.
    @inlinable public var ipv4Destination: UInt32 {
        get { self.bits(35, 0, 32) }
        set { self.setBits(35, 0, 32, newValue) }
    }
    /// IPv6 source address.
    @inlinable public var ipv6Source: UInt128 {
        get { self[.ipv6Source] }
        set { self[.ipv6Source] = newValue }
    }
    /// IPv6 destination address.
    @inlinable public var ipv6Destination: UInt128 {
        get { self[.ipv6Destination] }
        set { self[.ipv6Destination] = newValue }
    }
    /// IPv6 flow label.
    @inlinable public var ipv6FlowLabel: UInt32 {
        get { self.bits(40, 32, 20) }
        set { self.setBits(40, 32, 20, newValue) }
    }
    /// IP protocol, or the last IPv6 next header.
    @inlinable public var ipProtocol: UInt8 {
        get { self.bits(40, 24, 8) }
        set { self.setBits(40, 24, 8, newValue) }
    }
    /// IPv4 type of service or IPv6 traffic class: DSCP in bits 7–2, ECN in bits 1–0.
    @inlinable public var ipTOS: UInt8 {
        get { self.bits(40, 16, 8) }
        set { self.setBits(40, 16, 8, newValue) }
    }
    /// IPv4 time to live or IPv6 hop limit.
    @inlinable public var ipTTL: UInt8 {
        get { self.bits(40, 8, 8) }
        set { self.setBits(40, 8, 8, newValue) }
    }
    /// Fragment bits: 1 any fragment, 2 not the first one (later fragments have 3).
    @inlinable public var ipFragment: UInt8 {
        get { self.bits(40, 0, 8) }
        set { self.setBits(40, 0, 8, newValue) }
    }
    /// ARP sender's hardware address; in neighbour discovery the source link-layer address.
    @inlinable public var arpSourceHardwareAddress: UInt64 {
        get { self.bits(41, 16, 48) }
        set { self.setBits(41, 16, 48, newValue) }
    }
    /// ARP operation.
    @inlinable public var arpOperation: UInt16 {
        get { self.bits(41, 0, 16) }
        set { self.setBits(41, 0, 16, newValue) }
    }
    /// ARP target's hardware address; in neighbour discovery the target link-layer address.
    @inlinable public var arpTargetHardwareAddress: UInt64 {
        get { self.bits(42, 16, 48) }
        set { self.setBits(42, 16, 48, newValue) }
    }
    /// Target address of an ICMPv6 neighbour solicitation or advertisement.
    @inlinable public var neighbourDiscoveryTarget: UInt128 {
        get { self[.neighbourDiscoveryTarget] }
        set { self[.neighbourDiscoveryTarget] = newValue }
    }
    /// TCP, UDP or SCTP source port; ICMP or ICMPv6 type.
    @inlinable public var transportSource: UInt16 {
        get { self.bits(45, 48, 16) }
        set { self.setBits(45, 48, 16, newValue) }
    }
    /// TCP, UDP or SCTP destination port; ICMP or ICMPv6 code.
    @inlinable public var transportDestination: UInt16 {
        get { self.bits(45, 32, 16) }
        set { self.setBits(45, 32, 16, newValue) }
    }
    /// TCP flags, 12 bits.
    @inlinable public var tcpFlags: UInt16 {
        get { self.bits(45, 16, 16) }
        set { self.setBits(45, 16, 16, newValue) }
    }
    /// Service instance identifier of an IEEE 802.1ah tag.
    @inlinable public var serviceInstance: UInt32 {
        get { self.bits(46, 40, 24) }
        set { self.setBits(46, 40, 24, newValue) }
    }
    /// Use-customer-address bit of an IEEE 802.1ah tag.
    @inlinable public var serviceUsesCustomerAddress: UInt8 {
        get { self.bits(46, 32, 1) }
        set { self.setBits(46, 32, 1, newValue) }
    }
    /// Which extension headers an IPv6 packet has: OFPIEH_* of OpenFlow 1.3 §7.2.3.7.
    @inlinable public var ipv6ExtensionHeaders: UInt16 {
        get { self.bits(46, 0, 9) }
        set { self.setBits(46, 0, 9, newValue) }
    }
}
