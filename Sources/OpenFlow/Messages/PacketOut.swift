/// PACKET_OUT (1.0 §5.3.6 · 1.1–1.4 §7.3.7 · 1.5 §7.3.6).
///
/// 1.5 replaced the ingress port by a match of pipeline fields, of which the ingress port is one.
public struct PacketOut: Hashable, Sendable {
    /// The buffered packet to send, or ``BufferID/none`` if ``data`` is the packet.
    public var bufferID: BufferID = .none
    /// The port the packet is to be treated as having come in by.
    public var inPort: PortNumber = .controller
    /// Other pipeline fields (1.5); never the ingress port.
    public var pipelineFields: Match = .any
    /// What to do with the packet.
    public var actions: [Action] = []
    /// The packet, from its Ethernet header.
    public var data: [UInt8] = []

    /// Makes a value; every property has a default.
    public init(
        bufferID: BufferID = .none, inPort: PortNumber = .controller, pipelineFields: Match = .any,
        actions: [Action] = [], data: [UInt8] = []
    ) {
        self.bufferID = bufferID
        self.inPort = inPort
        self.pipelineFields = pipelineFields
        self.actions = actions
        self.data = data
    }
    /// Makes a value of all defaults.
    public init() {}
}
