/// A packet-in in Nicira's first extended form (subtype 17), which every version can carry.
public struct NiciraPacketIn: Hashable, Sendable {
    /// Where the switch keeps the packet, if it does.
    public var bufferID: BufferID = .none
    /// The packet's length in bytes before it was cut.
    public var totalLength: UInt16 = 0
    /// Why.
    public var reason: PacketInReason = .tableMiss
    /// The table that sent it.
    public var tableID: TableID = TableID(rawValue: 0)
    /// The flow that sent it, ``Cookie/unset`` if none.
    public var cookie: Cookie = .unset
    /// Pipeline fields that are not zero, the ingress port among them.
    public var pipelineFields: Match = .any
    /// The packet, from its Ethernet header, possibly cut.
    public var data: [UInt8] = []

    /// Makes a value; every property has a default.
    public init(
        bufferID: BufferID = .none, totalLength: UInt16 = 0, reason: PacketInReason = .tableMiss,
        tableID: TableID = TableID(rawValue: 0), cookie: Cookie = .unset, pipelineFields: Match = .any,
        data: [UInt8] = []
    ) {
        self.bufferID = bufferID
        self.totalLength = totalLength
        self.reason = reason
        self.tableID = tableID
        self.cookie = cookie
        self.pipelineFields = pipelineFields
        self.data = data
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// A packet-in in Nicira's property form (subtype 30), and the RESUME (subtype 28) that gives it back, perhaps changed.
///
/// A part that is nil is not there. A RESUME repeats what the packet-in said; only packet and pipeline fields may
/// differ.
public struct PacketIn2: Hashable, Sendable {
    /// The packet, from its Ethernet header, possibly cut.
    public var packet: [UInt8]? = nil
    /// The packet's length in bytes before it was cut; nil if it was not.
    public var fullLengthBytes: UInt32? = nil
    /// Where the switch keeps the packet, if it does.
    public var bufferID: BufferID? = nil
    /// The table that sent it.
    public var tableID: TableID? = nil
    /// The flow that sent it.
    public var cookie: Cookie? = nil
    /// Why.
    public var reason: PacketInReason? = nil
    /// Pipeline fields that are not zero, the ingress port among them.
    public var pipelineFields: Match? = nil
    /// What the controller action carried.
    public var userData: [UInt8]? = nil
    /// How the switch goes on with the packet when it is given back; meaningful to the switch alone.
    public var continuation: [UInt8]? = nil

    /// Makes a value; every property has a default.
    public init(
        packet: [UInt8]? = nil, fullLengthBytes: UInt32? = nil, bufferID: BufferID? = nil, tableID: TableID? = nil,
        cookie: Cookie? = nil, reason: PacketInReason? = nil, pipelineFields: Match? = nil,
        userData: [UInt8]? = nil, continuation: [UInt8]? = nil
    ) {
        self.packet = packet
        self.fullLengthBytes = fullLengthBytes
        self.bufferID = bufferID
        self.tableID = tableID
        self.cookie = cookie
        self.reason = reason
        self.pipelineFields = pipelineFields
        self.userData = userData
        self.continuation = continuation
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension NiciraPacketIn: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bufferID", &self.bufferID)
        try wire.field("totalLength", &self.totalLength)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.field("tableID", &self.tableID)
        try wire.field("cookie", &self.cookie)
        let announced = try wire.announce()
        try wire.reserved(6)
        let frame = try wire.open(announced, .match)
        try wire.entries(&self.pipelineFields, names: .nicira)
        try wire.end(frame, padding: .uncounted)
        try wire.reserved(2)
        try wire.rest("data", &self.data)
    }
}

extension PacketIn2: WireStructure {
    /// The types of the properties, in the order in which they are written.
    private enum Kind: UInt16, CaseIterable {
        case packet = 0
        case fullLength = 1
        case bufferID = 2
        case tableID = 3
        case cookie = 4
        case reason = 5
        case metadata = 6
        case continuation = 8
        case userData = 7
    }

    private func has(_ kind: Kind) -> Bool {
        switch kind {
        case .packet: self.packet != nil
        case .fullLength: self.fullLengthBytes != nil
        case .bufferID: self.bufferID != nil
        case .tableID: self.tableID != nil
        case .cookie: self.cookie != nil
        case .reason: self.reason != nil
        case .metadata: self.pipelineFields != nil
        case .continuation: self.continuation != nil
        case .userData: self.userData != nil
        }
    }

    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        let present = Kind.allCases.filter(self.has).map(\.rawValue)
        var others: [Property] = []
        var value = self
        try wire.properties(present: present, others: &others) { (wire, type) throws(WireError) in
            guard let kind = Kind(rawValue: type) else {
                throw wire.refusal(.propertyBadType, value: UInt64(type))
            }
            try value.describe(kind, to: &wire)
            return true
        }
        self = value
    }

    private mutating func describe(
        _ kind: Kind, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch kind {
        case .packet: try wire.optional("packet", &self.packet)
        case .fullLength: try wire.optional("fullLength", &self.fullLengthBytes)
        case .bufferID: try wire.optional("bufferID", &self.bufferID)
        case .tableID: try wire.optional("tableID", &self.tableID)
        case .cookie:
            try wire.reserved(4)
            try wire.optional("cookie", &self.cookie)
        case .reason:
            var reason = self.reason ?? .tableMiss
            try wire.code("reason", &reason, absent: .requestNiciraBadReason)
            self.reason = reason
        case .metadata:
            var fields = self.pipelineFields ?? .any
            try wire.entries(&fields, names: .properties)
            self.pipelineFields = fields
        case .continuation: try wire.optional("continuation", &self.continuation)
        case .userData: try wire.optional("userData", &self.userData)
        }
    }
}
