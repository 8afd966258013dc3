/// The header that Nicira's encap action pushes (ovs-actions(7), NXAST_ENCAP).
public struct Encapsulation: Hashable, Sendable {
    /// Something that the new header is to have.
    public enum Property: Hashable, Sendable {
        /// Network service header: metadata type, 1 or 2.
        case serviceHeaderMetadataType(UInt8)
        /// Network service header of metadata type 2: one context header.
        case serviceHeaderContext(optionClass: UInt16, type: UInt8, value: [UInt8])
        /// MPLS: the EtherType of the new header.
        case mplsEtherType(UInt16)
    }

    /// The packet type after the header was pushed: name space in the upper 16 bits, type in the lower.
    public var packetType: UInt32 = 0
    /// The size of the header in bytes, 0 to leave it to the switch; others are reserved.
    public var headerBytes: UInt16 = 0
    /// What the header is to have.
    public var properties: [Property] = []

    /// Makes an encapsulation in an Ethernet header.
    public init() {}

    /// The packet type that stands for "as the header that is removed tells" in ``Action/decapsulate(packetType:)``.
    public static let nextProtocolType: UInt32 = 0x0000_fffe
}
