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

extension PacketOut: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("bufferID", &self.bufferID)
        if wire.version < .v1_5 {
            try wire.field("inPort", &self.inPort)
        }
        let announced = try wire.announce()
        switch wire.version {
        case .v1_0: break
        case .v1_5:
            try wire.reserved(2)
            self.inPort = wire.isReading ? .any : self.inPort
            try wire.pipelineFields(&self.pipelineFields, inPort: &self.inPort)
            guard !wire.isReading || self.pipelineFields.entries.allSatisfy({ $0.field.isPipelineField }) else {
                throw wire.refusal(.requestPipelineFieldsOnly)
            }
        default: try wire.reserved(6)
        }
        guard !wire.isReading || self.inPort.mayBeIngress else {
            throw wire.refusal(.requestBadPort, value: UInt64(self.inPort.rawValue), field: "inPort")
        }
        let frame = try wire.open(announced, .message)
        try wire.actions(&self.actions)
        try wire.end(frame, padding: .none)
        try wire.rest("data", &self.data)
    }
}

extension PortNumber {
    /// Whether a packet-out may name the port as the one its packet came in by.
    var mayBeIngress: Bool {
        self.isOrdinary || self == .local || self == .controller || self == .any
    }
}

extension MatchField {
    /// Whether the field belongs to the pipeline rather than to the packet's headers (1.5 §7.2.3.9).
    public var isPipelineField: Bool {
        switch self {
        case .inPort, .inPhysicalPort, .metadata, .tunnelID, .actionSetOutput, .packetType, .packetMark,
            .datapathHash, .recirculationID, .conjunctionID, .connectionState, .connectionZone,
            .connectionMark, .connectionLabel, .tunnelIPv4Source, .tunnelIPv4Destination,
            .tunnelIPv6Source, .tunnelIPv6Destination, .tunnelFlags, .tunnelGBPID, .tunnelGBPFlags,
            .tunnelERSPANIndex, .tunnelERSPANVersion, .tunnelERSPANDirection, .tunnelERSPANHardwareID,
            .tunnelGTPUFlags, .tunnelGTPUMessageType:
            true
        default:
            (MatchField.register0.rawValue...MatchField.doubleExtendedRegister7.rawValue)
                .contains(self.rawValue)
        }
    }
}
