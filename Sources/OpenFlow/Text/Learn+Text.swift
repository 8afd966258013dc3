extension Learn: CustomStringConvertible {
    /// The action as ovs-ofctl prints it: `learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])`.
    public var description: String {
        var parts = ["table=\(self.table.text)"]
        if self.idleTimeoutSeconds != 0 { parts.append("idle_timeout=\(self.idleTimeoutSeconds)") }
        if self.hardTimeoutSeconds != 0 { parts.append("hard_timeout=\(self.hardTimeoutSeconds)") }
        if self.finIdleTimeoutSeconds != 0 { parts.append("fin_idle_timeout=\(self.finIdleTimeoutSeconds)") }
        if self.finHardTimeoutSeconds != 0 { parts.append("fin_hard_timeout=\(self.finHardTimeoutSeconds)") }
        if self.priority != 0x8000 { parts.append("priority=\(self.priority)") }
        if self.flags.contains(.sendFlowRemoved) { parts.append("send_flow_rem") }
        if self.flags.contains(.deleteLearned) { parts.append("delete_learned") }
        if self.cookie != .none { parts.append("cookie=\(self.cookie)") }
        if self.limit != 0 { parts.append("limit=\(self.limit)") }
        if self.flags.contains(.writeResult), let result = self.result { parts.append("result_dst=\(result)") }
        parts += self.specifications.map(\.description)
        return "learn(\(parts.joined(separator: ",")))"
    }

    init(item: TextItem) throws(TextError) {
        self.init()
        var arguments = try TextArguments(item, repeating: true)
        if let table = try arguments.value("table") { self.table = try table.table() }
        self.idleTimeoutSeconds = try arguments.integer("idle_timeout", "seconds", absent: 0)
        self.finIdleTimeoutSeconds = try arguments.integer("fin_idle_timeout", "seconds", absent: 0)
        self.hardTimeoutSeconds = try arguments.integer("hard_timeout", "seconds", absent: 0)
        self.finHardTimeoutSeconds = try arguments.integer("fin_hard_timeout", "seconds", absent: 0)
        self.priority = try arguments.integer("priority", "a priority", absent: 0x8000)
        if try arguments.flag("send_flow_rem") { self.flags.insert(.sendFlowRemoved) }
        if try arguments.flag("delete_learned") { self.flags.insert(.deleteLearned) }
        self.cookie = Cookie(rawValue: try arguments.integer("cookie", "a cookie", absent: 0))
        self.limit = try arguments.integer("limit", "a number of flows", absent: 0)
        if let part = try arguments.value("result_dst") {
            let result = try FieldSlice(part: part).writable(part)
            guard result.bitCount == 1 else { throw part.error("one bit of a field") }
            self.result = result
            self.flags.insert(.writeResult)
        }
        for item in arguments.others { self.specifications.append(try Specification(item: item)) }
    }
}

extension Learn.Specification: CustomStringConvertible {
    /// The specification as it stands among the arguments of `learn`.
    public var description: String {
        let source: String
        switch self.source {
        case .field(let field, let offset):
            source = FieldSlice(field, offset: offset, bitCount: self.bitCount).description
        case .immediate(let value): source = TextPart.hexadecimal(value)
        case .longImmediate(let bytes): source = "0x" + bytes.hexadecimal(separator: "")
        }
        switch self.destination {
        case .output: return "output:\(source)"
        case .load(let field, let offset):
            return "load:\(source)->\(FieldSlice(field, offset: offset, bitCount: self.bitCount))"
        case .match(let field, let offset):
            let slice = FieldSlice(field, offset: offset, bitCount: self.bitCount)
            if case .immediate(let value) = self.source {
                let isWhole = FieldSlice(field, offset: offset, bitCount: self.bitCount).isWhole
                return isWhole ? "\(field.name)=\(field.text(value))" : "\(slice)=\(source)"
            }
            return source == slice.description ? source : "\(slice)=\(source)"
        }
    }

    fileprivate init(item: TextItem) throws(TextError) {
        switch item.key {
        case "output":
            let value = try item.required("a field")
            if value.number != nil {
                self.init(
                    bitCount: 16, source: .immediate(UInt128(try value.integer("a port", UInt16.self))),
                    destination: .output)
                return
            }
            let slice = try FieldSlice(part: value)
            self.init(bitCount: slice.bitCount, source: .field(slice.field, offset: slice.offset), destination: .output)
        case "load":
            let value = try item.required("source->destination")
            guard let (before, after) = value.split(at: "->") else { throw value.error("source->destination") }
            let target = try FieldSlice(part: after).writable(after)
            self.init(
                bitCount: target.bitCount, source: try Self.source(before, for: target),
                destination: .load(target.field, offset: target.offset))
        default:
            let target = try FieldSlice(part: item.name)
            let source = try item.value.map { part throws(TextError) in try Self.source(part, for: target) }
            self.init(
                bitCount: target.bitCount, source: source ?? .field(target.field, offset: target.offset),
                destination: .match(target.field, offset: target.offset))
        }
    }

    /// A field as wide as the target, or a value for it.
    private static func source(_ part: TextPart, for target: FieldSlice) throws(TextError) -> Learn.Source {
        let isField = part.split(at: "[") != nil || MatchField.byName[part.lowercased] != nil
        if isField, part.number == nil {
            let slice = try FieldSlice(part: part)
            guard slice.bitCount == target.bitCount else {
                throw part.error("\(target.bitCount) bits, as many as the destination has,")
            }
            return .field(slice.field, offset: slice.offset)
        }
        let isWhole = target.isWhole
        if target.bitCount > 128 {
            guard let bytes = try part.longNumber(bitCount: Int(target.bitCount)) else {
                throw part.error("a value of at most \(target.bitCount) bits")
            }
            return .longImmediate(bytes)
        }
        guard isWhole, part.number == nil else {
            return .immediate(try part.integer("a value", atMost: target.allOnes))
        }
        let entry = try target.field.entry(from: part)
        guard entry.isExact else { throw part.error("a value without a mask") }
        return .immediate(entry.value)
    }
}
