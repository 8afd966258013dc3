// Type and flags of 16 bits each; four bytes of padding from 1.1 on; the body (1.0 §5.3.5, 1.3 §7.3.5).
extension WireReader {
    /// The number, flag and padding before a multipart body.
    mutating func multipartHeader() throws(WireError) -> (number: UInt16, more: Bool) {
        var (number, flags) = (UInt16(0), UInt16(0))
        try self.field("type", &number)
        try self.field("flags", &flags)
        if self.version.multipartHeaderIsPadded { try self.reserved(4) }
        return (number, flags & 1 != 0)
    }

    /// A structure that the body consists of.
    mutating func structure<T: WireStructure>(_: T.Type) throws(WireError) -> T {
        var value = T()
        try value.describe(to: &self)
        return value
    }

    /// A list that the body consists of.
    mutating func structures<T: WireStructure>(_: T.Type) throws(WireError) -> [T] {
        var values: [T] = []
        try self.list("entries", &values)
        return values
    }
}

/// A request that names one thing, followed by padding to eight bytes.
private struct NamedRequest<Name: WireScalar>: WireStructure where Name.RawValue == UInt32 {
    var name: Name
    init() { self.name = Name(rawValue: .max) }
    init(_ name: Name) { self.name = name }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("name", &self.name)
        try wire.reserved(4)
    }
}

/// A request that names a port: 16 bits and six of padding in 1.0, 32 and four later.
private struct PortRequest: WireStructure {
    var port = PortNumber.any
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("port", &self.port)
        try wire.reserved(wire.version.portNumbersAre32Bit ? 4 : 6)
    }
}

extension MultipartRequest {
    static func read(from wire: inout WireReader) throws(WireError) -> MultipartRequest {
        let (number, more) = try wire.multipartHeader()
        guard let type = MultipartType.codes.meaning(of: number, in: wire.version) else {
            throw .refused(OpenFlowError(.requestBadMultipart, offset: 8, value: UInt64(number)))
        }
        let body = try Body.read(type, number, from: &wire)
        return MultipartRequest(body: body, more: more && wire.version >= .v1_3)
    }
}

extension MultipartRequest.Body {
    fileprivate static func read(
        _ type: MultipartType, _ number: UInt16, from wire: inout WireReader
    ) throws(WireError) -> MultipartRequest.Body {
        switch type {
        case .description: return .description
        case .flow: return .flow(try wire.structure(FlowStatisticsRequest.self))
        case .aggregate: return .aggregate(try wire.structure(FlowStatisticsRequest.self))
        case .table: return .table
        case .port: return .port(try wire.structure(PortRequest.self).port)
        case .queue: return .queue(try wire.structure(QueueRequest.self))
        case .group: return .group(try wire.structure(NamedRequest<GroupID>.self).name)
        case .groupDescription:
            guard wire.version >= .v1_5 else { return .groupDescription(.all) }
            return .groupDescription(try wire.structure(NamedRequest<GroupID>.self).name)
        case .groupFeatures: return .groupFeatures
        case .meter: return .meter(try wire.structure(NamedRequest<MeterID>.self).name)
        case .meterConfiguration:
            return .meterConfiguration(try wire.structure(NamedRequest<MeterID>.self).name)
        case .meterFeatures: return .meterFeatures
        case .tableFeatures: return .tableFeatures(try wire.structures(TableFeatures.self))
        case .portDescription:
            guard wire.version >= .v1_5 else { return .portDescription(.any) }
            return .portDescription(try wire.structure(PortRequest.self).port)
        case .tableDescription: return .tableDescription
        case .queueDescription: return .queueDescription(try wire.structure(QueueRequest.self))
        case .experimenter: return .experimenter(try wire.structure(Experimenter.self))
        case .flowMonitor, .flowStatistics, .controllerStatus, .bundleFeatures:
            try wire.reserved(wire.remaining)
            return .unsupported(type: number, .requestBadMultipart)
        }
    }

    /// Which kind it is; nil where this module does not know.
    fileprivate var type: MultipartType? {
        switch self {
        case .description: .description
        case .flow: .flow
        case .aggregate: .aggregate
        case .table: .table
        case .port: .port
        case .queue: .queue
        case .group: .group
        case .groupDescription: .groupDescription
        case .groupFeatures: .groupFeatures
        case .meter: .meter
        case .meterConfiguration: .meterConfiguration
        case .meterFeatures: .meterFeatures
        case .tableFeatures: .tableFeatures
        case .portDescription: .portDescription
        case .tableDescription: .tableDescription
        case .queueDescription: .queueDescription
        case .experimenter: .experimenter
        case .unsupported: nil
        }
    }
}

extension WireWriter {
    mutating func multipartRequest(_ request: MultipartRequest) throws(WireError) {
        var number: UInt16
        if case .unsupported(let type, _) = request.body {
            number = type
        } else {
            guard let type = request.body.type,
                let code = MultipartType.codes.code(of: type, in: self.version)
            else { throw .inexpressible(.multipart) }
            number = code
        }
        try self.field("type", &number)
        try self.constant("flags", (request.more ? 1 : 0) as UInt16)
        if self.version.multipartHeaderIsPadded { try self.reserved(4) }
        switch request.body {
        case .flow(var body), .aggregate(var body): try body.describe(to: &self)
        case .port(let port): try self.walk(PortRequest(port: port))
        case .queue(var body), .queueDescription(var body): try body.describe(to: &self)
        case .group(let group): try self.walk(NamedRequest(group))
        case .groupDescription(let group):
            if self.version >= .v1_5 { try self.walk(NamedRequest(group)) }
        case .meter(let meter), .meterConfiguration(let meter): try self.walk(NamedRequest(meter))
        case .tableFeatures(var tables): try self.list("tables", &tables)
        case .portDescription(let port):
            if self.version >= .v1_5 { try self.walk(PortRequest(port: port)) }
        case .experimenter(var body): try body.describe(to: &self)
        case .description, .table, .groupFeatures, .meterFeatures, .tableDescription, .unsupported: break
        }
    }

    private mutating func walk(_ value: some WireStructure) throws(WireError) {
        var value = value
        try value.describe(to: &self)
    }
}
