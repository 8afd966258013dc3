extension GroupMod.Command {
    /// The command's word.
    public var text: String {
        switch self {
        case .add: "add"
        case .modify: "modify"
        case .delete: "delete"
        case .insertBucket: "insert_bucket"
        case .removeBucket: "remove_bucket"
        case .addOrModify: "add_or_mod"
        }
    }
}

extension GroupType {
    /// The word in ovs-ofctl's groups.
    public var text: String {
        switch self {
        case .all: "all"
        case .select: "select"
        case .indirect: "indirect"
        case .fastFailover: "ff"
        }
    }
}

extension GroupID {
    /// The number, or the name of all groups.
    var text: String { self == .all ? "all" : self.description }
}

extension BucketID {
    /// The number, or the name of a reserved one.
    var text: String {
        switch self {
        case .first: "first"
        case .last: "last"
        case .all: "all"
        default: String(self.rawValue)
        }
    }

    fileprivate init(part: TextPart) throws(TextError) {
        switch part.text {
        case "first": self = .first
        case "last": self = .last
        case "all": self = .all
        default: self = BucketID(rawValue: try part.integer("a bucket, or first, last or all"))
        }
    }
}

extension Bucket {
    /// The bucket as ovs-ofctl prints it.
    ///
    /// - Parameters:
    ///   - position: the bucket's number where it is the usual one and need not be said.
    ///   - usualWeight: the weight that need not be said.
    func text(position: UInt32?, usualWeight: UInt16 = 0) -> String {
        var parts: [String] = []
        if self.bucketID.rawValue != position { parts.append("bucket_id:\(self.bucketID.text)") }
        if self.weight != usualWeight { parts.append("weight:\(self.weight)") }
        if self.watchPort != .any { parts.append("watch_port:\(self.watchPort.text)") }
        if self.watchGroup != .any { parts.append("watch_group:\(self.watchGroup.text)") }
        parts += self.properties.map { "property:\($0.text)" }
        parts.append("actions=\(self.actions.isEmpty ? "drop" : self.actions.text)")
        return parts.joined(separator: ",")
    }

    /// Reads a bucket: its keys, then its actions, with `actions=` before them or not.
    init(part: TextPart, position: UInt32) throws(TextError) {
        self.init(bucketID: BucketID(rawValue: position))
        var rest = part
        let (head, tail) = part.splitActions()
        for item in try (tail == nil ? part : head).items() {
            // The keys end where an action begins.
            guard try self.readKey(item) else {
                guard tail == nil else { throw item.whole.error("bucket_id, weight, watch_port or watch_group") }
                break
            }
            rest = rest.after(item)
        }
        self.actions = try [Action](part: tail ?? rest)
    }

    private mutating func readKey(_ item: TextItem) throws(TextError) -> Bool {
        switch item.key {
        case "bucket_id": self.bucketID = try BucketID(part: try item.required("a bucket"))
        case "weight": self.weight = try item.required("a weight").integer("a weight")
        case "watch_port": self.watchPort = try item.required("a port").port()
        case "watch_group":
            let value = try item.required("a group")
            self.watchGroup = value.lowercased == "any" ? .any : GroupID(rawValue: try value.integer("a group"))
        case "property": self.properties.append(try Property(part: try item.required("type:bytes")))
        default: return false
        }
        return true
    }
}

extension GroupMod: CustomStringConvertible {
    /// The group in the syntax of ovs-ofctl(8), after its command; ``init(text:command:)`` reads it back.
    public var description: String { "\(self.command.text) \(self.text)" }

    /// The group without the command.
    public var text: String {
        var parts = ["group_id=\(self.groupID.text)"]
        if self.command == .insertBucket || self.command == .removeBucket {
            parts.append("command_bucket_id=\(self.commandBucketID.text)")
        }
        if self.command != .delete, self.command != .removeBucket { parts.append("type=\(self.type.text)") }
        if let selection = self.selectionMethod { parts += selection.parts }
        parts += self.properties.map { "property=\($0.text)" }
        for (index, bucket) in self.buckets.enumerated() {
            parts.append("bucket=\(bucket.text(position: UInt32(index)))")
        }
        return parts.joined(separator: ",")
    }

    /// The group as ovs-ofctl ofp-print has it, without the command.
    ///
    /// Buckets are numbered in 1.5, and in 1.0, where groups are Nicira's extension in the form of 1.5.
    func printedText(_ version: OpenFlowVersion) -> String {
        let hasBucketIDs = version >= .v1_5 || version == .v1_0
        let isOfBuckets = self.command == .insertBucket || self.command == .removeBucket
        var parts = isOfBuckets ? ["command_bucket_id:\(self.commandBucketID.text)"] : []
        parts.append("group_id=\(self.groupID.rawValue)")
        if !isOfBuckets { parts.append("type=\(self.type.text)") }
        if let selection = self.selectionMethod { parts += selection.parts }
        parts += self.properties.map { "property=\($0.text)" }
        for bucket in self.buckets {
            let position = hasBucketIDs ? nil : bucket.bucketID.rawValue
            let usualWeight: UInt16 = self.type == .select ? 1 : 0
            parts.append("bucket=\(bucket.text(position: position, usualWeight: usualWeight))")
        }
        return parts.joined(separator: ",")
    }

