extension MultipartReply {
    static func read(from wire: inout WireReader) throws(WireError) -> MultipartReply {
        let (kind, more) = try MultipartReplyWriter.Kind.read(from: &wire)
        return MultipartReply(body: try Body.read(kind, from: &wire), more: more)
    }
}

extension MultipartReply.Body {
    fileprivate static func read(
        _ kind: MultipartReplyWriter.Kind, from wire: inout WireReader
    ) throws(WireError) -> MultipartReply.Body {
        switch kind {
        case .description: return .description(try wire.structure(SwitchDescription.self))
        case .flow: return .flow(try wire.structures(FlowStatisticsEntry.self))
        case .aggregate: return .aggregate(try wire.structure(AggregateStatistics.self))
        case .table: return .table(try wire.structures(TableStatistics.self))
        case .port: return .port(try wire.structures(PortStatistics.self))
        case .queue: return .queue(try wire.structures(QueueStatistics.self))
        case .group: return .group(try wire.structures(GroupStatistics.self))
        case .groupDescription: return .groupDescription(try wire.structures(GroupDescription.self))
        case .groupFeatures: return .groupFeatures(try wire.structure(GroupFeatures.self))
        case .meter: return .meter(try wire.structures(MeterStatistics.self))
        case .meterConfiguration: return .meterConfiguration(try wire.structures(MeterConfiguration.self))
        case .meterFeatures: return .meterFeatures(try wire.structure(MeterFeatures.self))
        case .tableFeatures: return .tableFeatures(try wire.structures(TableFeatures.self))
        case .portDescription: return .portDescription(try wire.structures(PortDescription.self))
        case .tableDescription: return .tableDescription(try wire.structures(TableDescription.self))
        case .queueDescription: return .queueDescription(try wire.structures(QueueDescription.self))
        case .experimenter: return .experimenter(try wire.structure(Experimenter.self))
        case .flowMonitor: return .flowMonitor(try wire.structures(FlowUpdate.self))
        case .flowCounters: return .flowCounters(try wire.structures(FlowCounters.self))
        case .controllerStatus: return .controllerStatus(try wire.structures(ControllerStatus.self))
        case .bundleFeatures: return .bundleFeatures(try wire.structure(BundleFeatures.self))
        case .niciraFlow: return .niciraFlow(try wire.structures(NiciraFlowStatistics.self))
        case .niciraAggregate: return .niciraAggregate(try wire.structure(AggregateStatistics.self))
        case .bridgeExport: return .bridgeExport(try wire.structures(FlowExportStatistics.self))
        case .flowExport: return .flowExport(try wire.structures(FlowExportStatistics.self))
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
        case .experimenter: .experimenter
        case .flowMonitor: .flowMonitor
        case .flowCounters: .flowCounters
        case .controllerStatus: .controllerStatus
        case .bundleFeatures: .bundleFeatures
        case .niciraFlow: .niciraFlow
        case .niciraAggregate: .niciraAggregate
        case .bridgeExport: .bridgeExport
        case .flowExport: .flowExport
        }
    }
}
