import NetworkTypes

extension Encapsulation: CustomStringConvertible {
    /// The headers that ovs-actions(7) names, with their packet types.
    private static let names: [(name: String, type: UInt32)] = [
        ("ethernet", 0), ("nsh", 0x1_894f), ("mpls", 0x1_8847), ("mpls_mc", 0x1_8848),
    ]

    /// The action as ovs-ofctl prints it: `encap(nsh(md_type=1))`.
    public var description: String {
        let name = Self.names.first { $0.type == self.packetType }?.name
        var parts = self.properties.map(\.text)
        if self.headerBytes != 0 { parts.append("hdr_len=\(self.headerBytes)") }
        if name == nil {
            parts.insert("ns=\(self.packetType >> 16)", at: 0)
            parts.insert("type=\(TextPart.hexadecimal(self.packetType & 0xffff))", at: 1)
        }
        return "encap(\(name ?? "packet_type")\(parts.isEmpty ? "" : "(\(parts.joined(separator: ",")))"))"
    }

    init(item: TextItem) throws(TextError) {
        let value = try item.required("a header (\(Self.names.map(\.name).joined(separator: ", ")))")
        let items = try value.items()
        guard items.count == 1 else { throw value.error("one header") }
        self.init()
        var arguments = try TextArguments(items[0], repeating: true)
        if let known = Self.names.first(where: { $0.name == items[0].key }) {
            self.packetType = known.type
        } else if items[0].key == "packet_type" {
            self.packetType = try Self.packetType(&arguments)
        } else {
            throw items[0].name.error("one of \(Self.names.map(\.name).joined(separator: ", "))")
        }
        self.headerBytes = try arguments.integer("hdr_len", "a length in bytes", absent: 0)
        for property in arguments.others { self.properties.append(try Property(item: property)) }
    }

    /// Reads `packet_type(ns=1,type=0x894f)`.
    static func packetType(_ item: TextItem) throws(TextError) -> UInt32 {
        var arguments = try TextArguments(item)
        let type = try self.packetType(&arguments)
        try arguments.finish()
        return type
    }

    private static func packetType(_ arguments: inout TextArguments) throws(TextError) -> UInt32 {
        let space: UInt16 = try arguments.required("ns").integer("a name space")
        let type: UInt16 = try arguments.required("type").integer("a type")
        return UInt32(space) << 16 | UInt32(type)
    }
}

extension Encapsulation.Property {
    fileprivate var text: String {
        switch self {
        case .serviceHeaderMetadataType(let type): "md_type=\(type)"
        case .serviceHeaderContext(let optionClass, let type, let value):
            "tlv(\(TextPart.hexadecimal(optionClass)),\(type),0x\(value.hexadecimal(separator: "")))"
        case .mplsEtherType(let type): "ether_type=\(EtherType(rawValue: type).text)"
        }
    }

    fileprivate init(item: TextItem) throws(TextError) {
        let value = try item.required("a value")
        switch item.key {
        case "md_type": self = .serviceHeaderMetadataType(try value.integer("a metadata type"))
        case "ether_type": self = .mplsEtherType(try value.integer("an EtherType"))
        case "tlv":
            let pieces = value.pieces(between: UInt8(ascii: ",")).map(\.trimmed)
            guard pieces.count == 3 else { throw value.error("class,type,0xbytes") }
            let (first, type): (UInt16, UInt8) = (try pieces[0].integer("a class"), try pieces[1].integer("a type"))
            let bytes = try (pieces[2].hasPrefix("0x") ? pieces[2].part(2) : pieces[2]).octets("bytes")
            self = .serviceHeaderContext(optionClass: first, type: type, value: bytes)
        default: throw item.name.error("md_type, tlv or ether_type")
        }
    }
}
