extension Message {
    /// Which kind it is among the versions' own messages; nil where it never became one.
    private var type: MessageType? {
        switch self {
        case .hello: .hello
        case .error: .error
        case .echoRequest: .echoRequest
        case .echoReply: .echoReply
        case .experimenter: .experimenter
        case .featuresRequest: .featuresRequest
        case .featuresReply: .featuresReply
        case .getConfigRequest: .getConfigRequest
        case .getConfigReply: .getConfigReply
        case .setConfig: .setConfig
        case .packetIn: .packetIn
        case .flowRemoved: .flowRemoved
        case .portStatus: .portStatus
        case .packetOut: .packetOut
        case .flowMod: .flowMod
        case .groupMod: .groupMod
        case .portMod: .portMod
        case .tableMod: .tableMod
        case .meterMod: .meterMod
        case .multipartRequest: .multipartRequest
        case .multipartReply: .multipartReply
        case .barrierRequest: .barrierRequest
        case .barrierReply: .barrierReply
        case .queueGetConfigRequest: .queueGetConfigRequest
        case .queueGetConfigReply: .queueGetConfigReply
        // Without a generation id the role messages are Nicira's in every version.
        case .roleRequest(let role): role.generationID == nil ? nil : .roleRequest
        case .roleReply(let role): role.generationID == nil ? nil : .roleReply
        case .getAsyncRequest: .getAsyncRequest
        case .getAsyncReply: .getAsyncReply
        case .setAsync: .setAsync
        case .roleStatus: .roleStatus
        case .tableStatus: .tableStatus
        case .requestForward: .requestForward
        case .bundleControl: .bundleControl
        case .bundleAdd: .bundleAdd
        case .controllerStatus: .controllerStatus
        case .nicira, .flowMonitorCancel, .flowMonitorPaused, .flowMonitorResumed: nil
        }
    }

    /// How a message is written in a version.
    enum Form: Sendable {
        /// As one of the version's own.
        case standard(MessageType)
        /// As an experimenter's.
        case experimenter(ExtensionCodes<ExtensionType>.Code)
    }

    /// The form that says this message in a version: its own where it has one, else an experimenter's.
    func form(in version: OpenFlowVersion) throws(WireError) -> Form {
        if let type = self.type, MessageType.codes.code(of: type, in: version) != nil { return .standard(type) }
        guard let type = self.extensionType, let code = ExtensionType.codes.code(of: type, in: version) else {
            throw .inexpressible(.message)
        }
        return .experimenter(code)
    }

    /// Reads the body of a message of a kind.
    static func read(
        _ type: MessageType, from wire: inout WireReader
    ) throws(WireError) -> Message {
        switch type {
        case .flowMod: return .flowMod(try self.structure(&wire))
        case .packetOut: return .packetOut(try self.structure(&wire))
        case .packetIn: return .packetIn(try self.structure(&wire))
        case .echoRequest: return .echoRequest(try self.rest(&wire))
        case .echoReply: return .echoReply(try self.rest(&wire))
        case .barrierRequest: return .barrierRequest
        case .barrierReply: return .barrierReply
        case .multipartRequest: return .multipartRequest(try MultipartRequest.read(from: &wire))
        case .multipartReply: return .multipartReply(try MultipartReply.read(from: &wire))
        case .hello: return .hello(try self.structure(&wire))
        case .error: return .error(try self.structure(&wire))
        case .experimenter: return try self.readExperimenter(from: &wire)
        case .featuresRequest: return .featuresRequest
        case .featuresReply: return .featuresReply(try self.structure(&wire))
        case .getConfigRequest: return .getConfigRequest
        case .getConfigReply: return .getConfigReply(try self.structure(&wire))
        case .setConfig: return .setConfig(try self.structure(&wire))
        case .flowRemoved: return .flowRemoved(try self.structure(&wire))
        case .portStatus: return .portStatus(try self.structure(&wire))
        case .groupMod: return .groupMod(try self.structure(&wire))
        case .portMod: return .portMod(try self.structure(&wire))
        case .tableMod: return .tableMod(try self.structure(&wire))
        case .meterMod: return .meterMod(try self.structure(&wire))
        case .queueGetConfigRequest: return .queueGetConfigRequest(try self.queueRequest(&wire))
        case .queueGetConfigReply: return .queueGetConfigReply(try self.structure(&wire))
        case .roleRequest: return .roleRequest(try self.structure(&wire))
        case .roleReply: return .roleReply(try self.structure(&wire))
        case .getAsyncRequest:
            // 1.4 and later may name properties; what is asked for is everything all the same.
            if wire.version.hasProperties { try wire.reserved(wire.remaining) }
            return .getAsyncRequest
        case .getAsyncReply: return .getAsyncReply(try self.structure(&wire))
        case .setAsync: return .setAsync(try self.structure(&wire))
        case .roleStatus: return .roleStatus(try self.structure(&wire))
        case .tableStatus: return .tableStatus(try self.structure(&wire))
        case .requestForward: return .requestForward(try self.structure(&wire))
        case .bundleControl: return .bundleControl(try self.structure(&wire))
        case .bundleAdd: return .bundleAdd(try self.structure(&wire))
        case .controllerStatus: return .controllerStatus(try self.structure(&wire))
        }
    }

    static func structure<T: WireStructure>(_ wire: inout WireReader) throws(WireError) -> T {
        var value = T()
        try value.describe(to: &wire)
        return value
    }

