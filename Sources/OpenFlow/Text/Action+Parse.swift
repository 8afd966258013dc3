import NetworkTypes

extension Action {
    /// Reads one action in the syntax of ovs-actions(7).
    public init(text: String) throws(TextError) {
        let part = TextPart(text)
        let actions = try [Action](part: part)
        guard actions.count == 1, let action = actions.first else { throw part.error("one action") }
        self = action
    }
}

extension [Action] {
    /// Reads a list of actions in the syntax of ovs-actions(7); `drop` or nothing is the empty list.
    ///
    /// Bytes of a packet that go to a controller are all of them unless limited; for other ports the limit is 0.
    public init(text: String) throws(TextError) { try self.init(part: TextPart(text)) }

    init(part: TextPart) throws(TextError) {
        let items = try part.items()
        if items.count == 1, items[0].key == "drop" {
            try items[0].withoutValue()
            self = []
            return
        }
        self = []
        for item in items { self.append(try Action(item: item)) }
    }
}

extension Action {
    /// Reads an action that stands by itself.
    init(item: TextItem) throws(TextError) {
        if let action = try Self.outputAction(item) {
            self = action
        } else if let action = try Self.fieldAction(item) {
            self = action
        } else if let action = try Self.headerAction(item) {
            self = action
        } else if let action = try Self.niciraAction(item) {
            self = action
        } else {
            throw item.name.error("an action of ovs-actions(7)")
        }
    }

    /// Where packets go.
    private static func outputAction(_ item: TextItem) throws(TextError) -> Action? {
        switch item.key.lowercased() {
        case "output":
            guard item.isParenthesised else { return try self.output(to: try item.required("a port")) }
            var arguments = try TextArguments(item)
            let port = try arguments.required("port").port()
            let length: UInt32 = try arguments.required("max_len").integer("a length in bytes")
            try arguments.finish()
            return .outputTruncated(port, maximumLength: length)
        case "controller": return try self.controllerAction(item)
        case "enqueue":
            let value = try item.required("a port and a queue")
            guard let (port, queue) = value.split(at: item.isParenthesised ? "," : ":") else {
                throw value.error("port:queue")
            }
            return .enqueue(try port.trimmed.port(), QueueID(rawValue: try queue.trimmed.integer("a queue")))
        case "group": return .group(GroupID(rawValue: try item.required("a group").integer("a group")))
        case "set_queue": return .setQueue(QueueID(rawValue: try item.required("a queue").integer("a queue")))
        case "meter": return .meter(MeterID(rawValue: try item.required("a meter").integer("a meter")))
        case "drop": throw item.whole.error("'drop' alone, or other actions")
        default:
            guard item.value == nil, item.name.isPort else {
                return nil
            }
            return .output(try item.name.port(), maximumLength: 0)
        }
    }

    private static func output(to part: TextPart) throws(TextError) -> Action {
        if part.number == nil, part.split(at: "[") != nil || MatchField.byName[part.lowercased] != nil,
            PortNumber.named[part.lowercased] == nil
        {
            return .outputField(try FieldSlice(part: part), maximumLength: 0xffff)
        }
        let port = try part.port()
        return .output(port, maximumLength: port == .controller ? 0xffff : 0)
    }

    private static func controllerAction(_ item: TextItem) throws(TextError) -> Action {
        guard item.isParenthesised else {
            guard let value = item.value else { return .output(.controller, maximumLength: 0xffff) }
            return .output(.controller, maximumLength: try value.integer("a length in bytes"))
        }
        var arguments = try TextArguments(item)
        var reason = PacketInReason.applyAction
        if let part = try arguments.value("reason") {
            guard let known = PacketInReason.allCases.first(where: { $0.text == part.text }) else {
                let names = PacketInReason.allCases.map(\.text).joined(separator: ", ")
                throw part.error("one of \(names)")
            }
            reason = known
        }
        let length: UInt16 = try arguments.integer("max_len", "a length in bytes", absent: 0xffff)
        let controller: UInt16 = try arguments.integer("id", "a controller identifier", absent: 0)
        var output = ControllerOutput()
        (output.maximumLength, output.controllerID, output.reason) = (length, controller, reason)
        output.userData = try arguments.value("userdata")?.octets("bytes for the controller") ?? []
        output.isPausing = try arguments.flag("pause")
        output.meter = try arguments.value("meter_id").map { part throws(TextError) in
            MeterID(rawValue: try part.integer("a meter"))
        }
        try arguments.finish()
        guard output.userData.isEmpty, !output.isPausing, output.meter == nil else { return .controllerOutput(output) }
        return .controller(maximumLength: length, controllerID: controller, reason: reason)
    }

