import Datapath
import NetworkTypes
import OpenFlow
import Synchronization
import Testing

@testable import Agent

@Suite("A switch, asked other things")
struct SwitchRequestTests {
    @Test("tells its features in every version", arguments: OpenFlowVersion.allCases)
    func features(version: OpenFlowVersion) {
        let harness = SwitchHarness { $0.datapathID = DatapathID(rawValue: 0xabc) }
        let session = harness.connect(version)
        guard case .featuresReply(let features)? = harness.request(.featuresRequest, session).first else {
            Issue.record("no features")
            return
        }
        #expect(features.datapathID.rawValue == 0xabc)
        #expect(features.tableCount == 254)
        #expect(features.ports.map(\.number.rawValue) == (version <= .v1_2 ? [1, 2, 3] : []))
        let description = harness.request(.multipartRequest(MultipartRequest(body: .description)), session)
        guard case .multipartReply(let reply)? = description.first, case .description(let text) = reply.body else {
            Issue.record("\(description)")
            return
        }
        #expect(text.manufacturer == "Sluice" && text.datapath == "br0")
    }

    @Test("takes its datapath id from the local port, and keeps it")
    func datapathID() throws {
        let pipeline = Pipeline(seed: 1)
        let maker = OpenFlowSwitch(
            name: "br0", configuration: SwitchConfiguration(), pipeline: pipeline, datapath: RecordingDatapath())
        #expect(maker.datapathID.rawValue == 0x0200_0000_0001)
        let description = PortDescription(hardwareAddress: MACAddress(rawValue: 0x0a00_0000_0042), name: "br0")
        _ = try maker.addPort(description, index: .local, requested: .local, now: .zero)
        #expect(maker.datapathID.rawValue == 0x0200_0000_0001)
        let control = OpenFlowSwitch(
            name: "br0", configuration: SwitchConfiguration(), pipeline: pipeline, datapath: RecordingDatapath())
        #expect(control.datapathID.rawValue == 0x0a00_0000_0042)
    }

    @Test("answers each multipart request with its own kind, in every version", arguments: OpenFlowVersion.allCases)
    func multipart(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        var bodies: [MultipartRequest.Body] = [
            .table, .port(.any), .port(PortNumber(rawValue: 2)), .queue(QueueRequest()),
        ]
        if version >= .v1_1 { bodies += [.group(.all), .groupDescription(.all)] }
        if version >= .v1_2 { bodies += [.groupFeatures] }
        if version >= .v1_3 {
            bodies += [.meter(.all), .meterConfiguration(.all), .meterFeatures]
            bodies += [.tableFeatures([]), .portDescription(.any)]
        }
        if version >= .v1_4 { bodies += [.tableDescription, .queueDescription(QueueRequest())] }
        for body in bodies {
            let replies = harness.request(.multipartRequest(MultipartRequest(body: body)), session)
            #expect(!replies.isEmpty)
            for (index, reply) in replies.enumerated() {
                guard case .multipartReply(let part) = reply else {
                    Issue.record("\(body): \(reply)")
                    continue
                }
                #expect(part.more == (index < replies.count - 1))
                switch (body, part.body) {
                case (.table, .table(let tables)):
                    #expect(tables.count == 254 && tables[3].tableID.rawValue == 3)
                case (.port(.any), .port(let ports)): #expect(ports.map(\.port.rawValue) == [1, 2, 3])
                case (.port, .port(let ports)): #expect(ports.map(\.receivedPackets) == [2])
                case (.queue, .queue(let queues)): #expect(queues.isEmpty)
                case (.group, .group(let groups)): #expect(groups.isEmpty)
                case (.groupDescription, .groupDescription(let groups)): #expect(groups.isEmpty)
                case (.groupFeatures, .groupFeatures(let features)): #expect(features.types == 15)
                case (.meter, .meter(let meters)): #expect(meters.isEmpty)
                case (.meterConfiguration, .meterConfiguration(let meters)): #expect(meters.isEmpty)
                case (.meterFeatures, .meterFeatures(let features)): #expect(features.maximumMeters == 4)
                case (.tableFeatures, .tableFeatures(let tables)):
                    #expect(tables.allSatisfy { $0.properties.count == (version >= .v1_5 ? 11 : 8) })
                case (.portDescription, .portDescription(let ports)):
                    #expect(ports.map(\.name) == ["eth1", "eth2", "eth3"])
                case (.tableDescription, .tableDescription(let tables)): #expect(tables.count == 254)
                case (.queueDescription, .queueDescription(let queues)): #expect(queues.isEmpty)
                default: Issue.record("\(body): \(part)")
                }
            }
        }
    }

