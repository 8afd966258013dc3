import Datapath
package import Logging
import NetworkTypes
package import OpenFlow

/// An OpenFlow switch: what controllers speak to, above a ``Pipeline`` and a datapath.
///
/// **Ownership.** Confined to its bridge's control loop: not `Sendable`, synchronous, no `await`. Every message
/// is handled to its end before
/// the next; only replies may wait (barriers for the datapath, dumps for the connection to drain). It is the
/// only writer of its
/// pipeline, and every change goes through ``commit(by:now:_:)``.
///
/// **Replies** are appended to ``ControllerSession/output``; the connection layer takes them away at the end of
/// its turn.
///
/// **Time** is an argument. The owner calls ``runExpiry(now:)`` at the moment it last returned,
/// ``barrierProgress()`` when the datapath's finished
/// version has grown, ``resume(_:now:)`` when a connection has drained.
package final class OpenFlowSwitch {
    /// The bridge's name.
    package let name: String
    /// The switch's identity; no session sees it change (``reconfigure(_:now:)``).
    package private(set) var datapathID: DatapathID
    /// The configuration it was made with.
    package let configuration: SwitchConfiguration
    /// What is configured of the identity and of flow tables, now.
    private var configured: (datapathID: DatapathID?, flowTables: [FlowTableConfiguration])
    /// Its tables and ports.
    package let pipeline: Pipeline
    /// How many tables controllers see.
    let tableCount: Int
    /// Tells what is asked and refused.
    let logger: Logger
    /// What it controls.
    let datapath: any SwitchDatapath

    /// By session identifier.
    var sessions: [UInt64: SessionState] = [:]
    /// The generation id of the last accepted role request for primary or secondary (1.2 and later).
    var generationID: UInt64?
    /// The peers that are called, for CONTROLLER_STATUS (1.5); kept by the connection layer.
    package var configuredControllers: [String] = []
    /// What has been done and refused.
    package internal(set) var counters = SwitchCounters()
    /// How flows get the switch's own forwarding.
    var standaloneForwarding = StandaloneForwarding.none
    /// The flow that stands for it, where there is one.
    var forwardingFlow: RuleReference?
    /// The hidden flows of in-band control.
    var inBandFlows: [HiddenFlow: RuleReference] = [:]
    /// The flows that packets have taught.
    var learnedFlows = LearnedFlows()
    /// What controllers have left out of tables' features.
    var narrowings: [TableID: TableNarrowing] = [:]
    /// The tables whose flows may go for new ones.
    var evictingTables: Set<TableID> = []
    /// Whether there are, or were, learn actions whose flows go with them.
    var hasLessons = false
    /// What is to be deleted because the flows that learned it are gone.
    var orphanedLessons: [Lesson] = []
    /// The tables of which controllers want to know how full they are.
    var vacancyMonitors: [TableID: VacancyMonitor] = [:]
    /// Where matches of requests are compiled.
    let matchBuffer = MatchBuffer()
    /// A match that is about to be looked for; see ``foresee(_:)``.
    let foreseenMatch = MatchBuffer()
    /// The matches of the messages of a burst that come next.
    let burstMatches = InlineArray<4, MatchBuffer> { _ in MatchBuffer() }
    /// The instructions of the flow added last, where nothing but the version can make them wrong: bursts of flows
    /// share them, and as they were asked for, whose memory a connection's flow_mods share too.
    var plainInstructions: (list: InstructionList, asked: [Instruction], version: OpenFlowVersion)?
    /// Memory for the events of a change.
    var spareEvents: [PipelineEvent] = []
    /// Whether any session has flow monitors.
    var hasMonitors = false
    /// Tells who changed what, at debug.
    let audit: Logger
    /// The time of day at a moment, in nanoseconds since 1970; set by the owner, which has a clock.
    package var timeOfDay: (MonotonicTime) -> UInt64 = { $0.nanoseconds }
    /// Requests that the other controllers are told of once the change that they make is committed, and who made them.
    var forwards: [(forward: RequestForward, by: ControllerSession)] = []
    /// The changes of the bundle that is being committed, during a slice of it.
    var transaction: BundleTransaction?
    /// The bundle that is being committed, and what of it is left.
    var bundleCommit: BundleCommit?
    /// The first of the tables for packets that leave; nil for none.
    var firstEgressTable: TableID?
    /// When flows whose counters are to be told cross their thresholds.
    var triggers = StatisticsTriggers()
    /// What packets have taught while a bundle was being committed; at most ``LearnedFlows/limit``.
    var postponedLearning: [LearnedFlow] = []
    /// The packets of which controllers have the beginnings; nil where none are kept.
    var packetBuffers: PacketBuffers?
    /// What measures packets to the controllers: by their own meter, or by that which an action names.
    var packetInMeters: [MeterID: MeterBuckets] = [:]
    /// When the datapath was last asked for final counters.
    var lastSynchronisation: MonotonicTime?
    /// Gets the record of every committed change, after it was committed; for journals and monitors.
    package var changeObserver: ((PipelineChange) -> Void)?

    /// Makes a switch; its local port, if any, must be in the pipeline already, or be added first.
    package init(
        name: String, configuration: SwitchConfiguration, pipeline: Pipeline, datapath: any SwitchDatapath,
        logger: Logger = AgentLoggers.silent.openFlowSwitch, audit: Logger = AgentLoggers.silent.audit
    ) {
        self.audit = audit
        self.name = name
        self.configuration = configuration
        self.pipeline = pipeline
        self.tableCount = pipeline.read { $0.tableCount }
        self.datapath = datapath
        self.logger = logger
        self.configured = (configuration.datapathID, configuration.flowTables)
        let local = pipeline.read { $0.port(.local)?.description.hardwareAddress }
        let address = local ?? configuration.fallbackAddress
        self.datapathID = configuration.datapathID ?? DatapathID(rawValue: address.rawValue)
        self.configure(configuration.flowTables, now: .zero)
        self.keepPackets(configuration.packetBufferCount)
    }

    /// Takes over another configured identity, other flow tables and room for other packets; returns whether the
    /// identity is another than before, which every session has to be ended for.
    ///
    /// Only tables of which something else is configured than before are set: others stay as controllers have set them.
    /// Without a configured identity it is made from the local port's address, as at the start.
    package func reconfigure(
        datapathID: DatapathID?, flowTables: [FlowTableConfiguration], packetBufferCount: Int, now: MonotonicTime
    ) -> Bool {
        self.keepPackets(packetBufferCount)
        let former = self.configured
        self.configured = (datapathID, flowTables)
        let forgotten = former.flowTables.map(\.table)
            .filter { table in !flowTables.contains { $0.table == table } }
            .map { FlowTableConfiguration($0) }
        self.configure(
            forgotten + flowTables.filter { !former.flowTables.contains($0) }, replacing: true, now: now)
        guard former.datapathID != datapathID else { return false }
        let before = self.datapathID
        let address = self.localHardwareAddress ?? self.configuration.fallbackAddress
        self.datapathID = datapathID ?? DatapathID(rawValue: address.rawValue)
        return self.datapathID != before
    }

    /// Whether packets that match no flow are to raise packet-ins: some session of 1.0–1.2 wants them.
    package var wantsPacketInOnMiss: Bool { self.pipeline.read { $0.wantsPacketInOnMiss } }
}

