import NetworkTypes

extension ConnectionTracking: CustomStringConvertible {
    /// The ports of the protocols that ovs-actions(7) names.
    private static let helpers: [(name: String, port: UInt16)] = [("ftp", 21), ("tftp", 69)]

    /// The action as ovs-ofctl prints it: `ct(commit,zone=5,nat(src=192.0.2.1))`.
    public var description: String {
        var parts: [String] = []
        if self.flags.contains(.commit) { parts.append("commit") }
        if self.flags.contains(.force) { parts.append("force") }
        if let table = self.recirculationTable { parts.append("table=\(table.text)") }
        switch self.zone {
        case .immediate(0): break
        case .immediate(let zone): parts.append("zone=\(zone)")
        case .field(let slice): parts.append("zone=\(slice)")
        }
        var settings: [Action] = []
        for action in self.actions {
            if case .addressTranslation(let translation) = action {
                parts.append(translation.description)
            } else {
                settings.append(action)
            }
        }
        if !settings.isEmpty { parts.append("exec(\(settings.text))") }
        if self.helperPort != 0 {
            let name = Self.helpers.first { $0.port == self.helperPort }?.name
            parts.append("alg=\(name ?? String(self.helperPort))")
        }
        return "ct(\(parts.joined(separator: ",")))"
    }

    init(item: TextItem) throws(TextError) {
        self.init()
        var arguments = try TextArguments(item)
        if try arguments.flag("commit") { self.flags.insert(.commit) }
        if try arguments.flag("force") {
            guard self.flags.contains(.commit) else { throw item.whole.error("commit beside force") }
            self.flags.insert(.force)
        }
        if let table = try arguments.value("table") {
            self.recirculationTable = try table.table()
        }
        if let zone = try arguments.value("zone") {
            if zone.number != nil {
                self.zone = .immediate(try zone.integer("a zone"))
            } else {
                let slice = try FieldSlice(part: zone)
                guard slice.bitCount == 16 else { throw zone.error("16 bits of a field, or a number") }
                self.zone = .field(slice)
            }
        }
        if let nat = arguments.item("nat") {
            self.actions.append(.addressTranslation(try AddressTranslation(item: nat)))
        }
        if let list = try arguments.value("exec") {
            for action in try list.items() {
                let parsed = try Action(item: action)
                switch parsed {
                case .setField, .copyField: self.actions.append(parsed)
                default: throw action.whole.error("set_field, load or move into ct_mark or ct_label")
                }
            }
        }
        if let helper = try arguments.value("alg") {
            let known = Self.helpers.first { $0.name == helper.text }
            self.helperPort = if let known { known.port } else { try helper.integer("ftp, tftp or a port") }
        }
        try arguments.finish()
    }
}

extension AddressTranslation: CustomStringConvertible {
    /// The action as ovs-ofctl prints it inside `ct`: `nat(src=192.0.2.1-192.0.2.9:1024-2047,random)`.
    public var description: String {
        var parts: [String] = []
        if self.flags.contains(.source) { parts.append("src" + self.range) }
        if self.flags.contains(.destination) { parts.append("dst" + self.range) }
        if self.flags.contains(.persistent) { parts.append("persistent") }
        if self.flags.contains(.portHash) { parts.append("hash") }
        if self.flags.contains(.portRandom) { parts.append("random") }
        return parts.isEmpty ? "nat" : "nat(\(parts.joined(separator: ",")))"
    }

    private var range: String {
        let ports = self.ports.map { ":\($0.first)" + ($0.last.map { "-\($0)" } ?? "") } ?? ""
        switch self.addresses {
        case .unchanged: return ports.isEmpty ? "" : "=" + ports
        case .ipv4(let first, let last): return "=\(first)" + (last.map { "-\($0)" } ?? "") + ports
        case .ipv6(let first, let last):
            let addresses = "\(first)" + (last.map { "-\($0)" } ?? "")
            return ports.isEmpty ? "=" + addresses : "=[\(addresses)]" + ports
        }
    }

    init(item: TextItem) throws(TextError) {
        self.init()
        var arguments = try TextArguments(item)
        for (name, flag) in [("src", Flags.source), ("dst", .destination)] {
            guard let direction = arguments.item(name) else { continue }
            guard self.flags.isEmpty else { throw direction.whole.error("src or dst, not both,") }
            self.flags.insert(flag)
            if let range = direction.value { try self.readRange(range) }
        }
        let hasDirection = !self.flags.isEmpty
        for (name, flag) in [("persistent", Flags.persistent), ("hash", .portHash), ("random", .portRandom)]
        where try arguments.flag(name) {
            guard hasDirection else { throw item.whole.error("src or dst beside \(name)") }
            self.flags.insert(flag)
        }
        guard !self.flags.isSuperset(of: [.portHash, .portRandom]) else {
            throw item.whole.error("hash or random, not both,")
        }
        try arguments.finish()
    }

    private mutating func readRange(_ part: TextPart) throws(TextError) {
        let (addresses, ports): (TextPart, TextPart?)
        let isPortsAlone = part[0] == UInt8(ascii: ":") && part[1] != UInt8(ascii: ":")
        if part[0] == UInt8(ascii: "["), let (inner, rest) = part.part(1).split(at: "]") {
            guard rest.isEmpty || rest[0] == UInt8(ascii: ":") else { throw rest.error("':' and ports") }
            (addresses, ports) = (inner, rest.isEmpty ? nil : rest.part(1))
        } else if part.split(at: ".") != nil || isPortsAlone, let (before, after) = part.split(at: ":") {
            (addresses, ports) = (before, after)
        } else {
            (addresses, ports) = (part, nil)
        }
        if !addresses.isEmpty { self.addresses = try Self.addresses(addresses) }
        guard let ports else { return }
        let (first, last) = ports.split(at: "-") ?? (ports, nil as TextPart?) as (TextPart, TextPart?)
        self.ports = Ports(
            UInt16(try first.integer("a port", atMost: 0xffff)),
            last: try last.map { part throws(TextError) in UInt16(try part.integer("a port", atMost: 0xffff)) })
    }

    private static func addresses(_ part: TextPart) throws(TextError) -> Addresses {
        let pieces = part.pieces(between: UInt8(ascii: "-"))
        guard pieces.count <= 2 else { throw part.error("an address, or the first and the last with '-' between") }
        if let first = IPv4Address(pieces[0].text) {
            guard pieces.count == 2 else { return .ipv4(first, last: nil) }
            guard let last = IPv4Address(pieces[1].text) else { throw pieces[1].error("an IPv4 address") }
            return .ipv4(first, last: last)
        }
        guard let first = IPv6Address(pieces[0].text) else { throw pieces[0].error("an IPv4 or IPv6 address") }
        guard pieces.count == 2 else { return .ipv6(first, last: nil) }
        guard let last = IPv6Address(pieces[1].text) else { throw pieces[1].error("an IPv6 address") }
        return .ipv6(first, last: last)
    }
}
