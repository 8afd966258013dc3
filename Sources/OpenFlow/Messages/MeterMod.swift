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
