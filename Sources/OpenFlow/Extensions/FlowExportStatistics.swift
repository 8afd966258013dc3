/// How a flow exporter (IPFIX) fares (Nicira's multipart subtypes 3 and 4: 88 bytes an entry).
public struct FlowExportStatistics: Hashable, Sendable {
    /// Flows seen.
    public var totalFlows: UInt64 = 0
    /// Flows in the cache now.
    public var currentFlows: UInt64 = 0
    /// Packets sampled.
    public var packets: UInt64 = 0
    /// IPv4 packets sampled.
    public var ipv4Packets: UInt64 = 0
    /// IPv6 packets sampled.
    public var ipv6Packets: UInt64 = 0
    /// Packets that could not be sampled.
    public var errorPackets: UInt64 = 0
    /// IPv4 packets that could not be sampled.
    public var ipv4ErrorPackets: UInt64 = 0
    /// IPv6 packets that could not be sampled.
    public var ipv6ErrorPackets: UInt64 = 0
    /// Messages sent to collectors.
    public var sentPackets: UInt64 = 0
    /// Messages that could not be sent.
    public var sendErrors: UInt64 = 0
    /// The set of collectors; 0 for a bridge's exporter.
    public var collectorSetID: UInt32 = 0
    /// Makes a value of all defaults.
    public init() {}
}

extension FlowExportStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("totalFlows", &self.totalFlows)
        try wire.field("currentFlows", &self.currentFlows)
        try wire.field("packets", &self.packets)
        try wire.field("ipv4Packets", &self.ipv4Packets)
        try wire.field("ipv6Packets", &self.ipv6Packets)
        try wire.field("errorPackets", &self.errorPackets)
        try wire.field("ipv4ErrorPackets", &self.ipv4ErrorPackets)
        try wire.field("ipv6ErrorPackets", &self.ipv6ErrorPackets)
        try wire.field("sentPackets", &self.sentPackets)
        try wire.field("sendErrors", &self.sendErrors)
        try wire.field("collectorSetID", &self.collectorSetID)
        try wire.reserved(4)
    }
}
