import NetworkTypes

// The syntax of ovs-actions(7), for logs and traces; not read back.
extension Action: CustomStringConvertible {
    /// The action as ovs-ofctl writes it.
    public var description: String {
        switch self {
        case .output(.controller, let maximumLength): "CONTROLLER:\(maximumLength)"
        case .output(let port, _): port.isOrdinary ? "output:\(port)" : port.description
        case .group(let group): "group:\(group)"
        case .setQueue(let queue): "set_queue:\(queue)"
        case .enqueue(let port, let queue): "enqueue:\(port):\(queue)"
        case .setField(let field, let value, let mask):
            "set_field:\(field.text(value, mask: mask))->\(field.name)"
        case .copyField(let copy): "move:\(copy.sourceText)->\(copy.destinationText)"
        case .pushVLAN(let type): "push_vlan:\(Self.hexadecimal(type.rawValue))"
        case .popVLAN: "pop_vlan"
        case .setVLANID(let vlan): "mod_vlan_vid:\(vlan)"
        case .setVLANPriority(let priority): "mod_vlan_pcp:\(priority)"
        case .setTransportSource(let port): "mod_tp_src:\(port)"
        case .setTransportDestination(let port): "mod_tp_dst:\(port)"
        case .pushMPLS(let type): "push_mpls:\(Self.hexadecimal(type.rawValue))"
        case .popMPLS(let type): "pop_mpls:\(Self.hexadecimal(type.rawValue))"
        case .setMPLSTTL(let ttl): "set_mpls_ttl(\(ttl))"
        case .decrementMPLSTTL: "dec_mpls_ttl"
        case .setNetworkTTL(let ttl): "mod_nw_ttl:\(ttl)"
        case .decrementNetworkTTL: "dec_ttl"
        case .copyTTLOut: "copy_ttl_out"
        case .copyTTLIn: "copy_ttl_in"
        case .pushPBB(let type): "push_pbb:\(Self.hexadecimal(type.rawValue))"
        case .popPBB: "pop_pbb"
        case .meter(let meter): "meter:\(meter)"
        case .resubmit(let port?, nil): "resubmit:\(port)"
        case .resubmit(let port, let table):
            "resubmit(\(port?.description ?? ""),\(table.map { String($0.rawValue) } ?? ""))"
        case .controller(let maximumLength, let controllerID, let reason):
            "controller(reason=\(reason),max_len=\(maximumLength),id=\(controllerID))"
        case .note(let bytes): "note:" + Self.hexadecimal(bytes, separator: ".")
        case .exit: "exit"
        case .popQueue: "pop_queue"
        case .outputField(let slice, _): "output:\(slice)"
        case .outputTruncated(let port, let maximumLength): "output(port=\(port),max_len=\(maximumLength))"
        case .conjunction(let id, let clause, let clauseCount): "conjunction(\(id),\(clause + 1)/\(clauseCount))"
        case .experimenter(let experimenter, let bytes):
            "experimenter(0x\(String(experimenter, radix: 16)),\(Self.hexadecimal(bytes, separator: "")))"
        case .clearConnectionTracking: "ct_clear"
        case .decrementServiceHeaderTTL: "dec_nsh_ttl"
        case .clone(let actions): "clone(\(actions.map(\.description).joined(separator: ",")))"
        case .pushStack(let slice): "push:\(slice)"
        case .popStack(let slice): "pop:\(slice)"
        case .deleteField(let field): "delete_field:\(field.name)"
        case .finTimeout(let idle, let hard): "fin_timeout(idle_timeout=\(idle),hard_timeout=\(hard))"
        case .checkPacketLarger(let length, let result): "check_pkt_larger(\(length))->\(result)"
        case .writeMetadata(let value, let mask):
            "write_metadata:\(MatchField.metadata.text(UInt128(value), mask: UInt128(mask)))"
        default: "unprintable"
        }
    }

    private static func hexadecimal(_ value: UInt16) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    private static func hexadecimal(_ bytes: [UInt8], separator: String) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
    }
}

extension FieldSlice: CustomStringConvertible {
    /// The field's name and, unless it is whole, the bits.
    public var description: String {
        if self.offset == 0, Int(self.bitCount) == self.field.width { return "\(self.field.name)[]" }
        if self.bitCount == 1 { return "\(self.field.name)[\(self.offset)]" }
        return "\(self.field.name)[\(self.offset)..\(Int(self.offset) + Int(self.bitCount) - 1)]"
    }
}

extension CopyField {
    fileprivate var sourceText: String {
        FieldSlice(self.source, offset: self.sourceOffset, bitCount: self.bitCount).description
    }
    fileprivate var destinationText: String {
        FieldSlice(self.destination, offset: self.destinationOffset, bitCount: self.bitCount).description
    }
}

extension Instruction: CustomStringConvertible {
    /// The instruction as ovs-ofctl writes it: actions to apply stand alone.
    public var description: String {
        switch self {
        case .gotoTable(let table): "goto_table:\(table.rawValue)"
        case .writeMetadata(let value, let mask):
            "write_metadata:\(MatchField.metadata.text(UInt128(value), mask: UInt128(mask)))"
        case .writeActions(let actions): "write_actions(\(Self.text(actions)))"
        case .applyActions(let actions): Self.text(actions)
        case .clearActions: "clear_actions"
        case .meter(let meter): "meter:\(meter)"
        case .statisticsTrigger: "stat_trigger"
        case .experimenter(let experimenter, _): "experimenter(0x\(String(experimenter, radix: 16)))"
        }
    }

    private static func text(_ actions: [Action]) -> String {
        actions.map(\.description).joined(separator: ",")
    }
}

extension [Instruction] {
    /// What follows `actions=` in ovs-ofctl's flows; `drop` if nothing happens.
    public var actionsText: String {
        let text = self.map(\.description).filter { !$0.isEmpty }.joined(separator: ",")
        return text.isEmpty ? "drop" : text
    }
}

extension FlowMod: CustomStringConvertible {
    /// One line for logs, in the manner of ovs-ofctl: command, table, cookie, timeouts, priority, match,
    /// actions.
    public var description: String {
        var text = "\(self.command) table=\(self.tableID)"
        if self.cookie != .none || self.cookieMask != 0 { text += " cookie=\(self.cookie)" }
        if self.cookieMask != 0 { text += "/0x\(String(self.cookieMask, radix: 16))" }
        if self.idleTimeoutSeconds != 0 { text += " idle_timeout=\(self.idleTimeoutSeconds)" }
        if self.hardTimeoutSeconds != 0 { text += " hard_timeout=\(self.hardTimeoutSeconds)" }
        return text + " priority=\(self.priority),\(self.match) actions=\(self.instructions.actionsText)"
    }
}
