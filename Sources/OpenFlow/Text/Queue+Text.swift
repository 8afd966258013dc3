// Queues as ovs-ofctl prints them.

extension QueueStatistics {
    /// The counters as ovs-ofctl queue-stats prints them, those that are not kept as `?`.
    func text(_ version: OpenFlowVersion) -> String {
        let isAged = version >= .v1_3 && self.durationSeconds != .max
        let age = isAged ? durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds) : "?"
        let properties =
            self.properties.isEmpty ? "" : ", experimenter \(StructureValue(reflecting: self.properties).text)"
        return "\n  port \(self.port.text) queue \(self.queue.rawValue): bytes=\(counterText(self.sentBytes)), "
            + "pkts=\(counterText(self.sentPackets)), errors=\(counterText(self.sendErrors)), "
            + "duration=\(age)\(properties)"
    }
}

extension QueueRequest {
    /// All ports are `ALL` in 1.0 and `ANY` later, and always `ANY` here.
    var text: String {
        "port=\(self.portText) queue=\(self.queue == .all ? "ALL" : String(self.queue.rawValue))"
    }

    var portText: String { (self.port == .all ? PortNumber.any : self.port).text }
}

extension QueueConfiguration {
    var text: String {
        "port=\(self.port.text)" + self.queues.sorted { $0.queue.rawValue < $1.queue.rawValue }.map(\.text).joined()
    }
}

extension QueueDescription {
    /// A line with the rates in percent.
    fileprivate var text: String {
        let rates = [("min_rate", self.minimumRate), ("max_rate", self.maximumRate)].compactMap { name, rate in
            rate.map { " \(name):\($0 > 1000 ? "(disabled)" : "\($0 / 10).\($0 % 10)%")" }
        }
        let others = self.properties.isEmpty ? "" : ", experimenter \(StructureValue(reflecting: self.properties).text)"
        return "\nqueue \(self.queue.rawValue):" + rates.joined() + others
    }

    /// Queues below the line of their port, in the order of numbers.
    static func text(_ queues: [QueueDescription]) -> String {
        let sorted = queues.sorted { ($0.port.rawValue, $0.queue.rawValue) < ($1.port.rawValue, $1.queue.rawValue) }
        var text = ""
        for (index, queue) in sorted.enumerated() {
            if index == 0 || sorted[index - 1].port != queue.port {
                text += (index == 0 ? "" : "\n") + "port=\(queue.port.text)"
            }
            text += queue.text
        }
        return text
    }
}
