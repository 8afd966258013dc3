extension PacketOut: CustomStringConvertible {
    /// The packet-out in the syntax of ovs-ofctl(8): ingress port, other pipeline fields, packet, actions.
    ///
    /// ``init(text:)`` reads it back.
    public var description: String {
        var parts = ["in_port=\(self.inPort.text)"] + self.pipelineFields.parts
        if self.bufferID != .none { parts.append("buffer_id=\(self.bufferID)") }
        if !self.data.isEmpty { parts.append("packet=\(self.data.hexadecimal(separator: ""))") }
        return parts.joined(separator: ",") + " actions=\(self.actions.isEmpty ? "drop" : self.actions.text)"
    }

    /// Reads a packet-out: `in_port=1 packet=0001... actions=output:2`.
    public init(text: String) throws(TextError) {
        let line = TextPart(text).trimmed
        let (head, tail) = line.splitActions()
        self.init()
        var fields: [TextItem] = []
        for item in try head.items() {
            switch item.key {
            case "in_port": self.inPort = try item.required("a port").port()
            case "packet": self.data = try item.required("a packet").octets("a packet")
            case "buffer_id": self.bufferID = BufferID(rawValue: try item.required("a buffer").integer("a buffer"))
            default: fields.append(item)
            }
        }
        self.pipelineFields = try Match(items: fields)
        for (entry, item) in zip(self.pipelineFields.entries, fields) where !entry.field.isPipelineField {
            throw item.whole.error("a pipeline field, not one of the packet's headers,")
        }
        guard let tail else { throw line.part(line.count).error("actions=") }
        self.actions = try [Action](part: tail)
    }
}
