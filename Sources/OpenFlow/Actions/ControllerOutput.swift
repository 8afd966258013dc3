/// What Nicira's controller action sends to controllers, in its second form (ovs-actions(7), NXAST_CONTROLLER2).
public struct ControllerOutput: Hashable, Sendable {
    /// At most so many bytes of the packet; 0xffff means all of it.
    public var maximumLength: UInt16 = 0xffff
    /// The controllers that have this identifier get it.
    public var controllerID: UInt16 = 0
    /// The reason that they are told.
    public var reason = PacketInReason.applyAction
    /// Bytes that they get as they are.
    public var userData: [UInt8] = []
    /// Whether the pipeline stops here until a controller resumes the packet.
    public var isPausing = false
    /// The meter that limits the packets sent; nil for none.
    public var meter: MeterID?

    /// Makes an output of the whole packet to controllers with identifier 0.
    public init() {}
}
