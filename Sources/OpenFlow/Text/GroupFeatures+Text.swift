extension GroupFeatures {
    /// What groups can do as ovs-ofctl dump-group-features prints it.
    func text(_ version: OpenFlowVersion) -> String {
        var text = "\n Group table:\n    Types:  0x\(String(self.types, radix: 16))"
        text += "\n    Capabilities:  0x\(String(self.capabilities, radix: 16))"
        for (type, name) in ["all", "select", "indirect", "fast failover"].enumerated() {
            guard type < self.maximumGroups.count, type < self.actions.count else { continue }
            let actions = ActionType.printedNames(bits: self.actions[type], version)
            text += "\n    \(name) group:\n       max_groups=0x\(String(self.maximumGroups[type], radix: 16))"
            text += "\n       actions: \(actions.isEmpty ? "<none>" : actions.joined(separator: " "))"
        }
        return text
    }
}