    /// What sets or copies fields.
    private static func fieldAction(_ item: TextItem) throws(TextError) -> Action? {
        switch item.key {
        case "set_field":
            let value = try item.required("value->field")
            guard let (before, after) = value.split(at: "->") else { throw value.error("value[/mask]->field") }
            let field = try FieldSlice(part: after).writable(after).field
            guard after.split(at: "[") == nil else { throw after.error("a whole field (load takes bits of one)") }
            switch try field.longValue(from: before) {
            case .long(let entry): return .setLongField(entry)
            case .short(let entry): return .setField(entry)
            case nil: break
            }
            let entry = try field.entry(from: before)
            return .setField(field, value: entry.value, mask: entry.mask)
        case "load":
            let value = try item.required("value->field[bits]")
            guard let (before, after) = value.split(at: "->") else { throw value.error("value->field[bits]") }
            let slice = try FieldSlice(part: after).writable(after)
            return .load(try before.integer("a value", atMost: slice.allOnes), into: slice)
        case "move": return .copyField(try CopyField(part: try item.required("source->destination")))
        case "mod_dl_src": return try self.set(.ethernetSource, item)
        case "mod_dl_dst": return try self.set(.ethernetDestination, item)
        case "mod_nw_src": return try self.set(.ipv4Source, item)
        case "mod_nw_dst": return try self.set(.ipv4Destination, item)
        case "mod_nw_tos": return try self.set(.ipDSCP, item, isShifted: true)
        case "mod_nw_ecn": return try self.set(.ipECN, item)
        case "set_mpls_label": return try self.set(.mplsLabel, item)
        case "set_mpls_tc": return try self.set(.mplsTrafficClass, item)
        case "set_tunnel", "set_tunnel64": return try self.set(.tunnelID, item)
        case "mod_vlan_vid", "set_vlan_vid":
            let value = try item.required("a VLAN identifier")
            return .setVLANID(UInt16(try value.integer("a VLAN identifier", atMost: 0xfff)))
        case "mod_vlan_pcp", "set_vlan_pcp":
            return .setVLANPriority(UInt8(try item.required("a priority").integer("a priority", atMost: 7)))
        case "mod_tp_src": return .setTransportSource(try item.required("a port").integer("a port"))
        case "mod_tp_dst": return .setTransportDestination(try item.required("a port").integer("a port"))
        default: return nil
        }
    }

    private static func set(_ field: MatchField, _ item: TextItem, isShifted: Bool = false) throws(TextError) -> Action
    {
        let value = try field.value(from: try item.required("a value"), isShifted: isShifted)
        return .setField(field, value: value, mask: field.allOnes)
    }

    /// What adds, removes and ages headers.
    private static func headerAction(_ item: TextItem) throws(TextError) -> Action? {
        switch item.key {
        case "push_vlan": return .pushVLAN(try self.etherType(item))
        case "push_mpls": return .pushMPLS(try self.etherType(item))
        case "pop_mpls": return .popMPLS(try self.etherType(item))
        case "push_pbb": return .pushPBB(try self.etherType(item))
        case "set_mpls_ttl": return .setMPLSTTL(try item.required("a TTL").integer("a TTL"))
        case "mod_nw_ttl", "set_nw_ttl": return .setNetworkTTL(try item.required("a TTL").integer("a TTL"))
        case "dec_ttl" where item.isParenthesised:
            var controllers: [UInt16] = []
            // No identifier at all is allowed on the wire.
            let value = (item.value ?? item.whole).trimmed
            for part in value.isEmpty ? [] : value.pieces(between: UInt8(ascii: ",")) {
                controllers.append(try part.trimmed.integer("a controller identifier"))
            }
            return .decrementNetworkTTLNotifying(controllers)
        default: break
        }
        let simple: Action
        switch item.key {
        case "pop_vlan", "strip_vlan": simple = .popVLAN
        case "dec_mpls_ttl": simple = .decrementMPLSTTL
        case "dec_ttl": simple = .decrementNetworkTTL
        case "dec_nsh_ttl": simple = .decrementServiceHeaderTTL
        case "ct_clear": simple = .clearConnectionTracking
        case "copy_ttl_out": simple = .copyTTLOut
        case "copy_ttl_in": simple = .copyTTLIn
        case "pop_pbb": simple = .popPBB
        case "pop_queue": simple = .popQueue
        case "exit": simple = .exit
        default: return nil
        }
        try item.withoutValue()
        return simple
    }

    private static func etherType(_ item: TextItem) throws(TextError) -> EtherType {
        EtherType(rawValue: try item.required("an EtherType").integer("an EtherType"))
    }

