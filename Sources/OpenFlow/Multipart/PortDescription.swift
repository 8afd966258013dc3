public import NetworkTypes

/// How a port is configured by the controller (1.5 §7.2.1).
@frozen public struct PortConfiguration: OptionSet, Hashable, Sendable {
    /// The bits on the wire.
    public var rawValue: UInt32
    /// Makes a set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The port is administratively down.
    public static let portDown = PortConfiguration(rawValue: 1 << 0)
    /// No spanning tree (1.0 only).
    public static let noSpanningTree = PortConfiguration(rawValue: 1 << 1)
    /// Packets that come in are dropped.
    public static let noReceive = PortConfiguration(rawValue: 1 << 2)
    /// Spanning tree frames that come in are dropped (1.0 only).
    public static let noReceiveSpanningTree = PortConfiguration(rawValue: 1 << 3)
    /// The port is not flooded to (1.0 only).
    public static let noFlood = PortConfiguration(rawValue: 1 << 4)
    /// Packets are not sent out here.
    public static let noForward = PortConfiguration(rawValue: 1 << 5)
    /// Packets that come in here cause no packet-in.
    public static let noPacketIn = PortConfiguration(rawValue: 1 << 6)
}

/// The state of a port (1.5 §7.2.1).
@frozen public struct PortState: OptionSet, Hashable, Sendable {
    /// The bits of 1.1 and later; bits 8–9 are the spanning tree state of 1.0.
    public var rawValue: UInt32
    /// Makes a set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// There is no link.
    public static let linkDown = PortState(rawValue: 1 << 0)
    /// A protocol such as spanning tree blocks the port (1.1 and later).
    public static let blocked = PortState(rawValue: 1 << 1)
    /// The port is live for fast failover groups (1.1 and later).
    public static let live = PortState(rawValue: 1 << 2)
    /// 1.0: the port is in the spanning tree and learns addresses; with none of these bits it listens.
    public static let spanningTreeLearning = PortState(rawValue: 1 << 8)
    /// 1.0: the port is in the spanning tree and forwards.
    public static let spanningTreeForwarding = PortState(rawValue: 2 << 8)
    /// 1.0: the port is not in the spanning tree.
    public static let spanningTreeBlocking = PortState(rawValue: 3 << 8)
    /// 1.0: the two bits that hold one of the four states of the spanning tree.
    public static let spanningTreeMask = PortState(rawValue: 3 << 8)
}

/// Speeds and media of a port, in the bits of 1.1 and later; 1.0 numbers some of them otherwise.
@frozen public struct PortFeatures: OptionSet, Hashable, Sendable {
    /// The bits of 1.1 and later.
    public var rawValue: UInt32
    /// Makes a set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// 10 Mb/s half duplex.
    public static let half10Mb = PortFeatures(rawValue: 1 << 0)
    /// 10 Mb/s full duplex.
    public static let full10Mb = PortFeatures(rawValue: 1 << 1)
    /// 100 Mb/s half duplex.
    public static let half100Mb = PortFeatures(rawValue: 1 << 2)
    /// 100 Mb/s full duplex.
    public static let full100Mb = PortFeatures(rawValue: 1 << 3)
    /// 1 Gb/s half duplex.
    public static let half1Gb = PortFeatures(rawValue: 1 << 4)
    /// 1 Gb/s full duplex.
    public static let full1Gb = PortFeatures(rawValue: 1 << 5)
    /// 10 Gb/s full duplex.
    public static let full10Gb = PortFeatures(rawValue: 1 << 6)
    /// 40 Gb/s full duplex (1.1 and later).
    public static let full40Gb = PortFeatures(rawValue: 1 << 7)
    /// 100 Gb/s full duplex (1.1 and later).
    public static let full100Gb = PortFeatures(rawValue: 1 << 8)
    /// 1 Tb/s full duplex (1.1 and later).
    public static let full1Tb = PortFeatures(rawValue: 1 << 9)
    /// Some other rate (1.1 and later).
    public static let otherRate = PortFeatures(rawValue: 1 << 10)
    /// Copper.
    public static let copper = PortFeatures(rawValue: 1 << 11)
    /// Fibre.
    public static let fiber = PortFeatures(rawValue: 1 << 12)
    /// Autonegotiation.
    public static let autonegotiation = PortFeatures(rawValue: 1 << 13)
    /// Pause.
    public static let pause = PortFeatures(rawValue: 1 << 14)
    /// Asymmetric pause.
    public static let asymmetricPause = PortFeatures(rawValue: 1 << 15)
}

