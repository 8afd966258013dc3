import Datapath
import Logging
import NetworkTypes
import OpenFlow
import Synchronization

/// A request to forget connections that another thread carries out; the session's next message waits until it has.
final class ConnectionFlush {
    /// What came of it.
    final class Outcome: Sendable {
        private let state = Mutex<(isDone: Bool, error: DatapathError?)>((false, nil))
        /// Notes the end; any thread.
        func finish(_ error: DatapathError?) { self.state.withLock { $0 = (true, error) } }
        /// Whether it is over, and with what.
        var present: (isDone: Bool, error: DatapathError?) { self.state.withLock { $0 } }
    }
    /// Where it came from.
    let context: RequestContext
    /// What came of it.
    let outcome = Outcome()

    init(_ context: RequestContext) { self.context = context }
}

// Nicira's requests to forget tracked connections (NXT_CT_FLUSH_ZONE, NXT_CT_FLUSH).
extension OpenFlowSwitch {
    /// Forgets the connections of a zone.
    func flushConnections(zone: UInt16, _ context: RequestContext) {
        var filter = ConnectionFilter()
        filter.zone = zone
        self.flush(filter, context)
    }

    /// Forgets the connections that a request means.
    func flushConnections(_ request: ConnectionTrackingFlush, _ context: RequestContext) throws(OpenFlowError) {
        var filter = ConnectionFilter()
        filter.zone = request.zone
        filter.ipProtocol = request.ipProtocol == 0 ? nil : request.ipProtocol
        switch request.addressFamily {
        case 0: break
        case 2: filter.isIPv6 = false
        case 10: filter.isIPv6 = true
        default: throw OpenFlowError(.requestBadType, value: UInt64(request.addressFamily))
        }
        if let original = request.original { filter.original = Self.tuple(original) }
        if let reply = request.reply { filter.reply = Self.tuple(reply) }
        if let mark = request.mark { (filter.mark, filter.markMask) = (mark, request.markMask ?? .max) }
        if let labels = request.labels { (filter.label, filter.labelMask) = (labels, request.labelsMask ?? .max) }
        self.flush(filter, context)
    }

    private static func tuple(_ wanted: ConnectionTrackingFlush.Tuple) -> ConnectionFilter.Tuple {
        var tuple = ConnectionFilter.Tuple()
        // An address that is not said is often said as zeros.
        tuple.source = wanted.source.flatMap { $0.rawValue == 0 ? nil : $0.rawValue }
        tuple.destination = wanted.destination.flatMap { $0.rawValue == 0 ? nil : $0.rawValue }
        tuple.sourcePort = wanted.icmpIdentifier ?? wanted.sourcePort
        tuple.destinationPort = wanted.destinationPort
        // So are ICMP's fields, which are sent all or none.
        let isICMP = wanted.icmpIdentifier ?? 0 != 0 || wanted.icmpType ?? 0 != 0 || wanted.icmpCode ?? 0 != 0
        guard isICMP else {
            if wanted.icmpIdentifier != nil { tuple.sourcePort = wanted.sourcePort }
            return tuple
        }
        tuple.icmpType = wanted.icmpType
        tuple.icmpCode = wanted.icmpCode
        return tuple
    }

    private func flush(_ filter: ConnectionFilter, _ context: RequestContext) {
        guard let state = self.sessions[context.session.identifier] else { return }
        // The request is part of what was read with it, which is not to be kept.
        let flush = ConnectionFlush(
            RequestContext(
                session: context.session, transactionID: context.transactionID, now: context.now,
                bytes: Array(context.bytes.prefix(256))[...]))
        state.connectionFlush = flush
        context.session.isSuspended = true
        let outcome = flush.outcome
        self.datapath.flushConnections(filter) { outcome.finish($0) }
        self.finishFlush(state)
    }

    /// Lets the session go on whose connections have been forgotten, if they have.
    func finishFlush(_ state: SessionState) {
        guard let flush = state.connectionFlush else { return }
        let (isDone, error) = flush.outcome.present
        guard isDone else { return }
        state.connectionFlush = nil
        flush.context.session.isSuspended = false
        guard let error else { return }
        self.logger.info("\(self.name): \(error)")
        self.refuse(
            error.code == .notPermitted ? .requestNotPermitted : .requestBadExperimenterType,
            Array(flush.context.bytes), to: flush.context.session, flush.context.transactionID)
    }
}
