package import NetworkTypes
package import OpenFlow

/// What a switch is told about itself when it is made.
package struct SwitchConfiguration: Sendable {
    /// The datapath id; nil takes the local port's MAC address, or ``fallbackAddress`` without a local port.
    package var datapathID: DatapathID?
    /// What the datapath id is made from where nothing else is: random, locally administered, unicast.
    package var fallbackAddress = MACAddress(rawValue: 0x0200_0000_0001)
    /// What DESC says: who made the switch.
    ///
    /// Controllers choose drivers by the first three.
    package var manufacturer = "Sluice"
    /// What DESC says: which hardware.
    package var hardware = "Sluice"
    /// What DESC says: which software.
    package var software = "0.1"
    /// What DESC says: the serial number.
    package var serialNumber = "None"
    /// What DESC says: a description of the datapath for people; nil for the bridge's name.
    package var datapathDescription: String?
    /// What is set of flow tables at the start.
    package var flowTables: [FlowTableConfiguration] = []
    /// How many packets are kept for controllers that are told only their beginnings; 0 for none.
    package var packetBufferCount = 0
    /// Bytes of output (queued and not yet written) of one session above which dumps pause.
    package var outputBytesForDumps = AgentLimits.dumpOutputBytesMaximum
    /// Bytes of output of one session above which asynchronous messages to it are dropped, and counted.
    package var outputBytesMaximum = AgentLimits.asynchronousOutputBytesMaximum
    /// Bytes of output of one session above which packet-ins to it are dropped, and counted.
    package var outputBytesForPacketIns = AgentLimits.packetInOutputBytesMaximum
    /// Bytes of output of one session above which updates of its flow monitors are paused.
    package var outputBytesForMonitors = AgentLimits.monitorOutputBytesMaximum
    /// Barriers of one session whose replies wait above which it is closed.
    package var waitingRepliesMaximum = 65_536
    /// Dumps of one session that wait above which more are refused.
    package var waitingDumpsMaximum = 64
    /// Requests in parts of one session above which more are refused.
    package var partialRequestsMaximum = 16
    /// Bytes that the parts of one multipart request may have.
    package var multipartRequestBytesMaximum = 4 * 1_024 * 1_024
    /// How long the next part of a multipart request may take.
    package var multipartRequestTimeout = Duration.seconds(1)
    /// How often at most the datapath is asked for final counters.
    package var synchronisationInterval = Duration.milliseconds(100)
    /// All defaults.
    package init() {}
}
