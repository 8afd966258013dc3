/// Nicira's experimenter messages (number 0x2320) that this module knows and that have no standard twin.
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
