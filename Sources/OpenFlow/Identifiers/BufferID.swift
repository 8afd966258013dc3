/// The number of a packet that the switch keeps for the controller.
@frozen public struct BufferID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No buffer: the message carries the packet itself.
    @inlinable public static var none: BufferID { BufferID(rawValue: 0xffff_ffff) }
}

extension BufferID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
