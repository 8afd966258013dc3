extension Message {
    /// Which kind it is; nil where the kind depends on the version or has no number of its own.
    func type(in version: OpenFlowVersion) -> MessageType? {
        switch self {
        case .hello: .hello
        case .error: .error
        case .echoRequest: .echoRequest
        case .echoReply: .echoReply
        case .experimenter, .nicira: .experimenter
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
        // Without a generation id, or in a version without roles, the role messages are Nicira's.
        case .roleRequest(let role): version.hasRoles && role.generationID != nil ? .roleRequest : .experimenter
        case .roleReply(let role): version.hasRoles && role.generationID != nil ? .roleReply : .experimenter
        case .getAsyncRequest: .getAsyncRequest
        case .getAsyncReply: .getAsyncReply
        case .setAsync: version >= .v1_3 ? .setAsync : .experimenter
        case .unsupported: nil
        }
    }

    /// Reads the body of a message of a kind.
    static func read(
        _ type: MessageType, _ number: UInt8, from wire: inout WireReader
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
        case .roleStatus, .tableStatus, .requestForward, .bundleControl, .bundleAdd, .controllerStatus:
            return .unsupported(
                UnsupportedMessage(error: .requestBadType, body: try self.rest(&wire), type: number))
        }
    }

    private static func structure<T: WireStructure>(_ wire: inout WireReader) throws(WireError) -> T {
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
        let number: UInt8
        if case .unsupported(let unsupported) = message {
            number = unsupported.type
        } else {
            guard let type = message.type(in: self.version),
                let code = MessageType.codes.code(of: type, in: self.version)
            else { throw .inexpressible(.message) }
            number = UInt8(truncatingIfNeeded: code)
        }
        var frame = self.begin(.message)
        try self.constant("version", self.version.rawValue)
        try self.constant("type", number)
        try self.length(&frame)
        try self.constant("transactionID", transactionID.rawValue)
        try self.body(message)
        try self.end(frame)
    }

    private mutating func structure(_ value: some WireStructure) throws(WireError) {
        var value = value
        try value.describe(to: &self)
    }

    private mutating func body(_ message: Message) throws(WireError) {
        switch message {
        case .hello(let value): try self.structure(value)
        case .error(let value): try self.structure(value)
        case .echoRequest(let bytes), .echoReply(let bytes): self.append(bytes)
        case .experimenter(let value): try self.structure(value)
        case .nicira(let value): try self.nicira(value)
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
        case .roleRequest(let value): try self.role(value, subtype: .roleRequest)
        case .roleReply(let value): try self.role(value, subtype: .roleReply)
        case .getAsyncReply(let value): try self.structure(value)
        case .setAsync(let value): try self.setAsync(value)
        case .unsupported(let value): self.append(value.body)
        case .featuresRequest, .getConfigRequest, .barrierRequest, .barrierReply, .getAsyncRequest: break
        }
    }
}

extension Hello: WireStructure {
    /// Elements: type, length without the padding to eight; the bitmap is type 1, words of which the first
    /// is kept.
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.isReading else {
            guard let versions = self.versions else { return }
            try wire.constant("type", 1 as UInt16)
            try wire.constant("length", 8 as UInt16)
            return try wire.constant("bitmap", versions.rawValue)
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
            }
            try wire.reserved(body)
            try wire.reserved(min(wire.remaining, (8 - Int(length) % 8) % 8))
        }
        try wire.reserved(wire.remaining)
    }
}
