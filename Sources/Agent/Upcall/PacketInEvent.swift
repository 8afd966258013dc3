package import OpenFlow

/// A packet on its way to the controllers, as translation raised it; encoded per connection later.
package struct PacketInEvent: Sendable {
    /// The frame as it was when the controller action was reached (whole; cut per connection).
    package var packet: [UInt8]
    /// Why.
    package var reason: PacketInReason
    /// The table of the rule that raised it.
    package var table: TableID
    /// That rule's cookie; all ones where there is none (table miss).
    package var cookie: Cookie
    /// How many bytes the action asked for; nil for a table miss of OpenFlow 1.0–1.2, where `miss_send_len` decides.
    package var maximumLength: UInt16?
    /// Only connections with this controller id get it; 0 is every ordinary connection.
    package var controllerID: UInt16
    /// The switch's port that the packet came in by.
    package var inPort: PortNumber
    /// The other pipeline fields (metadata, registers, tunnel) that were not zero at that point.
    package var pipelineFields: Match
    /// What the action gives the controllers beside the packet.
    package var userData: [UInt8]
    /// The meter that limits what the action sends; nil for the controllers' own.
    package var meter: MeterID?
    /// What a controller gives back to resume the packet; nil where it is not paused.
    package var continuation: [UInt8]?
    /// When the queue of packet-ins took it in, which sets this.
    var arrival = MonotonicTime.zero
    /// Makes an event.
    package init(
        packet: [UInt8], reason: PacketInReason, table: TableID, cookie: Cookie, maximumLength: UInt16?,
        controllerID: UInt16, inPort: PortNumber,
        pipelineFields: Match = .any, userData: [UInt8] = [],
        continuation: [UInt8]? = nil, meter: MeterID? = nil
    ) {
        self.meter = meter
        self.continuation = continuation
        self.packet = packet
        self.reason = reason
        self.table = table
        self.cookie = cookie
        self.maximumLength = maximumLength
        self.controllerID = controllerID
        self.inPort = inPort
        self.pipelineFields = pipelineFields
        self.userData = userData
    }
}
