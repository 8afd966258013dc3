/// Nicira's experimenter messages (number 0x2320) that have no standard twin.
public enum NiciraMessage: Hashable, Sendable {
    /// Subtype 15: whether FLOW_MOD of 1.0 carries a table in the upper byte of its command.
    case setFlowModTableID(Bool)
    /// Subtype 16: how packet-ins are sent.
    case setPacketInFormat(PacketInFormat)
    /// Subtype 12: 0 for flows in the form of 1.0, 2 for NXM.
    case setFlowFormat(UInt32)
    /// Subtype 20: which controller identifier this connection has.
    case setControllerID(UInt16)
    /// Subtype 18: statistics are to tell how long flows have been idle.
    case flowAge
    /// Subtype 27 (1.0 to 1.3): chooses which asynchronous messages are sent, as 1.4 does.
    case setAsyncConfig2(AsyncConfig)
    /// Subtype 13 (1.0): changes flows.
    indirect case flowMod(NiciraFlowMod)
    /// Subtype 14 (1.0): a flow went.
    indirect case flowRemoved(FlowRemoved)
    /// Subtype 17: a packet for the controller.
    case packetIn(NiciraPacketIn)
    /// Subtype 30: a packet for the controller, perhaps one that can be given back.
    indirect case packetIn2(PacketIn2)
    /// Subtype 28: gives a packet back, so that the switch goes on with it.
    indirect case resume(PacketIn2)
    /// Subtype 24: changes the table of tunnel options.
    case tlvTableMod(TLVTableMod)
    /// Subtype 25: asks for the table of tunnel options.
    case tlvTableRequest
    /// Subtype 26: the table of tunnel options.
    case tlvTableReply(TLVTableReply)
    /// Subtype 29: forgets the tracked connections of a zone.
    case flushConnectionZone(UInt16)
    /// Subtype 32: forgets tracked connections.
    indirect case flushConnections(ConnectionTrackingFlush)
}

/// How packet-ins are sent on a connection (Nicira's subtype 16).
public enum PacketInFormat: UInt32, Hashable, Sendable {
    /// As the version's specification says.
    case standard = 0
    /// Nicira's first extended form.
    case nicira = 1
    /// Nicira's second, property-based form.
    case nicira2 = 2
}