    /// Nicira's actions and those of other experimenters.
    private static func niciraAction(_ item: TextItem) throws(TextError) -> Action? {
        switch item.key {
        case "resubmit": return try self.resubmit(item)
        case "learn": return .learn(try Learn(item: item))
        case "ct": return .connectionTracking(try ConnectionTracking(item: item))
        case "nat": return .addressTranslation(try AddressTranslation(item: item))
        case "multipath": return .multipath(try Multipath(item: item))
        case "bundle", "bundle_load": return .bundle(try PortBundle(item: item))
        case "sample": return .sample(try Sample(item: item))
        case "clone": return .clone(try [Action](part: item.value ?? item.whole.part(item.whole.count)))
        case "encap": return .encapsulate(try Encapsulation(item: item))
        case "decap": return try self.decapsulation(item)
        case "push": return .pushStack(try FieldSlice(part: try item.required("a field")))
        case "pop":
            let value = try item.required("a field")
            return .popStack(try FieldSlice(part: value).writable(value))
        case "check_pkt_larger":
            let length: UInt16 = try item.required("a length in bytes").integer("a length in bytes")
            guard let tail = item.tail else { throw item.whole.error("check_pkt_larger(length)->field[bit]") }
            let result = try FieldSlice(part: tail).writable(tail)
            guard result.bitCount == 1 else { throw tail.error("one bit of a field") }
            return .checkPacketLarger(length: length, result: result)
        case "delete_field":
            let value = try item.required("a field")
            return .deleteField(try FieldSlice(part: value).field)
        case "fin_timeout":
            var arguments = try TextArguments(item)
            let idle: UInt16 = try arguments.integer("idle_timeout", "seconds", absent: 0)
            let hard: UInt16 = try arguments.integer("hard_timeout", "seconds", absent: 0)
            try arguments.finish()
            return .finTimeout(idleSeconds: idle, hardSeconds: hard)
        case "write_metadata":
            let entry = try MatchField.metadata.entry(from: try item.required("value[/mask]"))
            return .writeMetadata(
                value: UInt64(truncatingIfNeeded: entry.value), mask: UInt64(truncatingIfNeeded: entry.mask))
        default: return try self.plainNiciraAction(item)
        }
    }

    private static func resubmit(_ item: TextItem) throws(TextError) -> Action {
        let value = try item.required("a port or a table")
        guard item.isParenthesised else { return .resubmit(port: try value.port(), table: nil) }
        var pieces = value.pieces(between: UInt8(ascii: ",")).map(\.trimmed)
        let isTracked = pieces.count == 3 && pieces[2].text == "ct"
        if isTracked { pieces.removeLast() }
        guard pieces.count <= 2 else { throw value.error("resubmit([port],[table][,ct])") }
        let port = pieces[0].isEmpty ? nil : try pieces[0].port()
        var table: TableID?
        if pieces.count == 2, !pieces[1].isEmpty { table = try pieces[1].table() }
        return isTracked ? .resubmitTracked(port: port, table: table) : .resubmit(port: port, table: table)
    }

    private static func decapsulation(_ item: TextItem) throws(TextError) -> Action {
        guard let value = item.value, !value.trimmed.isEmpty else {
            return .decapsulate(packetType: Encapsulation.nextProtocolType)
        }
        let items = try value.items()
        guard items.count == 1, items[0].key == "packet_type" else { throw value.error("packet_type(ns=,type=)") }
        return .decapsulate(packetType: try Encapsulation.packetType(items[0]))
    }

    private static func plainNiciraAction(_ item: TextItem) throws(TextError) -> Action? {
        switch item.key {
        case "note": return .note(try (item.value ?? item.whole.part(item.whole.count)).octets("a note"))
        case "conjunction":
            let value = try item.required("id,k/n")
            guard let (id, clauses) = value.split(at: ","), let (clause, count) = clauses.split(at: "/") else {
                throw value.error("id,k/n")
            }
            let number = try clause.trimmed.integer("a clause", atMost: 64)
            let total = try count.trimmed.integer("a number of clauses", atMost: 64)
            guard number >= 1, number <= total else { throw clauses.error("a clause from 1 to n") }
            guard total >= 2 else { throw count.error("at least 2 clauses") }
            return .conjunction(
                id: try id.trimmed.integer("a conjunction"), clause: UInt8(number - 1), clauseCount: UInt8(total))
        case "experimenter":
            let value = try item.required("number,bytes")
            guard let (number, bytes) = value.split(at: ",") else { throw value.error("number,bytes") }
            return .experimenter(
                try number.trimmed.integer("an experimenter"), try bytes.trimmed.octets("an experimenter's bytes"))
        default: return nil
        }
    }
}
