import NetworkTypes
import Testing

@testable import OpenFlow

/// The messages that the generator makes, by a maker per kind.
private struct Subject: Sendable, CustomTestStringConvertible {
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

private let subjects: [Subject] = [
    Subject("hello") { (_) throws(WireError) in .hello(Hello(versions: [.v1_0, .v1_3])) },
    Subject("hello without a bitmap") { (_) throws(WireError) in .hello(Hello()) },
    Subject("error") { (wire) throws(WireError) in
        .error(ErrorMessage(error: .known(.actionBadOutPort), data: wire.bytes(upTo: 90)))
    },
    Subject("echo request") { (wire) throws(WireError) in .echoRequest(wire.bytes(upTo: 30)) },
    Subject("echo reply") { (wire) throws(WireError) in .echoReply(wire.bytes(upTo: 30)) },
    Subject("experimenter") { (wire) throws(WireError) in .experimenter(try made(Experimenter.self, &wire)) },
    Subject("features request") { (_) throws(WireError) in .featuresRequest },
    Subject("features reply") { (wire) throws(WireError) in .featuresReply(try made(SwitchFeatures.self, &wire)) },
    Subject("get config reply") { (wire) throws(WireError) in .getConfigReply(try made(SwitchConfig.self, &wire)) },
    Subject("packet in") { (wire) throws(WireError) in .packetIn(try made(PacketIn.self, &wire)) },
    Subject("flow removed") { (wire) throws(WireError) in .flowRemoved(try made(FlowRemoved.self, &wire)) },
    Subject("port status") { (wire) throws(WireError) in .portStatus(try made(PortStatus.self, &wire)) },
    Subject("packet out") { (wire) throws(WireError) in .packetOut(try made(PacketOut.self, &wire)) },
    Subject("flow mod") { (wire) throws(WireError) in .flowMod(try made(FlowMod.self, &wire)) },
    Subject("group mod", since: .v1_1) { (wire) throws(WireError) in .groupMod(try made(GroupMod.self, &wire)) },
    Subject("port mod") { (wire) throws(WireError) in .portMod(try made(PortMod.self, &wire)) },
    Subject("table mod", since: .v1_1) { (wire) throws(WireError) in .tableMod(try made(TableMod.self, &wire)) },
    Subject("meter mod", since: .v1_3) { (wire) throws(WireError) in .meterMod(try made(MeterMod.self, &wire)) },
    Subject("barrier") { (_) throws(WireError) in .barrierRequest },
    Subject("queue config request", until: .v1_3) { (_) throws(WireError) in
        .queueGetConfigRequest(PortNumber(rawValue: 3))
    },
    Subject("queue config reply", until: .v1_3) { (wire) throws(WireError) in
        .queueGetConfigReply(try made(QueueConfiguration.self, &wire))
    },
    Subject("role request", since: .v1_2) { (wire) throws(WireError) in .roleRequest(try made(RoleMessage.self, &wire))
    },
    Subject("Nicira role request") { (_) throws(WireError) in .roleRequest(RoleMessage(role: .primary)) },
    Subject("set async") { (wire) throws(WireError) in .setAsync(try made(AsyncConfig.self, &wire)) },
    Subject("get async reply", since: .v1_3) { (wire) throws(WireError) in
        .getAsyncReply(try made(AsyncConfig.self, &wire))
    },
    Subject("Nicira table id") { (_) throws(WireError) in .nicira(.setFlowModTableID(true)) },
    Subject("Nicira packet-in format") { (_) throws(WireError) in .nicira(.setPacketInFormat(.nicira2)) },
    Subject("Nicira controller id") { (_) throws(WireError) in .nicira(.setControllerID(7)) },
    Subject("Nicira flow format") { (_) throws(WireError) in .nicira(.setFlowFormat(2)) },
    Subject("flow request") { (wire) throws(WireError) in request(.flow(try made(FlowStatisticsRequest.self, &wire))) },
    Subject("aggregate request") { (wire) throws(WireError) in
        request(.aggregate(try made(FlowStatisticsRequest.self, &wire)))
    },
    Subject("port request") { (_) throws(WireError) in request(.port(.any)) },
    Subject("queue request") { (wire) throws(WireError) in request(.queue(try made(QueueRequest.self, &wire))) },
    Subject("group description request", since: .v1_1) { (_) throws(WireError) in request(.groupDescription(.all)) },
    Subject("table features request", since: .v1_3) { (wire) throws(WireError) in
        request(.tableFeatures(try list(TableFeatures.self, &wire)))
    },
    Subject("description") { (wire) throws(WireError) in reply(.description(try made(SwitchDescription.self, &wire))) },
    Subject("flows") { (wire) throws(WireError) in reply(.flow(try list(FlowStatisticsEntry.self, &wire))) },
    Subject("aggregate") { (wire) throws(WireError) in reply(.aggregate(try made(AggregateStatistics.self, &wire))) },
    Subject("tables") { (wire) throws(WireError) in reply(.table(try list(TableStatistics.self, &wire))) },
    Subject("ports") { (wire) throws(WireError) in reply(.port(try list(PortStatistics.self, &wire))) },
    Subject("queues") { (wire) throws(WireError) in reply(.queue(try list(QueueStatistics.self, &wire))) },
    Subject("groups", since: .v1_1) { (wire) throws(WireError) in reply(.group(try list(GroupStatistics.self, &wire)))
    },
    Subject("group descriptions", since: .v1_1) { (wire) throws(WireError) in
        reply(.groupDescription(try list(GroupDescription.self, &wire)))
    },
    Subject("group features", since: .v1_2) { (wire) throws(WireError) in
        reply(.groupFeatures(try made(GroupFeatures.self, &wire)))
    },
    Subject("meters", since: .v1_3) { (wire) throws(WireError) in reply(.meter(try list(MeterStatistics.self, &wire)))
    },
    Subject("meter configurations", since: .v1_3) { (wire) throws(WireError) in
        reply(.meterConfiguration(try list(MeterConfiguration.self, &wire)))
    },
    Subject("meter features", since: .v1_3) { (wire) throws(WireError) in
        reply(.meterFeatures(try made(MeterFeatures.self, &wire)))
    },
    Subject("table features", since: .v1_3) { (wire) throws(WireError) in
        reply(.tableFeatures(try list(TableFeatures.self, &wire)))
    },
    Subject("port descriptions") { (wire) throws(WireError) in
        reply(.portDescription(try list(PortDescription.self, &wire)))
    },
    Subject("table descriptions", since: .v1_4) { (wire) throws(WireError) in
        reply(.tableDescription(try list(TableDescription.self, &wire)))
    },
    Subject("group mod over 1.0", until: .v1_0) { (wire) throws(WireError) in .groupMod(try made(GroupMod.self, &wire))
    },
    Subject("role status", since: .v1_3) { (wire) throws(WireError) in .roleStatus(try made(RoleStatus.self, &wire)) },
    Subject("table status", since: .v1_4) { (wire) throws(WireError) in
        .tableStatus(try made(TableStatus.self, &wire))
    },
    Subject("request forward") { (wire) throws(WireError) in .requestForward(try made(RequestForward.self, &wire)) },
    Subject("bundle control", since: .v1_3) { (wire) throws(WireError) in
        .bundleControl(try made(BundleControl.self, &wire))
    },
    Subject("bundle add", since: .v1_3) { (wire) throws(WireError) in .bundleAdd(try made(BundleAdd.self, &wire)) },
    Subject("controller status", since: .v1_5) { (wire) throws(WireError) in
        .controllerStatus(try made(ControllerStatus.self, &wire))
    },
    Subject("flow monitor cancel", until: .v1_3) { (_) throws(WireError) in
        .flowMonitorCancel(FlowMonitorID(rawValue: 9))
    },
    Subject("flow monitor paused", until: .v1_3) { (_) throws(WireError) in .flowMonitorPaused },
    Subject("flow monitor resumed", until: .v1_3) { (_) throws(WireError) in .flowMonitorResumed },
    Subject("Nicira async config 2", until: .v1_3) { (wire) throws(WireError) in
        try nicira(.setAsyncConfig2, &wire)
    },
    Subject("Nicira flow mod", until: .v1_0) { (wire) throws(WireError) in try nicira(.flowMod, &wire) },
    Subject("Nicira flow removed", until: .v1_0) { (wire) throws(WireError) in try nicira(.flowRemoved, &wire) },
    Subject("Nicira packet-in") { (wire) throws(WireError) in try nicira(.packetIn, &wire) },
    Subject("Nicira packet-in 2") { (wire) throws(WireError) in try nicira(.packetIn2, &wire) },
    Subject("Nicira resume") { (wire) throws(WireError) in try nicira(.resume, &wire) },
    Subject("Nicira tunnel options mod") { (wire) throws(WireError) in try nicira(.tlvTableMod, &wire) },
    Subject("Nicira tunnel options request") { (_) throws(WireError) in .nicira(.tlvTableRequest) },
    Subject("Nicira tunnel options reply") { (wire) throws(WireError) in try nicira(.tlvTableReply, &wire) },
    Subject("Nicira connection flush by zone") { (wire) throws(WireError) in
        try nicira(.connectionTrackingFlushZone, &wire)
    },
    Subject("Nicira connection flush") { (wire) throws(WireError) in try nicira(.connectionTrackingFlush, &wire) },
    Subject("Nicira flow age") { (_) throws(WireError) in .nicira(.flowAge) },
    Subject("flow monitor request") { (wire) throws(WireError) in
        request(.flowMonitor(try list(FlowMonitorRequest.self, &wire)))
    },
    Subject("flow updates") { (wire) throws(WireError) in reply(.flowMonitor(try list(FlowUpdate.self, &wire))) },
    Subject("flow counters request", since: .v1_5) { (wire) throws(WireError) in
        request(.flowCounters(try made(FlowStatisticsRequest.self, &wire)))
    },
    Subject("flow counters", since: .v1_5) { (wire) throws(WireError) in
        reply(.flowCounters(try list(FlowCounters.self, &wire)))
    },
    Subject("controller status request", since: .v1_5) { (_) throws(WireError) in request(.controllerStatus) },
    Subject("controllers' status", since: .v1_5) { (wire) throws(WireError) in
        reply(.controllerStatus(try list(ControllerStatus.self, &wire)))
    },
    Subject("bundle features request", since: .v1_5) { (wire) throws(WireError) in
        request(.bundleFeatures(try made(BundleFeaturesRequest.self, &wire)))
    },
    Subject("bundle features", since: .v1_5) { (wire) throws(WireError) in
        reply(.bundleFeatures(try made(BundleFeatures.self, &wire)))
    },
    Subject("Nicira flow request", until: .v1_0) { (wire) throws(WireError) in
        request(.niciraFlow(try made(NiciraFlowRequest.self, &wire).request))
    },
    Subject("Nicira aggregate request", until: .v1_0) { (wire) throws(WireError) in
        request(.niciraAggregate(try made(NiciraFlowRequest.self, &wire).request))
    },
    Subject("Nicira flows", until: .v1_0) { (wire) throws(WireError) in
        reply(.niciraFlow(try list(NiciraFlowStatistics.self, &wire)))
    },
    Subject("Nicira aggregate", until: .v1_0) { (wire) throws(WireError) in
        reply(.niciraAggregate(try made(AggregateStatistics.self, &wire)))
    },
    Subject("groups over 1.0", until: .v1_0) { (wire) throws(WireError) in
        reply(.group(try list(GroupStatistics.self, &wire)))
    },
    Subject("group descriptions over 1.0", until: .v1_0) { (wire) throws(WireError) in
        reply(.groupDescription(try list(GroupDescription.self, &wire)))
    },
    Subject("group features over 1.0 and 1.1", until: .v1_1) { (wire) throws(WireError) in
        reply(.groupFeatures(try made(GroupFeatures.self, &wire)))
    },
    Subject("bridge export request") { (_) throws(WireError) in request(.bridgeExport) },
    Subject("bridge export") { (wire) throws(WireError) in
        reply(.bridgeExport(try list(FlowExportStatistics.self, &wire)))
    },
    Subject("flow export") { (wire) throws(WireError) in
        reply(.flowExport(try list(FlowExportStatistics.self, &wire)))
    },
    Subject("experimenter request") { (wire) throws(WireError) in
        request(.experimenter(try made(Experimenter.self, &wire)))
    },
    Subject("experimenter reply") { (wire) throws(WireError) in
        reply(.experimenter(try made(Experimenter.self, &wire)))
    },
    Subject("queue descriptions", since: .v1_4) { (wire) throws(WireError) in
        reply(.queueDescription(try list(QueueDescription.self, &wire)))
    },
]

@Suite("Round trips")
struct RoundTripTests {
    @Test(
        "What is written is read back, and written again to the same bytes",
        arguments: subjects, OpenFlowVersion.allCases)
    private func roundTrip(subject: Subject, version: OpenFlowVersion) throws {
        guard subject.versions.contains(version) else {
            // The version has no such message: that, too, must be said rather than written wrongly.
            return
        }
        var trials = 0
        for seed in UInt64(1)...60 {
            var wire = WireGenerator(version: version, seed: seed)
            let message: Message
            do throws(WireError) { message = try subject.make(&wire) } catch { continue }
            trials += 1
            let transaction = TransactionID(rawValue: 0x0102_0304)
            let bytes = try MessageCodec.encode(message, version: version, transactionID: transaction)
            let decoded: (header: MessageHeader, message: Message)
            do {
                decoded = try MessageCodec.decode(bytes, version: version)
            } catch {
                Issue.record("seed \(seed): \(error) in \(message)")
                return
            }
            let again = try MessageCodec.encode(decoded.message, version: version, transactionID: transaction)
            #expect(again == bytes, "seed \(seed): \(message)")
            #expect(decoded.header.transactionID == transaction)
            #expect(Int(decoded.header.length) == bytes.count)
            let twice = try MessageCodec.decode(again, version: version).message
            #expect(twice == decoded.message, "seed \(seed)")
            if Self.isExact(message, version) { #expect(decoded.message == message, "seed \(seed)") }
        }
        #expect(trials > 0, "every seed was refused")
    }

    /// Whether nothing in the message is said otherwise in the version (reasons, features, semantics,
    /// defaults).
    private static func isExact(_ message: Message, _ version: OpenFlowVersion) -> Bool {
        switch message {
        case .flowRemoved, .packetIn: version >= .v1_5
        // Of a modify, the cookie that is given and the one that selects are told apart in reading.
        case .nicira(.flowMod), .nicira(.flowRemoved), .bundleAdd: false
        case .multipartReply(let reply) where version < .v1_4:
            if case .flowMonitor = reply.body { false } else { true }
        case .flowMod: version >= .v1_2
        case .queueGetConfigReply: version >= .v1_1
        default: true
        }
    }
}
