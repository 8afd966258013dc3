/// A datapath as the agent sees it: ports, megaflows, packets up and down.
///
/// **Terms.** A *megaflow* is a key, a mask and actions; the table has no priorities, and the caller
/// sees to it that overlapping megaflows agree. An *upcall* is a packet passed up. There is one backend
/// per kind for the whole process, shared by all bridges of that kind; which ports belong to which bridge
/// is the caller's business.
///
/// **Life.** Made by its own factory (which opens or creates the datapath), used, then `close()`d, with
/// the choice to leave the datapath and its ports as they are. After `close` every call throws
/// `noSuchDatapath`.
///
/// **Threads.** Every method may be called from any thread at any time, except that `receiveUpcalls` of one
/// handler number is called by one thread at a time. Methods do not call back into the caller.
///
/// **Blocking.** Calls take microseconds to a few milliseconds (a netlink round trip); only
/// `receiveUpcalls` waits, at most for its time-out or until `wakeHandlers()`.
///
/// **Errors.** `noSuchFlow`, `noSuchPort` are answers about the world and cost nothing; others are
/// failures to be logged. A batch call never throws: each item has its own result.
public protocol DatapathBackend: AnyObject, Sendable {
    /// What the datapath is called in logs and statistics, such as `kernel` or `userspace`.
    var name: String { get }
    /// What it can do; constant.
    var capabilities: DatapathCapabilities { get }
    /// Whether it was there before this process, with ports and flows of somebody else's; constant.
    var isAdopted: Bool { get }
    /// How many threads may receive upcalls at once (handler numbers 0 ..< handlerCount).
    var handlerCount: Int { get }

    /// Adds a port. `noSuchDevice`, `exists`, `busy`, `notPermitted`, `invalid` (name, index in use).
    func addPort(_ request: PortRequest) throws(DatapathError) -> DatapathPort
    /// Removes a port; an internal port's device vanishes with it. `noSuchPort`.
    func removePort(_ index: PortIndex) throws(DatapathError)
    /// All ports, in no order.
    func ports() throws(DatapathError) -> [DatapathPort]
    /// Counters of a port. `noSuchPort`.
    func statistics(of index: PortIndex) throws(DatapathError) -> PortStatistics

    /// Carries out changes of the megaflow table in order; one result per operation, in the same order.
    func apply(_ operations: [FlowOperation]) -> [FlowOperationResult]
    /// Visits every megaflow with its counters; flows that come or go meanwhile may be missed or seen once.
    func forEachFlow(_ visit: (borrowing DatapathFlow) -> Void) throws(DatapathError)
    /// Visits every megaflow's name and counters: ``forEachFlow(_:)``, but cheaper where the datapath can leave out
    /// the rest.
    func forEachFlowCounters(_ visit: (FlowIdentifier, FlowStatistics) -> Void) throws(DatapathError)
    /// The megaflow of that name. `noSuchFlow`.
    func flow(_ identifier: FlowIdentifier) throws(DatapathError) -> DatapathFlow
    /// Removes every megaflow.
    func flushFlows() throws(DatapathError)

    /// Executes actions on packets; one entry per packet, nil where it was done.
    func execute(_ executions: [PacketExecution]) -> [DatapathError?]
    /// Executes actions on packets, then carries out changes of the megaflow table: ``execute(_:)`` and ``apply(_:)``
    /// with as few system calls as the datapath can do with.
    func perform(
        _ executions: [PacketExecution], _ operations: [FlowOperation]
    ) -> (executed: [DatapathError?], applied: [FlowOperationResult])

    /// What meters it has; constant.
    var meterAbilities: MeterAbilities { get }
    /// Makes or changes the meter of that number. `unsupported`, `invalid`, `noSpace`.
    func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(DatapathError)
    /// Removes a meter. `invalid` where there is none.
    func removeMeter(_ number: UInt32) throws(DatapathError)
    /// What a meter has counted. `invalid` where there is none.
    func meterCounters(_ number: UInt32) throws(DatapathError) -> MeterCounters

