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

/// ROLE_REQUEST and ROLE_REPLY (1.2 §A.3.9 · 1.3 §7.3.9 · 1.5 §7.3.8); Nicira's subtypes 10 and 11 in 1.0 and 1.1.
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
