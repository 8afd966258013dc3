import OpenFlow

// Packets from controllers.
extension OpenFlowSwitch {
    /// PACKET_OUT (1.0 §5.3.6, 1.3 §7.3.7).
    func handle(_ packetOut: PacketOut, _ context: RequestContext) throws(OpenFlowError) {
        guard packetOut.bufferID == .none else {
            throw OpenFlowError(.requestBufferUnknown, value: UInt64(packetOut.bufferID.rawValue))
        }
        switch packetOut.inPort {
        // A reserved number that packets cannot come in by.
        case .inPort, .table, .normal, .flood, .all, .unset:
            throw OpenFlowError(.requestBadPort, value: UInt64(packetOut.inPort.rawValue))
        case .controller, .local, .any: break
        default:
            guard packetOut.inPort.isOrdinary else {
                throw OpenFlowError(.requestBadPort, value: UInt64(packetOut.inPort.rawValue))
            }
        }
        try InstructionValidator.validate(packetOut: packetOut.actions, version: context.version)
        let error = self.datapath.packetOut(
            packet: packetOut.data, inPort: packetOut.inPort, metadata: packetOut.pipelineFields,
            actions: packetOut.actions, now: context.now)
        if let error { throw error }
    }
}
