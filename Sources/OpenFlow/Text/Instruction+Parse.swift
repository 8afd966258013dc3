extension [Instruction] {
    /// Reads what follows `actions=` in a flow: actions to apply, and instructions among them.
    ///
    /// Actions that stand by themselves are applied, in their order. A meter before all of them is the
    /// instruction; after one it is the action of 1.5.
    public init(text: String) throws(TextError) { try self.init(part: TextPart(text)) }

    init(part: TextPart) throws(TextError) {
        let items = try part.items()
        self = []
        if items.count == 1, items[0].key == "drop" {
            try items[0].withoutValue()
            return
        }
        var applied: [Action] = []
        var place: Int?
        for item in items {
            if let instruction = try Instruction(item: item, afterActions: place != nil) {
                let isRepeated = self.contains { $0.type == instruction.type && $0.type != .experimenter }
                guard !isRepeated else { throw item.whole.error("each instruction once") }
                self.append(instruction)
            } else {
                if place == nil { place = self.count }
                applied.append(try Action(item: item))
            }
        }
        if let place { self.insert(.applyActions(applied), at: place) }
    }
}

extension Instruction {
    /// Reads an instruction; nil if the item is an action.
    fileprivate init?(item: TextItem, afterActions: Bool) throws(TextError) {
        switch item.key {
        case "goto_table":
            self = .gotoTable(try item.required("a table").table())
        case "write_metadata":
            let entry = try MatchField.metadata.entry(from: try item.required("value[/mask]"))
            self = .writeMetadata(
                value: UInt64(truncatingIfNeeded: entry.value), mask: UInt64(truncatingIfNeeded: entry.mask))
        case "write_actions": self = .writeActions(try [Action](part: item.value ?? item.whole.part(item.whole.count)))
        case "clear_actions":
            try item.withoutValue()
            self = .clearActions
        case "meter" where !afterActions:
            self = .meter(MeterID(rawValue: try item.required("a meter").integer("a meter")))
        case "stat_trigger": self = .statisticsTrigger(try StatisticsTrigger(item: item))
        case "experimenter_instruction":
            let value = try item.required("number,bytes")
            guard let (number, bytes) = value.split(at: ",") else { throw value.error("number,bytes") }
            self = .experimenter(
                try number.trimmed.integer("an experimenter"), try bytes.trimmed.octets("an experimenter's bytes"))
        default: return nil
        }
    }
}
