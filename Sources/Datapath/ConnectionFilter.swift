/// Which tracked connections are meant; what is nil may be anything.
public struct ConnectionFilter: Sendable, Hashable {
    /// One direction of a connection.
    public struct Tuple: Sendable, Hashable {
        /// The source address: IPv6, or IPv4 mapped into it.
        public var source: UInt128?
        /// The destination address: IPv6, or IPv4 mapped into it.
        public var destination: UInt128?
        /// The source port, or the identifier of an ICMP echo.
        public var sourcePort: UInt16?
        /// The destination port.
        public var destinationPort: UInt16?
        /// The ICMP type.
        public var icmpType: UInt8?
        /// The ICMP code.
        public var icmpCode: UInt8?
        /// Anything.
        public init() {}

        /// Whether `other`, which says what it is in full, is meant.
        public func matches(_ other: Tuple) -> Bool {
            func agree<Value: Equatable>(_ wanted: Value?, _ present: Value?) -> Bool {
                wanted == nil || wanted == present
            }
            return agree(self.source, other.source) && agree(self.destination, other.destination)
                && agree(self.sourcePort, other.sourcePort) && agree(self.destinationPort, other.destinationPort)
                && agree(self.icmpType, other.icmpType) && agree(self.icmpCode, other.icmpCode)
        }
    }
    /// The zone.
    public var zone: UInt16?
    /// The IP protocol.
    public var ipProtocol: UInt8?
    /// Whether its addresses are IPv6.
    public var isIPv6: Bool?
    /// The direction of its first packet.
    public var original = Tuple()
    /// The other direction, as address translation left it.
    public var reply = Tuple()
    /// Bits of the mark.
    public var mark: UInt32 = 0
    /// Which bits of the mark count.
    public var markMask: UInt32 = 0
    /// Bits of the label.
    public var label: UInt128 = 0
    /// Which bits of the label count.
    public var labelMask: UInt128 = 0
    /// Every connection.
    public init() {}
}
