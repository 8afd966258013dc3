/// Why a packet went to the controller (1.5 §7.4.1).
public enum PacketInReason: UInt8, CaseIterable, Hashable, Sendable {
    /// No flow matched, or the table-miss flow did.
    case tableMiss = 0
    /// An output action said so, in an action list.
    case applyAction = 1
    /// The time to live was invalid (1.2 and later).
    case invalidTTL = 2
    /// An output action in the action set (1.4 and later; earlier written as ``applyAction``).
    case actionSet = 3
    /// A group's bucket (1.4 and later; earlier written as ``applyAction``).
    case group = 4
    /// A packet-out (1.4 and later; earlier written as ``applyAction``).
    case packetOut = 5
}

/// PACKET_IN (1.0 §5.4.1 · 1.1 §A.4.1 · 1.2 §A.4.1 · 1.3 §7.4.1 · 1.5 §7.4.1).
///
/// 1.0 and 1.1 carry the ingress port; 1.2 a match of pipeline fields instead; 1.3 added the cookie.
public struct PacketIn: Hashable, Sendable {
    /// Where the switch keeps the packet, if it does.
    public var bufferID: BufferID = .none
    /// The packet's length in bytes before it was cut.
    public var totalLength: UInt16 = 0
    /// Why.
    public var reason: PacketInReason = .tableMiss
    /// The table that sent it (1.1 and later).
    public var tableID: TableID = TableID(rawValue: 0)
    /// The flow that sent it, ``Cookie/unset`` if none (1.3 and later).
    public var cookie: Cookie = .unset
    /// The port it came in by.
    public var inPort: PortNumber = .any
    /// Other pipeline fields that are not zero (1.2 and later); never the ingress port.
    public var pipelineFields: Match = .any
    /// The packet, from its Ethernet header, possibly cut.
    public var data: [UInt8] = []

    /// Makes a value; every property has a default.
    public init(
        bufferID: BufferID = .none, totalLength: UInt16 = 0, reason: PacketInReason = .tableMiss,
        tableID: TableID = TableID(rawValue: 0), cookie: Cookie = .unset, inPort: PortNumber = .any,
        pipelineFields: Match = .any, data: [UInt8] = []
    ) {
        self.bufferID = bufferID
        self.totalLength = totalLength
        self.reason = reason
        self.tableID = tableID
        self.cookie = cookie
        self.inPort = inPort
        self.pipelineFields = pipelineFields
        self.data = data
    }
    /// Makes a value of all defaults.
    public init() {}
}
