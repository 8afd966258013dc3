/// What is set of megaflows: the same for every datapath.
package struct MegaflowSettings: Hashable, Sendable {
    /// How many there may be; nil for the default.
    package var maximum: Int?
    /// How long one stays without packets while there is room; nil for the default.
    package var idleTimeout: Duration?
    /// How long it is at most from one sweep over them to the next; nil for the default.
    package var sweepInterval: Duration?

    /// Makes settings that say nothing.
    package init() {}

    /// These settings, and those of `other` where these say nothing.
    func over(_ other: MegaflowSettings) -> MegaflowSettings {
        var result = self
        result.maximum = self.maximum ?? other.maximum
        result.idleTimeout = self.idleTimeout ?? other.idleTimeout
        result.sweepInterval = self.sweepInterval ?? other.sweepInterval
        return result
    }
}
