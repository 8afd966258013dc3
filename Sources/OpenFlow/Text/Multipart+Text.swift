extension MultipartRequest {
    func text(_ version: OpenFlowVersion) -> String { printedFlags(more: self.more, before: self.bodyText(version)) }

    private func bodyText(_ version: OpenFlowVersion) -> String {
        switch self.body {
        case .tableFeatures(let tables): TableFeatures.text(tables, version)
        case .flowMonitor(let requests): requests.map { $0.text(version) }.joined()
        case .flow(let request), .aggregate(let request), .flowCounters(let request), .niciraFlow(let request),
            .niciraAggregate(let request):
            request.text
        case .queue(let request): request.text
        case .port(let port): "port_no=\(port.text)"
        case .portDescription(let port): "port=\(port.text)"
        case .group(let group), .groupDescription(let group):
            "group_id=\(group == .all || group == .any ? "ALL" : group.description)"
        case .meter(let meter), .meterConfiguration(let meter): "meter=\(meter.text)"
        case .queueDescription(let request): request.queue == .all ? "port=\(request.portText)" : request.text
        default: Message.payloadText(self.body)
        }
    }
}

extension FlowStatisticsRequest {
    var text: String {
        var parts: [String] = []
        if self.tableID != .all { parts.append("table=\(self.tableID.text)") }
        if self.cookieMask != 0 { parts.append("cookie=\(self.cookie)/\(TextPart.hexadecimal(self.cookieMask))") }
        if self.outPort != .any { parts.append("out_port=\(self.outPort.text)") }
        if self.outGroup != .any { parts.append("out_group=\(self.outGroup.text)") }
        let match = self.match.parts.joined(separator: ",")
        return (match.isEmpty ? parts : parts + [match]).joined(separator: " ")
    }
}

extension MultipartReply {
    func text(_ version: OpenFlowVersion) -> String { printedFlags(more: self.more, before: self.bodyText(version)) }

    private func bodyText(_ version: OpenFlowVersion) -> String {
        switch self.body {
        case .description(let description): return description.text
        case .flow(let flows): return flows.map { "\n " + $0.text }.joined()
        case .niciraFlow(let flows): return flows.map { "\n " + $0.text }.joined()
        case .aggregate(let sums), .niciraAggregate(let sums):
            return "packet_count=\(sums.packetCount) byte_count=\(sums.byteCount) flow_count=\(sums.flowCount)"
        case .groupDescription(let groups):
            return groups.map { group in
                var mod = GroupMod(type: group.type, groupID: group.groupID, buckets: group.buckets)
                (mod.selectionMethod, mod.properties) = (group.selectionMethod, group.properties)
                return "\n " + mod.printedText(version)
            }.joined()
        case .group(let groups): return groups.map { "\n " + $0.text(version) }.joined()
        case .meter(let meters): return meters.map { "\n" + $0.text }.joined()
        case .meterConfiguration(let meters): return meters.map { "\n" + $0.printedText }.joined()
        case .port(let ports): return "\(ports.count) ports" + ports.map { $0.text(version) }.joined()
        case .queue(let queues): return "\(queues.count) queues" + queues.map { $0.text(version) }.joined()
        case .portDescription(let ports): return PortDescription.text(ports, version)
        case .table(let tables): return TableStatistics.text(tables, version)
        case .meterFeatures(let features): return features.text
        case .tableFeatures(let tables): return TableFeatures.text(tables, version)
        case .tableDescription(let tables): return tables.map { $0.text() }.joined()
        case .groupFeatures(let features): return features.text(version)
        case .queueDescription(let queues): return QueueDescription.text(queues)
        case .flowMonitor(let updates): return updates.map(\.text).joined()
        default: return Message.payloadText(self.body)
        }
    }
}

/// The text of a part of which more follow.
private func printedFlags(more: Bool, before body: String) -> String {
    guard more else { return body }
    return "flags=[more]" + (body.isEmpty || body.hasPrefix("\n") ? "" : " ") + body
}

extension SwitchDescription {
    var text: String {
        "\nManufacturer: \(self.manufacturer)\nHardware: \(self.hardware)\nSoftware: \(self.software)"
            + "\nSerial Num: \(self.serialNumber)\nDP Description: \(self.datapath)"
    }
}

extension FlowStatisticsEntry {
    /// The flow as ovs-ofctl dump-flows prints it.
    var text: String { self.text(idleAge: self.idleSeconds, hardAge: nil) }

    /// - Parameters:
    ///   - idleAge: seconds since the last packet, if known.
    ///   - hardAge: seconds since the last change, if known and not those of the duration.
    fileprivate func text(idleAge: UInt32?, hardAge: UInt16?) -> String {
        let age = durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds)
        var text = "cookie=\(self.cookie), duration=\(age), "
        text += "table=\(self.tableID.text), "
        if self.packetCount != .max { text += "n_packets=\(self.packetCount), " }
        if self.byteCount != .max { text += "n_bytes=\(self.byteCount), " }
        if self.idleTimeoutSeconds != 0 { text += "idle_timeout=\(self.idleTimeoutSeconds), " }
        if self.hardTimeoutSeconds != 0 { text += "hard_timeout=\(self.hardTimeoutSeconds), " }
        for (word, flag) in FlowMod.Flags.words where self.flags.contains(flag) { text += "\(word) " }
        if self.importance != 0 { text += "importance=\(self.importance), " }
        if let idleAge { text += "idle_age=\(idleAge), " }
        if let hardAge { text += "hard_age=\(hardAge), " }
        let match = (FlowRemoved.priority(self.priority) + self.match.parts).joined(separator: ",")
        if !match.isEmpty { text += match + " " }
        return text + "actions=\(self.instructions.actionsText)"
    }
}

extension NiciraFlowStatistics {
    /// The flow as ovs-ofctl dump-flows prints it.
    var text: String {
        let hardAge = self.hardAgeSeconds.flatMap { UInt32($0) == self.entry.durationSeconds ? nil : $0 }
        return self.entry.text(idleAge: self.idleAgeSeconds.map { UInt32($0) }, hardAge: hardAge)
    }
}

extension GroupStatistics {
    func text(_ version: OpenFlowVersion) -> String {
        var text = "group_id=\(self.groupID)"
        // In 1.0 groups are Nicira's extension, in the form of 1.5.
        if version >= .v1_3 || version == .v1_0 {
            text += ",duration=\(durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds))"
        }
        text += ",ref_count=\(self.referenceCount),packet_count=\(self.packetCount),byte_count=\(self.byteCount)"
        for (index, bucket) in self.buckets.enumerated() {
            text += ",bucket\(index):packet_count=\(bucket.packetCount),byte_count=\(bucket.byteCount)"
        }
        return text
    }
}

extension MeterStatistics {
    var text: String {
        let age = durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds)
        var text = "meter:\(self.meterID.text) flow_count:\(self.flowCount) packet_in_count:\(self.packetCount) "
        text += "byte_in_count:\(self.byteCount) duration:\(age) bands:"
        for (index, band) in self.bands.enumerated() {
            text += "\n\(index): packet_count:\(band.packetCount) byte_count:\(band.byteCount)"
        }
        return text
    }
}
