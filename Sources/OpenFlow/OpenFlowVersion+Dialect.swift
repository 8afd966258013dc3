/// Differences between versions that recur in several structures, each with its name.
extension OpenFlowVersion {
    /// How a flow match is laid out.
    @frozen public enum MatchLayout: Sendable {
        /// The 40 bytes of 1.0.
        case fixed10
        /// The 88 bytes of 1.1.
        case fixed11
        /// The extensible match of 1.2 and later.
        case extensible
    }

    /// How a flow match is laid out.
    @inlinable public var matchLayout: MatchLayout {
        switch self {
        case .v1_0: .fixed10
        case .v1_1: .fixed11
        default: .extensible
        }
    }
    /// Whether port numbers have 32 bits (1.1 and later) rather than 16.
    @inlinable public var portNumbersAre32Bit: Bool { self >= .v1_1 }
    /// Whether flows carry instructions (1.1 and later) rather than a bare action list.
    @inlinable public var hasInstructions: Bool { self >= .v1_1 }
    /// Whether there are groups (1.1 and later).
    @inlinable public var hasGroups: Bool { self >= .v1_1 }
    /// Whether there are meters (1.3 and later).
    @inlinable public var hasMeters: Bool { self >= .v1_3 }
    /// Whether groups have numbered buckets and properties: 1.5 and, because Nicira took that form for its own, 1.0.
    @inlinable public var hasBucketProperties: Bool { self >= .v1_5 || self == .v1_0 }
    /// Whether errors have an experimenter form (1.2 and later).
    @inlinable public var hasExperimenterErrors: Bool { self >= .v1_2 }
    /// Whether ports, queues, tables and the asynchronous configuration are property lists (1.4 and later).
    @inlinable public var hasProperties: Bool { self >= .v1_4 }
    /// Whether statistics are an extensible list, OXS (1.5 and later).
    @inlinable public var hasExtensibleStatistics: Bool { self >= .v1_5 }
    /// Whether the role messages are part of the protocol (1.2 and later) rather than Nicira's.
    @inlinable public var hasRoles: Bool { self >= .v1_2 }
    /// Whether the header fields are set by `SET_FIELD` (1.2 and later) rather than one action each.
    @inlinable public var hasSetField: Bool { self >= .v1_2 }
    /// Whether the features reply lists the ports (1.2 and earlier).
    @inlinable public var featuresReplyHasPorts: Bool { self <= .v1_2 }
    /// Whether a multipart header has four bytes of padding (1.1 and later).
    @inlinable public var multipartHeaderIsPadded: Bool { self >= .v1_1 }
    /// Whether statistics of ports, queues, groups and meters carry the object's age (1.3 and later).
    @inlinable public var statisticsHaveDuration: Bool { self >= .v1_3 }
}
