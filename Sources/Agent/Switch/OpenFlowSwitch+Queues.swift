import Datapath
import OpenFlow

// Queues of ports: what is asked of them (1.0 §5.3.4 and §5.3.5 · 1.3 §7.3.5.8 and §7.3.6 · 1.4 §7.3.5.12).
//
// They are made from the configuration; OpenFlow does not change them.
extension OpenFlowSwitch {
    /// The queues that a request names, with their ports.
    private func queues(
        _ request: QueueRequest, _ context: RequestContext
    ) throws(OpenFlowError) -> [(port: SwitchPort, queues: [DeviceQueue])] {
        // 1.0 asks for all ports by the port that means all; later versions by the one that means any.
        let isAll = request.port == .any || (context.version == .v1_0 && request.port == .all)
        var ports = self.pipeline.read { $0.portsInOrder }
        if !isAll {
            ports.removeAll { $0.number != request.port }
            guard !ports.isEmpty else {
                throw OpenFlowError(.queueOperationBadPort, value: UInt64(request.port.rawValue))
            }
        }
        let found = ports.map { port in
            (
                port: port,
                queues: port.forwarding.queues
                    .filter { request.queue == .all || $0.number == request.queue.rawValue }
                    .sorted { $0.number < $1.number }
            )
        }.filter { !$0.queues.isEmpty }
        guard request.queue == .all || !found.isEmpty else {
            throw OpenFlowError(.queueOperationBadQueue, value: UInt64(request.queue.rawValue))
        }
        return found
    }

    /// What queues have sent.
    func queueStatistics(
        _ request: QueueRequest, _ context: RequestContext
    ) throws(OpenFlowError) -> [QueueStatistics] {
        try self.queues(request, context).flatMap { port, queues -> [QueueStatistics] in
            let counters = self.datapath.queueCounters(of: port)
            let (seconds, attoseconds) = context.now.since(port.added).components
            return queues.map { queue in
                let counted = counters[queue.number] ?? DeviceQueueCounters()
                return QueueStatistics(
                    port: port.number, queue: QueueID(rawValue: queue.number), sentBytes: counted.bytes,
                    sentPackets: counted.packets, sendErrors: counted.dropped,
                    durationSeconds: UInt32(clamping: seconds),
                    durationNanoseconds: UInt32(clamping: attoseconds / 1_000_000_000))
            }
        }
    }

    /// How queues are configured.
    func queueDescriptions(
        _ request: QueueRequest, _ context: RequestContext
    ) throws(OpenFlowError) -> [QueueDescription] {
        try self.queues(request, context).flatMap { Self.descriptions($0.port, $0.queues) }
    }

    /// QUEUE_GET_CONFIG_REQUEST (up to 1.3).
    func handleQueueConfiguration(of port: PortNumber, _ context: RequestContext) throws(OpenFlowError) {
        guard port != .any || context.version >= .v1_1 else {
            throw OpenFlowError(.queueOperationBadPort, value: UInt64(port.rawValue))
        }
        let queues = try self.queueDescriptions(QueueRequest(port: port), context)
        self.reply(.queueGetConfigReply(QueueConfiguration(port: port, queues: queues)), context)
    }

    /// Rates are in tenths of a percent of the port's speed, or of its fastest queue where that is not known.
    private static func descriptions(_ port: SwitchPort, _ queues: [DeviceQueue]) -> [QueueDescription] {
        let fastest = port.forwarding.queues.map(\.maximumRate).max() ?? 0
        let speed = UInt64(port.description.currentSpeedKilobits) * 1_000
        let whole = speed == 0 ? max(fastest, 1) : speed
        func share(_ rate: UInt64) -> UInt16 { UInt16(min(1_000, Double(rate) * 1_000 / Double(whole))) }
        return queues.map {
            QueueDescription(
                port: port.number, queue: QueueID(rawValue: $0.number), minimumRate: share($0.minimumRate),
                maximumRate: share($0.maximumRate))
        }
    }
}
