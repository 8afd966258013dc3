import Datapath
import OpenFlow
import Synchronization

// STATS_REQUEST, later MULTIPART_REQUEST, and the features that it and FEATURES_REPLY tell.
extension OpenFlowSwitch {
    /// What FEATURES_REPLY says (1.0 §5.3.1, 1.3 §7.3.1).
    func features(for version: OpenFlowVersion) -> SwitchFeatures {
        var capabilities: SwitchFeatures.Capabilities = [
            .flowStatistics, .tableStatistics, .portStatistics, .queueStatistics,
        ]
        if version <= .v1_2 { capabilities.insert(.arpMatchesIP) }
        if version.hasGroups { capabilities.insert(.groupStatistics) }
        if version >= .v1_4 { capabilities.formUnion([.bundles, .flowMonitoring]) }
        return SwitchFeatures(
            datapathID: self.datapathID, bufferCount: UInt32(clamping: self.packetBuffers?.capacity ?? 0),
            tableCount: UInt8(self.tableCount),
            capabilities: capabilities,
            supportedActions: version == .v1_0 ? TableAbility.abilities(in: .v1_0).applyActions : 0,
            ports: version.featuresReplyHasPorts ? self.portsForFeatures(version) : [])
    }

    /// As many ports as a message has room for, the local one among them; the others are for PORT_DESC, which Open
    /// vSwitch answers in these versions, too.
    private func portsForFeatures(_ version: OpenFlowVersion) -> [PortDescription] {
        let ports = self.portDescriptions
        let room = (0xffff - 32) / (version == .v1_0 ? 48 : 64)
        guard ports.count > room else { return ports }
        return Array(ports.prefix(room - 1)) + [ports.first { $0.number == .local } ?? ports[room - 1]]
    }

    private var portDescriptions: [PortDescription] {
        self.pipeline.read { $0.portsInOrder.map(\.description) }
    }

    /// Takes a request, or a part of one.
    func handle(
        _ request: MultipartRequest, _ context: RequestContext, _ state: SessionState
    ) throws(OpenFlowError) {
        let place = state.partialRequests.firstIndex { $0.transactionID == context.transactionID }
        guard place != nil || request.more else { return try self.answer(request.body, context, state) }
        let configuration = self.configuration
        let deadline = context.now + configuration.multipartRequestTimeout
        guard let place else {
            guard state.partialRequests.count < configuration.partialRequestsMaximum else {
                throw OpenFlowError(
                    .requestMultipartBufferOverflow, limit: UInt64(configuration.partialRequestsMaximum))
            }
            state.partialRequests.append(
                MultipartAssembly(
                    context.transactionID, first: request.body, byteCount: context.bytes.count, deadline: deadline))
            return
        }
        let outcome = state.partialRequests[place].append(
            request, byteCount: context.bytes.count, maximumByteCount: configuration.multipartRequestBytesMaximum,
            deadline: deadline)
        guard outcome != .wait else { return }
        state.partialRequests.remove(at: place)
        switch outcome {
        case .wait: return
        case .complete(let body): try self.answer(body, context, state)
        case .refuse(let code): throw OpenFlowError(code)
        }
    }

    /// Refuses the requests whose next part is late.
    func dropLateRequests(now: MonotonicTime) {
        for state in self.sessions.values where !state.partialRequests.isEmpty {
            for request in state.partialRequests where request.deadline <= now {
                self.refuse(.requestMultipartRequestTimeout, [], to: state.session, request.transactionID)
            }
            state.partialRequests.removeAll { $0.deadline <= now }
        }
    }

    private func answer(
        _ body: MultipartRequest.Body, _ context: RequestContext, _ state: SessionState
    ) throws(OpenFlowError) {
        switch body {
        case .flow(let request): try self.beginDump(request, .flow, context, state)
        case .aggregate(let request): try self.beginDump(request, .aggregate, context, state)
        case .niciraFlow(let request): try self.beginDump(request, .niciraFlow, context, state)
        case .niciraAggregate(let request): try self.beginDump(request, .niciraAggregate, context, state)
        case .description: self.reply(.description(self.switchDescription), context)
        case .table: self.reply(.table(self.tableStatistics(in: context.version)), context)
        case .port(let port): self.reply(.port(try self.portStatistics(of: port, context)), context)
        case .portDescription(let port):
            self.reply(.portDescription(try self.ports(port).map(\.description)), context)
        case .queue(let request): self.reply(.queue(try self.queueStatistics(request, context)), context)
        case .queueDescription(let request):
            self.reply(.queueDescription(try self.queueDescriptions(request, context)), context)
        case .group(let group): self.reply(.group(self.groupStatistics(of: group, context)), context)
        case .groupDescription(let group):
            self.reply(.groupDescription(self.groupDescriptions(of: group)), context)
        case .groupFeatures: self.reply(.groupFeatures(self.groupFeatures(in: context.version)), context)
        case .meter(let meter):
            self.reply(.meter(try self.meterStatistics(of: meter, context)), context)
        case .meterConfiguration(let meter):
            self.reply(.meterConfiguration(try self.meterConfigurations(of: meter)), context)
        case .meterFeatures: self.reply(.meterFeatures(self.meterFeatures), context)
        case .tableFeatures(let features):
            guard features.isEmpty else { return try self.handle(features, context) }
            self.reply(.tableFeatures(self.tableFeatures(in: context.version)), context)
        case .tableDescription:
            self.reply(.tableDescription(self.tableDescriptions()), context)
        case .controllerStatus: self.reply(.controllerStatus(self.controllerStatuses), context)
        case .experimenter(let request): throw Self.refusal(of: request)
        case .flowMonitor(let requests): try self.handle(requests, context, state)
        case .bundleFeatures(let request):
            self.reply(.bundleFeatures(try self.bundleFeatures(request, state, now: context.now)), context)
        case .flowCounters(let request): try self.beginDump(request, .flowCounters, context, state)
        case .bridgeExport, .flowExport: throw OpenFlowError(.statisticsNiciraNotConfigured)
        }
    }

