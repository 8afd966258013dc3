// Tables as ovs-ofctl prints them: what they can do, how they are configured, and their counters.

extension PrintedTable {
    /// The features, a line each, without the table's name; of what is as in the table before it is said so.
    private func lines(after previous: PrintedTable?) -> [String] {
        var lines: [String] = []
        if let match = self.metadataMatch {
            let write = TextPart.hexadecimal(self.metadataWrite)
            lines.append("    metadata: match=\(TextPart.hexadecimal(match)) write=\(write)")
        }
        if let missBehaviour { lines.append("    config=\(missBehaviour)") }
        if let hasEviction { lines.append("    eviction: \(hasEviction ? "supported" : "not supported")") }
        if let hasVacancyEvents {
            lines.append("    vacancy events: \(hasVacancyEvents ? "supported" : "not supported")")
        }
        lines.append("    max_entries=\(self.maximumEntries)")
        lines += self.others.map { "    " + $0 }
        let isSame = previous?.flows == self.flows && previous?.miss == self.miss
        lines += isSame && !self.instructionLines.isEmpty ? ["    (same instructions)"] : self.instructionLines
        let matching = self.matchingLines
        let isSameMatching = !matching.isEmpty && previous?.matchingLines == matching
        return lines + (isSameMatching ? ["    (same matching)"] : matching)
    }

    private var instructionLines: [String] {
        guard self.flows != self.miss else { return self.flows.lines("table miss and others") }
        return self.flows.lines("other than table miss") + self.miss.lines("table miss")
    }

    private var matchingLines: [String] {
        let parts = [
            ("arbitrary mask", self.maskable), ("exact match or wildcard", self.optional),
            ("must exact match", self.mandatory),
        ]
        let lines = parts.filter { !$0.1.isEmpty }.map { "      \($0.0): \(Self.grouped($0.1))" }
        return lines.isEmpty ? [] : ["    matching:"] + lines
    }

    /// Names in a row with the same beginning written together: `eth_{src,dst,type}`.
    fileprivate static func grouped(_ names: [String]) -> String {
        var groups: [(prefix: String, tails: [String])] = []
        for name in names {
            guard let end = name.firstIndex(of: "_") else {
                groups.append((name, []))
                continue
            }
            let (prefix, tail) = (String(name[...end]), String(name[name.index(after: end)...]))
            if groups.last?.prefix == prefix {
                groups[groups.count - 1].tails.append(tail)
            } else {
                groups.append((prefix, [tail]))
            }
        }
        return groups.map { group in
            group.tails.count < 2
                ? group.prefix + group.tails.joined() : "\(group.prefix){\(group.tails.joined(separator: ","))}"
        }.joined(separator: " ")
    }

    /// Whether all but number and name is as in another table.
    private func isLike(_ other: PrintedTable) -> Bool {
        var other = other
        (other.tableID, other.name) = (self.tableID, self.name)
        return other == self
    }

    private var title: String { self.name.isEmpty ? "" : " (\"\(self.name)\")" }

    /// Tables one after the other: one like the one before is `ditto`, and so are several in a row.
    ///
    /// - Parameter counters: what each table counts, where the message tells it; a line.
    static func text(_ tables: [PrintedTable], counters: [String]? = nil, isTold: Bool = true) -> String {
        var (text, index) = ("", 0)
        while index < tables.count {
            let table = tables[index]
            let previous = index > 0 ? tables[index - 1] : nil
            let isLike = previous.map { table.isLike($0) } ?? false
            let isCountedLike = previous != nil && counters?[index] == counters?[index - 1]
            guard isLike, isCountedLike else {
                text += "\n  table \(table.tableID.rawValue)\(table.title):"
                if let counters { text += "\n    " + counters[index] }
                let lines = !isTold ? [] : isLike ? ["    (same features)"] : table.lines(after: previous)
                text += lines.map { "\n" + $0 }.joined() + "\n"
                index += 1
                continue
            }
            var end = index + 1
            while end < tables.count, table.name.isEmpty, tables[end].name.isEmpty, tables[end].isLike(table),
                counters?[end] == counters?[index]
            {
                end += 1
            }
            let (first, last) = (table.tableID.rawValue, tables[end - 1].tableID.rawValue)
            text +=
                end - index == 1 ? "\n  table \(first)\(table.title): ditto" : "\n  tables \(first)...\(last): ditto"
            index = end
        }
        return text
    }
}

extension PrintedTable.Instructions {
    /// - Parameter whose: which flows they are of.
    fileprivate func lines(_ whose: String) -> [String] {
        var lines: [String] = []
        if !self.nextTables.isEmpty { lines.append("      next tables: \(PrintedTable.ranges(self.nextTables))") }
        if !self.instructions.isEmpty {
            lines.append("      instructions: \(self.instructions.joined(separator: " "))")
        }
        if self.write == self.apply {
            lines += self.write.lines("Write-Actions and Apply-Actions")
        } else {
            lines += self.write.lines("Write-Actions") + self.apply.lines("Apply-Actions")
        }
        return lines.isEmpty ? [] : ["    instructions (\(whose)):"] + lines
    }
}