    /// Appends up to `maximum` upcalls to `batch`, waiting up to `timeoutMilliseconds` (nil: without end) for
    /// the first.
    ///
    /// Returns how many were appended; 0 after the time-out or `wakeHandlers()`. Lost upcalls (a full
    /// socket or ring) are counted in `upcallsLost` and do not throw.
    func receiveUpcalls(
        handler: Int, into batch: inout [Upcall], maximum: Int, timeoutMilliseconds: Int?
    ) throws(DatapathError) -> Int
    /// Forgets tracked connections; returns how many there were. `unsupported` where none are tracked.
    func flushConnections(_ filter: ConnectionFilter) throws(DatapathError) -> Int
    /// The limits of tracked connections of these zones (nil: of zones without one); with none, all that there are.
    func connectionLimits(of zones: [UInt16?]) throws(DatapathError) -> [ConnectionLimit]
    /// Sets limits of tracked connections. `unsupported`, `notPermitted`.
    func setConnectionLimits(_ limits: [ConnectionLimit]) throws(DatapathError)
    /// Gives zones the limit of zones without one. `unsupported`, `notPermitted`.
    func removeConnectionLimits(of zones: [UInt16]) throws(DatapathError)
    /// Sets the time-outs of connections that are committed by the policy's names. `unsupported`, `notPermitted`.
    func setConnectionTimeouts(_ policy: ConnectionTimeoutPolicy) throws(DatapathError)
    /// Removes a zone's time-outs, which no megaflow may name any longer; may wait for the datapath to let go of them.
    func removeConnectionTimeouts(of zone: UInt16) throws(DatapathError)
    /// Makes every waiting `receiveUpcalls` return at once.
    func wakeHandlers()
    /// Upcalls that were lost for want of room, or waited too long where room was wanting, since the start.
    var upcallsLost: UInt64 { get }

    /// Releases everything; with `keep` the datapath, its ports and flows go on without the agent where
    /// the kind allows it (kernel), otherwise they are removed.
    func close(keep: Bool)
}

extension DatapathBackend {
    /// `unsupported`: for datapaths that track no connections.
    public func flushConnections(_ filter: ConnectionFilter) throws(DatapathError) -> Int {
        throw DatapathError(.unsupported, operation: "forget connections")
    }

    /// `unsupported`: for datapaths that track no connections.
    public func connectionLimits(of zones: [UInt16?]) throws(DatapathError) -> [ConnectionLimit] {
        throw DatapathError(.unsupported, operation: "read limits of connections")
    }

    /// `unsupported`: for datapaths that track no connections.
    public func setConnectionLimits(_ limits: [ConnectionLimit]) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "limit connections")
    }

    /// `unsupported`: for datapaths that track no connections.
    public func removeConnectionLimits(of zones: [UInt16]) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "remove limits of connections")
    }

    /// `unsupported`: for datapaths that track no connections.
    public func setConnectionTimeouts(_ policy: ConnectionTimeoutPolicy) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "set time-outs of connections")
    }

    /// `unsupported`: for datapaths that track no connections.
    public func removeConnectionTimeouts(of zone: UInt16) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "remove time-outs of connections")
    }

    /// One after the other: for datapaths that need no system calls.
    public func perform(
        _ executions: [PacketExecution], _ operations: [FlowOperation]
    ) -> (executed: [DatapathError?], applied: [FlowOperationResult]) {
        let executed = executions.isEmpty ? [] : self.execute(executions)
        return (executed, operations.isEmpty ? [] : self.apply(operations))
    }

    /// False: for datapaths that live and die with the process.
    public var isAdopted: Bool { false }

    /// Visits whole flows and passes on names and counters.
    public func forEachFlowCounters(_ visit: (FlowIdentifier, FlowStatistics) -> Void) throws(DatapathError) {
        try self.forEachFlow { visit($0.identifier, $0.statistics) }
    }
}
