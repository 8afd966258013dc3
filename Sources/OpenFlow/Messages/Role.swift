/// What a controller may do (1.2 §6.3.4 · 1.3 §6.3.6).
public enum ControllerRole: UInt32, CaseIterable, Hashable, Sendable {
    /// In a request: stay as it is (not in Nicira's form).
    case noChange = 0
    /// Full access, as every other such controller (Nicira: other).
    case equal = 1
    /// Full access, the only one so (formerly master).
    case primary = 2
    /// Read only (formerly slave).
    case secondary = 3
}

/// ROLE_REQUEST and ROLE_REPLY (1.2 §A.3.9 · 1.3 §7.3.9 · 1.5 §7.3.8); Nicira's subtypes 10 and 11 in 1.0
/// and 1.1.
public struct RoleMessage: Hashable, Sendable {
    /// The role.
    public var role: ControllerRole = .noChange
    /// The controller's short identifier (1.5); 0xffff where there is none.
    public var shortID: UInt16 = 0
    /// Guards against late requests of a deposed primary; nil in Nicira's form, which has none.
    public var generationID: UInt64? = nil

    /// Makes a value; every property has a default.
    public init(role: ControllerRole = .noChange, shortID: UInt16 = 0, generationID: UInt64? = nil) {
        self.role = role
        self.shortID = shortID
        self.generationID = generationID
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension RoleMessage: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("role", &self.role, absent: .roleRequestBadRole)
        if wire.version >= .v1_5 {
            try wire.field("shortID", &self.shortID)
            try wire.reserved(2)
        } else {
            try wire.reserved(4)
        }
        var generation = self.generationID ?? 0
        try wire.field("generationID", &generation)
        self.generationID = generation
    }

    /// Nicira's form: 32 bits, 0 equal, 1 primary, 2 secondary.
    mutating func describeNicira(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var raw = UInt32(0)
        if !wire.isReading {
            guard self.role != .noChange else { throw .inexpressible(.code(0)) }
            raw = self.role.rawValue - 1
        }
        try wire.field("role", &raw)
        guard raw < 3, let role = ControllerRole(rawValue: raw + 1) else {
            throw wire.refusal(.roleRequestBadRole, value: UInt64(raw))
        }
        self.role = role
        self.generationID = nil
    }
}
