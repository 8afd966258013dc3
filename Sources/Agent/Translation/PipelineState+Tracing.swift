import OpenFlow

extension PipelineState {
    /// See ``PipelineView/describe(_:)``.
    package func describe(_ rule: RuleReference) -> RuleDescription? {
        guard rule.table != Self.hiddenTable.rawValue, let found = self.statistics(of: rule, at: .zero) else {
            return nil
        }
        return RuleDescription(
            table: found.tableID, priority: found.priority, cookie: found.cookie, match: found.match,
            instructions: found.instructions)
    }
}
