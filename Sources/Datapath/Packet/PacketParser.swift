import NetworkTypes

/// Reads the headers of a frame into a ``FlowKey``.
///
/// The result is what the kernel's openvswitch module extracts (`key_extract` in `net/openvswitch/flow.c`),
/// so that keys of both datapaths agree, down to what a truncated or malformed header leaves zero. One
/// difference in notation: a frame without an EtherType (IEEE 802.2) has 0x05ff here, where netlink leaves
/// the attribute out.
///
/// Every read follows an explicit test of the length; no input traps. The cost is that of the headers that
/// are there.
public enum PacketParser {
    /// The first word of a key that belongs to headers; those before it are metadata, which parsing leaves
    /// alone.
    package static let firstHeaderWord = 30
    /// The words of headers; what comes after them are tunnel options, which parsing leaves alone, too.
    @inlinable package static var headerWords: Range<Int> { 30..<47 }

    /// Replaces the header fields of `key` by those of `frame` (from the destination address on, VLAN tags in
    /// place).
    ///
    /// Metadata (words 0–29, and tunnel options) is left as it is. A packet whose type (``FlowKey/packetType``) is not
    /// Ethernet begins with the header that the type names. Returns where the headers are.
    @discardableResult
    public static func parse(_ frame: RawSpan, into key: inout FlowKey) -> PacketLayout {
        var index = Self.firstHeaderWord
        while index < Self.headerWords.upperBound {
            key.words[index] = 0
            index &+= 1
        }
        var layout = PacketLayout()
        let count = frame.byteCount
        guard UInt32(truncatingIfNeeded: key.words[21]) == 0 else {
            Self.parseWithoutEthernet(frame, into: &key, &layout)
            return layout
        }
        guard count >= 14 else { return layout }

        var offset = 12
        var type = frame.big16(12)
        if Self.isVLAN(type), count >= 18 {
            var tags = UInt64(type) << 48 | UInt64(frame.big16(14) | 0x1000) << 32
            offset = 16
            type = frame.big16(16)
            if Self.isVLAN(type), count >= 22 {
                tags |= UInt64(type) << 16 | UInt64(frame.big16(18) | 0x1000)
                offset = 20
                type = frame.big16(20)
            }
            key.words[32] = tags
        }
        offset &+= 2
        if type < EtherType.minimum.rawValue {
            type = Self.parseLLC(frame, &offset)
        }
        layout.networkOffset = offset
        layout.etherType = type
        key.words[30] = frame.big48(0) << 16 | UInt64(type)
        key.words[31] = frame.big48(6) << 16
        Self.parseNetwork(frame, into: &key, &layout)
        return layout
    }

    /// Reads a packet that begins with the header that its type names; a type that is no EtherType's shows nothing.
    private static func parseWithoutEthernet(
        _ frame: RawSpan, into key: inout FlowKey, _ layout: inout PacketLayout
    ) {
        layout.hasEthernet = false
        guard let type = key.etherTypeWithoutEthernet else { return }
        layout.etherType = type
        key.words[30] = UInt64(type)
        Self.parseNetwork(frame, into: &key, &layout)
    }

    /// Reads the header that the layout says there is, where it says.
    @inline(__always)
    private static func parseNetwork(_ frame: RawSpan, into key: inout FlowKey, _ layout: inout PacketLayout) {
        let offset = layout.networkOffset
        switch layout.etherType {
        case EtherType.ipv4.rawValue: Self.parseIPv4(frame, into: &key, &layout)
        case EtherType.ipv6.rawValue: Self.parseIPv6(frame, into: &key, &layout)
        case EtherType.arp.rawValue, EtherType.reverseARP.rawValue:
            Self.parseARP(frame, at: offset, into: &key)
        case EtherType.mpls.rawValue, EtherType.mplsMulticast.rawValue:
            Self.parseMPLS(frame, at: offset, into: &key)
        case 0x88e7: Self.parseServiceTag(frame, at: offset, into: &key)
        case ServiceHeader.etherType: Self.parseServiceHeader(frame, at: offset, into: &key)
        default: break
        }
    }

