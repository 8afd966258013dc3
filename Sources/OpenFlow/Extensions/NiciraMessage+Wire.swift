/// The subtypes of Nicira's messages that this module knows.
enum NiciraSubtype: UInt32, Sendable {
    case roleRequest = 10
    case roleReply = 11
    case setFlowFormat = 12
    case flowModTableID = 15
    case setPacketInFormat = 16
    case flowAge = 18
    case setAsyncConfig = 19
    case setControllerID = 20
}

extension Message {
    /// Reads an experimenter's message: its number, its type, the rest.
    static func readExperimenter(from wire: inout WireReader) throws(WireError) -> Message {
        var experimenter = Experimenter()
        try wire.field("experimenter", &experimenter.experimenter)
        let isShort10 = wire.version == .v1_0 && wire.remaining < 4
        if !isShort10 { try wire.field("type", &experimenter.type) }
        guard experimenter.experimenter == OXMIdentifier.niciraExperimenter,
            let subtype = NiciraSubtype(rawValue: experimenter.type)
        else {
            try wire.rest("body", &experimenter.body)
            return .experimenter(experimenter)
        }
        switch subtype {
        case .roleRequest, .roleReply:
            var role = RoleMessage()
            try role.describeNicira(to: &wire)
            return subtype == .roleRequest ? .roleRequest(role) : .roleReply(role)
        case .setAsyncConfig:
            var configuration = AsyncConfig()
            try configuration.describeFixed(to: &wire)
            return .setAsync(configuration)
        default:
            var message = NiciraMessage.flowAge
            try message.describe(subtype, to: &wire)
            return .nicira(message)
        }
    }
}

extension NiciraMessage {
    /// Which subtype it is.
    var subtype: NiciraSubtype {
        switch self {
        case .setFlowModTableID: .flowModTableID
        case .setPacketInFormat: .setPacketInFormat
        case .setFlowFormat: .setFlowFormat
        case .setControllerID: .setControllerID
        case .flowAge: .flowAge
        }
    }

    mutating func describe(
        _ subtype: NiciraSubtype, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch subtype {
        case .flowModTableID:
            var isOn: UInt8 = 0
            if case .setFlowModTableID(true) = self { isOn = 1 }
            try wire.field("isOn", &isOn)
            try wire.reserved(7)
            self = .setFlowModTableID(isOn != 0)
        case .setPacketInFormat:
            var raw: UInt32 = 0
            if case .setPacketInFormat(let format) = self { raw = format.rawValue }
            try wire.field("format", &raw)
            guard let format = PacketInFormat(rawValue: raw) else {
                throw wire.refusal(.requestNotPermitted, value: UInt64(raw))
            }
            self = .setPacketInFormat(format)
        case .setFlowFormat:
            var format: UInt32 = 0
            if case .setFlowFormat(let value) = self { format = value }
            try wire.field("format", &format)
            self = .setFlowFormat(format)
        case .setControllerID:
            var controller: UInt16 = 0
            if case .setControllerID(let value) = self { controller = value }
            try wire.reserved(6)
            try wire.field("controller", &controller)
            self = .setControllerID(controller)
        case .flowAge, .roleRequest, .roleReply, .setAsyncConfig: break
        }
    }
}

extension Experimenter {
    /// Why a switch that knows no such experimenter refuses its message.
    public var refusal: OpenFlowError.Code {
        self.experimenter == OXMIdentifier.niciraExperimenter
            || self.experimenter == OXMIdentifier.onfExperimenter
            ? .requestBadExperimenterType : .requestBadExperimenter
    }
}

extension WireWriter {
    private mutating func niciraHeader(_ subtype: NiciraSubtype) throws(WireError) {
        try self.constant("experimenter", OXMIdentifier.niciraExperimenter)
        try self.constant("subtype", subtype.rawValue)
    }

    mutating func nicira(_ value: NiciraMessage) throws(WireError) {
        var value = value
        let subtype = value.subtype
        try self.niciraHeader(subtype)
        try value.describe(subtype, to: &self)
    }

    mutating func role(_ value: RoleMessage, subtype: NiciraSubtype) throws(WireError) {
        var value = value
        if self.version.hasRoles, value.generationID != nil { return try value.describe(to: &self) }
        try self.niciraHeader(subtype)
        try value.describeNicira(to: &self)
    }

    mutating func setAsync(_ value: AsyncConfig) throws(WireError) {
        var value = value
        if self.version >= .v1_3 { return try value.describe(to: &self) }
        try self.niciraHeader(.setAsyncConfig)
        try value.describeFixed(to: &self)
    }
}
