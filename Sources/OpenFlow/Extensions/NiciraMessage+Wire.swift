extension Message {
    /// Reads an experimenter's message: its number, its type, the rest.
    static func readExperimenter(from wire: inout WireReader) throws(WireError) -> Message {
        var experimenter = Experimenter()
        try wire.field("experimenter", &experimenter.experimenter)
        let isShort10 = wire.version == .v1_0 && wire.remaining < 4
        if !isShort10 { try wire.field("type", &experimenter.type) }
        let code = ExtensionCodes<ExtensionType>.Code(
            experimenter: experimenter.experimenter, type: experimenter.type)
        guard let type = ExtensionType.codes.meaning(of: code, in: wire.version) else {
            try wire.rest("body", &experimenter.body)
            return .experimenter(experimenter)
        }
        return try self.read(type, from: &wire)
    }

    private static func read(
        _ type: ExtensionType, from wire: inout WireReader
    ) throws(WireError) -> Message {
        switch type {
        case .roleRequest, .roleReply:
            var role = RoleMessage()
            try role.describeNicira(to: &wire)
            return type == .roleRequest ? .roleRequest(role) : .roleReply(role)
        case .setAsyncConfig:
            var configuration = AsyncConfig()
            try configuration.describeFixed(to: &wire)
            return .setAsync(configuration)
        case .groupMod: return .groupMod(try self.structure(&wire))
        case .requestForward: return .requestForward(try self.structure(&wire))
        case .roleStatus: return .roleStatus(try self.structure(&wire))
        case .bundleControl: return .bundleControl(try self.structure(&wire))
        case .bundleAdd: return .bundleAdd(try self.structure(&wire))
        case .flowMonitorCancel:
            var monitor = FlowMonitorID(rawValue: 0)
            try wire.field("monitorID", &monitor)
            return .flowMonitorCancel(monitor)
        case .flowMonitorPaused: return .flowMonitorPaused
        case .flowMonitorResumed: return .flowMonitorResumed
        default:
            var message = NiciraMessage.flowAge
            try message.describe(type, to: &wire)
            return .nicira(message)
        }
    }

    /// Which kind of experimenter's message says this one; nil where there is none.
    var extensionType: ExtensionType? {
        switch self {
        case .nicira(let message): message.type
        case .roleRequest: .roleRequest
        case .roleReply: .roleReply
        case .setAsync: .setAsyncConfig
        case .groupMod: .groupMod
        case .requestForward: .requestForward
        case .roleStatus: .roleStatus
        case .bundleControl: .bundleControl
        case .bundleAdd: .bundleAdd
        case .flowMonitorCancel: .flowMonitorCancel
        case .flowMonitorPaused: .flowMonitorPaused
        case .flowMonitorResumed: .flowMonitorResumed
        default: nil
        }
    }

    /// The message as a version says it that has made a request or an update of it.
    func raised(to version: OpenFlowVersion) -> Message {
        guard version >= .v1_4 else { return self }
        switch self {
        case .flowMonitorCancel(let monitor):
            let request = FlowMonitorRequest(monitorID: monitor, command: .delete)
            return .multipartRequest(MultipartRequest(body: .flowMonitor([request])))
        case .flowMonitorPaused: return .multipartReply(MultipartReply(body: .flowMonitor([.paused])))
        case .flowMonitorResumed: return .multipartReply(MultipartReply(body: .flowMonitor([.resumed])))
        default: return self
        }
    }
}

extension NiciraMessage {
    /// Which kind it is.
    var type: ExtensionType {
        switch self {
        case .setFlowModTableID: .flowModTableID
        case .setPacketInFormat: .setPacketInFormat
        case .setFlowFormat: .setFlowFormat
        case .setControllerID: .setControllerID
        case .flowAge: .flowAge
        case .setAsyncConfig2: .setAsyncConfig2
        case .flowMod: .flowMod
        case .flowRemoved: .flowRemoved
        case .packetIn: .packetIn
        case .packetIn2: .packetIn2
        case .resume: .resume
        case .tlvTableMod: .tlvTableMod
        case .tlvTableRequest: .tlvTableRequest
        case .tlvTableReply: .tlvTableReply
        case .flushConnectionZone: .connectionTrackingFlushZone
        case .flushConnections: .connectionTrackingFlush
        }
    }

