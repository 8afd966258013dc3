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
