/// Why a packet, or a copy of it, went nowhere.
package enum PacketDiscardReason: Sendable, Hashable {
    /// A `drop` action said so.
    case explicit(UInt32)
    /// A `meter` action said so.
    case meter(UInt32)
    /// An action could not be carried out; the rest of the list was not either.
    case refused(PacketError)
}

/// Where the packets go that ``ActionExecutor`` lets out.
///
/// The executor is generic over its sink, so that calls are direct: the embedded datapath's sink queues
/// frames for sending, the agent's collects what a controller is to see, a test's records.
package protocol PacketSink: ~Copyable {
    /// Sends the packet, cut to `maximumLength` bytes, out of a port.
    ///
    /// A sink that keeps the frame's memory instead of copying marks the packet ``PacketBuffer/isShared``.
    mutating func output(_ packet: inout PacketBuffer, to port: PortIndex, maximumLength: Int)

    /// Sends the packet through a tunnel, out of the tunnels' port.
    ///
    /// The standard one does as for any other port.
    mutating func output(
        _ packet: inout PacketBuffer, to port: PortIndex, through tunnel: TunnelFields, maximumLength: Int)

    /// Passes the packet, cut to `maximumLength` bytes, up to the handler; `key` describes it as it is now.
    mutating func passUp(
        _ packet: inout PacketBuffer, key: borrowing FlowKey, userdata: UInt64, maximumLength: Int)

    /// Looks the packet up again (`key.recirculationID` is set) and executes what is found, `depth` levels
    /// deep by now.
    mutating func recirculate(_ packet: inout PacketBuffer, key: inout FlowKey, depth: Int)

    /// Gives the packet memory that nobody else reads, with at least `headroom` bytes free before it. The standard one
    /// moves it to memory of its own where that is not so.
    mutating func makeWritable(_ packet: inout PacketBuffer, headroom: Int) throws(PacketError)

    /// What the meter says of the packet. The standard answer is that it passes.
    mutating func measure(_ packet: borrowing PacketBuffer, by meter: UInt32) -> MeterBuckets.Verdict

    /// Counts a packet that went nowhere.
    mutating func discard(_ reason: PacketDiscardReason)

    /// 32 random bits, for `sample`.
    mutating func nextRandom() -> UInt32
}

extension PacketSink where Self: ~Copyable {
    package mutating func output(
        _ packet: inout PacketBuffer, to port: PortIndex, through tunnel: TunnelFields, maximumLength: Int
    ) {
        self.output(&packet, to: port, maximumLength: maximumLength)
    }

    package mutating func makeWritable(_ packet: inout PacketBuffer, headroom: Int) throws(PacketError) {
        if packet.isShared || packet.headroom < headroom { packet.moveToOwnMemory(headroom: headroom) }
    }

    /// Gives the packet memory that nobody else reads, with room for a tag or a label.
    package mutating func makeWritable(_ packet: inout PacketBuffer) throws(PacketError) {
        try self.makeWritable(&packet, headroom: 4)
    }

    package mutating func measure(
        _ packet: borrowing PacketBuffer, by meter: UInt32
    ) -> MeterBuckets.Verdict { .pass }
}
