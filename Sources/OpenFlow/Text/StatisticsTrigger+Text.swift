extension StatisticsTrigger {
    /// The instruction, which ovs-actions(7) lacks, in the manner of the others.
    ///
    /// Thresholds of counters that this module does not know are not said.
    var text: String {
        let thresholds = self.thresholds
        var parts: [String] = []
        if self.flags.contains(.periodic) { parts.append("periodic") }
        if self.flags.contains(.onlyFirst) { parts.append("only_first") }
        if let value = thresholds.durationSeconds { parts.append("duration_sec=\(value)") }
        if let value = thresholds.durationNanoseconds { parts.append("duration_nsec=\(value)") }
        if let value = thresholds.idleSeconds { parts.append("idle_sec=\(value)") }
        if let value = thresholds.idleNanoseconds { parts.append("idle_nsec=\(value)") }
        if let value = thresholds.flowCount { parts.append("n_flows=\(value)") }
        if let value = thresholds.packetCount { parts.append("n_packets=\(value)") }
        if let value = thresholds.byteCount { parts.append("n_bytes=\(value)") }
        return "stat_trigger(\(parts.joined(separator: ",")))"
    }

    init(item: TextItem) throws(TextError) {
        self.init()
        var arguments = try TextArguments(item)
        if try arguments.flag("periodic") { self.flags.insert(.periodic) }
        if try arguments.flag("only_first") { self.flags.insert(.onlyFirst) }
        self.thresholds.durationSeconds = try Self.number("duration_sec", &arguments)
        self.thresholds.durationNanoseconds = try Self.number("duration_nsec", &arguments)
        self.thresholds.idleSeconds = try Self.number("idle_sec", &arguments)
        self.thresholds.idleNanoseconds = try Self.number("idle_nsec", &arguments)
        self.thresholds.flowCount = try Self.number("n_flows", &arguments)
        self.thresholds.packetCount = try Self.number("n_packets", &arguments)
        self.thresholds.byteCount = try Self.number("n_bytes", &arguments)
        try arguments.finish()
    }

    private static func number<T: FixedWidthInteger & UnsignedInteger>(
        _ name: String, _ arguments: inout TextArguments
    ) throws(TextError) -> T? {
        guard let value = try arguments.value(name) else { return nil }
        return try value.integer("a threshold")
    }
}
