import NetworkTypes
import Testing

@testable import OpenFlow

/// The messages that the generator makes, by a maker per kind.
struct MessageSubject: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let versions: ClosedRange<OpenFlowVersion>
    let make: @Sendable (inout WireGenerator) throws(WireError) -> Message

    init(
        _ name: String, since: OpenFlowVersion = .v1_0, until: OpenFlowVersion = .v1_5,
        _ make: @escaping @Sendable (inout WireGenerator) throws(WireError) -> Message
    ) {
        self.testDescription = name
        self.versions = since...until
        self.make = make
    }
}

private func made<T: WireStructure>(_: T.Type, _ wire: inout WireGenerator) throws(WireError) -> T {
    var value = T()
    try value.describe(to: &wire)
    return value
}

private func nicira(_ type: ExtensionType, _ wire: inout WireGenerator) throws(WireError) -> Message {
    var message = NiciraMessage.flowAge
    try message.describe(type, to: &wire)
    return .nicira(message)
}

private func list<T: WireStructure>(_: T.Type, _ wire: inout WireGenerator) throws(WireError) -> [T] {
    var value: [T] = []
    try wire.list("list", &value)
    return value
}

private func reply(_ body: MultipartReply.Body) -> Message { .multipartReply(MultipartReply(body: body)) }
private func request(_ body: MultipartRequest.Body) -> Message { .multipartRequest(MultipartRequest(body: body)) }

