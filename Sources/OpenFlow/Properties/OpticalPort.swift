/// What an optical port can do (1.4 §7.2.1.3 · 1.5 §7.2.1.3: 40 bytes); frequencies in megahertz or wavelengths in
/// nanometres times 100.
public struct OpticalPortDescription: Hashable, Sendable {
    /// What can be set, and how.
    @frozen public struct Features: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes a set from its bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The receiver can be tuned.
        public static let receiverTunable = Features(rawValue: 1 << 0)
        /// The transmitter can be tuned.
        public static let transmitterTunable = Features(rawValue: 1 << 1)
        /// The power can be set.
        public static let powerConfigurable = Features(rawValue: 1 << 2)
        /// Values are frequencies, not wavelengths.
        public static let usesFrequency = Features(rawValue: 1 << 3)
    }
    /// What can be set.
    public var supported: Features = []
    /// The least that can be sent.
    public var transmitMinimum: UInt32 = 0
    /// The greatest that can be sent.
    public var transmitMaximum: UInt32 = 0
    /// The step in sending.
    public var transmitGrid: UInt32 = 0
    /// The least that can be received.
    public var receiveMinimum: UInt32 = 0
    /// The greatest that can be received.
    public var receiveMaximum: UInt32 = 0
    /// The step in receiving.
    public var receiveGrid: UInt32 = 0
    /// The least power, in dBm times 10.
    public var powerMinimum: UInt16 = 0
    /// The greatest power, in dBm times 10.
    public var powerMaximum: UInt16 = 0
    /// Makes a value of all defaults.
    public init() {}
}

/// How an optical port is to be set (1.4 §7.3.4.4 · 1.5 §7.3.4.4: 24 bytes).
public struct OpticalPortMod: Hashable, Sendable {
    /// Which of the port's features are set, in the bits of ``OpticalPortDescription/Features``.
    public var configure: OpticalPortDescription.Features = []
    /// The centre, a frequency or a wavelength.
    public var center: UInt32 = 0
    /// The offset from the centre, signed.
    public var offset: UInt32 = 0
    /// The span of the grid.
    public var gridSpan: UInt32 = 0
    /// The power, in dBm times 10.
    public var power: UInt32 = 0
    /// Makes a value of all defaults.
    public init() {}
}

/// What an optical port measures (1.4 §7.3.5.8 · 1.5 §7.3.5.8: 44 bytes).
public struct OpticalPortStatistics: Hashable, Sendable {
    /// What a port measures.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt32
        /// Makes flags from their bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// How the receiver is tuned.
        public static let receiverTuning = Flags(rawValue: 1 << 0)
        /// How the transmitter is tuned.
        public static let transmitterTuning = Flags(rawValue: 1 << 1)
        /// The power sent.
        public static let transmitPower = Flags(rawValue: 1 << 2)
        /// The power received.
        public static let receivePower = Flags(rawValue: 1 << 4)
        /// The transmitter's bias current.
        public static let biasCurrent = Flags(rawValue: 1 << 5)
        /// The transmitter's temperature.
        public static let temperature = Flags(rawValue: 1 << 6)
    }
    /// Which values are there.
    public var flags: Flags = []
    /// What is sent, a frequency or a wavelength.
    public var transmit: UInt32 = 0
    /// The offset of what is sent, signed.
    public var transmitOffset: UInt32 = 0
    /// The span of the grid in sending.
    public var transmitGridSpan: UInt32 = 0
    /// What is received, a frequency or a wavelength.
    public var receive: UInt32 = 0
    /// The offset of what is received, signed.
    public var receiveOffset: UInt32 = 0
    /// The span of the grid in receiving.
    public var receiveGridSpan: UInt32 = 0
    /// The power sent, in dBm times 10.
    public var transmitPower: UInt16 = 0
    /// The power received, in dBm times 10.
    public var receivePower: UInt16 = 0
    /// The bias current of the transmitter, in milliamperes times 10.
    public var biasCurrent: UInt16 = 0
    /// The temperature of the transmitter, in degrees Celsius times 10.
    public var temperature: UInt16 = 0
    /// Makes a value of all defaults.
    public init() {}
}

extension OpticalPortDescription.Features: WireScalar {}
extension OpticalPortStatistics.Flags: WireScalar {}

extension OpticalPortDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.reserved(4)
        try wire.field("supported", &self.supported)
        try wire.field("transmitMinimum", &self.transmitMinimum)
        try wire.field("transmitMaximum", &self.transmitMaximum)
        try wire.field("transmitGrid", &self.transmitGrid)
        try wire.field("receiveMinimum", &self.receiveMinimum)
        try wire.field("receiveMaximum", &self.receiveMaximum)
        try wire.field("receiveGrid", &self.receiveGrid)
        try wire.field("powerMinimum", &self.powerMinimum)
        try wire.field("powerMaximum", &self.powerMaximum)
    }
}

extension OpticalPortMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("configure", &self.configure)
        try wire.field("center", &self.center)
        try wire.field("offset", &self.offset)
        try wire.field("gridSpan", &self.gridSpan)
        try wire.field("power", &self.power)
    }
}

extension OpticalPortStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.reserved(4)
        try wire.field("flags", &self.flags)
        try wire.field("transmit", &self.transmit)
        try wire.field("transmitOffset", &self.transmitOffset)
        try wire.field("transmitGridSpan", &self.transmitGridSpan)
        try wire.field("receive", &self.receive)
        try wire.field("receiveOffset", &self.receiveOffset)
        try wire.field("receiveGridSpan", &self.receiveGridSpan)
        try wire.field("transmitPower", &self.transmitPower)
        try wire.field("receivePower", &self.receivePower)
        try wire.field("biasCurrent", &self.biasCurrent)
        try wire.field("temperature", &self.temperature)
    }
}
