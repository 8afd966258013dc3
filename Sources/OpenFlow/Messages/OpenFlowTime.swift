/// A point in time, or a span of it, in the switch's own clock (1.5 §7.2.11: 16 bytes).
@frozen public struct OpenFlowTime: Hashable, Sendable {
    /// Whole seconds.
    public var seconds: UInt64
    /// Nanoseconds beyond the seconds; below 1 000 000 000 in anything that makes sense.
    public var nanoseconds: UInt32

    /// Makes a time.
    @inlinable public init(seconds: UInt64 = 0, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

extension OpenFlowTime: Comparable {
    /// Whether the left time comes first.
    @inlinable public static func < (left: OpenFlowTime, right: OpenFlowTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension OpenFlowTime: WireStructure {
    init() { self.init(seconds: 0, nanoseconds: 0) }
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("seconds", &self.seconds)
        try wire.field("nanoseconds", &self.nanoseconds)
        try wire.reserved(4)
    }
}
