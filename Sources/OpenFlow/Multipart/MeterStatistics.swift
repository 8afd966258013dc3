/// Counters of one meter (1.3 §7.3.5.12).
public struct MeterStatistics: Hashable, Sendable {
    /// Counters of one band.
    public struct BandCounter: Hashable, Sendable {
        /// Packets that met the band.
        public var packetCount: UInt64
        /// Bytes of these packets.
        public var byteCount: UInt64
        /// Makes counters.
        public init(packetCount: UInt64 = 0, byteCount: UInt64 = 0) {
            self.packetCount = packetCount
            self.byteCount = byteCount
        }
    }
    /// The meter.
    public var meterID: MeterID = MeterID(rawValue: 1)
    /// How many flows use it.
    public var flowCount: UInt32 = 0
    /// Packets that went in.
    public var packetCount: UInt64 = 0
    /// Bytes of these packets.
    public var byteCount: UInt64 = 0
    /// The meter's age: whole seconds.
    public var durationSeconds: UInt32 = 0
    /// The meter's age: nanoseconds beyond the seconds.
    public var durationNanoseconds: UInt32 = 0
    /// Counters by band, in the bands' order.
    public var bands: [BandCounter] = []

    /// Makes a value; every property has a default.
    public init(
        meterID: MeterID = MeterID(rawValue: 1), flowCount: UInt32 = 0, packetCount: UInt64 = 0,
        byteCount: UInt64 = 0, durationSeconds: UInt32 = 0, durationNanoseconds: UInt32 = 0,
        bands: [BandCounter] = []
    ) {
        self.meterID = meterID
        self.flowCount = flowCount
        self.packetCount = packetCount
        self.byteCount = byteCount
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.bands = bands
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// One meter in a METER_CONFIG reply (1.3 §7.3.5.13).
public struct MeterConfiguration: Hashable, Sendable {
    /// Flags.
    public var flags: MeterFlags = []
    /// The meter.
    public var meterID: MeterID = MeterID(rawValue: 1)
    /// The bands.
    public var bands: [MeterBand] = []

    /// Makes a value; every property has a default.
    public init(flags: MeterFlags = [], meterID: MeterID = MeterID(rawValue: 1), bands: [MeterBand] = []) {
        self.flags = flags
        self.meterID = meterID
        self.bands = bands
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// METER_FEATURES (1.3 §7.3.5.14: 16 bytes · 1.5 §7.3.5.15: 24 bytes).
public struct MeterFeatures: Hashable, Sendable {
    /// How many meters there may be.
    public var maximumMeters: UInt32 = 0
    /// Bit n: band type n is supported.
    public var bandTypes: UInt32 = 0
    /// The meter flags that are supported.
    public var capabilities: UInt32 = 0
    /// How many bands a meter may have.
    public var maximumBands: UInt8 = 0
    /// How many colours there are.
    public var maximumColors: UInt8 = 0
    /// Bit 0 in action sets, 1 anywhere in a list, 2 several in a list (1.5).
    public var features: UInt32 = 0

    /// Makes a value; every property has a default.
    public init(
        maximumMeters: UInt32 = 0, bandTypes: UInt32 = 0, capabilities: UInt32 = 0, maximumBands: UInt8 = 0,
        maximumColors: UInt8 = 0, features: UInt32 = 0
    ) {
        self.maximumMeters = maximumMeters
        self.bandTypes = bandTypes
        self.capabilities = capabilities
        self.maximumBands = maximumBands
        self.maximumColors = maximumColors
        self.features = features
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension MeterStatistics.BandCounter: WireStructure {
    init() { self.init(packetCount: 0, byteCount: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
    }
}

extension MeterStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.field("meterID", &self.meterID)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(6)
        try wire.field("flowCount", &self.flowCount)
        try wire.field("packetCount", &self.packetCount)
        try wire.field("byteCount", &self.byteCount)
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
        try wire.list("bands", &self.bands)
        try wire.end(frame, padding: .none)
    }
}

extension MeterConfiguration: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.field("flags", &self.flags)
        try wire.field("meterID", &self.meterID)
        try wire.list("bands", &self.bands)
        try wire.end(frame, padding: .none)
    }
}

extension MeterFeatures: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("maximumMeters", &self.maximumMeters)
        try wire.field("bandTypes", &self.bandTypes)
        try wire.field("capabilities", &self.capabilities)
        try wire.field("maximumBands", &self.maximumBands)
        try wire.field("maximumColors", &self.maximumColors)
        try wire.reserved(2)
        guard wire.version >= .v1_5 else { return }
        // Open vSwitch sends the 16 bytes of 1.3 in 1.5 too.
        if wire.isReading, wire.remaining == 0 { return }
        try wire.field("features", &self.features)
        try wire.reserved(4)
    }
}