let messageSubjects: [MessageSubject] = [
    MessageSubject("hello") { (_) throws(WireError) in .hello(Hello(versions: [.v1_0, .v1_3])) },
    MessageSubject("hello without a bitmap") { (_) throws(WireError) in .hello(Hello()) },
    MessageSubject("error") { (wire) throws(WireError) in
        .error(ErrorMessage(error: .known(.actionBadOutPort), data: wire.bytes(upTo: 90)))
    },
    MessageSubject("echo request") { (wire) throws(WireError) in .echoRequest(wire.bytes(upTo: 30)) },
    MessageSubject("echo reply") { (wire) throws(WireError) in .echoReply(wire.bytes(upTo: 30)) },
    MessageSubject("experimenter") { (wire) throws(WireError) in .experimenter(try made(Experimenter.self, &wire)) },
    MessageSubject("features request") { (_) throws(WireError) in .featuresRequest },
    MessageSubject("features reply") { (wire) throws(WireError) in .featuresReply(try made(SwitchFeatures.self, &wire))
    },
    MessageSubject("get config reply") { (wire) throws(WireError) in .getConfigReply(try made(SwitchConfig.self, &wire))
    },
    MessageSubject("packet in") { (wire) throws(WireError) in .packetIn(try made(PacketIn.self, &wire)) },
    MessageSubject("flow removed") { (wire) throws(WireError) in .flowRemoved(try made(FlowRemoved.self, &wire)) },
    MessageSubject("port status") { (wire) throws(WireError) in .portStatus(try made(PortStatus.self, &wire)) },
    MessageSubject("packet out") { (wire) throws(WireError) in .packetOut(try made(PacketOut.self, &wire)) },
    MessageSubject("flow mod") { (wire) throws(WireError) in .flowMod(try made(FlowMod.self, &wire)) },
    MessageSubject("group mod", since: .v1_1) { (wire) throws(WireError) in .groupMod(try made(GroupMod.self, &wire)) },
    MessageSubject("port mod") { (wire) throws(WireError) in .portMod(try made(PortMod.self, &wire)) },
    MessageSubject("table mod", since: .v1_1) { (wire) throws(WireError) in .tableMod(try made(TableMod.self, &wire)) },
    MessageSubject("meter mod", since: .v1_3) { (wire) throws(WireError) in .meterMod(try made(MeterMod.self, &wire)) },
    MessageSubject("barrier") { (_) throws(WireError) in .barrierRequest },
    MessageSubject("queue config request", until: .v1_3) { (_) throws(WireError) in
        .queueGetConfigRequest(PortNumber(rawValue: 3))
    },
    MessageSubject("queue config reply", until: .v1_3) { (wire) throws(WireError) in
        .queueGetConfigReply(try made(QueueConfiguration.self, &wire))
    },
    MessageSubject("role request", since: .v1_2) { (wire) throws(WireError) in
        .roleRequest(try made(RoleMessage.self, &wire))
    },
    MessageSubject("Nicira role request") { (_) throws(WireError) in .roleRequest(RoleMessage(role: .primary)) },
    MessageSubject("set async") { (wire) throws(WireError) in .setAsync(try made(AsyncConfig.self, &wire)) },
    MessageSubject("get async reply", since: .v1_3) { (wire) throws(WireError) in
        .getAsyncReply(try made(AsyncConfig.self, &wire))
    },
    MessageSubject("Nicira table id") { (_) throws(WireError) in .nicira(.setFlowModTableID(true)) },
    MessageSubject("Nicira packet-in format") { (_) throws(WireError) in .nicira(.setPacketInFormat(.nicira2)) },
    MessageSubject("Nicira controller id") { (_) throws(WireError) in .nicira(.setControllerID(7)) },
    MessageSubject("Nicira flow format") { (_) throws(WireError) in .nicira(.setFlowFormat(2)) },
    MessageSubject("flow request") { (wire) throws(WireError) in
        request(.flow(try made(FlowStatisticsRequest.self, &wire)))
    },
    MessageSubject("aggregate request") { (wire) throws(WireError) in
        request(.aggregate(try made(FlowStatisticsRequest.self, &wire)))
    },
    MessageSubject("port request") { (_) throws(WireError) in request(.port(.any)) },
    MessageSubject("queue request") { (wire) throws(WireError) in request(.queue(try made(QueueRequest.self, &wire))) },
    MessageSubject("group description request", since: .v1_1) { (_) throws(WireError) in
        request(.groupDescription(.all))
    },
    MessageSubject("table features request", since: .v1_3) { (wire) throws(WireError) in
        request(.tableFeatures(try list(TableFeatures.self, &wire)))
    },
    MessageSubject("description") { (wire) throws(WireError) in
        reply(.description(try made(SwitchDescription.self, &wire)))
    },
    MessageSubject("flows") { (wire) throws(WireError) in reply(.flow(try list(FlowStatisticsEntry.self, &wire))) },
    MessageSubject("aggregate") { (wire) throws(WireError) in
        reply(.aggregate(try made(AggregateStatistics.self, &wire)))
    },
    MessageSubject("tables") { (wire) throws(WireError) in reply(.table(try list(TableStatistics.self, &wire))) },
    MessageSubject("ports") { (wire) throws(WireError) in reply(.port(try list(PortStatistics.self, &wire))) },
    MessageSubject("queues") { (wire) throws(WireError) in reply(.queue(try list(QueueStatistics.self, &wire))) },
    MessageSubject("groups", since: .v1_1) { (wire) throws(WireError) in
        reply(.group(try list(GroupStatistics.self, &wire)))
    },
    MessageSubject("group descriptions", since: .v1_1) { (wire) throws(WireError) in
        reply(.groupDescription(try list(GroupDescription.self, &wire)))
    },
    MessageSubject("group features", since: .v1_2) { (wire) throws(WireError) in
        reply(.groupFeatures(try made(GroupFeatures.self, &wire)))
    },
    MessageSubject("meters", since: .v1_3) { (wire) throws(WireError) in
        reply(.meter(try list(MeterStatistics.self, &wire)))
    },
    MessageSubject("meter configurations", since: .v1_3) { (wire) throws(WireError) in
        reply(.meterConfiguration(try list(MeterConfiguration.self, &wire)))
    },
    MessageSubject("meter features", since: .v1_3) { (wire) throws(WireError) in
        reply(.meterFeatures(try made(MeterFeatures.self, &wire)))
    },
    MessageSubject("table features", since: .v1_3) { (wire) throws(WireError) in
        reply(.tableFeatures(try list(TableFeatures.self, &wire)))
    },
    MessageSubject("port descriptions") { (wire) throws(WireError) in
        reply(.portDescription(try list(PortDescription.self, &wire)))
    },
    MessageSubject("table descriptions", since: .v1_4) { (wire) throws(WireError) in
        reply(.tableDescription(try list(TableDescription.self, &wire)))
    },
    MessageSubject("group mod over 1.0", until: .v1_0) { (wire) throws(WireError) in
        .groupMod(try made(GroupMod.self, &wire))
    },
    MessageSubject("role status", since: .v1_3) { (wire) throws(WireError) in
        .roleStatus(try made(RoleStatus.self, &wire))
    },
    MessageSubject("table status", since: .v1_4) { (wire) throws(WireError) in
        .tableStatus(try made(TableStatus.self, &wire))
    },
    MessageSubject("request forward") { (wire) throws(WireError) in
        .requestForward(try made(RequestForward.self, &wire))
    },
    MessageSubject("bundle control", since: .v1_3) { (wire) throws(WireError) in
        .bundleControl(try made(BundleControl.self, &wire))
    },
    MessageSubject("bundle add", since: .v1_3) { (wire) throws(WireError) in .bundleAdd(try made(BundleAdd.self, &wire))
    },
    MessageSubject("controller status", since: .v1_5) { (wire) throws(WireError) in
        .controllerStatus(try made(ControllerStatus.self, &wire))
    },
    MessageSubject("flow monitor cancel", until: .v1_3) { (_) throws(WireError) in
        .flowMonitorCancel(FlowMonitorID(rawValue: 9))
    },
    MessageSubject("flow monitor paused", until: .v1_3) { (_) throws(WireError) in .flowMonitorPaused },
    MessageSubject("flow monitor resumed", until: .v1_3) { (_) throws(WireError) in .flowMonitorResumed },
    MessageSubject("Nicira async config 2", until: .v1_3) { (wire) throws(WireError) in
        try nicira(.setAsyncConfig2, &wire)
    },
    MessageSubject("Nicira flow mod", until: .v1_0) { (wire) throws(WireError) in try nicira(.flowMod, &wire) },
    MessageSubject("Nicira flow removed", until: .v1_0) { (wire) throws(WireError) in try nicira(.flowRemoved, &wire) },
    MessageSubject("Nicira packet-in") { (wire) throws(WireError) in try nicira(.packetIn, &wire) },
    MessageSubject("Nicira packet-in 2") { (wire) throws(WireError) in try nicira(.packetIn2, &wire) },
    MessageSubject("Nicira resume") { (wire) throws(WireError) in try nicira(.resume, &wire) },
    MessageSubject("Nicira tunnel options mod") { (wire) throws(WireError) in try nicira(.tlvTableMod, &wire) },
    MessageSubject("Nicira tunnel options request") { (_) throws(WireError) in .nicira(.tlvTableRequest) },
    MessageSubject("Nicira tunnel options reply") { (wire) throws(WireError) in try nicira(.tlvTableReply, &wire) },
    MessageSubject("Nicira connection flush by zone") { (wire) throws(WireError) in
        try nicira(.connectionTrackingFlushZone, &wire)
    },
    MessageSubject("Nicira connection flush") { (wire) throws(WireError) in try nicira(.connectionTrackingFlush, &wire)
    },
    MessageSubject("Nicira flow age") { (_) throws(WireError) in .nicira(.flowAge) },
    MessageSubject("flow monitor request") { (wire) throws(WireError) in
        request(.flowMonitor(try list(FlowMonitorRequest.self, &wire)))
    },
    MessageSubject("flow updates") { (wire) throws(WireError) in reply(.flowMonitor(try list(FlowUpdate.self, &wire)))
    },
    MessageSubject("flow counters request", since: .v1_5) { (wire) throws(WireError) in
        request(.flowCounters(try made(FlowStatisticsRequest.self, &wire)))
    },
    MessageSubject("flow counters", since: .v1_5) { (wire) throws(WireError) in
        var flows = try list(FlowCounters.self, &wire)
        for index in flows.indices {
            flows[index].statistics = ExtensibleStatistics(
                durationSeconds: 1, durationNanoseconds: 2, packetCount: wire.random.next())
            flows[index].statistics.others = [.init(header: 0xffff_0208, body: [0, 0x12, 0x34, 0x56, 1, 2, 3, 4])]
        }
        return reply(.flowCounters(flows))
    },
    MessageSubject("controller status request", since: .v1_5) { (_) throws(WireError) in request(.controllerStatus) },
    MessageSubject("controllers' status", since: .v1_5) { (wire) throws(WireError) in
        reply(.controllerStatus(try list(ControllerStatus.self, &wire)))
    },
    MessageSubject("bundle features request", since: .v1_5) { (wire) throws(WireError) in
        request(.bundleFeatures(try made(BundleFeaturesRequest.self, &wire)))
    },
    MessageSubject("bundle features", since: .v1_5) { (wire) throws(WireError) in
        reply(.bundleFeatures(try made(BundleFeatures.self, &wire)))
    },
    MessageSubject("Nicira flow request", until: .v1_0) { (wire) throws(WireError) in
        request(.niciraFlow(try made(NiciraFlowRequest.self, &wire).request))
    },
    MessageSubject("Nicira aggregate request", until: .v1_0) { (wire) throws(WireError) in
        request(.niciraAggregate(try made(NiciraFlowRequest.self, &wire).request))
    },
    MessageSubject("Nicira flows", until: .v1_0) { (wire) throws(WireError) in
        reply(.niciraFlow(try list(NiciraFlowStatistics.self, &wire)))
    },
    MessageSubject("Nicira aggregate", until: .v1_0) { (wire) throws(WireError) in
        reply(.niciraAggregate(try made(AggregateStatistics.self, &wire)))
    },
    MessageSubject("groups over 1.0", until: .v1_0) { (wire) throws(WireError) in
        reply(.group(try list(GroupStatistics.self, &wire)))
    },
    MessageSubject("group descriptions over 1.0", until: .v1_0) { (wire) throws(WireError) in
        reply(.groupDescription(try list(GroupDescription.self, &wire)))
    },
    MessageSubject("group features over 1.0 and 1.1", until: .v1_1) { (wire) throws(WireError) in
        reply(.groupFeatures(try made(GroupFeatures.self, &wire)))
    },
    MessageSubject("bridge export request") { (_) throws(WireError) in request(.bridgeExport) },
    MessageSubject("bridge export") { (wire) throws(WireError) in
        reply(.bridgeExport(try list(FlowExportStatistics.self, &wire)))
    },
    MessageSubject("flow export") { (wire) throws(WireError) in
        reply(.flowExport(try list(FlowExportStatistics.self, &wire)))
    },
    MessageSubject("experimenter request") { (wire) throws(WireError) in
        request(.experimenter(try made(Experimenter.self, &wire)))
    },
    MessageSubject("experimenter reply") { (wire) throws(WireError) in
        reply(.experimenter(try made(Experimenter.self, &wire)))
    },
    MessageSubject("queue descriptions", since: .v1_4) { (wire) throws(WireError) in
        reply(.queueDescription(try list(QueueDescription.self, &wire)))
    },
]
