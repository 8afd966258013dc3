/// What happened to a port.
public enum PortStatusReason: UInt8, CaseIterable, Hashable, Sendable {
    /// It was added.
    case add = 0
    /// It was removed.
    case delete = 1
    /// Its description changed.
    case modify = 2
}

/// PORT_STATUS (1.0 §5.4.3 · 1.3 §7.4.3 · 1.5 §7.4.3).
public struct PortStatus: Hashable, Sendable {
    /// What happened.
    public var reason: PortStatusReason = .add
    /// The port, as it is now (or was, if removed).
    public var port: PortDescription = PortDescription()

    /// Makes a value; every property has a default.
    public init(reason: PortStatusReason = .add, port: PortDescription = PortDescription()) {
        self.reason = reason
        self.port = port
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension PortStatus: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.reserved(7)
        try self.port.describe(to: &wire)
    }
}
