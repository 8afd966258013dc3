import NetworkTypes

// Nicira's messages as ovs-ofctl prints them.

extension NiciraMessage {
    func text(_ version: OpenFlowVersion) -> String {
        switch self {
        case .setFlowModTableID(let isSet): isSet ? "enable" : "disable"
        case .setPacketInFormat(let format): "format=\(format.text)"
        case .setFlowFormat(let format): "format=\(format == 0 ? "openflow10" : format == 2 ? "nxm" : String(format))"
        case .setControllerID(let identifier): "id=\(identifier)"
        case .flowAge, .tlvTableRequest: ""
        case .setAsyncConfig2(let configuration): configuration.text
        case .flowMod(let flow): flow.text
        case .flowRemoved(let flow): flow.text(hasTable: true)
        case .packetIn(let packet): packet.text
        case .packetIn2(let packet), .resume(let packet): packet.text
        case .tlvTableMod(let mod): mod.text
        case .tlvTableReply(let reply): reply.text
        case .flushConnectionZone(let zone): "zone_id=\(zone)"
        case .flushConnections(let flush): flush.text
        }
    }
}

extension PacketInFormat {
    fileprivate var text: String {
        switch self {
        case .standard: "standard"
        case .nicira: "nxt_packet_in"
        case .nicira2: "nxt_packet_in2"
        }
    }
}

extension NiciraFlowMod {
    /// As another flow_mod; a cookie that a modify gives is the one that is told where none selects.
    fileprivate var text: String {
        var flow = self.flowMod
        flow.semantics.remove(.modifySetsCookie)
        // No table is all of them, or the first.
        if flow.tableID == .all { flow.tableID = TableID(rawValue: 0) }
        if let newCookie, flow.cookieMask == 0 { flow.cookie = newCookie }
        let isModify = flow.command == .modify || flow.command == .modifyStrict
        let isBoth = isModify && self.newCookie != nil && flow.cookieMask != 0
        return flow.printedText + (isBoth ? " new_cookie:\(self.newCookie?.description ?? "")" : "")
    }
}

extension NiciraPacketIn {
    fileprivate var text: String {
        PacketIn(
            bufferID: self.bufferID, totalLength: self.totalLength, reason: self.reason, tableID: self.tableID,
            cookie: self.cookie, inPort: .any, pipelineFields: self.pipelineFields, data: self.data
        ).text
    }
}

extension PacketIn2 {
    /// The line of every packet-in; then user data, and the continuation, which its sender alone can read.
    fileprivate var text: String {
        let data = self.packet ?? []
        let length = self.fullLengthBytes.map { Int($0) } ?? data.count
        let packet = PacketIn(
            bufferID: self.bufferID ?? .none, totalLength: 0, reason: self.reason ?? .tableMiss,
            tableID: self.tableID ?? TableID(rawValue: 0), cookie: self.cookie ?? .unset, inPort: .any,
            pipelineFields: self.pipelineFields ?? .any, data: data)
        let lines = [
            self.userData.map { "\n userdata=" + $0.hexadecimal(separator: ".") },
            self.continuation.map { "\n continuation=" + $0.hexadecimal(separator: "") },
        ]
        return packet.line(totalLength: length) + lines.compactMap { $0 }.joined() + packet.packetLine
    }
}

extension TLVMapping {
    /// The rows of a table of mappings, with its heads.
    fileprivate static func text(_ mappings: [TLVMapping]) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.utf8.count)) + text
        }
        let rows = mappings.map { mapping in
            let parts = [
                right(TextPart.hexadecimal(mapping.optionClass), 7), right(TextPart.hexadecimal(mapping.optionType), 6),
                right("\(mapping.optionLengthBytes)", 8),
            ]
            return "\n" + parts.joined() + "  tun_metadata\(mapping.fieldIndex)"
        }
        return "\n  class  type  length  match field\n ------  ----  ------  --------------" + rows.joined()
    }
}

extension TLVTableMod {
    fileprivate var text: String {
        switch self.command {
        case .add: "\n ADD mapping table:" + TLVMapping.text(self.mappings)
        case .delete: "\n DEL mapping table:" + TLVMapping.text(self.mappings)
        case .clear: "\n CLEAR" + (self.mappings.isEmpty ? "" : TLVMapping.text(self.mappings))
        }
    }
}

extension TLVTableReply {
    fileprivate var text: String {
        let used = self.mappings.reduce(0) { $0 + Int($1.optionLengthBytes) }
        return "\n max option space=\(self.maximumOptionSpaceBytes) max fields=\(self.maximumFields)"
            + "\n allocated option space=\(used)\n mapping table:" + TLVMapping.text(self.mappings)
    }
}

extension ConnectionTrackingFlush {
    /// What is restricted: the zone, mark and labels, then the two directions in quotes.
    fileprivate var text: String {
        var parts: [String] = []
        if let zone { parts.append("zone=\(zone)") }
        if let mark { parts.append("mark=\(TextPart.hexadecimal(mark))" + Self.mask(self.markMask)) }
        if let labels { parts.append("labels=\(TextPart.hexadecimal(labels))" + Self.mask(self.labelsMask)) }
        if self.original != nil || self.ipProtocol != 0 {
            parts.append("'\(Self.tuple(self.original, ipProtocol: self.ipProtocol))'")
        }
        if let reply { parts.append("'\(Self.tuple(reply, ipProtocol: 0))'") }
        return parts.isEmpty ? "all" : parts.joined(separator: " ")
    }

    private static func mask(_ mask: (some BinaryInteger)?) -> String {
        mask.map { "/" + TextPart.hexadecimal($0) } ?? ""
    }

    private static func tuple(_ tuple: Tuple?, ipProtocol: UInt8) -> String {
        var parts: [String] = []
        for (name, address) in [("src", tuple?.source), ("dst", tuple?.destination)] {
            guard let address else { continue }
            // An IPv4 address stands in the last 32 bits.
            if address.high == 0, address.low >> 32 == 0xffff {
                parts.append("ct_nw_\(name)=\(IPv4Address(rawValue: UInt32(truncatingIfNeeded: address.low)))")
            } else {
                parts.append("ct_ipv6_\(name)=\(address)")
            }
        }
        if let port = tuple?.sourcePort { parts.append("ct_tp_src=\(port)") }
        if let port = tuple?.destinationPort { parts.append("ct_tp_dst=\(port)") }
        if let identifier = tuple?.icmpIdentifier { parts.append("icmp_id=\(identifier)") }
        if let type = tuple?.icmpType { parts.append("icmp_type=\(type)") }
        if let code = tuple?.icmpCode { parts.append("icmp_code=\(code)") }
        if ipProtocol != 0 { parts.append("ct_nw_proto=\(ipProtocol)") }
        return parts.joined(separator: ",")
    }
}
