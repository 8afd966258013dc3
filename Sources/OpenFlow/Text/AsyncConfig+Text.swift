extension AsyncConfig {
    /// Which messages of which reasons, first while primary or equal, then while secondary.
    ///
    /// Every kind that ovs-ofctl knows has its line, and those of 1.5 where they are said.
    var text: String {
        let experimenters = self.properties.map { "\n  experimenter: \(StructureValue(reflecting: $0).text)" }
        return "\n primary:" + Self.lines(self.primary) + "\n secondary:" + Self.lines(self.secondary)
            + experimenters.joined()
    }

    private static func lines(_ masks: [UInt32?]) -> String {
        Kind.allCases.map { kind in
            let mask = kind.rawValue < masks.count ? masks[kind.rawValue] : nil
            guard kind.rawValue <= Kind.requestForward.rawValue || mask != nil else { return "" }
            let name = String(repeating: " ", count: max(0, 16 - kind.printedName.utf8.count)) + kind.printedName
            var (names, rest) = ([String](), mask ?? 0)
            for (bit, word) in kind.words where rest >> UInt32(bit) & 1 == 1 {
                names.append(word)
                rest &= ~(1 << UInt32(bit))
            }
            if rest != 0 { names.append(TextPart.hexadecimal(rest)) }
            return "\n\(name): \(names.isEmpty ? "(off)" : names.joined(separator: " "))"
        }.joined()
    }
}

extension AsyncConfig.Kind {
    fileprivate var printedName: String {
        switch self {
        case .packetIn: "PACKET_IN"
        case .portStatus: "PORT_STATUS"
        case .flowRemoved: "FLOW_REMOVED"
        case .roleStatus: "ROLE_STATUS"
        case .tableStatus: "TABLE_STATUS"
        case .requestForward: "REQUESTFORWARD"
        case .flowStatistics: "FLOW_STATS"
        case .controllerStatus: "CONT_STATUS"
        }
    }

    /// The reasons by their bits.
    fileprivate var words: [(bit: Int, word: String)] {
        let words: [String] =
            switch self {
            case .packetIn: PacketInReason.allCases.map(\.text)
            case .portStatus: ["add", "delete", "modify"]
            case .flowRemoved: ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"]
            case .roleStatus: ["primary_request", "configuration_changed", "experimenter_data_changed"]
            case .tableStatus: ["", "", "", "vacancy_down", "vacancy_up"]
            case .requestForward: ["group_mod_request", "meter_mod_request"]
            case .flowStatistics: ["stats_request", "stat_trigger"]
            case .controllerStatus:
                [
                    "request", "channel_status", "role", "controller_added", "controller_removed", "short_id",
                    "experimenter",
                ]
            }
        return words.enumerated().filter { !$0.element.isEmpty }.map { (bit: $0.offset, word: $0.element) }
    }
}
