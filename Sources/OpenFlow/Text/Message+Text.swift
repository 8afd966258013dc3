extension Message {
    /// The message as text in the manner of ovs-ofctl ofp-print: name, version and transaction, then what it says;
    /// a list has a line an entry.
    ///
    /// Messages that ovs-ofctl does not know have their parts by name.
    public func text(version: OpenFlowVersion, transactionID: TransactionID) -> String {
        let name = self.name(in: version)
        let minor = version == .v1_0 ? "" : " (OF1.\(version.rawValue - 1))"
        var context = TextContext.current
        context.version = version
        let body = TextContext.$current.withValue(context) { self.bodyText(version, transactionID) }
        let space = body.isEmpty || body.hasPrefix("\n") ? "" : " "
        return "\(name)\(minor) (xid=\(TextPart.hexadecimal(transactionID.rawValue))):\(space)\(body)"
    }

    /// The name of the message's type, such as `OFPT_FLOW_MOD`, `OFPST_FLOW reply` or `NXT_RESUME`.
    public var name: String {
        switch self {
        case .multipartRequest(let request): "OFPST_\(Self.partName(request.body)) request"
        case .multipartReply(let reply): "OFPST_\(Self.partName(reply.body)) reply"
        case .nicira(let message): "NXT_\(Self.niciraName(message))"
        case .requestForward: "OFPT_REQUESTFORWARD"
        case .bundleAdd: "OFPT_BUNDLE_ADD_MESSAGE"
        default: "OFPT_\(Self.constant(Self.label(self)))"
        }
    }

    /// The name of the message's type as a version says it: `OFPT_ROLE_REQUEST` is `NXT_ROLE_REQUEST` where it is
    /// Nicira's extension, `OFPT_BUNDLE_CONTROL` is `ONFT_BUNDLE_CONTROL` where it is ONF's.
    public func name(in version: OpenFlowVersion) -> String {
        let experimenter: UInt32?
        switch self {
        case .multipartRequest(let request):
            experimenter = (try? request.body.kind.form(in: version))?.code?.experimenter
        case .multipartReply(let reply): experimenter = (try? reply.body.kind.form(in: version))?.code?.experimenter
        default:
            if case .experimenter(let code)? = try? self.form(in: version) {
                experimenter = code.experimenter
            } else {
                experimenter = nil
            }
        }
        let name = self.name
        guard let experimenter, name.hasPrefix("OFP") else { return name }
        if case .setAsync = self { return "NXT_SET_ASYNC_CONFIG" }
        return (experimenter == OXMIdentifier.onfExperimenter ? "ONF" : "NX") + name.dropFirst(3)
    }

    /// The name of an enumeration's case.
    private static func label(_ value: Any) -> String {
        Mirror(reflecting: value).children.first?.label ?? StructureValue.caseName(value)
    }

    private static func niciraName(_ message: NiciraMessage) -> String {
        switch message {
        case .setFlowModTableID: "FLOW_MOD_TABLE_ID"
        case .setControllerID: "SET_CONTROLLER_ID"
        case .flushConnections: "CT_FLUSH"
        case .flushConnectionZone: "CT_FLUSH_ZONE"
        default: self.constant(self.label(message))
        }
    }

    private static func partName(_ body: Any) -> String {
        switch self.label(body) {
        case "description": "DESC"
        case "groupDescription": "GROUP_DESC"
        case "portDescription": "PORT_DESC"
        case "tableDescription": "TABLE_DESC"
        case "queueDescription": "QUEUE_DESC"
        case "meterConfiguration": "METER_CONFIG"
        case "flowStatistics": "FLOW_STATS"
        case "niciraFlow": "FLOW"
        case "niciraAggregate": "AGGREGATE"
        case "bridgeExport": "IPFIX_BRIDGE"
        case "flowExport": "IPFIX_FLOW"
        case let name: self.constant(name)
        }
    }

    /// `lowerCamelCase` as `LOWER_CAMEL_CASE`.
    private static func constant(_ name: String) -> String {
        var text = ""
        for character in name {
            if character.isUppercase { text += "_" }
            text += character.uppercased()
        }
        return text
    }

    /// What stands behind the colon.
    fileprivate func bodyText(_ version: OpenFlowVersion, _ transactionID: TransactionID) -> String {
        switch self {
        case .hello(let hello): return hello.text(version)
        case .echoRequest(let bytes), .echoReply(let bytes): return "\(bytes.count) bytes of payload"
        case .error(let error): return error.text
        case .featuresReply(let features): return features.text(version)
        case .getConfigReply(let configuration), .setConfig(let configuration): return configuration.text
        case .portStatus(let status): return status.text(version)
        case .portMod(let port): return port.text
        case .roleRequest(let role), .roleReply(let role): return role.text
        case .roleStatus(let status): return status.text
        case .bundleControl(let control): return control.text
        case .packetIn(let packet): return packet.text
        case .packetOut(let packet): return packet.printedText
        case .flowMod(let flow): return flow.printedText
        case .flowRemoved(let flow): return flow.text(hasTable: version != .v1_0)
        case .nicira(let message): return message.text(version)
        case .groupMod(let group):
            return "\n \(group.command.printedText) \(group.printedText(version))"
        case .meterMod(let meter): return meter.command.printedText + " " + meter.printedText
        case .multipartRequest(let request): return request.text(version)
        case .multipartReply(let reply): return reply.text(version)
        case .bundleAdd(let add): return add.text(version, transactionID)
        case .requestForward(let forward): return forward.text(version)
        case .setAsync(let configuration), .getAsyncReply(let configuration): return configuration.text
        case .tableMod(let table): return table.text(version)
        case .tableStatus(let status): return status.text
        case .queueGetConfigRequest(let port): return "port=\(port.text)"
        case .queueGetConfigReply(let configuration): return configuration.text
        default: return Self.payloadText(self)
        }
    }

    /// What a case carries, by name; one line an entry if it is a list.
    static func payloadText(_ value: some Sendable) -> String {
        guard case .object(let members) = StructureValue(reflecting: value), let payload = members.first?.value else {
            return ""
        }
        guard case .list(let entries) = payload else { return payload.text }
        return entries.map { "\n " + $0.text }.joined()
    }
}

