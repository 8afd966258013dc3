import Datapath
import Logging
import NetworkTypes
import OpenFlow

// Nicira's requests to forget tracked connections (NXT_CT_FLUSH_ZONE, NXT_CT_FLUSH).
extension OpenFlowSwitch {
    /// Forgets the connections of a zone.
    func flushConnections(zone: UInt16) throws(OpenFlowError) {
        var filter = ConnectionFilter()
        filter.zone = zone
        try self.flush(filter)
    }

    /// Forgets the connections that a request means.
    func flushConnections(_ request: ConnectionTrackingFlush) throws(OpenFlowError) {
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
        try self.flush(filter)
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

    private func flush(_ filter: ConnectionFilter) throws(OpenFlowError) {
        guard let error = self.datapath.flushConnections(filter) else { return }
        self.logger.info("\(self.name): \(error)")
        throw OpenFlowError(error.code == .notPermitted ? .requestNotPermitted : .requestBadExperimenterType)
    }
}
