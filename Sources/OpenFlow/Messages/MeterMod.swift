/// Flags of a meter (1.3 §7.3.4.4).
@frozen public struct MeterFlags: OptionSet, Hashable, Sendable {
    /// The bits on the wire.
    public var rawValue: UInt16
    /// Makes flags from their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Rates are in kilobits per second.
    public static let kilobitsPerSecond = MeterFlags(rawValue: 1)
    /// Rates are in packets per second.
    public static let packetsPerSecond = MeterFlags(rawValue: 2)
    /// Burst sizes count.
    public static let burst = MeterFlags(rawValue: 4)
    /// Statistics are collected.
    public static let statistics = MeterFlags(rawValue: 8)
}

/// What happens above a rate.
public struct MeterBand: Hashable, Sendable {
    /// What kind of band.
    public enum Kind: Hashable, Sendable {
        /// Packets are dropped.
        case drop
        /// The drop precedence of the DSCP field is raised by so much.
        case dscpRemark(precedenceLevel: UInt8)
        /// An experimenter's band, with what follows its number kept byte for byte.
        case experimenter(UInt32, [UInt8])
    }
    /// What kind.
    public var kind: Kind = .drop
    /// The rate above which the band applies, in the meter's unit.
    public var rate: UInt32 = 0
    /// The burst size, in kilobits or packets.
    public var burstSize: UInt32 = 0

    /// Makes a value; every property has a default.
    public init(kind: Kind = .drop, rate: UInt32 = 0, burstSize: UInt32 = 0) {
        self.kind = kind
        self.rate = rate
        self.burstSize = burstSize
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// METER_MOD (1.3 §7.3.4.4 · 1.5 §7.3.4.5).
public struct MeterMod: Hashable, Sendable {
    /// What to do.
    public enum Command: UInt16, CaseIterable, Hashable, Sendable {
        /// Adds a meter.
        case add = 0
        /// Replaces a meter.
        case modify = 1
        /// Deletes a meter, or all.
        case delete = 2
    }
    /// What to do.
    public var command: Command = .add
    /// Flags.
    public var flags: MeterFlags = []
    /// The meter.
    public var meterID: MeterID = MeterID(rawValue: 1)
    /// The bands.
    public var bands: [MeterBand] = []

    /// Makes a value; every property has a default.
    public init(
        command: Command = .add, flags: MeterFlags = [], meterID: MeterID = MeterID(rawValue: 1),
        bands: [MeterBand] = []
    ) {
        self.command = command
        self.flags = flags
        self.meterID = meterID
        self.bands = bands
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension MeterBand: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var type: UInt16 =
            switch self.kind {
            case .drop: 1
            case .dscpRemark: 2
            case .experimenter: 0xffff
            }
        var frame = wire.begin(.meterBand)
        try wire.field("type", &type)
        try wire.length(&frame, excluding: 0)
        try wire.field("rate", &self.rate)
        try wire.field("burstSize", &self.burstSize)
        switch type {
        case 1:
            try wire.reserved(4)
            self.kind = .drop
        case 2:
            var level: UInt8 = 0
            if case .dscpRemark(let value) = self.kind { level = value }
            try wire.field("precedenceLevel", &level)
            try wire.reserved(3)
            self.kind = .dscpRemark(precedenceLevel: level)
        case 0xffff:
            var (experimenter, body) = (UInt32(0), [UInt8]())
            if case .experimenter(let a, let b) = self.kind { (experimenter, body) = (a, b) }
            try wire.field("experimenter", &experimenter)
            try wire.rest("body", &body)
            self.kind = .experimenter(experimenter, body)
        default: throw wire.refusal(.meterModBadBand, value: UInt64(type))
        }
        try wire.end(frame, padding: .counted)
    }
}

extension MeterMod: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.code("command", &self.command, absent: .meterModBadCommand)
        try wire.field("flags", &self.flags)
        let isRateTwice = self.flags.isSuperset(of: [.kilobitsPerSecond, .packetsPerSecond])
        guard !wire.isReading || self.flags.rawValue & ~15 == 0 && !isRateTwice else {
            throw wire.refusal(.meterModBadFlags, value: UInt64(self.flags.rawValue), field: "flags")
        }
        try wire.field("meterID", &self.meterID)
        try wire.list("bands", &self.bands)
    }
}
