/// Counters of one port (1.0 §5.3.5 · 1.3 §7.3.5.6 · 1.4 and 1.5 §7.3.5.8); all ones means not supported.
///
/// 1.3 added the age; 1.4 moved the Ethernet errors to a property.
public struct PortStatistics: Hashable, Sendable {
    /// The port.
    public var port: PortNumber = .any
    /// Packets received.
    public var receivedPackets: UInt64 = 0
    /// Packets sent.
    public var sentPackets: UInt64 = 0
    /// Bytes received.
    public var receivedBytes: UInt64 = 0
    /// Bytes sent.
    public var sentBytes: UInt64 = 0
    /// Packets dropped on reception.
    public var receiveDrops: UInt64 = 0
    /// Packets dropped on sending.
    public var sendDrops: UInt64 = 0
    /// Errors on reception, of every kind.
    public var receiveErrors: UInt64 = 0
    /// Errors on sending.
    public var sendErrors: UInt64 = 0
    /// Frame alignment errors.
    public var receiveFrameErrors: UInt64 = 0
    /// Overruns.
    public var receiveOverrunErrors: UInt64 = 0
    /// Checksum errors.
    public var receiveCRCErrors: UInt64 = 0
    /// Collisions.
    public var collisions: UInt64 = 0
    /// The port's age: whole seconds (1.3 and later).
    public var durationSeconds: UInt32 = 0
    /// The port's age: nanoseconds beyond the seconds (1.3 and later).
    public var durationNanoseconds: UInt32 = 0
    /// Whether the Ethernet errors are told; from 1.4 on they need not be.
    public var isEthernet: Bool = true
    /// What an optical port measures (1.4 and later), if said.
    public var optical: OpticalPortStatistics? = nil
    /// Other properties, which are experimenters' (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, receivedPackets: UInt64 = 0, sentPackets: UInt64 = 0,
        receivedBytes: UInt64 = 0, sentBytes: UInt64 = 0, receiveDrops: UInt64 = 0, sendDrops: UInt64 = 0,
        receiveErrors: UInt64 = 0, sendErrors: UInt64 = 0, receiveFrameErrors: UInt64 = 0,
        receiveOverrunErrors: UInt64 = 0, receiveCRCErrors: UInt64 = 0, collisions: UInt64 = 0,
        durationSeconds: UInt32 = 0, durationNanoseconds: UInt32 = 0, isEthernet: Bool = true,
        optical: OpticalPortStatistics? = nil, properties: [Property] = []
    ) {
        self.port = port
        self.receivedPackets = receivedPackets
        self.sentPackets = sentPackets
        self.receivedBytes = receivedBytes
        self.sentBytes = sentBytes
        self.receiveDrops = receiveDrops
        self.sendDrops = sendDrops
        self.receiveErrors = receiveErrors
        self.sendErrors = sendErrors
        self.receiveFrameErrors = receiveFrameErrors
        self.receiveOverrunErrors = receiveOverrunErrors
        self.receiveCRCErrors = receiveCRCErrors
        self.collisions = collisions
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.isEthernet = isEthernet
        self.optical = optical
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension PortStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if wire.version.hasProperties { return try self.describe14(to: &wire) }
        try wire.field("port", &self.port)
        try wire.reserved(wire.version.portNumbersAre32Bit ? 4 : 6)
        try self.describeCounters(to: &wire)
        try self.describeEthernet(to: &wire)
        if wire.version.statisticsHaveDuration { try self.describeDuration(to: &wire) }
    }
    /// 1.4 and later: the Ethernet errors are a property.
    private mutating func describe14(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(2)
        try wire.field("port", &self.port)
        try self.describeDuration(to: &wire)
        try self.describeCounters(to: &wire)
        var present: [UInt16] = self.isEthernet ? [0] : []
        if self.optical != nil { present.append(1) }
        var statistics = self
        if wire.isReading { (statistics.isEthernet, statistics.optical) = (false, nil) }
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            switch type {
            case 0:
                try wire.reserved(4)
                try statistics.describeEthernet(to: &wire)
                statistics.isEthernet = true
            case 1:
                var value = statistics.optical ?? OpticalPortStatistics()
                try value.describe(to: &wire)
                statistics.optical = value
            default: return false
            }
            return true
        }
        statistics.properties = self.properties
        self = statistics
        try wire.end(frame, padding: .none)
    }

    private mutating func describeDuration(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
    }

    private mutating func describeCounters(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("receivedPackets", &self.receivedPackets)
        try wire.field("sentPackets", &self.sentPackets)
        try wire.field("receivedBytes", &self.receivedBytes)
        try wire.field("sentBytes", &self.sentBytes)
        try wire.field("receiveDrops", &self.receiveDrops)
        try wire.field("sendDrops", &self.sendDrops)
        try wire.field("receiveErrors", &self.receiveErrors)
        try wire.field("sendErrors", &self.sendErrors)
    }

    private mutating func describeEthernet(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("receiveFrameErrors", &self.receiveFrameErrors)
        try wire.field("receiveOverrunErrors", &self.receiveOverrunErrors)
        try wire.field("receiveCRCErrors", &self.receiveCRCErrors)
        try wire.field("collisions", &self.collisions)
    }
}
