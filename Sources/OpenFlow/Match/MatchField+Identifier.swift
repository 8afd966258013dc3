extension MatchField {
    /// The field's name in OpenFlow's own classes if `version` has it there, for lists of fields such as
    /// those of TABLE_FEATURES.
    public func openFlowIdentifier(in version: OpenFlowVersion) -> OXMIdentifier? {
        guard let identifier = self.row.oxm, version >= self.row.since else { return nil }
        return identifier
    }
}
