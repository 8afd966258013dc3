import NetworkTypes

extension Action: CustomStringConvertible {
    /// The action in the syntax of ovs-actions(7), as ovs-ofctl prints it; ``init(text:)`` reads it back.
    ///
    /// How much of a packet goes to a port that is not the controller's is not said.
    public var description: String {
        switch self {
        case .output(.controller, let maximumLength): "CONTROLLER:\(maximumLength)"
        case .output(let port, _): port.isOrdinary ? "output:\(port.text)" : port.description
        case .group(let group): "group:\(group)"
        case .setQueue(let queue): "set_queue:\(queue)"
        case .enqueue(let port, let queue): "enqueue:\(port.text):\(queue)"
        case .setField(let entry):
            entry.versionedText
                ?? "set_field:\(entry.field.text(entry.value, mask: entry.mask))->\(entry.field.name)"
        case .setLongField(let entry): "set_field:\(entry.text)->\(entry.field.name)"
        case .copyField(let copy): "move:\(copy.sourceSlice)->\(copy.destinationSlice)"
        case .pushVLAN(let type): "push_vlan:\(type.text)"
        case .popVLAN: TextContext.current.version == .v1_0 ? "strip_vlan" : "pop_vlan"
        case .setVLANID(let vlan): "mod_vlan_vid:\(vlan)"
        case .setVLANPriority(let priority): "mod_vlan_pcp:\(priority)"
        case .setTransportSource(let port): "mod_tp_src:\(port)"
        case .setTransportDestination(let port): "mod_tp_dst:\(port)"
        case .pushMPLS(let type): "push_mpls:\(type.text)"
        case .popMPLS(let type): "pop_mpls:\(type.text)"
        case .setMPLSTTL(let ttl): "set_mpls_ttl(\(ttl))"
        case .decrementMPLSTTL: "dec_mpls_ttl"
        case .setNetworkTTL(let ttl): "mod_nw_ttl:\(ttl)"
        case .decrementNetworkTTL: "dec_ttl"
        case .copyTTLOut: "copy_ttl_out"
        case .copyTTLIn: "copy_ttl_in"
        case .pushPBB(let type): "push_pbb:\(type.text)"
        case .popPBB: "pop_pbb"
        case .meter(let meter): "meter:\(meter)"
        case .resubmit(let port?, nil): "resubmit:\(port.text)"
        case .resubmit(let port, let table):
            "resubmit(\(port?.text ?? ""),\(table?.text ?? ""))"
        case .controller(let maximumLength, let controllerID, let reason):
            ControllerOutput(maximumLength: maximumLength, controllerID: controllerID, reason: reason).description
        case .note(let bytes): "note:" + bytes.hexadecimal(separator: ".")
        case .exit: "exit"
        case .popQueue: "pop_queue"
        case .outputField(let slice, _): "output:\(slice)"
        case .outputTruncated(let port, let maximumLength): "output(port=\(port.text),max_len=\(maximumLength))"
        case .conjunction(let id, let clause, let clauseCount):
            "conjunction(\(id),\(UInt16(clause) + 1)/\(clauseCount))"
        case .experimenter(let experimenter, let bytes):
            "experimenter(\(TextPart.hexadecimal(experimenter)),\(bytes.hexadecimal(separator: "")))"
        case .resubmitTracked, .learn, .connectionTracking, .clearConnectionTracking, .addressTranslation, .multipath,
            .bundle, .sample, .clone, .checkPacketLarger, .controllerOutput, .encapsulate, .decapsulate, .pushStack,
            .popStack, .decrementNetworkTTLNotifying, .writeMetadata, .deleteField, .decrementServiceHeaderTTL,
            .finTimeout:
            self.niciraText
        }
    }

    /// Nicira's actions that have parts of their own.
    private var niciraText: String {
        switch self {
        case .resubmitTracked(let port, let table):
            "resubmit(\(port?.text ?? ""),\(table?.text ?? ""),ct)"
        case .learn(let learn): learn.description
        case .connectionTracking(let tracking): tracking.description
        case .clearConnectionTracking: "ct_clear"
        case .addressTranslation(let translation): translation.description
        case .multipath(let multipath): multipath.description
        case .bundle(let bundle): bundle.description
        case .sample(let sample): sample.description
        case .clone(let actions): "clone(\(actions.isEmpty ? "drop" : actions.text))"
        case .checkPacketLarger(let length, let result): "check_pkt_larger(\(length))->\(result)"
        case .controllerOutput(let output): output.description
        case .encapsulate(let encapsulation): encapsulation.description
        case .decapsulate(Encapsulation.nextProtocolType): "decap()"
        case .decapsulate(let type):
            "decap(packet_type(ns=\(type >> 16),type=\(TextPart.hexadecimal(type & 0xffff))))"
        case .pushStack(let slice): "push:\(slice)"
        case .popStack(let slice): "pop:\(slice)"
        case .decrementNetworkTTLNotifying(let controllers):
            "dec_ttl(\(controllers.map { String($0) }.joined(separator: ",")))"
        case .writeMetadata(let value, let mask):
            "write_metadata:\(MatchField.metadata.text(UInt128(value), mask: UInt128(mask)))"
        case .deleteField(let field): "delete_field:\(field.name)"
        case .decrementServiceHeaderTTL: "dec_nsh_ttl"
        case .finTimeout(let idle, let hard):
            "fin_timeout("
                + [("idle_timeout", idle), ("hard_timeout", hard)].filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }
                .joined(separator: ",") + ")"
        default: ""
        }
    }
}

extension EtherType {
    /// Four hexadecimal digits.
    var text: String { MatchField.etherType.text(UInt128(self.rawValue), isPadded: true) }
}

extension [UInt8] {
    /// Two hexadecimal digits a byte.
    func hexadecimal(separator: String) -> String {
        self.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
    }
}

extension PacketInReason {
    /// The name in ovs-ofctl's output.
    var text: String {
        switch self {
        case .tableMiss: "no_match"
        case .applyAction: "action"
        case .invalidTTL: "invalid_ttl"
        case .actionSet: "action_set"
        case .group: "group"
        case .packetOut: "packet_out"
        }
    }
}

extension Instruction: CustomStringConvertible {
    /// The instruction as ovs-ofctl writes it: actions to apply stand alone.
    public var description: String {
        switch self {
        case .gotoTable(let table): "goto_table:\(table.text)"
        case .writeMetadata(let value, let mask):
            "write_metadata:\(MatchField.metadata.text(UInt128(value), mask: UInt128(mask)))"
        case .writeActions(let actions): "write_actions(\(actions.isEmpty ? "drop" : actions.text))"
        case .applyActions(let actions): actions.text
        case .clearActions: "clear_actions"
        case .meter(let meter): "meter:\(meter)"
        case .statisticsTrigger(let trigger): trigger.text
        case .experimenter(let experimenter, let bytes):
            "experimenter_instruction(\(TextPart.hexadecimal(experimenter)),\(bytes.hexadecimal(separator: "")))"
        }
    }
}

extension [Action] {
    /// The actions, joined by commas.
    public var text: String { self.map(\.description).joined(separator: ",") }
}

extension [Instruction] {
    /// What follows `actions=` in ovs-ofctl's flows; `drop` if nothing happens.
    public var actionsText: String {
        let text = self.map(\.description).filter { !$0.isEmpty }.joined(separator: ",")
        return text.isEmpty ? "drop" : text
    }
}
