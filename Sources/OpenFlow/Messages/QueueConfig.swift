/// QUEUE_GET_CONFIG_REPLY (1.0 §5.3.4 · 1.3 §7.3.6); replaced by a multipart reply in 1.4.
public struct QueueConfiguration: Hashable, Sendable {
    /// The port asked for.
    public var port: PortNumber = .any
    /// Its queues.
    public var queues: [QueueDescription] = []

    /// Makes a value; every property has a default.
    public init(port: PortNumber = .any, queues: [QueueDescription] = []) {
        self.port = port
        self.queues = queues
    }
    /// Makes a value of all defaults.
    public init() {}
}

extension QueueConfiguration: WireStructure {
    mutating func describe(to wire: inout some WireVisitor & ~Copyable & ~Escapable) throws(WireError) {
        try wire.field("port", &self.port)
        try wire.reserved(wire.version.portNumbersAre32Bit ? 4 : 6)
        try wire.list("queues", &self.queues)
        // 1.0 and 1.1 do not name the port in each queue.
        if wire.isReading, wire.version < .v1_2 {
            for index in self.queues.indices { self.queues[index].port = self.port }
        }
    }
}
