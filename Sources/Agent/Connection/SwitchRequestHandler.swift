package import NetworkTypes
package import OpenFlow

/// What connections need of a switch: ``OpenFlowSwitch``, or a simple stand-in in tests.
///
/// Confined to the control loop of its bridge: every call is made there, and none of them blocks. Answers are
/// queued in the session's output; the connection layer carries them away at the end of its turn.
package protocol SwitchRequestHandler: AnyObject {
    /// The peers that are called, whether they are there or not.
    var configuredControllers: [String] { get set }
    /// A version is agreed with a peer.
    func sessionOpened(_ session: ControllerSession)
    /// The session's connection is gone; no call names it again.
    func sessionClosed(_ session: ControllerSession)
    /// Handles a message to its end, or begins an answer that ``resume(_:now:)`` goes on with.
    ///
    /// The header has the session's version; `bytes` is the whole message as it came, for errors.
    func handle(
        _ message: Message, header: MessageHeader, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime)
    /// The same, of bytes that are part of a larger array.
    func handle(
        _ message: Message, header: MessageHeader, bytes: ArraySlice<UInt8>, from session: ControllerSession,
        now: MonotonicTime)
    /// Handles FLOW_MODs of a burst, from the first that is not done, at least one and at most `maximum`; moves
    /// ``FlowModBurst/next`` behind them.
    func handle(_ burst: inout FlowModBurst, maximum: Int, from session: ControllerSession, now: MonotonicTime)
    /// A message that is going to be handled soon: what it will look into may be fetched from memory meanwhile.
    ///
    /// Nothing changes by it, and it may be left out.
    func foresee(_ message: Message)
    /// Answers a message that could not be decoded; `bytes` is the whole message as it came.
    func handleDecodeError(
        _ error: OpenFlowError, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime)
    /// Offers packets to every session that wants them.
    func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime)
    /// Sends packets that waited for their sessions' rates; returns when it wants to be called next.
    func releasePacketIns(now: MonotonicTime) -> MonotonicTime
    /// Removes what has timed out; returns when it wants to be called next.
    func runExpiry(now: MonotonicTime) -> MonotonicTime
    /// The datapath has finished another version of the tables: barriers may be answered.
    func barrierProgress()
    /// The session's output has drained; a paused answer may go on.
    func resume(_ session: ControllerSession, now: MonotonicTime)
    /// Says when the switch forwards by itself.
    func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime)
    /// Makes these the hidden flows of in-band control.
    func setInBandFlows(_ flows: [HiddenFlow], now: MonotonicTime)
    /// The local port's hardware address; nil where there is none.
    var localHardwareAddress: MACAddress? { get }
    /// Sends a controller a packet that calls for an answer.
    func askToTakePart(_ session: ControllerSession, now: MonotonicTime)
    /// What the switch has done.
    var counters: SwitchCounters { get }
    /// What has become of packets that were kept for controllers.
    var keptPackets: PacketBuffers.Counters { get }
    /// Packet-ins that the session did not get, by class.
    func packetInsDropped(of session: ControllerSession) -> PacketInTally
}

extension SwitchRequestHandler {
    /// Nobody asks.
    package var configuredControllers: [String] {
        get { [] }
        set { _ = newValue }
    }

    /// There is no local port.
    package var localHardwareAddress: MACAddress? { nil }

    /// There is no local port.
    package func setInBandFlows(_ flows: [HiddenFlow], now: MonotonicTime) {}

    /// Nobody is asked.
    package func askToTakePart(_ session: ControllerSession, now: MonotonicTime) {}

    /// Nothing is counted.
    package var counters: SwitchCounters { SwitchCounters() }

    /// Nothing is kept.
    package var keptPackets: PacketBuffers.Counters { PacketBuffers.Counters() }

    /// Nothing is dropped.
    package func packetInsDropped(of session: ControllerSession) -> PacketInTally { PacketInTally() }

    /// Nothing waits.
    package func releasePacketIns(now: MonotonicTime) -> MonotonicTime { .distantFuture }

    /// Copies the bytes.
    package func handle(
        _ message: Message, header: MessageHeader, bytes: ArraySlice<UInt8>, from session: ControllerSession,
        now: MonotonicTime
    ) {
        self.handle(message, header: header, bytes: Array(bytes), from: session, now: now)
    }
}

extension OpenFlowSwitch: SwitchRequestHandler {}

extension SwitchRequestHandler {
    /// Fetches nothing.
    package func foresee(_ message: Message) {}
}
