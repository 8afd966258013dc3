// The network service header (RFC 8300) in keys and masks, and packets without an Ethernet header.
extension FlowWordsAccess {
    /// Flags, time to live, metadata type, next protocol (eight bits each), path identifier (24), index (8): the base
    /// header and the service path header.
    @inlinable public var serviceHeaderBase: UInt64 {
        get { self.words[35] }
        set { self.words[35] = newValue }
    }
    /// The four contexts of metadata type 1, the first in the upper bits.
    @inlinable public var serviceHeaderContexts: UInt128 {
        get { UInt128(self.words[36]) << 64 | UInt128(self.words[37]) }
        set {
            self.words[36] = UInt64(truncatingIfNeeded: newValue >> 64)
            self.words[37] = UInt64(truncatingIfNeeded: newValue)
        }
    }
    /// Flags: bit 1 says that the packet is for operations and maintenance.
    @inlinable public var serviceHeaderFlags: UInt8 {
        get { self.bits(35, 56, 8) }
        set { self.setBits(35, 56, 8, newValue) }
    }
    /// Time to live, six bits.
    @inlinable public var serviceHeaderTTL: UInt8 {
        get { self.bits(35, 48, 8) }
        set { self.setBits(35, 48, 8, newValue) }
    }
    /// Metadata type.
    @inlinable public var serviceHeaderMetadataType: UInt8 {
        get { self.bits(35, 40, 8) }
        set { self.setBits(35, 40, 8, newValue) }
    }
    /// Next protocol (``ServiceHeader/packetType(ofNextProtocol:)``).
    @inlinable public var serviceHeaderNextProtocol: UInt8 {
        get { self.bits(35, 32, 8) }
        set { self.setBits(35, 32, 8, newValue) }
    }
    /// Service path identifier, 24 bits.
    @inlinable public var serviceHeaderPathID: UInt32 {
        get { self.bits(35, 8, 24) }
        set { self.setBits(35, 8, 24, newValue) }
    }
    /// Service index.
    @inlinable public var serviceHeaderIndex: UInt8 {
        get { self.bits(35, 0, 8) }
        set { self.setBits(35, 0, 8, newValue) }
    }
}

extension FlowKey {
    /// The packet type of packets that begin with the header of that EtherType, without an Ethernet header before it.
    @inlinable public static func packetType(ofEtherType type: UInt16) -> UInt32 { 0x0001_0000 | UInt32(type) }

    /// The EtherType of the header that the packet begins with; nil for an Ethernet frame.
    @inlinable public var etherTypeWithoutEthernet: UInt16? {
        let type = self.packetType
        return type >> 16 == 1 ? UInt16(truncatingIfNeeded: type) : nil
    }
}
