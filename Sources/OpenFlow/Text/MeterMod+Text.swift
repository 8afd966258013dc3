extension MeterFlags {
    /// The words for flags, in ovs-ofctl's order.
    static let words: [(word: String, flag: MeterFlags)] = [
        ("kbps", .kilobitsPerSecond), ("pktps", .packetsPerSecond), ("burst", .burst), ("stats", .statistics),
    ]

    /// The flags' words, and the bits that have none.
    var text: String {
        var words = Self.words.filter { self.contains($0.flag) }.map(\.word)
        let others = self.rawValue & ~15
        if others != 0 { words.append(TextPart.hexadecimal(others)) }
        return words.joined(separator: " ")
    }
}

extension MeterID {
    /// The number, or the name that ovs-ofctl gives it.
    var text: String {
        switch self {
        case .slowPath: "slowpath"
        case .controller: "controller"
        case .all: "all"
        default: self.description
        }
    }

    init(part: TextPart) throws(TextError) {
        switch part.lowercased {
        case "slowpath": self = .slowPath
        case "controller": self = .controller
        case "all": self = .all
        default: self = MeterID(rawValue: try part.integer("a meter, or controller, slowpath or all"))
        }
    }
}

extension MeterBand: CustomStringConvertible {
    /// The band as ovs-ofctl prints it: `type=drop rate=1000 burst_size=100`.
    public var description: String {
        var text: String
        switch self.kind {
        case .drop: text = "type=drop"
        case .dscpRemark: text = "type=dscp_remark"
        case .experimenter(let number, _): text = "type=experimenter experimenter=\(TextPart.hexadecimal(number))"
        }
        text += " rate=\(self.rate)"
        if self.burstSize != 0 { text += " burst_size=\(self.burstSize)" }
        switch self.kind {
        case .drop: break
        case .dscpRemark(let level): text += " prec_level=\(level)"
        case .experimenter(_, let body): if !body.isEmpty { text += " body=\(body.hexadecimal(separator: ""))" }
        }
        return text
    }

    /// Reads the items of one band, the first of which is its type.
    init(items: ArraySlice<TextItem>) throws(TextError) {
        self.init()
        var (kind, level, experimenter, body) = ("", UInt8(0), UInt32(0), [UInt8]())
        for item in items {
            let value = try item.required("a value")
            switch item.key {
            case "type":
                kind = value.text
                guard ["drop", "dscp_remark", "experimenter"].contains(kind) else {
                    throw value.error("drop, dscp_remark or experimenter")
                }
            case "rate": self.rate = try value.integer("a rate")
            case "burst_size": self.burstSize = try value.integer("a burst size")
            case "prec_level" where kind == "dscp_remark": level = try value.integer("a level")
            case "experimenter" where kind == "experimenter": experimenter = try value.integer("an experimenter")
            case "body" where kind == "experimenter": body = try value.octets("a body")
            default: throw item.name.error("type, rate, burst_size or what the band's type has")
            }
        }
        switch kind {
        case "dscp_remark": self.kind = .dscpRemark(precedenceLevel: level)
        case "experimenter": self.kind = .experimenter(experimenter, body)
        default: self.kind = .drop
        }
    }
}

extension MeterMod: CustomStringConvertible {
    /// The meter in the syntax of ovs-ofctl(8), after its command; ``init(text:command:)`` reads it back.
    public var description: String { "\(self.command) \(self.text)" }

    /// The meter without the command.
    public var text: String {
        let flags = self.flags.isEmpty ? "" : " " + self.flags.text
        let bands = self.bands.map { " " + $0.description }.joined()
        return "meter=\(self.meterID.text)\(flags)" + (self.bands.isEmpty ? "" : " bands=" + bands.dropFirst())
    }

    /// Reads a meter: `meter=1 kbps burst bands=type=drop rate=1000 burst_size=100`, after `add`, `modify`
    /// or `delete` or not.
    ///
    /// - Parameters:
    ///   - text: one line.
    ///   - command: what is meant where the text names no command.
    public init(text: String, command: Command = .add) throws(TextError) {
        let line = TextPart(text).trimmed
        let (head, tail) = line.split(at: "bands=") ?? line.split(at: "band=") ?? (line, line.part(line.count))
        self.init(command: command)
        var hasMeter = false
        for (index, item) in try head.items().enumerated() {
            if let (_, flag) = MeterFlags.words.first(where: { $0.word == item.key }) {
                try item.withoutValue()
                self.flags.insert(flag)
            } else if item.key == "meter" {
                self.meterID = try MeterID(part: try item.required("a meter"))
                hasMeter = true
            } else if index == 0, item.value == nil, let named = Command(word: item.key) {
                self.command = named
            } else {
                throw item.whole.error("meter=, kbps, pktps, burst, stats or bands=")
            }
        }
        guard hasMeter else { throw line.part(line.count).error("meter=") }
        try self.readBands(tail)
    }

    private mutating func readBands(_ part: TextPart) throws(TextError) {
        let items = try part.items()
        if let first = items.first, first.key != "type" { throw first.whole.error("type=") }
        let starts = items.indices.filter { items[$0].key == "type" }
        for (position, start) in starts.enumerated() {
            let end = position + 1 < starts.count ? starts[position + 1] : items.count
            self.bands.append(try MeterBand(items: items[start..<end]))
        }
    }
}

extension MeterMod.Command {
    fileprivate init?(word: String) {
        switch word {
        case "add": self = .add
        case "modify", "mod": self = .modify
        case "delete", "del": self = .delete
        default: return nil
        }
    }
}
