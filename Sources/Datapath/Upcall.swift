/// A packet that the datapath passes up, with its key.
public struct Upcall: Sendable {
    /// Why it came up.
    public enum Reason: Sendable, Hashable {
        /// No megaflow matched.
        case miss
        /// A `userspace` action was executed; the 64 bits it carried.
        case action(userdata: UInt64)
    }
    /// Why it came up.
    public var reason: Reason
    /// The packet's key; `inPort` is the ``PortIndex``.
    public var key: FlowKey
    /// The frame from its first byte, VLAN tags included.
    public var packet: [UInt8]
    /// What the datapath's `hash` goes by, where it is not in the packet; 0 where it is.
    ///
    /// Executions repeat it.
    public var packetHash: UInt64 = 0
    /// Makes an upcall.
    public init(reason: Reason, key: FlowKey, packet: [UInt8]) {
        self.reason = reason
        self.key = key
        self.packet = packet
    }
}

/// A packet to be treated by given actions, as if a megaflow had said so.
public struct PacketExecution: Sendable {
    /// The frame.
    public var packet: [UInt8]
    /// Its key; `inPort` is the ``PortIndex``, or ``PortIndex/none``.
    public var key: FlowKey
    /// What to do with it.
    public var actions: [DatapathAction]
    /// That of the upcall, so that the packet is hashed as those are that the datapath handles by itself.
    public var packetHash: UInt64
    /// Makes an execution.
    public init(packet: [UInt8], key: FlowKey, actions: [DatapathAction], packetHash: UInt64 = 0) {
        self.packetHash = packetHash
        self.packet = packet
        self.key = key
        self.actions = actions
    }
}
