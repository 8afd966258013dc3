/// What a datapath can do, found by probing it (kernel) or known (embedded).
public struct DatapathCapabilities: Sendable, Hashable {
    /// VLAN tags that keys and masks cover: 0–2.
    public var vlanDepth: Int = 1
    /// MPLS label stack entries that keys and masks cover.
    public var mplsDepth: Int = 1
    /// Flows are named by ``FlowIdentifier``.
    public var identifiers: Bool = false
    /// Rewrites may be masked.
    public var maskedSet: Bool = false
    /// ARP, ICMP and neighbour discovery fields may be rewritten (the kernel refuses those).
    public var controlHeaderRewrite: Bool = false
    /// `recirculate` works.
    public var recirculation: Bool = false
    /// `hash` works, and keys have its result after a recirculation.
    public var hash: Bool = false
    /// `truncate` works.
    public var truncation: Bool = false
    /// `clone` works.
    public var clone: Bool = false
    /// `sample` may nest this deep.
    public var sampleNesting: Int = 0
    /// Connection tracking state is in keys.
    public var connectionTracking: Bool = false
    /// Meters work.
    public var meters: Bool = false
    /// Explicit `drop` with a reason works.
    public var explicitDrop: Bool = false
    /// Upcalls may be dispatched per CPU instead of per port.
    public var perCPUDispatch: Bool = false
    /// `checkPacketLength` works.
    public var packetLengthCheck: Bool = false
    /// `packetSample` works.
    public var packetSampling: Bool = false
    /// ``PacketEdit`` works, and keys have the fields that the kernel's have not: service instance tags and which
    /// extension headers an IPv6 packet has.
    public var softwareHeaders: Bool = false
    /// Keys have the fields of network service headers, which can be pushed and popped.
    public var serviceHeaders: Bool = false
    /// Fields of a network service header may be rewritten in place (the kernel never could).
    public var serviceHeaderRewrite: Bool = false
    /// Ethernet headers can be pushed and popped, and packets without one be looked up.
    public var ethernetRemoval: Bool = false
    /// `encapsulateMPLS` works.
    public var labelBeforeEthernet: Bool = false
    /// Nothing beyond the least.
    public init() {}
}
