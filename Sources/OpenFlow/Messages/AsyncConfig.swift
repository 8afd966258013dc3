/// The asynchronous messages a controller wants, by role (1.3 §7.3.10 · 1.5 §7.3.10; Nicira's subtype 19
/// below 1.3).
///
/// A mask has bit n set if messages of reason n are wanted. Up to 1.3 the first three kinds are always
/// present; from 1.4 a request may say only some, and the others stay as they are.
public struct AsyncConfig: Hashable, Sendable {
    /// A kind of asynchronous message.
    public enum Kind: Int, CaseIterable, Hashable, Sendable {
        /// PACKET_IN.
        case packetIn = 0
        /// PORT_STATUS.
        case portStatus = 1
        /// FLOW_REMOVED.
        case flowRemoved = 2
        /// ROLE_STATUS (1.4 and later).
        case roleStatus = 3
        /// TABLE_STATUS (1.4 and later).
        case tableStatus = 4
        /// REQUESTFORWARD (1.4 and later).
        case requestForward = 5
        /// Triggered flow statistics (1.5).
        case flowStatistics = 6
        /// CONTROLLER_STATUS (1.5).
        case controllerStatus = 7
    }
    /// Masks while the controller is primary or equal, by kind; nil where not said.
    public var primary: [UInt32?] = Array(repeating: nil, count: 8)
    /// Masks while the controller is secondary, by kind; nil where not said.
    public var secondary: [UInt32?] = Array(repeating: nil, count: 8)

    /// Experimenters' properties (1.4 and later): type 0xfffe while secondary, 0xffff while primary or equal.
    public var properties: [Property] = []

    /// Makes a configuration that says nothing.
    public init() {}

    /// The mask of one kind for a role: secondary, or any other.
    public subscript(kind: Kind, role: ControllerRole) -> UInt32? {
        get { role == .secondary ? self.secondary[kind.rawValue] : self.primary[kind.rawValue] }
        set {
            if role == .secondary {
                self.secondary[kind.rawValue] = newValue
            } else {
                self.primary[kind.rawValue] = newValue
            }
        }
    }
}

extension AsyncConfig.Kind {
    /// The bits of the reasons that a version has.
    func reasons(in version: OpenFlowVersion) -> UInt32 {
        switch self {
        case .packetIn: version >= .v1_4 ? 0x3f : 0x07
        case .portStatus: 0x07
        case .flowRemoved: version >= .v1_4 ? 0x3f : 0x0f
        case .roleStatus: 0x07
        case .tableStatus: 0x18
        case .requestForward, .flowStatistics: 0x03
        case .controllerStatus: 0x7f
        }
    }
}

extension AsyncConfig: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.version.hasProperties else { return try self.describeFixed(to: &wire) }
        try self.describeProperties(to: &wire)
    }

    /// 1.4 and later, and Nicira's subtype 27: a property for each kind and role.
    mutating func describeProperties(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var present: [UInt16] = []
        for kind in Kind.allCases {
            if self.secondary[kind.rawValue] != nil { present.append(UInt16(2 * kind.rawValue)) }
            if self.primary[kind.rawValue] != nil { present.append(UInt16(2 * kind.rawValue + 1)) }
        }
        var masks = self
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            let limit: UInt16 = wire.version >= .v1_5 ? 16 : 12
            if type >= 0xfffe { return false }
            guard type < limit, let kind = Kind(rawValue: Int(type / 2)) else {
                throw wire.isReading
                    ? wire.refusal(.asyncConfigUnsupported, value: UInt64(type))
                    : .inexpressible(.code(UInt32(type)))
            }
            let role: ControllerRole = type & 1 == 0 ? .secondary : .primary
            var mask = masks[kind, role] ?? 0
            try wire.field("reasons", &mask)
            guard !wire.isReading || mask & ~kind.reasons(in: wire.version) == 0 else {
                throw wire.refusal(
                    .asyncConfigInvalid, value: UInt64(mask), limit: UInt64(kind.reasons(in: wire.version)),
                    field: "reasons")
            }
            masks[kind, role] = mask
            return true
        }
        masks.properties = self.properties
        self = masks
    }

    /// 1.3, and Nicira's subtype 19: packet-in, port status, flow removed; primary and secondary of each.
    mutating func describeFixed(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        for kind in [Kind.packetIn, .portStatus, .flowRemoved] {
            for role in [ControllerRole.primary, .secondary] {
                var mask = self[kind, role] ?? 0
                try wire.field("mask", &mask)
                // Nicira's message in a version that says the same by properties, which have no room for other bits.
                if wire.isReading, wire.version.hasProperties { mask &= kind.reasons(in: wire.version) }
                self[kind, role] = mask
            }
        }
    }
}
