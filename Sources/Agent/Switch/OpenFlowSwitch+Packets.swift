import Logging
import OpenFlow

// Packets from controllers.
extension OpenFlowSwitch {
    /// PACKET_OUT (1.0 §5.3.6, 1.3 §7.3.7).
    func handle(_ packetOut: PacketOut, _ context: RequestContext) throws(OpenFlowError) {
        if packetOut.bufferID != .none { try self.require(packetOut.bufferID, now: context.now) }
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
        try self.checkReferences(in: packetOut.actions)
        guard self.transaction == nil else {
            // It meets the tables as the whole bundle leaves them.
            return self.afterCommit {
                let error = self.send(packetOut, now: context.now)
                if let error { self.logger.info("\(self.name): a packet of a bundle is not sent: \(error)") }
            }
        }
        if let error = self.send(packetOut, now: context.now) { throw error }
    }

    private func send(_ packetOut: PacketOut, now: MonotonicTime) -> OpenFlowError? {
        guard packetOut.bufferID != .none else {
            return self.datapath.packetOut(
                packet: packetOut.data, inPort: packetOut.inPort, metadata: packetOut.pipelineFields,
                actions: packetOut.actions, now: now)
        }
        let kept: KeptPacket
        do throws(OpenFlowError) { kept = try self.takePacket(packetOut.bufferID, now: now) } catch { return error }
        return self.datapath.packetOut(
            packet: kept.packet, inPort: packetOut.inPort, metadata: kept.fields(under: packetOut.pipelineFields),
            actions: packetOut.actions, now: now)
    }

    /// NXT_RESUME: a paused packet goes on, with the packet and pipeline fields that the controller gives it.
    func resume(_ packet: PacketIn2, _ context: RequestContext) throws(OpenFlowError) {
        guard packet.bufferID == nil || packet.bufferID == BufferID.none else {
            throw OpenFlowError(.requestBufferUnknown, value: UInt64(packet.bufferID?.rawValue ?? 0))
        }
        guard let continuation = packet.continuation else { throw OpenFlowError(.resumeStale) }
        let error = self.datapath.resume(
            packet: packet.packet ?? [], fields: packet.pipelineFields ?? .any, continuation: continuation,
            now: context.now)
        if let error { throw error }
    }
}
