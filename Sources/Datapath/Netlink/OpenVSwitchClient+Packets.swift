// Packet commands (`enum ovs_packet_cmd`) and upcalls.

extension NetlinkWriter {
    /// Writes a request to execute actions; false where they nest too deeply.
    mutating func execution(
        packet: borrowing [UInt8], key: borrowing FlowKey, packetHash: UInt64 = 0,
        actions: borrowing [DatapathAction], portID: UInt32
    ) -> Bool {
        var start = self.begin(OpenVSwitch.PacketAttribute.packet.rawValue)
        self.raw(packet)
        self.end(start)
        start = self.begin(OpenVSwitch.PacketAttribute.key.rawValue)
        self.metadata(of: key)
        self.end(start)
        if packetHash != 0 { self.attribute(OpenVSwitch.PacketAttribute.hash.rawValue, packetHash) }
        return self.actions(OpenVSwitch.PacketAttribute.actions.rawValue, actions, portID: portID)
    }
}

extension OpenVSwitchClient {
    /// The request to execute actions on a packet.
    var executeHeader: RequestHeader { self.header(.packet, OpenVSwitch.PacketCommand.execute.rawValue) }

    /// Reads an upcall; nil where the message is something else or makes no sense.
    package func upcall(_ message: borrowing NetlinkMessage) -> Upcall? {
        guard message.type == self.families[.packet], message.isOpenVSwitch,
            let command = OpenVSwitch.PacketCommand(rawValue: message.command), command != .execute
        else { return nil }
        var upcall = Upcall(reason: .miss, key: FlowKey(), packet: [])
        // A packet that came in by no port has no attribute for it.
        upcall.key.inPort = PortIndex.none.rawValue
        var userdata: UInt64 = 0
        var isComplete = false
        var reader = message.attributes
        while reader.advance() {
            switch OpenVSwitch.PacketAttribute(rawValue: reader.type) {
            case .packet: upcall.packet = reader.array()
            case .key:
                guard reader.nested.readFlowWords(&upcall.key, .key) else { return nil }
                isComplete = true
            case .hash where reader.count == 8: upcall.packetHash = reader.uint64()
            case .userdata where reader.count == 8: userdata = reader.uint64()
            default: break
            }
        }
        guard !reader.isMalformed, isComplete, !upcall.packet.isEmpty else { return nil }
        if command == .action { upcall.reason = .action(userdata: userdata) }
        return upcall
    }
}
