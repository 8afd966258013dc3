/// Nicira's sample action: samples packets for IPFIX (ovs-actions(7), NXAST_SAMPLE to NXAST_SAMPLE4).
public struct Sample: Hashable, Sendable {
    /// Where an identifier in a sample comes from.
    @frozen public enum Identifier: Hashable, Sendable {
        /// A number given here.
        case immediate(UInt32)
        /// At most 32 bits of a field (NXAST_SAMPLE4).
        case field(FieldSlice)
    }

    /// Which way the packet goes at the sampling port.
    public enum Direction: UInt8, CaseIterable, Hashable, Sendable {
        /// Left to the switch.
        case unspecified = 0
        /// The packet comes in.
        case ingress = 1
        /// The packet goes out.
        case egress = 2
    }

    /// How many packets of 65535 are sampled, on average; never 0.
    public var probability: UInt16 = 0xffff
    /// The set of collectors that samples go to.
    public var collectorSet: UInt32 = 0
    /// The observation domain reported.
    public var observationDomain = Identifier.immediate(0)
    /// The observation point reported.
    public var observationPoint = Identifier.immediate(0)
    /// The port that the sample is taken at; `any` for none (NXAST_SAMPLE2 and later).
    public var samplingPort = PortNumber.any
    /// Which way the packet goes there (NXAST_SAMPLE3 and later).
    public var direction = Direction.unspecified

    /// Makes a sample of every packet for collector set 0.
    public init() {}
}
