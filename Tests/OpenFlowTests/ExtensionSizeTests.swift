import Testing

@testable import OpenFlow

/// Sizes of what 1.4, 1.5, the ONF and Nicira added, as Open vSwitch's headers and os-ken's constants have them.
@Suite("Structure sizes of extensions and properties")
struct ExtensionSizeTests {
    private static func size(_ message: Message, _ version: OpenFlowVersion) throws -> Int {
        try MessageCodec.encode(message, version: version, transactionID: TransactionID(rawValue: 1))
            .count - 8
    }

    private static func replySize(_ body: MultipartReply.Body, _ version: OpenFlowVersion) throws
        -> Int
    {
        try self.size(.multipartReply(MultipartReply(body: body)), version) - (version == .v1_0 ? 4 : 8)
    }

    private static func requestSize(_ body: MultipartRequest.Body, _ version: OpenFlowVersion) throws
        -> Int
    {
        try self.size(.multipartRequest(MultipartRequest(body: body)), version)
            - (version == .v1_0 ? 4 : 8)
    }

    /// Bytes of an experimenter's number and type, and of Nicira's padding in 1.0's statistics.
    private static let (experimenter, padded) = (8, 12)

    @Test("Bundles and statuses")
    func messages() throws {
        #expect(try Self.size(.bundleControl(BundleControl()), .v1_4) == 8)
        #expect(try Self.size(.bundleControl(BundleControl()), .v1_3) == Self.experimenter + 8)
        let time = OpenFlowTime(seconds: 1, nanoseconds: 2)
        #expect(
            try Self.size(.bundleControl(BundleControl(flags: .timed, time: time)), .v1_5) == 8 + 24)
        #expect(try Self.size(.bundleAdd(BundleAdd()), .v1_4) == 8 + 8)
        for version in OpenFlowVersion.allCases {
            #expect(try Self.size(.error(ErrorMessage(error: .known(.requestBadType))), version) == 4)
            guard version >= .v1_3 else { continue }
            // The element's header and one word of versions.
            #expect(try Self.size(.hello(Hello(versions: VersionSet(versions: [.v1_3]))), version) == 4 + 4)
        }
        #expect(try Self.size(.roleRequest(RoleMessage(role: .primary)), .v1_0) == Self.experimenter + 4)
        #expect(try Self.size(.roleRequest(RoleMessage(role: .primary)), .v1_1) == Self.experimenter + 4)
        #expect(try Self.size(.roleStatus(RoleStatus()), .v1_4) == 16)
        #expect(try Self.size(.roleStatus(RoleStatus()), .v1_3) == Self.experimenter + 16)
        #expect(try Self.size(.tableStatus(TableStatus()), .v1_4) == 8 + 8)
        #expect(
            try Self.size(.requestForward(RequestForward(request: .meterMod(MeterMod()))), .v1_4) == 8 + 8
        )
        #expect(try Self.size(.controllerStatus(ControllerStatus()), .v1_5) == 16)
        #expect(
            try Self.size(.controllerStatus(ControllerStatus(uri: "tcp:192.0.2.1")), .v1_5) == 16 + 24)
        #expect(
            try Self.size(.flowMonitorCancel(FlowMonitorID(rawValue: 1)), .v1_0) == Self.experimenter + 4)
        #expect(try Self.size(.flowMonitorPaused, .v1_3) == Self.experimenter)
        #expect(try Self.size(.groupMod(GroupMod()), .v1_0) == Self.experimenter + 16)
    }

    @Test("Flow monitors, counters and bundle features")
    func multiparts() throws {
        let request = FlowMonitorRequest()
        #expect(try Self.requestSize(.flowMonitor([request]), .v1_0) == Self.padded + 16)
        #expect(try Self.requestSize(.flowMonitor([request]), .v1_1) == Self.experimenter + 16)
        #expect(try Self.requestSize(.flowMonitor([request]), .v1_3) == Self.experimenter + 16 + 8)
        #expect(try Self.requestSize(.flowMonitor([request]), .v1_4) == 16 + 8)
        #expect(try Self.replySize(.flowMonitor([.full(FullFlowUpdate())]), .v1_4) == 24 + 8)
        #expect(
            try Self.replySize(.flowMonitor([.full(FullFlowUpdate())]), .v1_2) == Self.experimenter + 24)
        let abbreviated = FlowUpdate.abbreviated(TransactionID(rawValue: 1))
        #expect(try Self.replySize(.flowMonitor([abbreviated, .paused, .resumed]), .v1_4) == 3 * 8)
        #expect(try Self.replySize(.flowCounters([FlowCounters()]), .v1_5) == 8 + 8 + 8)
        #expect(try Self.requestSize(.bundleFeatures(BundleFeaturesRequest()), .v1_5) == 8)
        #expect(try Self.replySize(.bundleFeatures(BundleFeatures()), .v1_5) == 8)
        #expect(
            try Self.replySize(.bundleFeatures(BundleFeatures(time: BundleTimeFeatures())), .v1_5) == 8
                + 72)
        #expect(try Self.replySize(.controllerStatus([ControllerStatus()]), .v1_5) == 16)
        #expect(
            try Self.replySize(.bridgeExport([FlowExportStatistics()]), .v1_3) == Self.experimenter + 88)
        #expect(try Self.requestSize(.groupDescription(.all), .v1_5) == 8)
        #expect(try Self.requestSize(.portDescription(.any), .v1_5) == 8)
        #expect(try Self.requestSize(.queueDescription(QueueRequest()), .v1_4) == 8)
    }

    @Test("Properties of ports and groups")
    func properties() throws {
        var port = PortDescription()
        port.isEthernet = false
        #expect(try Self.replySize(.portDescription([port]), .v1_4) == 40)
        port.optical = OpticalPortDescription()
        #expect(try Self.replySize(.portDescription([port]), .v1_4) == 40 + 40)
        var statistics = PortStatistics()
        statistics.isEthernet = false
        #expect(try Self.replySize(.port([statistics]), .v1_4) == 80)
        statistics.optical = OpticalPortStatistics()
        // 44 bytes, and four of padding.
        #expect(try Self.replySize(.port([statistics]), .v1_4) == 80 + 48)
        #expect(try Self.size(.portMod(PortMod(advertise: .full1Gb)), .v1_4) == 24 + 8)
        #expect(try Self.size(.portMod(PortMod(optical: OpticalPortMod())), .v1_4) == 24 + 24)
        #expect(
            try Self.size(.groupMod(GroupMod(selectionMethod: GroupSelectionMethod())), .v1_5) == 16 + 40)
        let bucket = Bucket(weight: 1, watchPort: .local, watchGroup: GroupID(rawValue: 2))
        #expect(try Self.size(.groupMod(GroupMod(buckets: [bucket])), .v1_5) == 16 + 8 + 3 * 8)
        let table = TableConfiguration(
            evictionFlags: 1, vacancy: TableConfiguration.Vacancy(down: 1, up: 2))
        #expect(try Self.size(.tableMod(TableMod(configuration: table)), .v1_4) == 8 + 8 + 8)
        #expect(
            try Self.replySize(
                .queueDescription([QueueDescription(minimumRate: 1, maximumRate: 2)]), .v1_4) == 32)
    }

    @Test("Nicira's messages")
    func nicira() throws {
        func size(_ message: NiciraMessage) throws -> Int {
            try Self.size(.nicira(message), .v1_0) - Self.experimenter
        }
        #expect(try size(.flowMod(NiciraFlowMod())) == 32)
        #expect(try size(.flowRemoved(FlowRemoved())) == 40)
        // Two bytes of padding come before the packet.
        #expect(try size(.packetIn(NiciraPacketIn())) == 24 + 2)
        #expect(try size(.setControllerID(1)) == 8)
        #expect(try size(.tlvTableMod(TLVTableMod(mappings: [TLVMapping()]))) == 8 + 8)
        #expect(try size(.tlvTableReply(TLVTableReply())) == 16)
        #expect(try size(.tlvTableRequest) == 0)
        #expect(try size(.flushConnectionZone(1)) == 8)
        #expect(try size(.flushConnections(ConnectionTrackingFlush())) == 8)
        #expect(try Self.requestSize(.niciraFlow(FlowStatisticsRequest()), .v1_0) == Self.padded + 8)
        #expect(try Self.replySize(.niciraFlow([NiciraFlowStatistics()]), .v1_0) == Self.padded + 48)
        #expect(try Self.replySize(.niciraAggregate(AggregateStatistics()), .v1_0) == Self.padded + 24)
        #expect(try Self.replySize(.group([GroupStatistics()]), .v1_0) == Self.padded + 40)
    }
}

