public import NetworkTypes

/// One action, in the newest version's terms (1.0 §5.2.4, 1.1–1.5 §7.2.6 and Nicira's extensions).
///
/// What 1.0 and 1.1 say with one action per header field becomes ``setField(_:value:mask:)`` wherever the
/// meaning is the same, and is lowered back on writing. Where it is not the same (the VLAN and transport
/// setters), it stays apart.
public enum Action: Hashable, Sendable {
    /// Sends the packet out by a port; the length limits what a controller gets (0xffff: all of it).
    case output(PortNumber, maximumLength: UInt16)
    /// Hands the packet to a group.
    case group(GroupID)
    /// Chooses the queue for later outputs.
    case setQueue(QueueID)
    /// Sends the packet out by a port through a queue (1.0 only).
    case enqueue(PortNumber, QueueID)
    /// Sets the bits of a header or pipeline field where the mask has a one.
    case setField(MatchEntry)
    /// Sets the bits of a tunnel metadata option of more than 16 bytes where the mask has a one.
    case setLongField(LongMatchEntry)
    /// Copies bits from one field to another.
    case copyField(CopyField)
    /// Pushes a VLAN tag with this EtherType.
    case pushVLAN(EtherType)
    /// Removes the outermost VLAN tag.
    case popVLAN
    /// 1.0: sets the VLAN identifier (12 bits); a packet without a tag gets one.
    ///
    /// The setter of 1.1 needs a tag, and is read as ``setField(_:value:mask:)``.
    case setVLANID(UInt16)
    /// 1.0: sets the VLAN priority (3 bits); a packet without a tag gets one, as ``setVLANID(_:)``.
    case setVLANPriority(UInt8)
    /// 1.0 and 1.1: sets the source port, whichever of TCP, UDP and SCTP the packet is.
    case setTransportSource(UInt16)
    /// 1.0 and 1.1: sets the destination port, whichever of TCP, UDP and SCTP the packet is.
    case setTransportDestination(UInt16)
    /// Pushes an MPLS shim with this EtherType.
    case pushMPLS(EtherType)
    /// Removes the outermost MPLS shim; the packet then has this EtherType.
    case popMPLS(EtherType)
    /// Sets the time to live of the outermost MPLS shim.
    case setMPLSTTL(UInt8)
    /// Decrements the time to live of the outermost MPLS shim.
    case decrementMPLSTTL
    /// Sets the time to live (IPv4) or hop limit (IPv6).
    case setNetworkTTL(UInt8)
    /// Decrements the time to live (IPv4) or hop limit (IPv6).
    case decrementNetworkTTL
    /// Copies the time to live outwards, from the next-to-outermost header to the outermost.
    case copyTTLOut
    /// Copies the time to live inwards, from the outermost header to the next.
    case copyTTLIn
    /// Pushes a PBB service tag with this EtherType.
    case pushPBB(EtherType)
    /// Removes the outermost PBB service tag.
    case popPBB
    /// Passes the packet through a meter (1.5; an instruction in 1.3 and 1.4).
    case meter(MeterID)
    /// Nicira: looks the packet up again, with another ingress port and in another table where given.
    case resubmit(port: PortNumber?, table: TableID?)
    /// Nicira: sends the packet to the controllers that have this controller identifier.
    case controller(maximumLength: UInt16, controllerID: UInt16, reason: PacketInReason)
    /// Nicira: does nothing; carries bytes for the controller's own use.
    case note([UInt8])
    /// Nicira: ends the pipeline for this packet.
    case exit
    /// Nicira: restores the queue that was set when the packet came in.
    case popQueue
    /// Nicira: sends the packet out by the port whose number a field holds.
    case outputField(FieldSlice, maximumLength: UInt16)
    /// Nicira: sends at most so many bytes of the packet out by a port.
    case outputTruncated(PortNumber, maximumLength: UInt32)
    /// Nicira: takes part in the conjunctive match `id` as clause `clause` (from 0) of `clauseCount`.
    case conjunction(id: UInt32, clause: UInt8, clauseCount: UInt8)
    /// Nicira: looks the packet up again with the original direction's addresses and ports of its tracked
    /// connection in place of its own, which come back afterwards.
    case resubmitTracked(port: PortNumber?, table: TableID?)
    /// Nicira: adds a flow made from the packet.
    indirect case learn(Learn)
    /// Nicira: hands the packet to the connection tracker.
    indirect case connectionTracking(ConnectionTracking)
    /// Nicira: forgets what the connection tracker found out about the packet.
    case clearConnectionTracking
    /// Nicira: translates addresses and ports; only among the actions of ``connectionTracking(_:)``.
    indirect case addressTranslation(AddressTranslation)
    /// Nicira: writes a link number, chosen by a hash of the packet, into a field.
    indirect case multipath(Multipath)
    /// Nicira: outputs to one of several ports, or writes its number into a field.
    indirect case bundle(PortBundle)
    /// Nicira: samples packets for IPFIX.
    indirect case sample(Sample)
    /// Nicira: performs actions on a copy of the packet and of its pipeline state.
    case clone([Action])
    /// Nicira: sets one bit to whether the packet is longer than so many bytes, its Ethernet header included.
    case checkPacketLarger(length: UInt16, result: FieldSlice)
    /// Nicira: sends the packet to controllers with bytes of their own, through a meter, or pausing the pipeline.
    ///
    /// What ``controller(maximumLength:controllerID:reason:)`` can say is said by that.
    indirect case controllerOutput(ControllerOutput)
    /// Nicira: pushes a header, after which the packet has another packet type (1.3 and later).
    indirect case encapsulate(Encapsulation)
    /// Nicira: removes the outermost header; the packet then has this packet type (1.3 and later).
    ///
    /// The type is ``Encapsulation/nextProtocolType`` where the removed header tells.
    case decapsulate(packetType: UInt32)
    /// Nicira: pushes some bits of a field onto the packet's stack.
    case pushStack(FieldSlice)
    /// Nicira: writes the topmost bits of the packet's stack into a field.
    case popStack(FieldSlice)
    /// Nicira: decrements the time to live or hop limit; what expires goes to the controllers of these identifiers.
    case decrementNetworkTTLNotifying([UInt16])
    /// Nicira: the instruction of that name as an action.
    case writeMetadata(value: UInt64, mask: UInt64)
    /// Nicira: removes a tunnel metadata option from the packet.
    case deleteField(MatchField)
    /// Nicira: decrements the time to live of the network service header (1.3 and later).
    case decrementServiceHeaderTTL
    /// Nicira: shortens the flow's timeouts once a TCP connection ends; zero leaves a timeout as it is.
    case finTimeout(idleSeconds: UInt16, hardSeconds: UInt16)
    /// Any other experimenter's action: its number and what follows it, kept byte for byte.
    case experimenter(UInt32, [UInt8])
}

