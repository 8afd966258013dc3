package import Datapath
package import OpenFlow

/// What a switch asks of the datapath side of its bridge; implemented by ``BridgeDatapath``.
///
/// Called on the control loop. The switch never installs or removes megaflows itself: it changes its tables and
/// says so with ``tablesChanged(version:noting:)``; revalidators do the rest.
package protocol SwitchDatapath: AnyObject, Sendable {
    /// Translates `actions` for a packet from a controller and executes the result.
    ///
    /// `inPort` may be a real port, `controller`, `local`, `any`/none. Packet-ins that the actions raise go
    /// over the packet-in queue.
    /// Returns nil when it was handed to the datapath, else why not.
    func packetOut(packet: [UInt8], inPort: PortNumber, metadata: Match, actions: [Action], now: MonotonicTime)
        -> OpenFlowError?
    /// Goes on with a packet that a controller gives back; nil where it was handed to the datapath, else why not.
    func resume(packet: [UInt8], fields: Match, continuation: [UInt8], now: MonotonicTime) -> OpenFlowError?
    /// Forgets tracked connections, which may take long; `done` gets nil, or why not, perhaps on another thread.
    ///
    /// The control loop is woken afterwards (``OpenFlowSwitch/barrierProgress()``).
    func flushConnections(_ filter: ConnectionFilter, done: @escaping @Sendable (DatapathError?) -> Void)
    /// Counters of a port of this bridge.
    func statistics(of port: SwitchPort) -> Datapath.PortStatistics?
    /// Errors that the port's device counts; nil for a port without one, and where they are not known.
    func errorCounters(of port: SwitchPort) -> DeviceErrorCounters?
    /// What the driver of a port's device counts beside that; empty where it tells nothing.
    func driverCounters(of port: SwitchPort) -> [DeviceCounter]
    /// What the queues of a port's device have sent, by queue number; empty where that is not known.
    func queueCounters(of port: SwitchPort) -> [UInt32: DeviceQueueCounters]
    /// Sets a port's device up or down. Returns nil when done.
    func setAdministrativeState(of port: SwitchPort, up: Bool) -> DatapathError?
    /// What meters there are.
    var meterAbilities: MeterAbilities { get }
    /// Sets a meter, a new one where no number is given; returns its number. `noSpace`, `unsupported`, `invalid`.
    func setMeter(_ number: UInt32?, _ meter: DatapathMeter) throws(DatapathError) -> UInt32
    /// Whether the meter of that number can become this one; if not, a new one must take its place.
    func keepsMeter(_ number: UInt32, as meter: DatapathMeter) -> Bool
    /// Removes a meter.
    func removeMeter(_ number: UInt32)
    /// What a meter has counted; nil where that is not known.
    func meterCounters(_ number: UInt32) -> MeterCounters?
    /// The tables have a new version: wakes the revalidators.
    ///
    /// `note`, called where anything is cached, adds what changed to what is known to have changed.
    func tablesChanged(version: UInt64, noting note: (inout TableChanges) -> Void)
    /// The newest version for which no cached datapath flow contradicts the tables; any thread.
    var finishedVersion: UInt64 { get }
    /// A reply waits for the newest version: the revalidators are not to let changes gather any longer.
    func versionAwaited()
    /// Pushes the counters of all cached flows to the rules as of now (for final counters); may be costly.
    func synchroniseStatistics(now: MonotonicTime)
}

extension SwitchDatapath {
    /// True: for stand-ins with meters of one kind.
    package func keepsMeter(_ number: UInt32, as meter: DatapathMeter) -> Bool { true }

    /// None: for stand-ins without devices.
    package func queueCounters(of port: SwitchPort) -> [UInt32: DeviceQueueCounters] { [:] }

    /// None: for stand-ins without devices.
    package func driverCounters(of port: SwitchPort) -> [DeviceCounter] { [] }

    /// None: for stand-ins without devices.
    package func errorCounters(of port: SwitchPort) -> DeviceErrorCounters? { nil }

    /// Refuses: for stand-ins that track none.
    package func flushConnections(
        _ filter: ConnectionFilter, done: @escaping @Sendable (DatapathError?) -> Void
    ) {
        done(DatapathError(.unsupported, operation: "forget connections"))
    }

    /// Refuses: for stand-ins that pause nothing.
    package func resume(packet: [UInt8], fields: Match, continuation: [UInt8], now: MonotonicTime) -> OpenFlowError? {
        OpenFlowError(.resumeNotSupported)
    }
}
