// What a switch says of itself and how it is configured, as ovs-ofctl prints it.

extension SwitchFeatures {
    private static let printedWords: [(Capabilities, String)] = [
        (.flowStatistics, "FLOW_STATS"), (.tableStatistics, "TABLE_STATS"), (.portStatistics, "PORT_STATS"),
        (.spanningTree, "STP"), (.groupStatistics, "GROUP_STATS"), (.ipReassembly, "IP_REASM"),
        (.queueStatistics, "QUEUE_STATS"), (.arpMatchesIP, "ARP_MATCH_IP"), (.portBlocked, "PORT_BLOCKED"),
        (.bundles, "BUNDLES"), (.flowMonitoring, "FLOW_MONITORING"),
    ]
    /// The actions of 1.0, by their bits, in ovs-ofctl's order.
    private static let actions: [(bit: UInt32, name: String)] = [
        (0, "output"), (11, "enqueue"), (1, "set_vlan_vid"), (2, "set_vlan_pcp"), (3, "strip_vlan"), (4, "mod_dl_src"),
        (5, "mod_dl_dst"), (6, "mod_nw_src"), (7, "mod_nw_dst"), (8, "mod_nw_tos"), (9, "mod_tp_src"),
        (10, "mod_tp_dst"),
    ]

    func text(_ version: OpenFlowVersion) -> String {
        let identity = String(self.datapathID.rawValue, radix: 16)
        var text = "dpid:\(String(repeating: "0", count: 16 - identity.utf8.count))\(identity)"
        text += "\nn_tables:\(self.tableCount), n_buffers:\(self.bufferCount)"
        if self.auxiliaryID != 0 { text += ", auxiliary_id:\(self.auxiliaryID)" }
        let capabilities = Self.printedWords.filter { self.capabilities.contains($0.0) }.map(\.1)
        text += "\ncapabilities:" + capabilities.map { " " + $0 }.joined()
        if version == .v1_0 {
            let actions = Self.actions.filter { self.supportedActions >> $0.bit & 1 == 1 }.map(\.name)
            text += "\nactions:" + actions.map { " " + $0 }.joined()
        }
        return text + PortDescription.text(self.ports, version)
    }
}

extension SwitchConfig {
    var text: String {
        let words = ["normal", "drop", "reassemble", "nx-match"]
        let isSent = self.flags.contains(.invalidTTLToController) ? " invalid_ttl_to_controller" : ""
        return "frags=\(words[Int(self.flags.rawValue & 3)])\(isSent) miss_send_len=\(self.missSendLength)"
    }
}

extension ControllerRole {
    var text: String {
        switch self {
        case .noChange: "nochange"
        case .equal: "equal"
        case .primary: "primary"
        case .secondary: "secondary"
        }
    }
}

extension RoleMessage {
    var text: String {
        let identifier = self.shortID == 0 ? "" : " short_id=\(self.shortID)"
        return "role=\(self.role.text)\(identifier)" + (self.generationID.map { " generation_id=\($0)" } ?? "")
    }
}

extension RoleStatus {
    var text: String {
        let words: [RoleStatusReason: String] = [
            .primaryRequest: "primary_request", .configuration: "configuration_changed",
            .experimenter: "experimenter_data_changed",
        ]
        let generation = self.generationID == .max ? "" : " generation_id=\(self.generationID)"
        return "role=\(self.role.text)\(generation) reason=\(words[self.reason] ?? "")"
    }
}

extension BundleControl {
    var text: String {
        let kinds: [Kind: String] = [
            .openRequest: "OPEN_REQUEST", .openReply: "OPEN_REPLY", .closeRequest: "CLOSE_REQUEST",
            .closeReply: "CLOSE_REPLY", .commitRequest: "COMMIT_REQUEST", .commitReply: "COMMIT_REPLY",
            .discardRequest: "DISCARD_REQUEST", .discardReply: "DISCARD_REPLY",
        ]
        var text = "\n bundle_id=\(TextPart.hexadecimal(self.bundleID.rawValue)) type=\(kinds[self.kind] ?? "")"
        text += " flags=\(self.flags.text)"
        if let time { text += " time=\(time.seconds)s+\(time.nanoseconds)ns" }
        if !self.properties.isEmpty { text += " properties=\(StructureValue(reflecting: self.properties).text)" }
        return text
    }
}

extension BundleFlags {
    /// The flags by name; `0` where there is none.
    var text: String {
        var names: [String] = []
        if self.contains(.atomic) { names.append("atomic") }
        if self.contains(.ordered) { names.append("ordered") }
        if self.contains(.timed) { names.append("time") }
        let rest = self.rawValue & ~7
        if rest != 0 { names.append(TextPart.hexadecimal(rest)) }
        return names.isEmpty ? "0" : names.joined(separator: " ")
    }
}

extension MeterFeatures {
    var text: String {
        let known: [(bit: UInt32, name: String)] = [(1, "drop"), (2, "dscp_remark")]
        var bands = known.filter { self.bandTypes >> $0.bit & 1 == 1 }.map(\.name)
        let rest = self.bandTypes & ~6
        if rest != 0 { bands.append(TextPart.hexadecimal(rest)) }
        let flags = MeterFlags(rawValue: UInt16(truncatingIfNeeded: self.capabilities))
        var text = "\nmax_meter:\(self.maximumMeters) max_bands:\(self.maximumBands) max_color:\(self.maximumColors)"
        text += "\nband_types: \(bands.isEmpty ? "0" : bands.joined(separator: " "))"
        text += "\ncapabilities: \(flags.isEmpty ? "0" : flags.text)"
        return self.features == 0 ? text : text + " features=\(TextPart.hexadecimal(self.features))"
    }
}