extension BundleAdd {
    /// The bundle, and on a line of its own the message.
    ///
    /// Apart from its caller, as the compiler's optimiser (6.3.1) fails on both in one function.
    @inline(never)
    fileprivate func text(_ version: OpenFlowVersion, _ transactionID: TransactionID) -> String {
        let message = self.message.text(version: version, transactionID: transactionID)
        let identifier = TextPart.hexadecimal(self.bundleID.rawValue)
        return "\n bundle_id=\(identifier) flags=\(self.flags.text)\n" + message
    }
}

extension RequestForward {
    /// Why, and the request without its type; apart from its caller for the same reason.
    @inline(never)
    fileprivate func text(_ version: OpenFlowVersion) -> String {
        let request = self.request.bodyText(version, self.transactionID)
        let reason = self.reason.map { $0 == .groupMod ? "group_mod" : "meter_mod" } ?? "unknown"
        return "reason=\(reason)\(request.hasPrefix("\n") ? "" : " ")\(request)"
    }
}

extension Hello {
    /// The versions offered, those that the header's version implies where no bitmap says them; then what is unknown.
    fileprivate func text(_ version: OpenFlowVersion) -> String {
        let offered = self.versions ?? VersionSet(versions: OpenFlowVersion.allCases.filter { $0 <= version })
        let numbers = (0..<32).filter { offered.rawValue >> UInt32($0) & 1 == 1 }
            .map { ($0 < 16 ? "0x0" : "0x") + String($0, radix: 16) }
        let others = self.otherElements.map { element in
            "\n unknown element of type \(element.type): \(element.body.hexadecimal(separator: ""))"
        }
        return "\n version bitmap: " + numbers.joined(separator: ", ") + others.joined()
    }
}

