/// The number of a flow monitor, chosen by the controller; it means a monitor of that connection only.
@frozen public struct FlowMonitorID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension FlowMonitorID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
