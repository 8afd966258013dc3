/// MULTIPART_REQUEST, called STATS_REQUEST before 1.3 (1.0 §5.3.5 · 1.3 §7.3.5).
public struct MultipartRequest: Hashable, Sendable {
    /// What is asked.
    public enum Body: Hashable, Sendable {
        /// Who made the switch.
        case description
        /// Each flow selected.
        case flow(FlowStatisticsRequest)
        /// Sums over the flows selected.
        case aggregate(FlowStatisticsRequest)
        /// Each table's counters.
        case table
        /// The counters of a port, or of every port (``PortNumber/any``).
        case port(PortNumber)
        /// The counters of queues.
        case queue(QueueRequest)
        /// The counters of a group, or of all.
        case group(GroupID)
        /// The buckets of a group (1.5), or of all.
        case groupDescription(GroupID)
        /// What groups can do.
        case groupFeatures
        /// The counters of a meter, or of all.
        case meter(MeterID)
        /// The bands of a meter, or of all.
        case meterConfiguration(MeterID)
        /// What meters can do.
        case meterFeatures
        /// What tables can do; a list that is not empty asks to change it.
        case tableFeatures([TableFeatures])
        /// A port (1.5), or every port (``PortNumber/any``).
        case portDescription(PortNumber)
        /// How tables behave.
        case tableDescription
        /// How queues are configured.
        case queueDescription(QueueRequest)
        /// Adds, changes or ends flow monitors (1.4 and later; ONF 1.3, Nicira below, where it can only add).
        case flowMonitor([FlowMonitorRequest])
        /// The counters of each flow selected (1.5).
        case flowCounters(FlowStatisticsRequest)
        /// The status of every controller (1.5).
        case controllerStatus
        /// What bundles can do (1.5).
        case bundleFeatures(BundleFeaturesRequest)
        /// Each flow selected, in Nicira's form (1.0).
        case niciraFlow(FlowStatisticsRequest)
        /// Sums over the flows selected, in Nicira's form (1.0).
        case niciraAggregate(FlowStatisticsRequest)
        /// How the bridge's flow exporter fares (Nicira).
        case bridgeExport
        /// How the exporters of sampled flows fare (Nicira).
        case flowExport
        /// Any other experimenter's request.
        case experimenter(Experimenter)
    }
    /// What is asked.
    public var body: Body = .description
    /// Whether more parts of the request follow (1.3 and later).
    public var more: Bool = false

    /// Makes a value; every property has a default.
    public init(body: Body = .description, more: Bool = false) {
        self.body = body
        self.more = more
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// MULTIPART_REPLY, called STATS_REPLY before 1.3 (1.0 §5.3.5 · 1.3 §7.3.5).
public struct MultipartReply: Hashable, Sendable {
    /// What is answered.
    public enum Body: Hashable, Sendable {
        /// Who made the switch.
        case description(SwitchDescription)
        /// Flows.
        case flow([FlowStatisticsEntry])
        /// Sums over flows.
        case aggregate(AggregateStatistics)
        /// Tables' counters.
        case table([TableStatistics])
        /// Ports' counters.
        case port([PortStatistics])
        /// Queues' counters.
        case queue([QueueStatistics])
        /// Groups' counters.
        case group([GroupStatistics])
        /// Groups' buckets.
        case groupDescription([GroupDescription])
        /// What groups can do.
        case groupFeatures(GroupFeatures)
        /// Meters' counters.
        case meter([MeterStatistics])
        /// Meters' bands.
        case meterConfiguration([MeterConfiguration])
        /// What meters can do.
        case meterFeatures(MeterFeatures)
        /// What tables can do.
        case tableFeatures([TableFeatures])
        /// Ports.
        case portDescription([PortDescription])
        /// How tables behave.
        case tableDescription([TableDescription])
        /// How queues are configured.
        case queueDescription([QueueDescription])
        /// Updates of flow monitors (1.4 and later; ONF 1.3, Nicira below).
        case flowMonitor([FlowUpdate])
        /// Flows' counters (1.5).
        case flowCounters([FlowCounters])
        /// The status of controllers (1.5).
        case controllerStatus([ControllerStatus])
        /// What bundles can do (1.5).
        case bundleFeatures(BundleFeatures)
        /// Flows, in Nicira's form (1.0).
        case niciraFlow([NiciraFlowStatistics])
        /// Sums over flows, in Nicira's form (1.0).
        case niciraAggregate(AggregateStatistics)
        /// How the bridge's flow exporter fares (Nicira).
        case bridgeExport([FlowExportStatistics])
        /// How the exporters of sampled flows fare (Nicira).
        case flowExport([FlowExportStatistics])
        /// Any other experimenter's reply.
        case experimenter(Experimenter)
    }
    /// What is answered.
    public var body: Body = .flow([])
    /// Whether more parts of the reply follow.
    public var more: Bool = false

    /// Makes a value; every property has a default.
    public init(body: Body = .flow([]), more: Bool = false) {
        self.body = body
        self.more = more
    }
    /// Makes a value of all defaults.
    public init() {}
}
