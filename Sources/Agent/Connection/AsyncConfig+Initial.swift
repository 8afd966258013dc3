package import OpenFlow

extension AsyncConfig {
    /// Nothing of any kind, in any role.
    ///
    /// Made once, so that all who have it share its memory.
    package static let silent: AsyncConfig = {
        var config = AsyncConfig()
        for kind in Kind.allCases {
            config.primary[kind.rawValue] = 0
            config.secondary[kind.rawValue] = 0
        }
        return config
    }()

    /// What a connection gets before it says otherwise: every packet-in but invalid TTL, every flow-removed and
    /// port-status while equal or primary; only port-status while secondary; of the newer kinds, triggered statistics
    /// (1.3 §A.3.10; the same defaults as Open vSwitch's, which controllers rely on, and which has no triggers).
    package static let initial: AsyncConfig = {
        var config = Self.silent
        let everyReasonButInvalidTTL: UInt32 = 0b11_1011
        config[.packetIn, .primary] = everyReasonButInvalidTTL
        config[.flowRemoved, .primary] = 0b11_1111
        config[.portStatus, .primary] = 0b111
        config[.portStatus, .secondary] = 0b111
        // Who sets a trigger wants to hear of it.
        config[.flowStatistics, .primary] = 0b10
        return config
    }()
}
