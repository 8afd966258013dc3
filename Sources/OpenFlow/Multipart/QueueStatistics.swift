/// Which queues a request asks for.
public struct QueueRequest: Hashable, Sendable {
    /// The port, or ``PortNumber/any`` for every port.
    public var port: PortNumber = .any
    /// The queue, or ``QueueID/all``.
    public var queue: QueueID = .all

    /// Makes a value; every property has a default.
    public init(port: PortNumber = .any, queue: QueueID = .all) {
        self.port = port
        self.queue = queue
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// Counters of one queue (1.0 §5.3.5 · 1.3 §7.3.5.8 · 1.4 and 1.5 §7.3.5.11).
public struct QueueStatistics: Hashable, Sendable {
    /// The port.
    public var port: PortNumber = .any
    /// The queue.
    public var queue: QueueID = QueueID(rawValue: 0)
    /// Bytes sent.
    public var sentBytes: UInt64 = 0
    /// Packets sent.
    public var sentPackets: UInt64 = 0
    /// Packets dropped because the queue was full.
    public var sendErrors: UInt64 = 0
    /// The queue's age: whole seconds (1.3 and later).
    public var durationSeconds: UInt32 = 0
    /// The queue's age: nanoseconds beyond the seconds (1.3 and later).
    public var durationNanoseconds: UInt32 = 0
    /// Properties (1.4 and later).
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, queue: QueueID = QueueID(rawValue: 0), sentBytes: UInt64 = 0,
        sentPackets: UInt64 = 0, sendErrors: UInt64 = 0, durationSeconds: UInt32 = 0,
        durationNanoseconds: UInt32 = 0, properties: [Property] = []
    ) {
        self.port = port
        self.queue = queue
        self.sentBytes = sentBytes
        self.sentPackets = sentPackets
        self.sendErrors = sendErrors
        self.durationSeconds = durationSeconds
        self.durationNanoseconds = durationNanoseconds
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

/// How one queue is configured (1.0 §5.2.2 · 1.3 §7.2.2 · 1.4 and 1.5 §7.3.5.12).
public struct QueueDescription: Hashable, Sendable {
    /// The port (1.2 and later).
    public var port: PortNumber = .any
    /// The queue.
    public var queue: QueueID = QueueID(rawValue: 0)
    /// The guaranteed rate in tenths of a percent; nil where there is none.
    public var minimumRate: UInt16? = nil
    /// The greatest rate in tenths of a percent (1.1 and later); nil where there is none.
    public var maximumRate: UInt16? = nil

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, queue: QueueID = QueueID(rawValue: 0), minimumRate: UInt16? = nil,
        maximumRate: UInt16? = nil
    ) {
        self.port = port
        self.queue = queue
        self.minimumRate = minimumRate
        self.maximumRate = maximumRate
    }
    /// Makes a value of all defaults.
    public init() {}
}
