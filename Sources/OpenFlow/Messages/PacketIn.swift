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

extension PacketIn: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bufferID", &self.bufferID)
        if wire.version == .v1_1 {
            try wire.field("inPort", &self.inPort)
            // The physical port below a logical one; this model has no such ports, so that it is the same.
            try wire.field("inPhysicalPort", &self.inPort)
        }
        try wire.field("totalLength", &self.totalLength)
        if wire.version == .v1_0 { try wire.field("inPort", &self.inPort) }
        if !wire.isReading { self.reason = self.reason.lowered(to: wire.version) }
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        switch wire.version {
        case .v1_0: try wire.reserved(1)
        case .v1_1: try wire.field("tableID", &self.tableID)
        default:
            try wire.field("tableID", &self.tableID)
            if wire.version >= .v1_3 { try wire.field("cookie", &self.cookie) }
            try wire.pipelineFields(&self.pipelineFields, inPort: &self.inPort)
            try wire.reserved(2)
        }
        try wire.rest("data", &self.data)
    }
}

extension PacketInReason {
    /// The reason that an older version gives instead.
    func lowered(to version: OpenFlowVersion) -> PacketInReason {
        switch self {
        case .tableMiss, .applyAction: self
        case .invalidTTL: version >= .v1_2 ? self : .applyAction
        case .actionSet, .group, .packetOut: version >= .v1_4 ? self : .applyAction
        }
    }
}

extension WireVisitor where Self: ~Copyable & ~Escapable {
    /// A match of pipeline fields, of which the ingress port is kept apart.
    mutating func pipelineFields(_ fields: inout Match, inPort: inout PortNumber) throws(WireError) {
        guard self.isReading else {
            // Field by field: a match that holds both would have to be allocated for each packet.
            var frame = self.begin(.match)
            try self.constant("type", 1 as UInt16)
            try self.length(&frame, excluding: 0)
            try self.constant("header", 0x8000_0004 as UInt32)
            try self.wide("inPort", &inPort)
            try self.entries(&fields, names: .version)
            return try self.end(frame, padding: .uncounted)
        }
        var match = Match()
        try self.fields(&match)
        if let entry = match[.inPort] { inPort = PortNumber(rawValue: UInt32(truncatingIfNeeded: entry.value)) }
        match.entries.removeAll { $0.field == .inPort }
        fields = match
    }
}
