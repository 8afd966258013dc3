/// Why a controller's role changed (1.4 §7.4.4 · 1.5 §7.4.4).
public enum RoleStatusReason: UInt8, CaseIterable, Hashable, Sendable {
    /// Another controller asked to be primary.
    case primaryRequest = 0
    /// The switch's configuration changed.
    case configuration = 1
    /// An experimenter's reason.
    case experimenter = 2
}

/// ROLE_STATUS (1.4 §7.4.4 · 1.5 §7.4.4; ONF's experimenter type 1911 in 1.3): the controller's role is another now.
public struct RoleStatus: Hashable, Sendable {
    /// The new role.
    public var role: ControllerRole = .secondary
    /// Why.
    public var reason: RoleStatusReason = .primaryRequest
    /// The generation that the switch knows; all ones if none.
    public var generationID: UInt64 = .max
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        role: ControllerRole = .secondary, reason: RoleStatusReason = .primaryRequest, generationID: UInt64 = .max,
        properties: [Property] = []
    ) {
        self.role = role
        self.reason = reason
        self.generationID = generationID
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension RoleStatus: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("role", &self.role, absent: .roleRequestBadRole)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.reserved(3)
        try wire.field("generationID", &self.generationID)
        try wire.properties(present: [], others: &self.properties) { (wire, type) throws(WireError) in
            try wire.keepsExperimenters(type)
        }
    }
}
