/// The number of a meter (1.3 and later), from 1.
@frozen public struct MeterID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number in host byte order.
    public var rawValue: UInt32
    /// Makes an identifier from its number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The greatest number a meter may have.
    @inlinable public static var maximum: MeterID { MeterID(rawValue: 0xffff_0000) }
    /// The meter of packets handled by the switch's slow path.
    @inlinable public static var slowPath: MeterID { MeterID(rawValue: 0xffff_fffd) }
    /// The meter of packets sent to controllers.
    @inlinable public static var controller: MeterID { MeterID(rawValue: 0xffff_fffe) }
    /// Every meter: in deletes and statistics requests.
    @inlinable public static var all: MeterID { MeterID(rawValue: 0xffff_ffff) }
}

extension MeterID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(self.rawValue) }
}