@Suite("Replies of several messages")
struct ReassemblyTests {
    @Test(
        "Every kind of reply is split between entries, and put together again says the same",
        arguments: OpenFlowVersion.allCases)
    func splitting(version: OpenFlowVersion) throws {
        var kinds: Set<MultipartReplyWriter.Kind> = []
        for subject in messageSubjects where subject.versions.contains(version) {
            for seed in UInt64(1)...12 {
                var wire = WireGenerator(version: version, seed: seed)
                var made: Message?
                do throws(WireError) { made = try subject.make(&wire) } catch { continue }
                guard case .multipartReply(let reply)? = made else { break }
                let transaction = TransactionID(rawValue: 7)
                var writer = try MultipartReplyWriter(
                    reply.body.kind, version: version, transactionID: transaction, messageBytesLimit: 64)
                try writer.append(reply.body)
                // Each message is whole, and all but the last say that more follow; their bodies are the reply's.
                let whole = try MessageCodec.encode(
                    .multipartReply(reply), version: version, transactionID: transaction)
                let header =
                    8 + reply.body.kind.headerByteCount(try reply.body.kind.form(in: version), version)
                var rest = writer.finish()[...]
                var bodies: [UInt8] = []
                var count = 0
                while !rest.isEmpty {
                    let length = Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
                    let message = Array(rest.prefix(length))
                    rest = rest.dropFirst(length)
                    guard
                        case .multipartReply(let part) = try MessageCodec.decode(message, version: version)
                            .message
                    else {
                        Issue.record("not a reply: \(Vector.text(message))")
                        return
                    }
                    #expect(part.more == !rest.isEmpty)
                    #expect(part.body.kind == reply.body.kind)
                    bodies += message.dropFirst(header)
                    count += 1
                }
                #expect(
                    bodies == Array(whole.dropFirst(header)), "\(subject.testDescription), seed \(seed)")
                if count > 1 { kinds.insert(reply.body.kind) }
            }
        }
        #expect(kinds.count >= (version >= .v1_3 ? 10 : 6), "hardly anything was split: \(kinds)")
    }
}