    private func reply(_ body: MultipartReply.Body, _ context: RequestContext) {
        self.reply(.multipartReply(MultipartReply(body: body)), context)
    }

    // MARK: - Flows

    /// Refuses tables that are not there (1.1 and later).
    private func checkTable(_ table: TableID) throws(OpenFlowError) {
        guard table == .all || self.isVisible(table) else {
            throw OpenFlowError(.requestBadTableID, value: UInt64(table.rawValue))
        }
    }

    private func beginDump(
        _ request: FlowStatisticsRequest, _ kind: MultipartReplyWriter.Kind, _ context: RequestContext,
        _ state: SessionState
    ) throws(OpenFlowError) {
        try self.checkTable(request.tableID)
        let selector = try FlowSelector(request, self.tunnelOptions)
        let tables = self.pipeline.read { $0.visibleTables(request.tableID) }
        let dump: FlowDump
        do throws(Inexpressible) {
            dump = try FlowDump(
                kind, sequence: state.nextSequence(), selector: selector, tables: tables,
                version: context.version, transactionID: context.transactionID)
        } catch {
            throw OpenFlowError(.requestBadMultipart)
        }
        try self.begin(dump, context, state)
    }

    // MARK: - Ports, queues, meters

    /// The port of that number, or all.
    private func ports(_ number: PortNumber) throws(OpenFlowError) -> [SwitchPort] {
        guard number != .any else { return self.pipeline.read { $0.portsInOrder } }
        guard let port = self.pipeline.read({ $0.port(number) }) else {
            throw OpenFlowError(.requestBadPort, value: UInt64(number.rawValue))
        }
        return [port]
    }

    private func portStatistics(
        of number: PortNumber, _ context: RequestContext
    ) throws(OpenFlowError) -> [OpenFlow.PortStatistics] {
        try self.ports(number).map { port in
            var entry = OpenFlow.PortStatistics(port: port.number)
            let (seconds, attoseconds) = context.now.since(port.added).components
            entry.durationSeconds = UInt32(clamping: seconds)
            entry.durationNanoseconds = UInt32(clamping: attoseconds / 1_000_000_000)
            // All ones: not known (1.0 §5.3.5); from 1.4 on the property is left out.
            let errors = self.datapath.errorCounters(of: port)
            entry.isEthernet = errors != nil || context.version < .v1_4
            entry.receiveFrameErrors = errors?.frame ?? .max
            entry.receiveOverrunErrors = errors?.overrun ?? .max
            entry.receiveCRCErrors = errors?.checksum ?? .max
            entry.collisions = errors?.collisions ?? .max
            if context.version >= .v1_4 {
                entry.properties += Property.driverCounters(self.datapath.driverCounters(of: port)).map { [$0] } ?? []
            }
            guard let counted = self.datapath.statistics(of: port) else { return entry }
            entry.receivedPackets = counted.receivedPackets
            entry.sentPackets = counted.transmittedPackets
            entry.receivedBytes = counted.receivedBytes
            entry.sentBytes = counted.transmittedBytes
            entry.receiveDrops = counted.receiveDropped
            entry.sendDrops = counted.transmitDropped
            entry.receiveErrors = counted.receiveErrors
            entry.sendErrors = counted.transmitErrors
            return entry
        }
    }

    private var switchDescription: SwitchDescription {
        SwitchDescription(
            manufacturer: self.configuration.manufacturer, hardware: self.configuration.hardware,
            software: self.configuration.software, serialNumber: self.configuration.serialNumber,
            datapath: self.configuration.datapathDescription ?? self.name)
    }
}
