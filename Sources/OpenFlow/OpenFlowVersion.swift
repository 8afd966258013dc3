/// A version of the OpenFlow switch protocol; the raw value is the one in every message header.
@frozen public enum OpenFlowVersion: UInt8, CaseIterable, Comparable, Sendable {
    /// OpenFlow 1.0, wire version 0x01.
    case v1_0 = 1
    /// OpenFlow 1.1, wire version 0x02.
    case v1_1 = 2
    /// OpenFlow 1.2, wire version 0x03.
    case v1_2 = 3
    /// OpenFlow 1.3, wire version 0x04.
    case v1_3 = 4
    /// OpenFlow 1.4, wire version 0x05.
    case v1_4 = 5
    /// OpenFlow 1.5, wire version 0x06.
    case v1_5 = 6

    /// Orders versions by age, the oldest first.
    @inlinable public static func < (left: OpenFlowVersion, right: OpenFlowVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension OpenFlowVersion: CustomStringConvertible, LosslessStringConvertible {
    /// The name users write, such as `OpenFlow13`.
    public var description: String { "OpenFlow1\(self.rawValue - 1)" }

    /// Parses `OpenFlow10` … `OpenFlow15`; anything else gives nil.
    public init?(_ description: String) {
        guard let version = Self.allCases.first(where: { $0.description == description }) else {
            return nil
        }
        self = version
    }
}