extension ErrorMessage {
    /// The error's name, or its numbers, and the start of what was refused.
    var text: String {
        var text =
            switch self.error {
            case .known(let code): code.constant
            case .unknown(let type, let code, 0): "type \(type), code \(code)"
            case .unknown(let type, let code, let experimenter):
                "type \(type), code \(code) of experimenter \(TextPart.hexadecimal(experimenter))"
            }
        // What was refused is told as a message where all of it is there; an error within an error is not.
        if let decoded = DecodedMessage(self.data), case .success(let message) = decoded.result {
            guard case .error = message else { return text + "\n" + decoded.text }
        }
        // Why a HELLO failed is told in words.
        if case .known(let code) = self.error, code == .helloIncompatible || code == .helloNotPermitted,
            !self.data.isEmpty, self.data.allSatisfy({ (32...126).contains($0) })
        {
            return text + "\n" + String(decoding: self.data, as: UTF8.self)
        }
        if !self.data.isEmpty { text += "\n data: " + self.data.prefix(64).hexadecimal(separator: "") }
        if self.data.count > 64 { text += "... (\(self.data.count) bytes)" }
        return text
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hexadecimal(separator: String) -> String { Array(self).hexadecimal(separator: separator) }
}

/// A duration as ovs-ofctl prints it: no decimals, the three of milliseconds, or as many as it takes.
func durationText(seconds: UInt32, nanoseconds: UInt32) -> String {
    guard nanoseconds > 0 else { return "\(seconds)s" }
    let isMilliseconds = nanoseconds % 1_000_000 == 0
    let digits = String(isMilliseconds ? nanoseconds / 1_000_000 : nanoseconds)
    let zeros = String(repeating: "0", count: max(0, (isMilliseconds ? 3 : 9) - digits.utf8.count))
    guard !isMilliseconds else { return "\(seconds).\(zeros)\(digits)s" }
    let significant = String(digits.reversed().drop { $0 == "0" }.reversed())
    return "\(seconds).\(zeros)\(significant)s"
}

extension PacketIn {
    /// The packet-in in one line, and the packet in hexadecimal.
    var text: String { self.line(totalLength: Int(self.totalLength)) + self.packetLine }

    /// - Parameter totalLength: the packet's length before it was cut; some forms have more room for it.
    func line(totalLength: Int) -> String {
        var parts: [String] = []
        if self.tableID.rawValue != 0 { parts.append("table_id=\(self.tableID.text)") }
        if self.cookie != .unset { parts.append("cookie=\(self.cookie)") }
        parts.append("total_len=\(totalLength)")
        var match = self.pipelineFields
        if self.inPort != .any, match[.inPort] == nil {
            let port = MatchEntry(.inPort, self.inPort.rawValue)
            match = Match([port] + Array(match.entries), longEntries: match.longEntries)
        }
        if !match.parts.isEmpty { parts.append(match.parts.joined(separator: ",")) }
        parts.append("(via \(self.reason.text)) data_len=\(self.data.count)")
        let digits = String(self.bufferID.rawValue, radix: 16)
        let buffer = "buffer=0x" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
        parts.append(self.bufferID == .none ? "(unbuffered)" : buffer)
        return parts.joined(separator: " ")
    }

    /// The packet in hexadecimal; ovs-ofctl has its fields there.
    var packetLine: String { self.data.isEmpty ? "" : "\n packet=\(self.data.hexadecimal(separator: ""))" }
}

extension PacketOut {
    /// The packet-out in one line, and the packet in hexadecimal.
    var printedText: String {
        let fields = (["in_port=\(self.inPort.text)"] + self.pipelineFields.parts).joined(separator: ",")
        let actions = "\(fields) actions=\(self.actions.isEmpty ? "drop" : self.actions.text)"
        guard self.bufferID == .none else { return "\(actions) buffer=\(TextPart.hexadecimal(self.bufferID.rawValue))" }
        let data = self.data.isEmpty ? "" : "\n packet=\(self.data.hexadecimal(separator: ""))"
        return "\(actions) data_len=\(self.data.count)\(data)"
    }
}

extension FlowRemoved {
    /// - Parameter hasTable: whether the message tells the table.
    func text(hasTable: Bool) -> String {
        var text = (Self.priority(self.priority) + self.match.parts).joined(separator: ",")
        text += " reason=\(self.reason.text)"
        if hasTable, self.tableID != .all { text += " table_id=\(self.tableID.text)" }
        if self.cookie != .none { text += " cookie:\(self.cookie)" }
        if self.durationSeconds != .max {
            text += " duration\(durationText(seconds: self.durationSeconds, nanoseconds: self.durationNanoseconds))"
        }
        text += " idle\(self.idleTimeoutSeconds)"
        if self.hardTimeoutSeconds != 0 { text += " hard\(self.hardTimeoutSeconds)" }
        text += " pkts\(self.packetCount) bytes\(self.byteCount)"
        if let idleSeconds {
            text += " idle_age\(durationText(seconds: idleSeconds, nanoseconds: self.idleNanoseconds ?? 0))"
        }
        if let flowCount { text += " flows\(flowCount)" }
        if !self.otherStatistics.isEmpty { text += " \(StructureValue(reflecting: self.otherStatistics).text)" }
        return text
    }