    @Test(
        "tells a driver's counters as a property of port statistics, from 1.4 on", arguments: OpenFlowVersion.allCases)
    func driverCounters(version: OpenFlowVersion) {
        let harness = SwitchHarness()
        let session = harness.connect(version)
        func properties() -> [Property] {
            let request = MultipartRequest(body: .port(PortNumber(rawValue: 1)))
            guard case .multipartReply(let reply)? = harness.request(.multipartRequest(request), session).first,
                case .port(let entries) = reply.body
            else { return [] }
            return entries.flatMap(\.properties)
        }
        #expect(properties().isEmpty)
        let counter = DeviceCounter(name: "ab", value: 0x0102)
        harness.datapath.state.withLock { $0.driverCounters = [counter, counter] }
        let bytes: [UInt8] = [2, 97, 98, 0, 0, 0, 0, 0, 0, 1, 2]
        let whole = Property(type: 0xffff, body: [0, 0, 0xaa, 1, 0, 0, 0, 2, 0, 0, 0, 2] + bytes + bytes)
        #expect(properties() == (version >= .v1_4 ? [whole] : []))
        // A driver that counts very much is cut off, and the others' ports still fit.
        let many = (0..<1_000).map { DeviceCounter(name: "counter_of_thirty_one_bytes_\($0)", value: 1) }
        harness.datapath.state.withLock { $0.driverCounters = many }
        #expect(properties().allSatisfy { $0.body.count <= 32_780 })
    }

    @Test("counts a port's time since it was added")
    func portDuration() throws {
        let harness = SwitchHarness()
        harness.now = harness.now + .seconds(5)
        harness.addPort("eth4", 4)
        let session = harness.connect(.v1_3)
        harness.now = harness.now + .milliseconds(2_500)
        let replies = harness.request(.multipartRequest(MultipartRequest(body: .port(.any))), session)
        guard case .multipartReply(let part)? = replies.first, case .port(let ports) = part.body else {
            Issue.record("\(replies)")
            return
        }
        #expect(ports.map(\.durationSeconds) == [7, 7, 7, 2])
        #expect(ports.map(\.durationNanoseconds) == [500_000_000, 500_000_000, 500_000_000, 500_000_000])
    }

