/// A port of the switch, or one of the reserved ports, in the 32-bit form of 1.1 and later.
///
/// OpenFlow 1.0 has 16 bits: its reserved ports 0xfff8…0xffff are raised to 0xfffffff8…0xffffffff on
/// reading and lowered on writing; other numbers must be below 0xff00 to be expressible there.
@frozen public struct PortNumber: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The 32-bit number in host byte order.
    public var rawValue: UInt32
    /// Makes a port from its 32-bit number; every number is allowed.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The least number that no ordinary port may have (OFPP_MAX).
    @inlinable public static var maximum: PortNumber { PortNumber(rawValue: 0xffff_ff00) }
    /// No output in the action set (1.5, only as a value of ACTSET_OUTPUT).
    @inlinable public static var unset: PortNumber { PortNumber(rawValue: 0xffff_fff7) }
    /// Out by the port the packet came in by.
    @inlinable public static var inPort: PortNumber { PortNumber(rawValue: 0xffff_fff8) }
    /// Through the flow tables (packet-out only).
    @inlinable public static var table: PortNumber { PortNumber(rawValue: 0xffff_fff9) }
    /// Through the switch's own forwarding.
    @inlinable public static var normal: PortNumber { PortNumber(rawValue: 0xffff_fffa) }
    /// Every port that is not blocked for flooding, but the ingress port.
    @inlinable public static var flood: PortNumber { PortNumber(rawValue: 0xffff_fffb) }
    /// Every port but the ingress port.
    @inlinable public static var all: PortNumber { PortNumber(rawValue: 0xffff_fffc) }
    /// To the controllers.
    @inlinable public static var controller: PortNumber { PortNumber(rawValue: 0xffff_fffd) }
    /// The switch's own host.
    @inlinable public static var local: PortNumber { PortNumber(rawValue: 0xffff_fffe) }
    /// No particular port: a wildcard in requests, OFPP_NONE in 1.0.
    @inlinable public static var any: PortNumber { PortNumber(rawValue: 0xffff_ffff) }

    /// Whether the number is below ``maximum``, so that a real port may have it.
    @inlinable public var isOrdinary: Bool { self.rawValue < 0xffff_ff00 }

    /// Makes a port from the 16-bit number of 1.0 (and of Nicira's extensions); every number has a meaning.
    ///
    /// Numbers 0xff00…0xfff7 name nothing; they are raised to 0xffffff00…0xfffffff7, which name nothing either.
    @inlinable public init(rawValue16: UInt16) {
        let wide = UInt32(rawValue16)
        self.rawValue = wide < 0xff00 ? wide : wide | 0xffff_0000
    }

    /// The 16-bit number of 1.0, or nil where it has none.
    @inlinable public var rawValue16: UInt16? {
        if self.rawValue < 0xff00 || self.rawValue >= 0xffff_ff00 {
            return UInt16(truncatingIfNeeded: self.rawValue)
        }
        return nil
    }
}

extension PortNumber: CustomStringConvertible {
    /// The number in decimal, or the reserved port's name as ovs-ofctl writes it.
    public var description: String {
        switch self {
        case .unset: "UNSET"
        case .inPort: "IN_PORT"
        case .table: "TABLE"
        case .normal: "NORMAL"
        case .flood: "FLOOD"
        case .all: "ALL"
        case .controller: "CONTROLLER"
        case .local: "LOCAL"
        case .any: "ANY"
        default: String(self.rawValue)
        }
    }
}
