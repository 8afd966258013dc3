import OpenFlow

// REQUESTFORWARD (1.4 §7.4.6): the controllers that want it are told of others' changes of groups and meters, once the
// record of the committed change says that there was one.
extension OpenFlowSwitch {
    /// Carries out a group_mod or a meter_mod, which the other controllers are then told of.
    func carryOut(_ request: Message, _ context: RequestContext) throws(OpenFlowError) {
        // What changes nothing is not told of; a bundle's requests are, when it is committed.
        defer { if self.transaction == nil { self.forwards = [] } }
        self.forwards.append(
            (RequestForward(transactionID: context.transactionID, request: request), context.session))
        switch request {
        case .groupMod(let groupMod): try self.handle(groupMod, context)
        case .meterMod(let meterMod): try self.handle(meterMod, context)
        default: throw OpenFlowError(.requestBadType)
        }
    }

    /// Tells the requests that made a change of groups or meters, of which `events` are the record.
    func forwardRequests(of events: [PipelineEvent]) {
        guard events.contains(where: \.isOfGroupsOrMeters) else { return }
        let told = self.forwards
        self.forwards = []
        for (forward, maker) in told {
            guard let reason = forward.reason else { continue }
            self.broadcast(.requestForward(forward), .requestForward, except: maker) { _ in reason.rawValue }
        }
    }
}

extension PipelineEvent {
    /// Whether a group or a meter came, changed or went.
    fileprivate var isOfGroupsOrMeters: Bool {
        switch self {
        case .groupAdded, .groupModified, .groupRemoved, .meterAdded, .meterModified, .meterRemoved: true
        default: false
        }
    }
}