    @Test("tells a port's queues, their rates as shares of the port's speed, and what they have sent")
    func queues() throws {
        let harness = SwitchHarness()
        var forwarding = PortForwarding()
        forwarding.queues = [
            DeviceQueue(number: 5, minimumRate: 1_000_000, maximumRate: 10_000_000),
            DeviceQueue(number: 0, minimumRate: 0, maximumRate: 2_500_000),
        ]
        _ = try harness.control.addPort(
            PortDescription(name: "queued"), index: PortIndex(rawValue: 40), requested: PortNumber(rawValue: 40),
            now: harness.now, forwarding: forwarding)
        let session = harness.connect(.v1_4)
        func ask(_ queue: QueueID) -> [Message] {
            let request = QueueRequest(port: PortNumber(rawValue: 40), queue: queue)
            return harness.request(.multipartRequest(MultipartRequest(body: .queueDescription(request))), session)
        }
        func description(_ queue: UInt32, _ minimum: UInt16, _ maximum: UInt16) -> QueueDescription {
            QueueDescription(
                port: PortNumber(rawValue: 40), queue: QueueID(rawValue: queue), minimumRate: minimum,
                maximumRate: maximum)
        }
        let both = [description(0, 0, 250), description(5, 100, 1_000)]
        #expect(ask(.all) == [.multipartReply(MultipartReply(body: .queueDescription(both)))])
        #expect(ask(QueueID(rawValue: 5)) == [.multipartReply(MultipartReply(body: .queueDescription([both[1]])))])
        #expect(SwitchHarness.code(of: ask(QueueID(rawValue: 6))) == .queueOperationBadQueue)
        let old = harness.connect(.v1_3)
        let reply = harness.request(.queueGetConfigRequest(PortNumber(rawValue: 40)), old)
        #expect(
            reply == [.queueGetConfigReply(QueueConfiguration(port: PortNumber(rawValue: 40), queues: both))])
    }

    @Test("gives the queues of all ports where 1.0 asks for all")
    func allQueues() {
        let harness = SwitchHarness()
        let request = Message.multipartRequest(MultipartRequest(body: .queue(QueueRequest(port: .all, queue: .all))))
        let session = harness.connect(.v1_0)
        #expect(harness.request(request, session) == [.multipartReply(MultipartReply(body: .queue([])))])
        #expect(harness.error(request, harness.connect(.v1_3)) == .queueOperationBadPort)
    }

    @Test(
        "marks fields that can be masked, with the length of value and mask",
        arguments: [OpenFlowVersion.v1_3, .v1_5])
    func featureFields(version: OpenFlowVersion) {
        let features = TableAbility.features(of: 0, tableCount: 2, maximumEntries: 1, in: version)
        var seen = 0
        for property in features.properties {
            switch property {
            case .match(let fields):
                seen += 1
                let marked = fields.first { $0.field == .ethernetSource }
                #expect(marked?.hasMask == true && marked?.length == 12)
                let unmarked = fields.first { $0.field == .etherType }
                #expect(unmarked?.hasMask == false && unmarked?.length == 2)
            case .wildcards(let fields), .applySetField(let fields, miss: _):
                seen += 1
                let plain = fields.first { $0.field == .ethernetSource }
                #expect(plain?.hasMask == false && plain?.length == 6)
            default: break
            }
        }
        #expect(seen == 3)
    }

    @Test("counts a table's lookups and matches")
    func tableCounters() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.request(SwitchHarness.flowMod(.add, 1, cookie: 3), session)
        harness.credit(3, packets: 5)
        harness.pipeline.read { $0.creditMiss(in: TableID(rawValue: 0), packets: 2) }
        guard
            case .multipartReply(let reply)? = harness.request(
                .multipartRequest(MultipartRequest(body: .table)), session
            ).first, case .table(let tables) = reply.body
        else {
            Issue.record("no tables")
            return
        }
        #expect(tables[0].activeCount == 1 && tables[0].lookupCount == 7 && tables[0].matchedCount == 5)
    }

    @Test("holds a barrier's reply until the datapath has caught up, and nothing else")
    func barrier() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        harness.datapath.state.withLock { $0.finishedVersion = 0 }
        harness.request(SwitchHarness.flowMod(.add, 1), session)
        let version = harness.pipeline.version
        #expect(harness.request(.barrierRequest, session) == [])
        #expect(harness.request(.echoRequest([1]), session) == [.echoReply([1])])
        harness.request(SwitchHarness.flowMod(.add, 2), session)
        #expect(harness.request(.barrierRequest, session) == [])
        harness.control.barrierProgress()
        #expect(harness.take(session) == [])
        harness.datapath.state.withLock { $0.finishedVersion = version }
        harness.control.barrierProgress()
        #expect(harness.take(session) == [.barrierReply])
        harness.datapath.state.withLock { $0.finishedVersion = .max }
        harness.control.barrierProgress()
        #expect(harness.take(session) == [.barrierReply])
        #expect(harness.request(.barrierRequest, session) == [.barrierReply])
    }

    @Test("streams a dump as the connection drains, and a barrier behind it waits")
    func dump() {
        let harness = SwitchHarness { $0.outputBytesForDumps = 160 * 1_024 }
        let session = harness.connect(.v1_3)
        for destination in 0..<5_000 as Range<UInt32> {
            harness.send(SwitchHarness.flowMod(.add, destination, cookie: UInt64(destination)), session)
        }
        harness.send(.multipartRequest(MultipartRequest(body: .flow(FlowStatisticsRequest()))), session)
        harness.send(.barrierRequest, session)
        var cookies: [UInt64] = []
        var sawEnd = false
        var slices = 0
        while !session.output.isEmpty {
            slices += 1
            #expect(session.output.count < 160 * 1_024 + 65_536)
            for reply in harness.take(session) {
                switch reply {
                case .multipartReply(let part):
                    guard case .flow(let flows) = part.body else { continue }
                    #expect(!sawEnd)
                    sawEnd = !part.more
                    cookies += flows.map(\.cookie.rawValue)
                case .barrierReply: #expect(sawEnd)
                default: Issue.record("\(reply)")
                }
            }
            // A flow that comes meanwhile does not disturb those that are there.
            harness.send(SwitchHarness.flowMod(.delete, 100_000), session)
            harness.control.resume(session, now: harness.now)
        }
        #expect(slices > 2)
        #expect(sawEnd)
        #expect(cookies.sorted() == Array(0..<5_000))
        // While the connection is full, nothing comes.
        session.bytesInFlight = 200 * 1_024
        harness.send(.multipartRequest(MultipartRequest(body: .flow(FlowStatisticsRequest()))), session)
        #expect(session.output.isEmpty)
        session.bytesInFlight = 0
        harness.control.resume(session, now: harness.now)
        #expect(!session.output.isEmpty)
    }

    @Test("puts requests in parts together, within limits")
    func parts() throws {
        let harness = SwitchHarness { $0.partialRequestsMaximum = 1 }
        let session = harness.connect(.v1_3)
        func part(_ transaction: UInt32, _ body: MultipartRequest.Body, more: Bool) throws -> [Message] {
            harness.deliver(
                try MessageCodec.encode(
                    .multipartRequest(MultipartRequest(body: body, more: more)), version: .v1_3,
                    transactionID: TransactionID(rawValue: transaction)), session)
            return harness.take(session)
        }
        #expect(try part(1, .description, more: true) == [])
        #expect(SwitchHarness.code(of: try part(2, .description, more: true)) == .requestMultipartBufferOverflow)
        #expect(try part(1, .description, more: false).count == 1)
        #expect(try part(3, .description, more: true) == [])
        #expect(SwitchHarness.code(of: try part(3, .table, more: false)) == .requestBadMultipart)
        #expect(try part(4, .description, more: true) == [])
        #expect(harness.control.runExpiry(now: .seconds(100.5)) == .seconds(101))
        _ = harness.control.runExpiry(now: .seconds(101))
        #expect(SwitchHarness.code(of: harness.take(session)) == .requestMultipartRequestTimeout)
    }

    @Test(
        "bounds the bytes of a request in parts: the part that is too much ends it, with an error", arguments: [3, 7])
    func partBytes(parts: Int) throws {
        // Each part is a header, 8 bytes of the multipart header, and one table's features.
        let part = MultipartRequest(body: .tableFeatures([TableFeatures(tableID: TableID(rawValue: 0))]), more: true)
        func bytes(_ transaction: UInt32) throws -> [UInt8] {
            try MessageCodec.encode(
                .multipartRequest(part), version: .v1_3, transactionID: TransactionID(rawValue: transaction))
        }
        let size = try bytes(1).count
        let harness = SwitchHarness { $0.multipartRequestBytesMaximum = parts * size }
        let session = harness.connect(.v1_3)
        for _ in 0..<parts {
            harness.deliver(try bytes(1), session)
            #expect(harness.take(session) == [])
        }
        harness.deliver(try bytes(1), session)
        #expect(SwitchHarness.code(of: harness.take(session)) == .requestMultipartBufferOverflow)
        // It is forgotten: the same number begins another, and no timeout of the first is reported.
        harness.deliver(try bytes(1), session)
        #expect(harness.take(session) == [])
        #expect(harness.control.sessions[session.identifier]?.partialRequests.count == 1)
    }

    @Test("refuses what it does not have with the right errors")
    func refusals() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        #expect(harness.request(.groupMod(GroupMod(command: .delete, groupID: .all)), session) == [])
        #expect(harness.error(.meterMod(MeterMod(command: .modify)), session) == .meterModUnknownMeter)
        #expect(
            harness.error(.experimenter(Experimenter(experimenter: 0x1234, type: 1, body: [])), session)
                == .requestBadExperimenter)
        #expect(
            harness.error(.experimenter(Experimenter(experimenter: 0x4f4e_4600, type: 9_999, body: [])), session)
                == .requestBadExperimenterType)
        #expect(harness.request(.nicira(.setPacketInFormat(.nicira2)), session).isEmpty)
        #expect(harness.request(.nicira(.setControllerID(5)), session) == [])
        #expect(session.controllerID == 5)
        #expect(harness.error(.barrierReply, session) == .requestBadType)
        #expect(harness.error(.queueGetConfigRequest(PortNumber(rawValue: 77)), session) == .queueOperationBadPort)
        #expect(
            harness.error(.multipartRequest(MultipartRequest(body: .port(PortNumber(rawValue: 9)))), session)
                == .requestBadPort)
        let flows = FlowStatisticsRequest(tableID: TableID(rawValue: 254))
        #expect(harness.error(.multipartRequest(MultipartRequest(body: .flow(flows))), session) == .requestBadTableID)
        let oneTable = [TableFeatures(tableID: TableID(rawValue: 1), name: "other")]
        #expect(
            harness.error(.multipartRequest(MultipartRequest(body: .tableFeatures(oneTable))), session)
                == .tableFeaturesNotPermitted)
    }

    @Test(
        "a FEATURES_REPLY with ports says as many as it has room for, the local one among them",
        arguments: [
            (OpenFlowVersion.v1_0, 1364), (.v1_1, 1023), (.v1_2, 1023), (.v1_3, 0),
        ])
    func manyPorts(version: OpenFlowVersion, room: Int) {
        let harness = SwitchHarness()
        for number in 4...1500 as ClosedRange<UInt32> { harness.addPort("p\(number)", number) }
        harness.addPort("br0", 2000, .local)
        let session = harness.connect(version)
        let replies = harness.request(.featuresRequest, session)
        guard replies.count == 1, case .featuresReply(let features) = replies[0] else {
            Issue.record("\(replies.count) replies")
            return
        }
        #expect(features.ports.count == room)
        #expect(features.ports.contains { $0.number == .local } == (room > 0))
        #expect(session.output.isEmpty)
    }

    @Test("keeps its configuration and the session's")
    func configuration() {
        let harness = SwitchHarness()
        let session = harness.connect(.v1_3)
        let config = SwitchConfig(flags: .dropFragments, missSendLength: 77)
        #expect(harness.request(.setConfig(config), session) == [])
        #expect(harness.request(.getConfigRequest, session) == [.getConfigReply(config)])
        #expect(harness.pipeline.read { $0.fragmentHandling } == .drop)
        #expect(
            harness.error(.setConfig(SwitchConfig(flags: .reassembleFragments)), session) == .switchConfigBadFlags)
        let old = harness.connect(.v1_2)
        harness.request(.setConfig(SwitchConfig(flags: .invalidTTLToController, missSendLength: 5)), old)
        #expect(old.asyncConfig[.packetIn, .primary].map { $0 & 4 } == 4)
        #expect(harness.pipeline.read { $0.fragmentHandling } == .normal)
    }

    @Test("forgetting connections holds back the session's next message, and no other session's")
    func connectionFlush() throws {
        let harness = SwitchHarness()
        let (session, other) = (harness.connect(.v1_3), harness.connect(.v1_3))
        #expect(harness.request(.nicira(.flushConnectionZone(7)), session) == [])
        #expect(session.isSuspended && !other.isSuspended)
        let flush = try #require(harness.datapath.state.withLock { $0.flushes.first })
        #expect(flush.filter.zone == 7)
        harness.control.barrierProgress()
        #expect(session.isSuspended)
        flush.done(nil)
        harness.control.barrierProgress()
        #expect(!session.isSuspended && harness.take(session) == [])

        #expect(harness.request(.nicira(.flushConnectionZone(8)), other) == [])
        let refused = try #require(harness.datapath.state.withLock { $0.flushes.last })
        refused.done(DatapathError(.unsupported, operation: "forget connections"))
        harness.control.barrierProgress()
        #expect(SwitchHarness.code(of: harness.take(other)) == .requestBadExperimenterType)
        // One that ends meanwhile leaves nothing behind.
        #expect(harness.request(.nicira(.flushConnectionZone(9)), session) == [])
        harness.control.sessionClosed(session)
        harness.control.barrierProgress()
    }
}
