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
    /// Properties other than Ethernet (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, receivedPackets: UInt64 = 0, sentPackets: UInt64 = 0,
        receivedBytes: UInt64 = 0, sentBytes: UInt64 = 0, receiveDrops: UInt64 = 0, sendDrops: UInt64 = 0,
        receiveErrors: UInt64 = 0, sendErrors: UInt64 = 0, receiveFrameErrors: UInt64 = 0,
        receiveOverrunErrors: UInt64 = 0, receiveCRCErrors: UInt64 = 0, collisions: UInt64 = 0,
        durationSeconds: UInt32 = 0, durationNanoseconds: UInt32 = 0, properties: [Property] = []
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
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}
