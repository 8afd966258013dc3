/// A 128-bit name of a megaflow (`OVS_FLOW_ATTR_UFID`); the agent makes it from key and mask.
@frozen public struct FlowIdentifier: Hashable, Sendable, BitwiseCopyable {
    /// Upper half.
    public let high: UInt64
    /// Lower half.
    public let low: UInt64
    /// Makes an identifier from its halves.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// Counters of a megaflow.
@frozen public struct FlowStatistics: Hashable, Sendable, BitwiseCopyable {
    /// Packets that hit it.
    public var packets: UInt64
    /// Their bytes.
    public var bytes: UInt64
    /// When the last one hit, in nanoseconds of the monotonic clock; 0 when none did.
    public var lastUsed: UInt64
    /// TCP flags seen, or-ed together.
    public var tcpFlags: UInt16
    /// Makes counters.
    @inlinable public init(packets: UInt64 = 0, bytes: UInt64 = 0, lastUsed: UInt64 = 0, tcpFlags: UInt16 = 0) {
        self.packets = packets
        self.bytes = bytes
        self.lastUsed = lastUsed
        self.tcpFlags = tcpFlags
    }
}

/// A megaflow: packets that agree with `key` in the bits of `mask` get `actions`.
public struct DatapathFlow: Sendable {
    /// Its name.
    public var identifier: FlowIdentifier
    /// What packets must look like; bits outside `mask` are zero.
    public var key: FlowKey
    /// Which bits count.
    public var mask: FlowMask
    /// What happens to them.
    public var actions: [DatapathAction]
    /// Counters at the time it was read.
    public var statistics: FlowStatistics
    /// Makes a flow.
    public init(
        identifier: FlowIdentifier, key: FlowKey, mask: FlowMask, actions: [DatapathAction],
        statistics: FlowStatistics = FlowStatistics()
    ) {
        self.identifier = identifier
        self.key = key
        self.mask = mask
        self.actions = actions
        self.statistics = statistics
    }
}

/// A change of the megaflow table.
public enum FlowOperation: Sendable {
    /// Adds a flow, or replaces the actions of the one with the same identifier; counters are kept.
    case put(DatapathFlow)
    /// Removes a flow; the result carries its final counters.
    case delete(FlowIdentifier)
}

/// What came of one ``FlowOperation``.
public enum FlowOperationResult: Sendable {
    /// Done; for a deletion with the flow's final counters.
    case done(FlowStatistics?)
    /// Refused; nothing changed.
    case failed(DatapathError)
}