    mutating func describe(
        _ type: ExtensionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .flowModTableID, .setPacketInFormat, .setFlowFormat, .setControllerID:
            try self.describeSetting(type, to: &wire)
        case .setAsyncConfig2:
            var value = AsyncConfig()
            if case .setAsyncConfig2(let configuration) = self { value = configuration }
            try value.describeProperties(to: &wire)
            self = .setAsyncConfig2(value)
        case .flowMod:
            var value = NiciraFlowMod()
            if case .flowMod(let flowMod) = self { value = flowMod }
            try value.describe(to: &wire)
            self = .flowMod(value)
        case .flowRemoved:
            var value = NiciraFlowRemoved()
            if case .flowRemoved(let flow) = self { value.flow = flow }
            try value.describe(to: &wire)
            self = .flowRemoved(value.flow)
        case .packetIn, .packetIn2, .resume: try self.describePacket(type, to: &wire)
        case .tlvTableMod:
            var value = TLVTableMod()
            if case .tlvTableMod(let mod) = self { value = mod }
            try value.describe(to: &wire)
            self = .tlvTableMod(value)
        case .tlvTableReply:
            var value = TLVTableReply()
            if case .tlvTableReply(let reply) = self { value = reply }
            try value.describe(to: &wire)
            self = .tlvTableReply(value)
        case .connectionTrackingFlushZone:
            var zone: UInt16 = 0
            if case .flushConnectionZone(let value) = self { zone = value }
            try wire.zeros(6)
            try wire.field("zone", &zone)
            self = .flushConnectionZone(zone)
        case .connectionTrackingFlush:
            var value = ConnectionTrackingFlush()
            if case .flushConnections(let flush) = self { value = flush }
            try value.describe(to: &wire)
            self = .flushConnections(value)
        case .tlvTableRequest: self = .tlvTableRequest
        case .flowAge: self = .flowAge
        case .roleRequest, .roleReply, .setAsyncConfig, .flowMonitorCancel, .flowMonitorPaused, .flowMonitorResumed,
            .groupMod, .requestForward, .bundleControl, .bundleAdd, .roleStatus:
            // These have standard twins, and are cases of Message.
            throw .inexpressible(.message)
        }
    }

    /// The messages that set one thing of a connection.
    private mutating func describeSetting(
        _ type: ExtensionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
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
        default:
            var controller: UInt16 = 0
            if case .setControllerID(let value) = self { controller = value }
            try wire.zeros(6)
            try wire.field("controller", &controller)
            self = .setControllerID(controller)
        }
    }

    private mutating func describePacket(
        _ type: ExtensionType, to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        switch type {
        case .packetIn:
            var value = NiciraPacketIn()
            if case .packetIn(let packet) = self { value = packet }
            try value.describe(to: &wire)
            self = .packetIn(value)
        default:
            var value = PacketIn2()
            switch self {
            case .packetIn2(let packet), .resume(let packet): value = packet
            default: break
            }
            try value.describe(to: &wire)
            self = type == .resume ? .resume(value) : .packetIn2(value)
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
    mutating func role(_ value: RoleMessage, _ form: Message.Form) throws(WireError) {
        var value = value
        if case .standard = form { return try value.describe(to: &self) }
        try value.describeNicira(to: &self)
    }

    mutating func setAsync(_ value: AsyncConfig, _ form: Message.Form) throws(WireError) {
        var value = value
        if case .standard = form { return try value.describe(to: &self) }
        try value.describeFixed(to: &self)
    }
}