    private static func rest(_ wire: inout WireReader) throws(WireError) -> [UInt8] {
        var bytes: [UInt8] = []
        try wire.rest("body", &bytes)
        return bytes
    }

    private static func queueRequest(_ wire: inout WireReader) throws(WireError) -> PortNumber {
        var request = QueueConfiguration.Request()
        try request.describe(to: &wire)
        return request.port
    }
}

extension QueueConfiguration {
    /// QUEUE_GET_CONFIG_REQUEST: a port and padding.
    struct Request: WireStructure {
        var port = PortNumber.any
        mutating func describe(
            to wire: inout some WireVisitor & ~Copyable & ~Escapable
        ) throws(WireError) {
            try wire.field("port", &self.port)
            try wire.reserved(wire.version.portNumbersAre32Bit ? 4 : 2)
        }
    }
}

extension WireWriter {
    /// A whole message with its header.
    mutating func message(_ message: Message, _ transactionID: TransactionID) throws(WireError) {
        let form = try message.form(in: self.version)
        let type: MessageType = if case .standard(let type) = form { type } else { .experimenter }
        guard let number = MessageType.codes.code(of: type, in: self.version) else {
            throw .inexpressible(.message)
        }
        let outer = self.transactionID
        self.transactionID = transactionID
        var frame = self.begin(.message)
        try self.constant("version", self.version.rawValue)
        try self.constant("type", UInt8(truncatingIfNeeded: number))
        try self.length(&frame)
        try self.constant("transactionID", transactionID.rawValue)
        if case .experimenter(let code) = form {
            try self.constant("experimenter", code.experimenter)
            try self.constant("subtype", code.type)
        }
        try self.body(message, form)
        try self.end(frame)
        self.transactionID = outer
    }

    private mutating func structure(_ value: some WireStructure) throws(WireError) {
        var value = value
        try value.describe(to: &self)
    }

    private mutating func body(_ message: Message, _ form: Message.Form) throws(WireError) {
        switch message {
        case .hello(let value): try self.structure(value)
        case .error(let value): try self.structure(value)
        case .echoRequest(let bytes), .echoReply(let bytes): self.append(bytes)
        case .experimenter(let value): try self.structure(value)
        case .nicira(var value): try value.describe(value.type, to: &self)
        case .featuresReply(let value): try self.structure(value)
        case .getConfigReply(let value), .setConfig(let value): try self.structure(value)
        case .packetIn(let value): try self.structure(value)
        case .flowRemoved(let value): try self.structure(value)
        case .portStatus(let value): try self.structure(value)
        case .packetOut(let value): try self.structure(value)
        case .flowMod(let value): try self.structure(value)
        case .groupMod(let value): try self.structure(value)
        case .portMod(let value): try self.structure(value)
        case .tableMod(let value): try self.structure(value)
        case .meterMod(let value): try self.structure(value)
        case .multipartRequest(let value): try self.multipartRequest(value)
        case .multipartReply: throw .inexpressible(.multipart)
        case .queueGetConfigRequest(let port): try self.structure(QueueConfiguration.Request(port: port))
        case .queueGetConfigReply(let value): try self.structure(value)
        case .roleRequest(let value), .roleReply(let value): try self.role(value, form)
        case .getAsyncReply(let value): try self.structure(value)
        case .setAsync(let value): try self.setAsync(value, form)
        case .roleStatus(let value): try self.structure(value)
        case .tableStatus(let value): try self.structure(value)
        case .requestForward(let value): try self.structure(value)
        case .bundleControl(let value): try self.structure(value)
        case .bundleAdd(let value): try self.structure(value)
        case .controllerStatus(let value): try self.structure(value)
        case .flowMonitorCancel(let monitor): try self.constant("monitorID", monitor.rawValue)
        case .flowMonitorPaused, .flowMonitorResumed, .featuresRequest, .getConfigRequest, .barrierRequest,
            .barrierReply, .getAsyncRequest:
            break
        }
    }
}

extension Hello: WireStructure {
    /// Elements: type, length without the padding to eight; the bitmap is type 1, words of which the first
    /// is kept.
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.isReading else {
            if let versions = self.versions {
                try wire.constant("type", 1 as UInt16)
                try wire.constant("length", 8 as UInt16)
                try wire.constant("bitmap", versions.rawValue)
            }
            for var element in self.otherElements {
                var frame = wire.begin(.property)
                try wire.constant("type", element.type)
                try wire.length(&frame, excluding: 0)
                try wire.rest("body", &element.body)
                try wire.end(frame, padding: .uncounted)
            }
            return
        }
        // Whatever a HELLO carries must be borne: a body that makes no sense is as good as none.
        while wire.remaining >= 4 {
            var (type, length) = (UInt16(0), UInt16(0))
            try wire.field("type", &type)
            try wire.field("length", &length)
            guard length >= 4, Int(length) - 4 <= wire.remaining else { break }
            var body = Int(length) - 4
            if type == 1, body >= 4 {
                var bitmap: UInt32 = 0
                try wire.field("bitmap", &bitmap)
                self.versions = VersionSet(rawValue: bitmap)
                body -= 4
                try wire.reserved(body)
            } else {
                var octets = [UInt8](repeating: 0, count: body)
                for index in octets.indices { try wire.field("body", &octets[index]) }
                if self.otherElements.count < Property.countMaximum {
                    self.otherElements.append(Property(type: type, body: octets))
                }
            }
            try wire.reserved(min(wire.remaining, (8 - Int(length) % 8) % 8))
        }
        try wire.reserved(wire.remaining)
    }
}