    /// Reads a group: `group_id=1,type=select,bucket=weight:5,actions=output:1`, after a command or not.
    ///
    /// A bucket without a number has its position, from 0.
    ///
    /// - Parameters:
    ///   - text: one line.
    ///   - command: what is meant where the text names no command.
    public init(text: String, command: Command = .add) throws(TextError) {
        let line = TextPart(text).trimmed
        let (head, buckets) = line.splitBuckets()
        self.init(command: command)
        var hasGroup = false
        for (index, item) in try head.items().enumerated() {
            if index == 0, item.value == nil, let named = Command.allCases.first(where: { $0.text == item.key }) {
                self.command = named
                continue
            }
            let value = try item.required("a value")
            switch item.key {
            case "group_id":
                self.groupID = value.lowercased == "all" ? .all : GroupID(rawValue: try value.integer("a group"))
                hasGroup = true
            case "command_bucket_id": self.commandBucketID = try BucketID(part: value)
            case "type":
                let named = GroupType.allCases.first { $0.text == value.text }
                guard let named = named ?? (value.text == "fast_failover" ? .fastFailover : nil) else {
                    throw value.error("all, select, indirect or ff")
                }
                self.type = named
            case "selection_method": self.withSelection { $0.method = value.text }
            case "selection_method_param":
                let parameter: UInt64 = try value.integer("a parameter")
                self.withSelection { $0.parameter = parameter }
            case "fields":
                let fields = try GroupSelectionMethod.fields(value)
                self.withSelection { $0.fields = fields }
            case "property": self.properties.append(try Property(part: value))
            default: throw item.name.error("group_id, type, command_bucket_id, property or bucket")
            }
        }
        guard hasGroup else { throw line.part(line.count).error("group_id=") }
        for (position, part) in buckets.enumerated() {
            self.buckets.append(try Bucket(part: part, position: UInt32(position)))
        }
    }
}

extension GroupMod {
    /// Changes the selection method, which is there from then on.
    fileprivate mutating func withSelection(_ change: (inout GroupSelectionMethod) -> Void) {
        var selection = self.selectionMethod ?? GroupSelectionMethod()
        change(&selection)
        self.selectionMethod = selection
    }
}

extension GroupSelectionMethod {
    /// What stands between the commas of a group.
    fileprivate var parts: [String] {
        var parts = ["selection_method=\(self.method)"]
        if self.parameter != 0 { parts.append("selection_method_param=\(self.parameter)") }
        guard !self.fields.isEmpty else { return parts }
        let names = self.fields.map { entry in
            entry.value == entry.field.allOnes
                ? entry.field.name : "\(entry.field.name)=\(entry.field.text(entry.value))"
        }
        return parts + ["fields(\(names.joined(separator: ",")))"]
    }

    /// Fields that count whole, or with the bits that count as their value.
    fileprivate static func fields(_ part: TextPart) throws(TextError) -> [MatchEntry] {
        var entries: [MatchEntry] = []
        for item in try part.items() {
            guard let field = MatchField.byName[item.name.lowercased] else {
                throw item.name.error("a field of ovs-fields(7)")
            }
            let value = try item.value.map { value throws(TextError) in try field.entry(from: value).value }
            entries.append(MatchEntry(field, value: value ?? field.allOnes, mask: field.allOnes))
        }
        return entries
    }
}

extension Property {
    /// The type, a colon, and the bytes in hexadecimal.
    fileprivate var text: String { "\(self.type):\(self.body.hexadecimal(separator: ""))" }

    fileprivate init(part: TextPart) throws(TextError) {
        guard let (type, body) = part.split(at: ":") else { throw part.error("type:bytes") }
        self.init(type: try type.integer("a type"), body: try body.octets("a property"))
    }
}

extension TextPart {
    /// What stands before the first `bucket=`, and what follows each.
    fileprivate func splitBuckets() -> (head: TextPart, buckets: [TextPart]) {
        var pieces: [TextPart] = []
        var (start, index) = (0, 0)
        while index + 7 <= self.count {
            let begins = index == 0 || self[index - 1].map(Self.isSeparator) ?? true
            if begins, self.part(index, index + 7).text == "bucket=" {
                pieces.append(self.part(start, index))
                start = index + 7
            }
            index += 1
        }
        pieces.append(self.part(start))
        return (pieces[0], Array(pieces.dropFirst()))
    }
}
