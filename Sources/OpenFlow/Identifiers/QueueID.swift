/// The number of a queue of one port.
@frozen public struct QueueID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Every queue of the port: in requests.
    @inlinable public static var all: QueueID { QueueID(rawValue: 0xffff_ffff) }
}

extension QueueID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
