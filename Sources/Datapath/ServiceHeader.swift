/// Fields of a network service header that a rewrite may set (RFC 8300 §2), in host byte order.
public struct ServiceHeaderFields: Sendable, Hashable {
    /// Flags, two bits.
    public var flags: UInt8
    /// Time to live, six bits.
    public var ttl: UInt8
    /// Service path identifier, 24 bits.
    public var pathID: UInt32
    /// Service index.
    public var index: UInt8
    /// The four contexts of metadata type 1, 32 bits each, the first in the upper bits.
    public var contexts: UInt128
    /// Makes the fields.
    public init(flags: UInt8 = 0, ttl: UInt8 = 0, pathID: UInt32 = 0, index: UInt8 = 0, contexts: UInt128 = 0) {
        self.flags = flags
        self.ttl = ttl
        self.pathID = pathID
        self.index = index
        self.contexts = contexts
    }

    /// The fields of a key, or the bits of a mask.
    public init(_ words: borrowing some FlowWordsAccess) {
        self.init(
            flags: words.serviceHeaderFlags, ttl: words.serviceHeaderTTL, pathID: words.serviceHeaderPathID,
            index: words.serviceHeaderIndex, contexts: words.serviceHeaderContexts)
    }

    /// The service path header: identifier and index.
    var path: UInt32 { (self.pathID & 0xff_ffff) << 8 | UInt32(self.index) }
}

/// A network service header that is pushed (RFC 8300 §2).
public struct ServiceHeader: Sendable, Hashable {
    /// The fields that a rewrite may set as well.
    public var fields: ServiceHeaderFields
    /// What is behind the header (``packetType(ofNextProtocol:)``).
    public var nextProtocol: UInt8
    /// Metadata type 2: context headers of variable length as they go on the wire; nil for metadata type 1.
    ///
    /// A multiple of four bytes, at most ``contextHeaderBytesMaximum``.
    public var contextHeaders: [UInt8]?
    /// Makes a header.
    public init(_ fields: ServiceHeaderFields, nextProtocol: UInt8, contextHeaders: [UInt8]? = nil) {
        self.fields = fields
        self.nextProtocol = nextProtocol
        self.contextHeaders = contextHeaders
    }

    /// How many bytes of context headers there may be: 63 words of 32 bits in all, less the eight bytes before them.
    public static let contextHeaderBytesMaximum = 244
    /// The EtherType.
    public static let etherType: UInt16 = 0x894f

    /// The metadata type.
    public var metadataType: UInt8 { self.contextHeaders == nil ? 1 : 2 }

    /// The whole header's length in bytes.
    var lengthBytes: Int { self.contextHeaders.map { 8 + $0.count } ?? 24 }

    /// The type of the packet behind a header with that next protocol (RFC 8300 §11.2.5, as far as the kernel knows
    /// them); nil where it is not known.
    public static func packetType(ofNextProtocol number: UInt8) -> UInt32? {
        switch number {
        case 1: FlowKey.packetType(ofEtherType: 0x0800)
        case 2: FlowKey.packetType(ofEtherType: 0x86dd)
        case 3: 0
        case 4: FlowKey.packetType(ofEtherType: Self.etherType)
        case 5: FlowKey.packetType(ofEtherType: 0x8847)
        default: nil
        }
    }

    /// The next protocol that stands for packets of that type; nil where none does.
    public static func nextProtocol(ofPacketType type: UInt32) -> UInt8? {
        (1...5).first { self.packetType(ofNextProtocol: $0) == type }
    }
}
