package import OpenFlow

/// Who asked for a change.
package enum ChangeOrigin: Hashable, Sendable {
    /// A controller: its session and the request's transaction.
    case controller(session: UInt64, TransactionID)
    /// The switch's configuration, a device, or a person at the control socket.
    case management
    /// The passing of time.
    case expiry
    /// A packet, by a rule's learn action.
    case learning
}

/// One thing that a committed change did.
package enum PipelineEvent: Sendable {
    /// A flow was added; `replaced` where one of equal match and priority went for it.
    case flowAdded(RuleReference, replaced: Bool)
    /// A flow got other instructions or another cookie: the instructions it had; nil where it got but a new start of
    /// its hard timeout or of its counters.
    case flowModified(RuleReference, before: InstructionList?)
    /// A flow's timeouts were shortened, for its connection has ended.
    case flowTimeoutsShortened(RuleReference)
    /// A flow is gone; what it was, where anybody may want to know.
    case flowRemoved(RuleReference, FlowRemovedReason, RemovedFlow?)
    /// All flows of a table are gone; said instead of one event for each where nobody observes changes and no flow
    /// wanted a FLOW_REMOVED.
    case tableCleared(TableID)
    /// A port came.
    case portAdded(PortNumber)
    /// A port went; what it was.
    indirect case portRemoved(SwitchPort)
    /// A port's description changed.
    case portChanged(PortNumber)
    /// A group was added.
    case groupAdded(GroupID)
    /// A group has other buckets or another type.
    case groupModified(GroupID)
    /// A group is gone.
    case groupRemoved(GroupID)
    /// A meter was added.
    case meterAdded(MeterID)
    /// A meter has other bands.
    case meterModified(MeterID)
    /// A meter is gone.
    case meterRemoved(MeterID)
    /// A table's configuration changed.
    case tableConfigured(TableID)
    /// Fragment handling, or what happens to misses, changed.
    case configured
}

/// A flow that is gone: what controllers are told, and what a journal needs.
package final class RemovedFlow: Sendable {
    /// What it was and what it had counted.
    package let statistics: FlowStatisticsEntry
    /// Makes a record.
    package init(_ statistics: FlowStatisticsEntry) { self.statistics = statistics }
}

/// The record of one committed change: what a journal, an audit log or a flow monitor is fed from.
///
/// Every change of a switch's state goes through ``OpenFlowSwitch/commit(by:now:_:)``, which is the only maker of
/// these.
package struct PipelineChange: Sendable {
    /// What happened, in order; never empty.
    package var events: [PipelineEvent]
    /// Who asked.
    package var origin: ChangeOrigin
    /// When it was committed.
    package var time: MonotonicTime
    /// The version that it made.
    package var version: UInt64
}
