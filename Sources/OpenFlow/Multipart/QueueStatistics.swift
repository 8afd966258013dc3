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
    /// Other properties, which are experimenters'.
    public var properties: [Property] = []

    /// Makes a value; every property has a default.
    public init(
        port: PortNumber = .any, queue: QueueID = QueueID(rawValue: 0), minimumRate: UInt16? = nil,
        maximumRate: UInt16? = nil, properties: [Property] = []
    ) {
        self.port = port
        self.queue = queue
        self.minimumRate = minimumRate
        self.maximumRate = maximumRate
        self.properties = properties
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension QueueRequest: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("port", &self.port)
        if !wire.version.portNumbersAre32Bit { try wire.reserved(2) }
        try wire.field("queue", &self.queue)
    }
}

extension QueueStatistics: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        if wire.version.hasProperties { return try self.describe14(to: &wire) }
        try wire.field("port", &self.port)
        if !wire.version.portNumbersAre32Bit { try wire.reserved(2) }
        try self.describeCounters(to: &wire)
    }
    private mutating func describe14(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        var frame = wire.begin(.message)
        try wire.length(&frame, excluding: 0)
        try wire.reserved(6)
        try wire.field("port", &self.port)
        try self.describeCounters(to: &wire)
        try wire.properties(present: [], others: &self.properties) { (_, _) throws(WireError) in false }
        try wire.end(frame, padding: .none)
    }

    private mutating func describeCounters(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        try wire.field("queue", &self.queue)
        try wire.field("sentBytes", &self.sentBytes)
        try wire.field("sentPackets", &self.sentPackets)
        try wire.field("sendErrors", &self.sendErrors)
        guard wire.version.statisticsHaveDuration else { return }
        try wire.field("durationSeconds", &self.durationSeconds)
        try wire.field("durationNanoseconds", &self.durationNanoseconds)
    }
}

extension QueueDescription: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        var frame = wire.begin(.message)
        switch wire.version {
        case .v1_0, .v1_1:
            try wire.field("queue", &self.queue)
            try wire.length(&frame, excluding: 0)
            try wire.reserved(2)
        case .v1_2, .v1_3:
            try wire.field("queue", &self.queue)
            try wire.field("port", &self.port)
            try wire.length(&frame, excluding: 0)
            try wire.reserved(6)
        default:
            try wire.field("port", &self.port)
            try wire.field("queue", &self.queue)
            try wire.length(&frame, excluding: 0)
            try wire.reserved(6)
        }
        try self.describeRates(to: &wire)
        try wire.end(frame, padding: .none)
    }

    /// 16 bytes each up to 1.3, 8 from 1.4; 1.0 has no greatest rate.
    private mutating func describeRates(
        to wire: inout some WireVisitor & ~Copyable & ~Escapable
    ) throws(WireError) {
        let isWide = !wire.version.hasProperties
        var present: [UInt16] = []
        if self.minimumRate != nil { present.append(1) }
        if self.maximumRate != nil, wire.version != .v1_0 { present.append(2) }
        var rates = (self.minimumRate, self.maximumRate)
        try wire.properties(present: present, others: &self.properties) { (wire, type) throws(WireError) in
            guard type == 1 || type == 2 else { return false }
            var rate = (type == 1 ? rates.0 : rates.1) ?? 0
            if isWide { try wire.reserved(4) }
            try wire.field("rate", &rate)
            try wire.reserved(isWide ? 6 : 2)
            if type == 1 { rates.0 = rate } else { rates.1 = rate }
            return true
        }
        (self.minimumRate, self.maximumRate) = rates
    }
}