/// A port of the switch (1.0 §5.2.1 · 1.1–1.3 §7.2.1 · 1.4 and 1.5 §7.2.1).
///
/// 48 bytes in 1.0, 64 in 1.1 to 1.3 (which added the speeds), 40 and properties from 1.4, where the
/// features and speeds are the Ethernet property.
public struct PortDescription: Hashable, Sendable {
    /// The port's number.
    public var number: PortNumber = .any
    /// Its Ethernet address.
    public var hardwareAddress: MACAddress = .zero
    /// Its name; at most 15 bytes of UTF-8 are written.
    public var name: String = ""
    /// How it is configured.
    public var configuration: PortConfiguration = []
    /// Its state.
    public var state: PortState = []
    /// What it does now.
    public var current: PortFeatures = []
    /// What it advertises.
    public var advertised: PortFeatures = []
    /// What it can do.
    public var supported: PortFeatures = []
    /// What its peer advertises.
    public var peer: PortFeatures = []
    /// Its current rate in kb/s (1.1 and later).
    public var currentSpeedKilobits: UInt32 = 0
    /// Its greatest rate in kb/s (1.1 and later).
    public var maximumSpeedKilobits: UInt32 = 0
    /// Whether the port's features and speeds are told; from 1.4 on they need not be.
    public var isEthernet: Bool = true
    /// What an optical port can do (1.4 and later), if said.
    public var optical: OpticalPortDescription? = nil
    /// Which pipeline fields packets have that come in here (1.5), if said.
    public var pipelineInput: [FeatureField]? = nil
    /// Which pipeline fields packets keep that go out here (1.5), if said.
    public var pipelineOutput: [FeatureField]? = nil
    /// By which ports packets come in again that go out here (1.5), if said.
    public var recirculation: [PortNumber]? = nil
    /// Other properties, which are experimenters' (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        number: PortNumber = .any, hardwareAddress: MACAddress = .zero, name: String = "",
        configuration: PortConfiguration = [], state: PortState = [], current: PortFeatures = [],
        advertised: PortFeatures = [], supported: PortFeatures = [], peer: PortFeatures = [],
        currentSpeedKilobits: UInt32 = 0, maximumSpeedKilobits: UInt32 = 0, isEthernet: Bool = true,
        properties: [Property] = []
    ) {
        self.number = number
        self.hardwareAddress = hardwareAddress
        self.name = name
        self.configuration = configuration
        self.state = state
        self.current = current
        self.advertised = advertised
        self.supported = supported
        self.peer = peer
        self.currentSpeedKilobits = currentSpeedKilobits
        self.maximumSpeedKilobits = maximumSpeedKilobits
        self.isEthernet = isEthernet
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension PortDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        guard wire.version.hasProperties else { return try self.describeFixed(to: &wire) }
        var frame = wire.begin(.message)
        try wire.field("number", &self.number)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(2)
        try wire.field("hardwareAddress", &self.hardwareAddress)
        try wire.reserved(2)
        try wire.text("name", &self.name, bytes: 16)
        try wire.field("configuration", &self.configuration)
        try wire.field("state", &self.state)
        let isPresent = [
            self.isEthernet, self.optical != nil, self.pipelineInput != nil, self.pipelineOutput != nil,
            self.recirculation != nil,
        ]
        let present = isPresent.indices.filter { isPresent[$0] }.map { UInt16($0) }
        var port = self
        if wire.isReading { port.isEthernet = false }
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            switch type {
            case 0:
                try wire.reserved(4)
                try port.describeSpeeds(to: &wire)
                port.isEthernet = true
            case 1:
                var value = port.optical ?? OpticalPortDescription()
                try value.describe(to: &wire)
                port.optical = value
            case 2 where wire.version >= .v1_5: try wire.optional("pipelineInput", &port.pipelineInput)
            case 3 where wire.version >= .v1_5: try wire.optional("pipelineOutput", &port.pipelineOutput)
            case 4 where wire.version >= .v1_5: try wire.optional("recirculation", &port.recirculation)
            default: return false
            }
            return true
        }
        port.properties = self.properties
        self = port
        try wire.end(frame, padding: .none)
    }
    /// 1.0: 48 bytes; 1.1 to 1.3: 64.
    private mutating func describeFixed(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("number", &self.number)
        if wire.version.portNumbersAre32Bit { try wire.reserved(4) }
        try wire.field("hardwareAddress", &self.hardwareAddress)
        if wire.version.portNumbersAre32Bit { try wire.reserved(2) }
        try wire.text("name", &self.name, bytes: 16)
        try wire.field("configuration", &self.configuration)
        try wire.field("state", &self.state)
        try self.describeSpeeds(to: &wire)
    }

    private mutating func describeSpeeds(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("current", &self.current)
        try wire.field("advertised", &self.advertised)
        try wire.field("supported", &self.supported)
        try wire.field("peer", &self.peer)
        guard wire.version.portNumbersAre32Bit else { return }
        try wire.field("currentSpeedKilobits", &self.currentSpeedKilobits)
        try wire.field("maximumSpeedKilobits", &self.maximumSpeedKilobits)
    }
}