extension Action {
    /// How many actions may contain one another; more are refused with TOO_MANY.
    public static let depthLimit = 16

    /// Sets the bits of `field` where `mask` has a one to those of `value`, which has none elsewhere.
    @inlinable public static func setField(_ field: MatchField, value: UInt128, mask: UInt128) -> Action {
        .setField(MatchEntry(field, value: value, mask: mask))
    }
}

/// Some adjacent bits of a field.
@frozen public struct FieldSlice: Hashable, Sendable {
    /// The field.
    public var field: MatchField
    /// The least significant bit, from 0.
    public var offset: UInt16
    /// How many bits, from 1.
    public var bitCount: UInt16

    /// Makes a slice; see the properties.
    @inlinable public init(_ field: MatchField, offset: UInt16, bitCount: UInt16) {
        self.field = field
        self.offset = offset
        self.bitCount = bitCount
    }
}

/// What to copy where (1.5 §7.2.6.8, Nicira's reg_move).
@frozen public struct CopyField: Hashable, Sendable {
    /// How many bits.
    public var bitCount: UInt16
    /// The field read.
    public var source: MatchField
    /// The least significant bit read.
    public var sourceOffset: UInt16
    /// The field written.
    public var destination: MatchField
    /// The least significant bit written.
    public var destinationOffset: UInt16

    /// Makes a copy; see the properties.
    @inlinable public init(
        bitCount: UInt16, source: MatchField, sourceOffset: UInt16, destination: MatchField,
        destinationOffset: UInt16
    ) {
        self.bitCount = bitCount
        self.source = source
        self.sourceOffset = sourceOffset
        self.destination = destination
        self.destinationOffset = destinationOffset
    }
}
