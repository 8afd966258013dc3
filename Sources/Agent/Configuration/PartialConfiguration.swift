package import OpenFlow

/// Settings as one source gave them, a file or the flags: everything may be absent.
package struct PartialConfiguration: Hashable, Sendable {
    /// See ``AgentConfiguration/runDirectory``.
    package var runDirectory: String?
    /// See ``AgentConfiguration/logFile``.
    package var logFile: String?
    /// See ``AgentConfiguration/logLevels``.
    package var logLevels: LogLevels?
    /// See ``AgentConfiguration/tls``.
    package var tls = TLSFiles()
    /// See ``AgentConfiguration/keepDatapath``.
    package var keepDatapath: Bool?
    /// See ``AgentConfiguration/flowRestoreWait``.
    package var flowRestoreWait: Duration?
    /// See ``AgentConfiguration/connectionTracking``.
    package var connectionTracking = ConnectionTrackingSettings()
    /// See ``AgentConfiguration/megaflows``.
    package var megaflows = MegaflowSettings()
    /// The bridges it speaks of.
    package var bridges: [Bridge] = []

    /// Makes settings that say nothing.
    package init() {}

    /// A setting and where it was given, for errors that come to light when all is known.
    package struct Given<Value: Hashable & Sendable>: Hashable, Sendable {
        /// The value.
        package var value: Value
        /// Where, as the beginning of a line: `FILE:LINE:COLUMN: KEY` or `--FLAG`.
        package var place: String
    }

    /// Settings of a bridge.
    package struct Bridge: Hashable, Sendable {
        /// Its name; nil where flags leave out `--bridge`, which means the only bridge there is.
        package var name: Given<String>?
        /// See ``BridgeConfiguration/datapath``.
        package var datapath: DatapathChoice?
        /// See ``BridgeConfiguration/datapathID``.
        package var datapathID: Given<DatapathID>?
        /// See ``BridgeConfiguration/failMode``.
        package var failMode: FailMode?
        /// See ``BridgeConfiguration/protocols``.
        package var protocols: VersionSet?
        /// See ``BridgeConfiguration/ports``.
        package var ports: [Given<BridgeConfiguration.Port>] = []
        /// See ``BridgeForwarding/floodVLANs``.
        package var floodVLANs: Set<UInt16>?
        /// See ``BridgeForwarding/mirrors``.
        package var mirrors: [Given<PortMirror>] = []
        /// See ``BridgeForwarding/sampleGroups``.
        package var sampleGroups: [Given<SampleGroup>] = []
        /// See ``BridgeConfiguration/flowTables``.
        package var flowTables: [Given<FlowTableConfiguration>] = []
        /// See ``BridgeConfiguration/packetBuffers``.
        package var packetBuffers: Int?
        /// See ``BridgeConfiguration/controllers``.
        package var controllers: [Given<ControllerAddress>] = []
        /// See ``BridgeConfiguration/listeners``.
        package var listeners: [Given<ControllerAddress>] = []
        /// See ``BridgeConfiguration/maxBackoff``.
        package var maxBackoff: Duration?
        /// See ``BridgeConfiguration/inactivityProbe``.
        package var inactivityProbe: Duration?
        /// See ``BridgeConfiguration/connectionSettings``.
        package var connectionSettings = ConnectionSettings()
        /// See ``BridgeConfiguration/addressSettings``.
        package var addressSettings: [ControllerAddress: ConnectionSettings] = [:]

        /// Where samples for a set of collectors go.
        package struct SampleGroup: Hashable, Sendable {
            /// The set.
            package var set: UInt32
            /// The group of psample.
            package var group: UInt32
        }

        /// Makes settings that say nothing.
        package init() {}

        /// Lays `other` over this: single settings replace, lists extend.
        mutating func merge(_ other: Bridge) {
            self.datapath = other.datapath ?? self.datapath
            self.datapathID = other.datapathID ?? self.datapathID
            self.failMode = other.failMode ?? self.failMode
            self.protocols = other.protocols ?? self.protocols
            self.ports += other.ports
            self.mirrors += other.mirrors
            self.flowTables += other.flowTables
            self.sampleGroups += other.sampleGroups
            self.floodVLANs = other.floodVLANs ?? self.floodVLANs
            self.packetBuffers = other.packetBuffers ?? self.packetBuffers
            self.controllers += other.controllers
            self.listeners += other.listeners
            self.maxBackoff = other.maxBackoff ?? self.maxBackoff
            self.inactivityProbe = other.inactivityProbe ?? self.inactivityProbe
            self.connectionSettings = other.connectionSettings.over(self.connectionSettings)
            self.addressSettings.merge(other.addressSettings) { old, new in new.over(old) }
        }
    }
}
