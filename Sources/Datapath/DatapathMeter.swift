/// A meter: what a `meter` action measures packets against.
public struct DatapathMeter: Sendable, Hashable {
    /// What rates and bursts count.
    public enum Unit: Sendable, Hashable {
        /// Kilobits (1000 bits) of the frames from their first byte, and per second.
        case kilobits
        /// Packets, and per second.
        case packets
    }
    /// What is done with packets above a rate.
    public enum BandKind: Sendable, Hashable {
        /// Drops them.
        case drop
        /// Raises the drop precedence of assured forwarding (RFC 2597) by so much.
        case remark(precedenceLevel: UInt8)
    }
    /// A rate, and what is done above it.
    public struct Band: Sendable, Hashable {
        /// What is done.
        public var kind: BandKind
        /// The rate, in units per second; not 0.
        public var rate: UInt32
        /// How many units may come at once; 0 for as many as the rate allows in a second.
        public var burst: UInt32
        /// Makes a band.
        public init(kind: BandKind, rate: UInt32, burst: UInt32) {
            self.kind = kind
            self.rate = rate
            self.burst = burst
        }
    }
    /// What rates and bursts count.
    public var unit: Unit
    /// The bands; of those that a packet exceeds, the one with the highest rate applies.
    public var bands: [Band]
    /// Makes a meter.
    public init(unit: Unit, bands: [Band]) {
        self.unit = unit
        self.bands = bands
    }
}

/// What a meter has counted since it was set.
public struct MeterCounters: Sendable, Hashable {
    /// Packets and their bytes.
    public struct Traffic: Sendable, Hashable {
        /// Packets.
        public var packets: UInt64
        /// Their bytes.
        public var bytes: UInt64
        /// Makes counters.
        public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
            self.packets = packets
            self.bytes = bytes
        }
    }
    /// All packets that came to the meter.
    public var input: Traffic
    /// Those that each band applied to, in the bands' order.
    public var bands: [Traffic]
    /// Makes counters.
    public init(input: Traffic = Traffic(), bands: [Traffic] = []) {
        self.input = input
        self.bands = bands
    }

    /// Adds what another meter of the same bands has counted.
    package mutating func add(_ other: MeterCounters) {
        self.input.packets &+= other.input.packets
        self.input.bytes &+= other.input.bytes
        while self.bands.count < other.bands.count { self.bands.append(Traffic()) }
        for (index, band) in other.bands.enumerated() {
            self.bands[index].packets &+= band.packets
            self.bands[index].bytes &+= band.bytes
        }
    }
}

/// What the meters of a datapath can do.
public struct MeterAbilities: Sendable, Hashable {
    /// How many meters there may be; 0 where there are none.
    public var meterLimit: Int = 0
    /// How many bands a meter may have.
    public var bandLimit: Int = 0
    /// Whether bands may remark.
    public var remarks: Bool = false
    /// No meters.
    public init() {}
}

extension DatapathBackend {
    /// No meters, for datapaths without.
    public var meterAbilities: MeterAbilities { MeterAbilities() }
    /// Refuses: for datapaths without meters.
    public func setMeter(_ number: UInt32, _ meter: DatapathMeter) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "set meter \(number)")
    }
    /// Refuses: for datapaths without meters.
    public func removeMeter(_ number: UInt32) throws(DatapathError) {
        throw DatapathError(.unsupported, operation: "remove meter \(number)")
    }
    /// Refuses: for datapaths without meters.
    public func meterCounters(_ number: UInt32) throws(DatapathError) -> MeterCounters {
        throw DatapathError(.unsupported, operation: "read meter \(number)")
    }
}