    /// Whether `type` announces a VLAN tag (0x8100 or 0x88a8).
    @inlinable @inline(__always)
    package static func isVLAN(_ type: UInt16) -> Bool { type == 0x8100 || type == 0x88a8 }

    /// Reads what follows a length field: the type in a SNAP header for Ethernet (and moves `offset` behind
    /// it), or "none".
    private static func parseLLC(_ frame: RawSpan, _ offset: inout Int) -> UInt16 {
        guard frame.byteCount &- offset >= 8, frame.big16(offset) == 0xaaaa,
            frame.big32(offset &+ 2) & 0x00ff_ffff == 0
        else { return EtherType.none.rawValue }
        let type = frame.big16(offset &+ 6)
        offset &+= 8
        return type >= EtherType.minimum.rawValue ? type : EtherType.none.rawValue
    }

    /// ARP and RARP over Ethernet and IPv4 (RFC 826); anything else leaves the fields zero.
    private static func parseARP(_ frame: RawSpan, at offset: Int, into key: inout FlowKey) {
        guard frame.byteCount &- offset >= 28, frame.big32(offset) == 0x0001_0800,
            frame.big16(offset &+ 4) == 0x0604
        else { return }
        let operation = frame.big16(offset &+ 6)
        key.words[35] = UInt64(frame.big32(offset &+ 14)) << 32 | UInt64(frame.big32(offset &+ 24))
        key.words[41] = frame.big48(offset &+ 8) << 16
        key.words[42] = frame.big48(offset &+ 18) << 16
        // The kernel's key has eight bits for the operation.
        if operation <= 0xff { key.words[41] |= UInt64(operation) }
    }

    /// The tag control information behind the EtherType of IEEE 802.1ah: identifier in bits 23–0, use-customer-address
    /// in bit 27.
    private static func parseServiceTag(_ frame: RawSpan, at offset: Int, into key: inout FlowKey) {
        guard frame.byteCount &- offset >= 4 else { return }
        let tci = frame.big32(offset)
        key.words[46] = UInt64(tci & 0x00ff_ffff) << 40 | UInt64(tci >> 27 & 1) << 32
    }

    /// A network service header (RFC 8300 §2); one that is cut short, of another version than 0 or of a metadata type
    /// other than 1 and 2 leaves every field zero, where the kernel drops the packet before it looks it up.
    private static func parseServiceHeader(_ frame: RawSpan, at offset: Int, into key: inout FlowKey) {
        let room = frame.byteCount &- offset
        guard room >= 8 else { return }
        let first = frame.big16(offset)
        let length = Int(first & 0x3f) &* 4
        let metadataType = frame.byte(offset &+ 2) & 0x0f
        guard first >> 14 == 0, length >= 8, length <= room,
            metadataType == 2 || (metadataType == 1 && length == 24)
        else { return }
        key.words[35] =
            UInt64(first >> 12 & 3) << 56 | UInt64(first >> 6 & 0x3f) << 48 | UInt64(metadataType) << 40
            | UInt64(frame.byte(offset &+ 3)) << 32 | UInt64(frame.big32(offset &+ 4))
        guard metadataType == 1 else { return }
        key.words[36] = frame.big64(offset &+ 8)
        key.words[37] = frame.big64(offset &+ 16)
    }

    /// Up to three MPLS label stack entries (RFC 3032), until the bottom of the stack.
    private static func parseMPLS(_ frame: RawSpan, at offset: Int, into key: inout FlowKey) {
        var depth = 0
        while depth < 3, frame.byteCount &- offset >= 4 &* (depth &+ 1) {
            let entry = frame.big32(offset &+ 4 &* depth)
            key.words[33 &+ depth / 2] |= UInt64(entry) << (depth == 1 ? 0 : 32)
            if entry & 0x100 != 0 { return }
            depth &+= 1
        }
    }
}
