import OpenFlow

/// What the switch keeps for one session beside the session itself: replies that wait, and requests in parts.
///
/// Confined to the control loop, as the switch that owns it.
final class SessionState {
    /// A barrier whose reply waits.
    struct Barrier: Equatable {
        /// The request's.
        var transactionID: TransactionID
        /// The version of the tables that the datapath must have finished.
        var version: UInt64
        /// Its place among the session's replies that may wait.
        var sequence: UInt64
    }

    /// The session.
    let session: ControllerSession
    /// In the order of their requests.
    var barriers: [Barrier] = []
    /// In the order of their requests; the first is being sent.
    var dumps: [FlowDump] = []
    /// The flow_mod that is being carried out in slices; the session's messages wait for it.
    var job: FlowJob? {
        get { self.jobs.first }
        set { self.jobs = newValue.map { [$0] } ?? [] }
    }
    /// Whether there is one.
    var hasJob: Bool { !self.jobs.isEmpty }
    /// At most one: a kilobyte that most sessions never need is not to be part of each.
    private var jobs: [FlowJob] = []
    /// The deletion of groups or meters that is being carried out in slices, likewise.
    var removal: RemovalJob? {
        get { self.removals.first }
        set { self.removals = newValue.map { [$0] } ?? [] }
    }
    /// At most one, likewise.
    private var removals: [RemovalJob] = []
    /// Messages that wait until a bundle is committed; the connection hands over no more meanwhile.
    var postponed: [(message: Message, header: MessageHeader, bytes: [UInt8])] = []
    /// The request to forget connections that another thread is carrying out; the session's messages wait for it.
    var connectionFlush: ConnectionFlush?
    /// Whether the first dump has room and waits for its next turn.
    var dumpIsPaused = false
    /// The flow monitors.
    var monitors = FlowMonitors()
    /// Bundles that are not committed yet.
    var bundles = BundleTable()
    /// How far from the present the times of scheduled commits may be.
    var bundleTolerance: BundleTolerance {
        get { self.tolerances.first ?? BundleTolerance() }
        set { self.tolerances = [newValue] }
    }
    /// At most one, likewise.
    private var tolerances: [BundleTolerance] = []
    /// Requests of which parts have come (1.3 and later), in order of their first parts.
    var partialRequests: [MultipartAssembly] = []
    /// Paces the packet-ins of a session that has a rate; at most one, since most have none.
    var schedulers: [PacketInScheduler<WaitingPacketIn>] = []
    /// Packet-ins that the session did not get.
    var packetInDrops = PacketInDrops()
    /// The place of the last reply that may wait.
    private(set) var lastSequence: UInt64 = 0

    init(_ session: ControllerSession) {
        self.session = session
        if session.packetInLimit.rate > 0 { self.schedulers = [PacketInScheduler(session.packetInLimit)] }
    }

    /// Whether something takes several turns, and waits for the next.
    var hasLongWork: Bool { self.hasJob || !self.removals.isEmpty || self.dumpIsPaused }

    /// The next place among replies that may wait.
    func nextSequence() -> UInt64 {
        self.lastSequence += 1
        return self.lastSequence
    }

    /// Takes the barriers that may be answered: the datapath has finished `version`, and earlier dumps are sent.
    func takeReleasedBarriers(finishedVersion: UInt64) -> [Barrier] {
        let firstDump = self.dumps.first?.sequence ?? .max
        var count = 0
        while count < self.barriers.count, self.barriers[count].version <= finishedVersion,
            self.barriers[count].sequence < firstDump
        {
            count += 1
        }
        guard count > 0 else { return [] }
        let released = Array(self.barriers[..<count])
        self.barriers.removeSubrange(..<count)
        return released
    }
}
