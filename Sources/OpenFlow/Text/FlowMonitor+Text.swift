// Flow monitors as ovs-ofctl prints them.

extension FlowMonitorRequest {
    func text(_ version: OpenFlowVersion) -> String {
        var parts = ["id=\(self.monitorID.rawValue)"]
        if self.command != .add { parts.append("command=\(self.command)") }
        let flags = self.flags.printedNames(version)
        if !flags.isEmpty { parts.append("flags=\(flags.joined(separator: ","))") }
        if self.outPort != .any { parts.append("out_port=\(self.outPort.text)") }
        if self.outGroup != .any { parts.append("out_group=\(self.outGroup.text)") }
        if self.tableID != .all { parts.append("table=\(self.tableID.text)") }
        let match = self.match.parts.joined(separator: ",")
        return "\n " + (match.isEmpty ? parts : parts + [match]).joined(separator: " ")
    }
}

extension FlowMonitorFlags {
    /// The bit that Nicira and ONF call `own` has a twin with another meaning since 1.4.
    fileprivate func printedNames(_ version: OpenFlowVersion) -> [String] {
        let words: [(FlowMonitorFlags, String)] = [
            (.initial, "initial"), (.add, "add"), (.removed, "delete"), (.modify, "modify"),
            (.instructions, "actions"), (.noAbbreviation, version >= .v1_4 ? "no_abbrev" : "own"), (.onlyOwn, "own"),
        ]
        let rest = self.rawValue & ~0x7f
        return words.filter { self.contains($0.0) }.map(\.1) + (rest == 0 ? [] : [TextPart.hexadecimal(rest)])
    }
}

extension FlowUpdate {
    var text: String {
        switch self {
        case .full(let update): update.text
        case .abbreviated(let transactionID):
            "\n event=ABBREV xid=0x\(String(transactionID.rawValue, radix: 16))"
        case .paused: "\n event=PAUSED"
        case .resumed: "\n event=RESUMED"
        }
    }
}

extension FullFlowUpdate {
    fileprivate var text: String {
        let words: [Event: String] = [
            .initial: "INITIAL", .added: "ADDED", .removed: "DELETED", .modified: "MODIFIED",
        ]
        var parts = ["event=\(words[self.event] ?? "")"]
        if self.event == .removed { parts.append("reason=\(self.reason.text)") }
        parts.append("table=\(self.tableID.text)")
        if self.idleTimeoutSeconds != 0 { parts.append("idle_timeout=\(self.idleTimeoutSeconds)") }
        if self.hardTimeoutSeconds != 0 { parts.append("hard_timeout=\(self.hardTimeoutSeconds)") }
        parts.append("cookie=\(TextPart.hexadecimal(self.cookie.rawValue))")
        let match = (FlowRemoved.priority(self.priority) + self.match.parts).joined(separator: ",")
        if !match.isEmpty { parts.append(match) }
        if !self.instructions.isEmpty { parts.append("actions=\(self.instructions.actionsText)") }
        return "\n " + parts.joined(separator: " ")
    }
}
