extension HashFields {
    /// The name in ovs-actions(7).
    var text: String {
        switch self {
        case .ethernetSource: "eth_src"
        case .symmetricL4: "symmetric_l4"
        case .symmetricL3L4: "symmetric_l3l4"
        case .symmetricL3L4UDP: "symmetric_l3l4+udp"
        case .networkSource: "nw_src"
        case .networkDestination: "nw_dst"
        case .symmetricL3: "symmetric_l3"
        }
    }

    fileprivate init(part: TextPart) throws(TextError) {
        guard let known = Self.allCases.first(where: { $0.text == part.text }) else {
            throw part.error("one of \(Self.allCases.map(\.text).joined(separator: ", "))")
        }
        self = known
    }
}

extension Multipath.Algorithm {
    var text: String {
        switch self {
        case .modulo: "modulo_n"
        case .hashThreshold: "hash_threshold"
        case .highestRandomWeight: "hrw"
        case .iterativeHash: "iter_hash"
        }
    }
}

extension Multipath: CustomStringConvertible {
    /// The action as ovs-ofctl prints it: fields, basis, algorithm, number of links, argument, destination.
    public var description: String {
        "multipath(\(self.hashFields.text),\(self.basis),\(self.algorithm.text),\(UInt32(self.maximumLink) + 1),"
            + "\(self.argument),\(self.destination))"
    }

    init(item: TextItem) throws(TextError) {
        let value = try item.required("fields,basis,algorithm,links,argument,destination")
        let pieces = value.pieces(between: UInt8(ascii: ",")).map(\.trimmed)
        guard pieces.count == 6 else { throw value.error("fields,basis,algorithm,links,argument,destination") }
        self.init()
        self.hashFields = try HashFields(part: pieces[0])
        self.basis = try pieces[1].integer("a basis")
        guard let algorithm = Algorithm.allCases.first(where: { $0.text == pieces[2].text }) else {
            throw pieces[2].error("one of \(Algorithm.allCases.map(\.text).joined(separator: ", "))")
        }
        self.algorithm = algorithm
        let links = try pieces[3].integer("a number of links", atMost: 0x10000)
        guard links > 0 else { throw pieces[3].error("at least one link") }
        self.maximumLink = UInt16(links - 1)
        self.argument = try pieces[4].integer("an argument")
        self.destination = try FieldSlice(part: pieces[5]).writable(pieces[5])
    }
}

extension PortBundle.Algorithm {
    var text: String { self == .activeBackup ? "active_backup" : "hrw" }
}

extension PortBundle: CustomStringConvertible {
    /// The action as ovs-ofctl prints it: fields, basis, algorithm, kind of members, destination, members.
    public var description: String {
        let members = self.members.map(\.text).joined(separator: ",")
        let head = "\(self.hashFields.text),\(self.basis),\(self.algorithm.text),ofport"
        guard let destination = self.destination else { return "bundle(\(head),members:\(members))" }
        return "bundle_load(\(head),\(destination),members:\(members))"
    }

    init(item: TextItem) throws(TextError) {
        let expected = "fields,basis,algorithm,ofport,\(item.key == "bundle" ? "" : "destination,")members:ports"
        let value = try item.required(expected)
        guard let (head, members) = value.split(at: "members:") ?? value.split(at: "slaves:") else {
            throw value.error(expected)
        }
        let pieces = head.pieces(between: UInt8(ascii: ",")).map(\.trimmed)
        // The comma before the members ends an empty piece.
        guard pieces.count == (item.key == "bundle" ? 5 : 6), pieces[pieces.count - 1].isEmpty,
            pieces[3].text == "ofport"
        else { throw value.error(expected) }
        self.init()
        self.hashFields = try HashFields(part: pieces[0])
        self.basis = try pieces[1].integer("a basis")
        guard let algorithm = Algorithm.allCases.first(where: { $0.text == pieces[2].text }) else {
            throw pieces[2].error("active_backup or hrw")
        }
        self.algorithm = algorithm
        if item.key != "bundle" { self.destination = try FieldSlice(part: pieces[4]).writable(pieces[4]) }
        guard !members.trimmed.isEmpty else { return }
        for port in members.pieces(between: UInt8(ascii: ",")) { self.members.append(try port.trimmed.port()) }
    }
}
