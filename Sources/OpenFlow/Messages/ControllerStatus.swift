/// Why a controller's status is told (1.5 §7.3.5.21).
public enum ControllerStatusReason: UInt8, CaseIterable, Hashable, Sendable {
    /// It was asked for.
    case request = 0
    /// The channel went up or down.
    case channelStatus = 1
    /// The controller's role changed.
    case role = 2
    /// The controller was added.
    case controllerAdded = 3
    /// The controller was removed.
    case controllerRemoved = 4
    /// The controller's short identifier changed.
    case shortID = 5
    /// An experimenter's reason.
    case experimenter = 6
}

/// The status of one controller: CONTROLLER_STATUS and an entry of the multipart reply of that name (1.5 §7.3.5.21 and
/// §7.4.8).
public struct ControllerStatus: Hashable, Sendable {
    /// Whether the channel is there.
    public enum ChannelStatus: UInt8, CaseIterable, Hashable, Sendable {
        /// It is.
        case up = 0
        /// It is not.
        case down = 1
    }
    /// The controller's short identifier; 0 for none.
    public var shortID: UInt16 = 0
    /// The controller's role.
    public var role: ControllerRole = .equal
    /// Why this is told.
    public var reason: ControllerStatusReason = .request
    /// Whether the channel is there.
    public var channelStatus: ChannelStatus = .up
    /// The controller's address as a URI such as `tcp:192.0.2.1:6653?local=192.0.2.2`, if said.
    public var uri: String? = nil
    /// Experimenters' properties.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        shortID: UInt16 = 0, role: ControllerRole = .equal, reason: ControllerStatusReason = .request,
        channelStatus: ChannelStatus = .up, uri: String? = nil, properties: [Property] = []
    ) {
        self.shortID = shortID
        self.role = role
        self.reason = reason
        self.channelStatus = channelStatus
        self.uri = uri
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension ControllerStatus: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.field("shortID", &self.shortID)
        try wire.code("role", &self.role, absent: .roleRequestBadRole)
        try wire.code("reason", &self.reason, absent: .requestNiciraBadReason)
        try wire.code("channelStatus", &self.channelStatus, absent: .requestNiciraBadReason)
        try wire.reserved(6)
        let present: [UInt16] = self.uri == nil ? [] : [0]
        var uri = self.uri
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            guard type == 0 else { return try wire.keepsExperimenters(type) }
            var octets = Array((uri ?? "").utf8)
            try wire.rest("uri", &octets)
            uri = String(decoding: octets, as: UTF8.self)
            return true
        }
        self.uri = uri
        try wire.end(frame, padding: .none)
    }
}
