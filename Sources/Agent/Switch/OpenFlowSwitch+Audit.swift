import Logging
import OpenFlow

// The audit log: one line for each committed change, made from its record, as part `audit` at debug.
extension OpenFlowSwitch {
    /// Writes down who changed what.
    func record(_ events: [PipelineEvent], by origin: ChangeOrigin, version: UInt64) {
        guard self.audit.logLevel <= .debug else { return }
        let who =
            switch origin {
            case .controller(let session, let transactionID):
                "\(self.sessions[session]?.session.peer ?? "a controller") (session \(session), xid "
                    + "\(transactionID.rawValue))"
            case .management: "management"
            case .expiry: "expiry"
            case .learning: "learning"
            }
        self.audit.debug("\(self.name): version \(version) by \(who): \(PipelineEvent.summary(of: events))")
    }
}

extension PipelineEvent {
    /// What a change did in a few words: flows as numbers, everything else by name.
    static func summary(of events: [PipelineEvent]) -> String {
        var (added, modified, removed) = (0, 0, 0)
        var words: [String] = []
        for event in events {
            switch event {
            case .flowAdded: added += 1
            case .flowModified, .flowTimeoutsShortened: modified += 1
            case .flowRemoved: removed += 1
            default: if words.count < Self.namedMaximum { words.append(event.name) }
            }
        }
        let flows = [(added, "added"), (modified, "modified"), (removed, "removed")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? "flow" : "flows") \($0.1)" }
        return (flows + words).joined(separator: ", ")
    }

    /// How many groups, meters and ports one line names.
    private static let namedMaximum = 16

    private var name: String {
        switch self {
        case .flowAdded, .flowModified, .flowTimeoutsShortened, .flowRemoved: ""
        case .tableCleared(let table): "table \(table.rawValue) cleared"
        case .portAdded(let port): "port \(port) added"
        case .portRemoved(let port): "port \(port.number) removed"
        case .portChanged(let port): "port \(port) changed"
        case .groupAdded(let group): "group \(group.rawValue) added"
        case .groupModified(let group): "group \(group.rawValue) modified"
        case .groupRemoved(let group): "group \(group.rawValue) removed"
        case .meterAdded(let meter): "meter \(meter.rawValue) added"
        case .meterModified(let meter): "meter \(meter.rawValue) modified"
        case .meterRemoved(let meter): "meter \(meter.rawValue) removed"
        case .tableConfigured(let table): "table \(table.rawValue) configured"
        case .configured: "switch configured"
        }
    }
}
