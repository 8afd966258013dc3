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
        let (kind, more) = try MultipartReplyWriter.Kind.read(from: &wire)
        return MultipartRequest(body: try Body.read(kind, from: &wire), more: more && wire.version >= .v1_3)
    }
}

extension MultipartRequest.Body {
    fileprivate static func read(
        _ kind: MultipartReplyWriter.Kind, from wire: inout WireReader
    ) throws(WireError) -> MultipartRequest.Body {
        switch kind {
        case .description: return .description
        case .flow: return .flow(try wire.structure(FlowStatisticsRequest.self))
        case .aggregate: return .aggregate(try wire.structure(FlowStatisticsRequest.self))
        case .table: return .table
        case .port: return .port(try wire.structure(PortRequest.self).port)
        case .queue: return .queue(try wire.structure(QueueRequest.self))
        case .group: return .group(try wire.structure(NamedRequest<GroupID>.self).name)
        case .groupDescription:
            guard wire.version.hasBucketProperties else { return .groupDescription(.all) }
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
        case .flowMonitor: return .flowMonitor(try wire.structures(FlowMonitorRequest.self))
        case .flowCounters: return .flowCounters(try wire.structure(FlowStatisticsRequest.self))
        case .controllerStatus: return .controllerStatus
        case .bundleFeatures: return .bundleFeatures(try wire.structure(BundleFeaturesRequest.self))
        case .niciraFlow: return .niciraFlow(try wire.structure(NiciraFlowRequest.self).request)
        case .niciraAggregate: return .niciraAggregate(try wire.structure(NiciraFlowRequest.self).request)
        case .bridgeExport: return .bridgeExport
        case .flowExport: return .flowExport
        case .experimenter: return .experimenter(try wire.structure(Experimenter.self))
        }
    }

    /// Which kind it is.
    public var kind: MultipartReplyWriter.Kind {
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
        case .flowMonitor: .flowMonitor
        case .flowCounters: .flowCounters
        case .controllerStatus: .controllerStatus
        case .bundleFeatures: .bundleFeatures
        case .niciraFlow: .niciraFlow
        case .niciraAggregate: .niciraAggregate
        case .bridgeExport: .bridgeExport
        case .flowExport: .flowExport
        case .experimenter: .experimenter
        }
    }
}

extension WireWriter {
    mutating func multipartRequest(_ request: MultipartRequest) throws(WireError) {
        let form: MultipartReplyWriter.Kind.Form
        do throws(Inexpressible) {
            form = try request.body.kind.form(in: self.version)
        } catch {
            throw .inexpressible(error)
        }
        try self.constant("type", form.number)
        try self.constant("flags", (request.more ? 1 : 0) as UInt16)
        if self.version.multipartHeaderIsPadded { try self.reserved(4) }
        if let code = form.code {
            try self.constant("experimenter", code.experimenter)
            try self.constant("subtype", code.type)
            if self.version == .v1_0 { try self.reserved(4) }
        }
        try self.multipartBody(request.body)
    }

    private mutating func multipartBody(_ body: MultipartRequest.Body) throws(WireError) {
        switch body {
        case .flow(var body), .aggregate(var body), .flowCounters(var body): try body.describe(to: &self)
        case .port(let port): try self.walk(PortRequest(port: port))
        case .queue(var body), .queueDescription(var body): try body.describe(to: &self)
        case .group(let group): try self.walk(NamedRequest(group))
        case .groupDescription(let group):
            if self.version.hasBucketProperties { try self.walk(NamedRequest(group)) }
        case .meter(let meter), .meterConfiguration(let meter): try self.walk(NamedRequest(meter))
        case .tableFeatures(var tables): try self.list("tables", &tables)
        case .portDescription(let port):
            if self.version >= .v1_5 { try self.walk(PortRequest(port: port)) }
        case .flowMonitor(var monitors): try self.list("monitors", &monitors)
        case .bundleFeatures(var body): try body.describe(to: &self)
        case .niciraFlow(let request), .niciraAggregate(let request): try self.walk(NiciraFlowRequest(request))
        case .experimenter(var body): try body.describe(to: &self)
        case .description, .table, .groupFeatures, .meterFeatures, .tableDescription, .controllerStatus,
            .bridgeExport, .flowExport:
            break
        }
    }

    private mutating func walk(_ value: some WireStructure) throws(WireError) {
        var value = value
        try value.describe(to: &self)
    }
}