    /// The priority as it stands before a match, unless it is the usual one.
    static func priority(_ priority: UInt16) -> [String] { priority == 0x8000 ? [] : ["priority=\(priority)"] }
}

extension FlowRemovedReason {
    var text: String {
        switch self {
        case .idleTimeout: "idle"
        case .hardTimeout: "hard"
        case .delete: "delete"
        case .groupDelete: "group_delete"
        case .meterDelete: "meter_delete"
        case .eviction: "eviction"
        }
    }
}

extension FlowMod {
    /// The flow as ovs-ofctl ofp-print has it.
    var printedText: String {
        let commands: [Command: String] = [
            .add: "ADD", .modify: "MOD", .modifyStrict: "MOD_STRICT", .delete: "DEL", .deleteStrict: "DEL_STRICT",
        ]
        var parts = [commands[self.command] ?? ""]
        // In 1.0 there is no table: the one implied is not said.
        let isImplied = self.semantics.contains(.modifySetsCookie)
        if self.tableID.rawValue != 0, !isImplied { parts.append("table:\(self.tableID.text)") }
        let match = (FlowRemoved.priority(self.priority) + self.match.parts).joined(separator: ",")
        if !match.isEmpty { parts.append(match) }
        if self.cookie != .none, self.cookie != .unset || self.cookieMask != 0 {
            // An add selects nothing.
            let mask = self.cookieMask == 0 || self.command == .add ? "" : "/\(TextPart.hexadecimal(self.cookieMask))"
            parts.append("cookie:\(self.cookie)\(mask)")
        }
        if self.idleTimeoutSeconds != 0 { parts.append("idle:\(self.idleTimeoutSeconds)") }
        if self.hardTimeoutSeconds != 0 { parts.append("hard:\(self.hardTimeoutSeconds)") }
        if self.importance != 0 { parts.append("importance:\(self.importance)") }
        if self.bufferID != .none { parts.append("buf:0x\(String(self.bufferID.rawValue, radix: 16))") }
        if self.outPort != .any { parts.append("out_port:\(self.outPort.text)") }
        let isDelete = self.command == .delete || self.command == .deleteStrict
        if isDelete, self.outGroup != .any { parts.append("out_group:\(self.outGroup.text)") }
        for (word, flag) in Flags.words where self.flags.contains(flag) { parts.append(word) }
        parts.append("actions=\(self.instructions.actionsText)")
        return parts.joined(separator: " ")
    }
}

extension GroupMod.Command {
    fileprivate var printedText: String {
        switch self {
        case .modify: "MOD"
        case .delete: "DEL"
        default: self.text.uppercased()
        }
    }
}

extension MeterMod.Command {
    fileprivate var printedText: String {
        switch self {
        case .add: "ADD"
        case .modify: "MOD"
        case .delete: "DEL"
        }
    }
}

extension MeterMod {
    /// The meter as ovs-ofctl ofp-print has it, with a line a band.
    var printedText: String {
        MeterConfiguration(flags: self.flags, meterID: self.meterID, bands: self.bands).printedText
    }
}

extension MeterConfiguration {
    var printedText: String {
        let flags = self.flags.isEmpty ? "" : " " + self.flags.text
        return "meter=\(self.meterID.text)\(flags) bands=" + self.bands.map { "\n" + $0.description }.joined()
    }
}
