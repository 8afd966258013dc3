/// The flow that Nicira's learn action adds, made from the packet (ovs-actions(7), NXAST_LEARN and
/// NXAST_LEARN2).
public struct Learn: Hashable, Sendable {
    /// What else the action asks for.
    @frozen public struct Flags: OptionSet, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16
        /// Makes a set from its number.
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// The learned flow's removal is told to controllers.
        public static let sendFlowRemoved = Flags(rawValue: 1)
        /// Learned flows go when the flow with this action goes.
        public static let deleteLearned = Flags(rawValue: 2)
        /// Whether the flow could be learned is written to ``Learn/result``.
        public static let writeResult = Flags(rawValue: 4)
    }

    /// Where the bits of a specification come from.
    @frozen public enum Source: Hashable, Sendable {
        /// A field of the packet, from a bit on.
        case field(MatchField, offset: UInt16)
        /// Bits given here, right-aligned.
        case immediate(UInt128)
        /// More than 128 bits given here, right-aligned in as few bytes as hold them.
        case longImmediate([UInt8])
    }

    /// What becomes of the bits of a specification.
    @frozen public enum Destination: Hashable, Sendable {
        /// The learned flow matches them in a field, from a bit on.
        case match(MatchField, offset: UInt16)
        /// The learned flow loads them into a field, from a bit on.
        case load(MatchField, offset: UInt16)
        /// The learned flow outputs to the port they name.
        case output
    }

    /// One part of the learned flow.
    @frozen public struct Specification: Hashable, Sendable {
        /// How many bits, 1…992; more than 128 only of tunnel metadata options.
        public var bitCount: UInt16
        /// Where they come from.
        public var source: Source
        /// What becomes of them.
        public var destination: Destination

        /// Makes a specification; see the properties.
        @inlinable public init(bitCount: UInt16, source: Source, destination: Destination) {
            self.bitCount = bitCount
            self.source = source
            self.destination = destination
        }
    }

    /// Seconds without packets after which the learned flow goes; 0 means never.
    public var idleTimeoutSeconds: UInt16 = 0
    /// Seconds after which the learned flow goes; 0 means never.
    public var hardTimeoutSeconds: UInt16 = 0
    /// The learned flow's priority.
    public var priority: UInt16 = 0x8000
    /// The learned flow's cookie.
    public var cookie = Cookie(rawValue: 0)
    /// What else is asked for.
    public var flags: Flags = []
    /// The table that the flow is added to.
    public var table = TableID(rawValue: 1)
    /// Idle timeout in seconds once a TCP connection ends; 0 leaves it as it is.
    public var finIdleTimeoutSeconds: UInt16 = 0
    /// Hard timeout in seconds once a TCP connection ends; 0 leaves it as it is.
    public var finHardTimeoutSeconds: UInt16 = 0
    /// How many flows this action may have learned at any time; 0 means any number.
    public var limit: UInt32 = 0
    /// The bit that tells whether the flow could be learned, with ``Flags/writeResult``.
    public var result: FieldSlice?
    /// The parts of the learned flow.
    public var specifications: [Specification] = []

    /// Makes a flow of all defaults: in table 1, matching every packet, without actions.
    public init() {}
}
