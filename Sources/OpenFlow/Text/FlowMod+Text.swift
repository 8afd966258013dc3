extension FlowMod.Command {
    /// The word for the command in files of flows.
    public var text: String {
        switch self {
        case .add: "add"
        case .modify: "modify"
        case .modifyStrict: "modify_strict"
        case .delete: "delete"
        case .deleteStrict: "delete_strict"
        }
    }

    /// The table that is meant where none is named.
    var defaultTable: TableID { self == .add ? TableID(rawValue: 0) : .all }
}

extension FlowMod.Flags {
    /// The words for flags, in ovs-ofctl's order.
    static let words: [(word: String, flag: FlowMod.Flags)] = [
        ("send_flow_rem", .sendFlowRemoved), ("check_overlap", .checkOverlap), ("reset_counts", .resetCounts),
        ("no_packet_counts", .noPacketCounts), ("no_byte_counts", .noByteCounts),
    ]
}

extension FlowMod: CustomStringConvertible {
    /// One line in the syntax of a file of flows for ovs-ofctl(8): command, flow keys, match, actions.
    ///
    /// ``init(text:command:)`` reads it back; what only the sender's version implies (``semantics``) is not
    /// said.
    public var description: String {
        let text = self.text
        return text.isEmpty ? self.command.text : "\(self.command.text) \(text)"
    }

    /// The flow without the command.
    public var text: String {
        var parts: [String] = []
        if self.cookieMask != 0 {
            parts.append("cookie=\(self.cookie)/\(TextPart.hexadecimal(self.cookieMask))")
        } else if self.cookie != .none {
            parts.append("cookie=\(self.cookie)")
        }
        if self.tableID != self.command.defaultTable { parts.append("table=\(self.tableID.text)") }
        if self.idleTimeoutSeconds != 0 { parts.append("idle_timeout=\(self.idleTimeoutSeconds)") }
        if self.hardTimeoutSeconds != 0 { parts.append("hard_timeout=\(self.hardTimeoutSeconds)") }
        if self.importance != 0 { parts.append("importance=\(self.importance)") }
        if self.outPort != .any { parts.append("out_port=\(self.outPort.text)") }
        if self.outGroup != .any { parts.append("out_group=\(self.outGroup)") }
        if self.bufferID != .none { parts.append("buffer_id=\(self.bufferID)") }
        for (word, flag) in Flags.words where self.flags.contains(flag) { parts.append(word) }
        if self.priority != 0x8000 { parts.append("priority=\(self.priority)") }
        parts += self.match.parts
        var text = parts.joined(separator: ",")
        let hasActions = self.command != .delete && self.command != .deleteStrict || !self.instructions.isEmpty
        if hasActions { text += (text.isEmpty ? "" : " ") + "actions=\(self.instructions.actionsText)" }
        return text
    }
}

extension FlowMod {
    /// Reads a flow in the syntax of ovs-ofctl(8), after a command (`add`, `modify`, `modify_strict`,
    /// `delete`, `delete_strict`) or not.
    ///
    /// What ovs-ofctl dump-flows prints beside a flow (duration, n_packets, ...) is passed over.
    ///
    /// - Parameters:
    ///   - text: one line.
    ///   - command: what is meant where the text names no command.
    public init(text: String, command: Command = .add) throws(TextError) {
        let line = TextPart(text).trimmed
        let (head, tail) = line.splitActions()
        var items = try head.items()
        self.init(command: command)
        if let first = items.first, first.value == nil,
            let named = Command.allCases.first(where: { $0.text == first.key })
        {
            self.command = named
            items.removeFirst()
        }
        self.tableID = self.command.defaultTable
        var seen: Set<String> = []
        var fields: [TextItem] = []
        for item in items {
            guard try self.readKey(item) else {
                fields.append(item)
                continue
            }
            guard seen.insert(item.key).inserted else { throw item.whole.error("\(item.key) once") }
        }
        self.match = try Match(items: fields)
        if let tail {
            self.instructions = try [Instruction](part: tail)
        } else if self.command != .delete, self.command != .deleteStrict {
            throw line.part(line.count).error("actions=")
        }
    }

    /// Takes what an item says of the flow; false if it is a field of the match.
    private mutating func readKey(_ item: TextItem) throws(TextError) -> Bool {
        if let (_, flag) = Flags.words.first(where: { $0.word == item.key }) {
            try item.withoutValue()
            self.flags.insert(flag)
            return true
        }
        switch item.key {
        case "table": self.tableID = try item.required("a table").table()
        case "priority": self.priority = try item.required("a priority").integer("a priority")
        case "cookie": try self.readCookie(try item.required("a cookie"))
        case "idle_timeout": self.idleTimeoutSeconds = try item.required("seconds").integer("seconds")
        case "hard_timeout": self.hardTimeoutSeconds = try item.required("seconds").integer("seconds")
        case "importance": self.importance = try item.required("an importance").integer("an importance")
        case "out_port": self.outPort = try item.required("a port").port()
        case "out_group":
            let value = try item.required("a group")
            self.outGroup = value.lowercased == "any" ? .any : GroupID(rawValue: try value.integer("a group"))
        case "buffer_id": self.bufferID = BufferID(rawValue: try item.required("a buffer").integer("a buffer"))
        case "duration", "n_packets", "n_bytes", "idle_age", "hard_age", "allow_hidden_fields": break
        default: return false
        }
        return true
    }

    private mutating func readCookie(_ value: TextPart) throws(TextError) {
        guard let (cookie, mask) = value.split(at: "/") else {
            self.cookie = value.text == "-1" ? .unset : Cookie(rawValue: try value.integer("a cookie"))
            return
        }
        self.cookie = Cookie(rawValue: try cookie.integer("a cookie"))
        self.cookieMask = mask.text == "-1" ? .max : try mask.integer("a mask")
    }
}

extension TextPart {
    /// What stands before and after `actions=`; nil if it does not occur.
    func splitActions() -> (before: TextPart, after: TextPart?) {
        for word in ["actions=", "action="] {
            let length = word.utf8.count
            var start = 0
            while start + length <= self.count {
                let begins = start == 0 || self[start - 1].map(Self.isSeparator) ?? true
                if begins, self.part(start, start + length).text == word {
                    return (self.part(0, start), self.part(start + length))
                }
                start = (self[start] == UInt8(ascii: "\"") ? self.endOfQuotes(from: start) : nil) ?? start + 1
            }
        }
        return (self, nil)
    }
}