/// What a switch has done and refused, since its start.
package struct SwitchCounters: Sendable, Equatable {
    /// Messages handled.
    package var messages: UInt64 = 0
    /// Errors sent.
    package var errors: UInt64 = 0
    /// Messages that a session's version cannot say.
    package var inexpressible: UInt64 = 0
    /// Packet-ins sent, over all sessions.
    package var packetIns: UInt64 = 0
    /// Packet-ins that no session wanted.
    package var packetInsUnwanted: UInt64 = 0
    /// Packet-ins that the controllers' meter dropped.
    package var packetInsMetered: UInt64 = 0
    /// How often flow monitors were paused because a session's output was full.
    package var monitorPauses: UInt64 = 0
    /// Asynchronous messages dropped because a session's output was full.
    package var asynchronousDropped: UInt64 = 0
    /// Flows that packets taught and that were refused: a full table, or fields that do not go together.
    package var learnedFlowsRefused: UInt64 = 0
    /// Flows that timeouts removed.
    package var expiredFlows: UInt64 = 0
    /// All zero.
    package init() {}
}

/// When a switch forwards by itself.
package enum StandaloneForwarding: Sendable, Equatable {
    /// Never.
    case none
    /// By a visible flow of priority 0, as when no controller is configured.
    case visibleFlow
    /// By a hidden flow above all others, while the configured controllers are out of reach.
    case hiddenFlow
}
