package import Datapath
package import OpenFlow

// The surface for the connection layer and the assembly of the agent.
extension OpenFlowSwitch {
    /// A session's version has been negotiated; from here on it may get asynchronous messages.
    package func sessionOpened(_ session: ControllerSession) {}
    /// A session's connection is gone.
    package func sessionClosed(_ session: ControllerSession) {}
    /// Handles a message to its end; `bytes` is the whole message, for errors.
    package func handle(
        _ message: Message, header: MessageHeader, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {}
    /// Answers a message that could not be decoded.
    package func handleDecodeError(
        _ error: OpenFlowError, bytes: [UInt8], from session: ControllerSession, now: MonotonicTime
    ) {}
    /// Sends packets on to the sessions that want them.
    package func deliver(_ packetIns: [PacketInEvent], now: MonotonicTime) {}
    /// Adds a port and tells the controllers.
    package func addPort(
        _ description: PortDescription, index: PortIndex, requested: PortNumber? = nil, now: MonotonicTime
    ) throws(PortTable.Refusal) -> SwitchPort {
        throw .noNumberLeft
    }
    /// Removes a port and tells the controllers; nil where there is none.
    @discardableResult
    package func removePort(_ number: PortNumber, now: MonotonicTime) -> SwitchPort? { nil }
    /// Changes what is known of a port (link, speed, address) and tells the controllers if anything changed.
    package func portChanged(
        _ number: PortNumber, now: MonotonicTime, _ change: (inout PortDescription) -> Void
    ) {}
    /// Removes the flows whose timeouts are over and returns when to call again.
    package func runExpiry(now: MonotonicTime) -> MonotonicTime { .distantFuture }
    /// The datapath's finished version has grown: answers the barriers that waited for it.
    package func barrierProgress() {}
    /// The session's connection has drained: continues its dumps.
    package func resume(_ session: ControllerSession, now: MonotonicTime) {}
    /// Sets when the switch forwards by itself.
    package func setStandaloneForwarding(_ mode: StandaloneForwarding, now: MonotonicTime) {}
}