extension PrintedTable.Actions {
    fileprivate func lines(_ instructions: String) -> [String] {
        var lines: [String] = []
        if !self.actions.isEmpty { lines.append("        actions: \(self.actions.joined(separator: " "))") }
        if !self.fields.isEmpty { lines.append("        supported on Set-Field: \(PrintedTable.grouped(self.fields))") }
        if !self.copyFields.isEmpty {
            lines.append("        supported on Copy-Field: \(PrintedTable.grouped(self.copyFields))")
        }
        return lines.isEmpty ? [] : ["      \(instructions) features:"] + lines
    }
}

extension TableFeatures {
    static func text(_ tables: [TableFeatures], _ version: OpenFlowVersion) -> String {
        PrintedTable.text(tables.map { PrintedTable($0, version) })
    }
}

extension TableStatistics {
    /// Tables as ovs-ofctl dump-tables prints them; until 1.2 with what they can do.
    static func text(_ tables: [TableStatistics], _ version: OpenFlowVersion) -> String {
        let counters = tables.map { "active=\($0.activeCount), lookup=\($0.lookupCount), matched=\($0.matchedCount)" }
        let printed = tables.map { table in
            PrintedTable(table, version) ?? PrintedTable(tableID: table.tableID)
        }
        return PrintedTable.text(printed, counters: counters, isTold: version < .v1_3)
    }
}

extension TableConfiguration {
    /// What becomes of packets without a flow (1.1 and 1.2), by the bits of the configuration.
    static func missBehaviour(_ bits: UInt32) -> String {
        switch bits & 3 {
        case 0: "controller"
        case 1: "continue"
        case 2: "drop"
        default: "unknown"
        }
    }

    fileprivate var evictionText: String {
        guard let flags = self.evictionFlags else { return "(default)" }
        let words: [(UInt32, String)] = [(1, "OTHER"), (2, "IMPORTANCE"), (4, "LIFETIME")]
        let rest = flags & ~7
        let names = words.filter { flags & $0.0 != 0 }.map(\.1) + (rest == 0 ? [] : [TextPart.hexadecimal(rest)])
        return names.isEmpty ? "0" : names.joined(separator: "|")
    }
}

extension TableMod {
    func text(_ version: OpenFlowVersion) -> String {
        let bits = self.configuration.bits
        var parts = [self.tableID == .all ? "table_id: ALL_TABLES" : "table_id=\(self.tableID.rawValue)"]
        if version == .v1_1 || version == .v1_2 {
            parts.append("flow_miss_config=\(TableConfiguration.missBehaviour(bits))")
        }
        let known: UInt32 = version >= .v1_4 ? 12 : version >= .v1_3 ? 0 : 3
        if version >= .v1_4 {
            parts.append("eviction=\(bits & 4 != 0 ? "on" : "off")")
            if self.configuration.evictionFlags != nil {
                parts.append("eviction_flags=\(self.configuration.evictionText)")
            }
            let vacancy = self.configuration.vacancy.map { " vacancy:\($0.down),\($0.up)" } ?? ""
            parts.append("vacancy=\(bits & 8 != 0 ? "on" : "off")\(vacancy)")
        }
        if bits & ~known != 0 { parts.append("config=\(TextPart.hexadecimal(bits & ~known))") }
        if !self.configuration.properties.isEmpty {
            parts.append("experimenter \(StructureValue(reflecting: self.configuration.properties).text)")
        }
        return parts.joined(separator: ", ")
    }
}

extension TableDescription {
    /// Over three lines, each after a line feed.
    func text() -> String {
        let bits = self.configuration.bits
        var text = "\n  table \(self.tableID.rawValue):"
        text += "\n   eviction=\(bits & 4 != 0 ? "on" : "off") eviction_flags=\(self.configuration.evictionText)"
        let vacancy = self.configuration.vacancy
        text += "\n   vacancy=\(bits & 8 != 0 ? "on" : "off")"
        if bits & 8 != 0, let vacancy {
            text += " vacancy_down=\(vacancy.down)% vacancy_up=\(vacancy.up)% vacancy=\(vacancy.current)%"
        } else if let vacancy, vacancy != TableConfiguration.Vacancy() {
            text += " (\(vacancy.down)% to \(vacancy.up)%, now \(vacancy.current)%)"
        }
        if bits & ~12 != 0 { text += "\n   config=\(TextPart.hexadecimal(bits & ~12))" }
        for property in self.configuration.properties {
            text += "\n   experimenter: \(property.body.hexadecimal(separator: ""))"
        }
        return text
    }
}

extension TableStatus {
    var text: String {
        let words: [TableStatusReason: String] = [.vacancyDown: "VACANCY_DOWN", .vacancyUp: "VACANCY_UP"]
        return "reason=\(words[self.reason] ?? "")\ntable_desc:-\(self.table.text())"
    }
}
